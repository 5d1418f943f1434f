rule denoise_captions:
    input:
        similarities=denoise_similarities,
        captions=CONFIG.dataset.captions,
    output:
        "results/denoise/{captions}/{seed}.parquet",
    log:
        "logs/denoise_captions/{captions}/{seed}.log",
    conda:
        "../../envs/train.yaml"
    params:
        follows=follows("denoise_captions", captions_content),
        settings=denoise_settings,
        paragraphs=paragraphs_argument,
    message:
        "Finding noisy captions: set {wildcards.captions}, seed {wildcards.seed}"
    shell:
        "python -m teachtext denoise-captions --similarities {input.similarities:q} "
        "--captions {input.captions:q} {params.paragraphs} --name {wildcards.captions} --seed {wildcards.seed} "
        "--settings {params.settings:q} --output {output:q} > {log} 2>&1"


rule review_captions:
    input:
        expand("results/denoise/{{captions}}/{seed}.parquet", seed=CONFIG.seeds),
    output:
        report(
            "results/denoise/{captions}/review.parquet",
            caption="../report/review.rst",
            category="Denoising",
            labels={"captions": "{captions}", "what": "to review"},
        ),
    log:
        "logs/review_captions/{captions}.log",
    conda:
        "../../envs/train.yaml"
    params:
        follows=follows("review_captions"),
        worst=CONFIG.report.worst_captions,
    message:
        "Choosing captions for a person to review: set {wildcards.captions}"
    shell:
        "python -m teachtext review-captions --verdicts {input:q} --worst {params.worst} "
        "--output {output:q} > {log} 2>&1"
