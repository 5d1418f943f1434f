rule write_report:
    input:
        unpack(inputs_of("write_report")),
    output:
        shown("results/report/index.html", "page", "Report", what="the page"),
    log:
        "logs/write_report/write_report.log",
    conda:
        "../../envs/report.yaml"
    params:
        **params_of("write_report"),
    message:
        "Writing the report"
    shell:
        "python -m teachtext write-report --evaluations {input.evaluations:q} "
        "--models {input.models:q} --ledger {input.ledger:q} "
        "--denoise {input.denoise:q} --reviews {input.reviews:q} --searches {input.searches:q} "
        "{params.options:q} --output {output:q} > {log} 2>&1"
