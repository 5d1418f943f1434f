rule write_report:
    input:
        evaluations=expand("results/evaluate/{run}.json", run=EVALUATED),
        ranks=expand("results/evaluate/{run}.parquet", run=EVALUATED),
        models=expand("results/models/{run}", run=EVALUATED),
        manifest=manifest_of_videos,
        ledger="results/experts/ledger.parquet",
        failures="results/experts/failures.csv",
        captions=CONFIG.dataset.captions,
        denoise=expand(
            "results/denoise/{captions}/{seed}.parquet",
            captions=CONFIG.denoise,
            seed=CONFIG.seeds,
        ),
        reviews=expand(
            "results/denoise/{captions}/review.parquet", captions=CONFIG.denoise
        ),
        searches=expand("results/pruned/{search}/pareto.parquet", search=SEARCHES),
    output:
        report(
            "results/report/index.html",
            caption="../report/page.rst",
            category="Report",
            labels={"what": "the page"},
        ),
    log:
        "logs/write_report/write_report.log",
    conda:
        "../../envs/report.yaml"
    params:
        follows=follows("write_report", captions_content),
        report=uncounted(CONFIG.report),
        manifest=manifest_argument,
        published=(
            ["--published", CONFIG.report.published.model_dump_json()]
            if CONFIG.report.published
            else []
        ),
        config=CONFIG.model_dump_json(by_alias=True),
    message:
        "Writing the report"
    shell:
        "python -m teachtext write-report --title {params.report.title:q} "
        "--evaluations {input.evaluations:q} --models {input.models:q} "
        "{params.manifest:q} --ledger {input.ledger:q} "
        "--captions {input.captions:q} --denoise {input.denoise:q} "
        "--reviews {input.reviews:q} "
        "--searches {input.searches:q} {params.published:q} "
        "--queries {params.report.queries} "
        "--results-per-query {params.report.results_per_query} --seed {params.report.seed} "
        "--heat-map {params.report.heat_map} --config {params.config:q} "
        "--bootstrap-samples {params.report.bootstrap.samples} "
        "--bootstrap-seed {params.report.bootstrap.seed} --output {output:q} > {log} 2>&1"
