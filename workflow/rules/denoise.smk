rule denoise_captions:
    input:
        unpack(inputs_of("denoise_captions")),
    output:
        "results/denoise/{captions}/{seed}.parquet",
    log:
        "logs/denoise_captions/{captions}/{seed}.log",
    conda:
        "../../envs/train.yaml"
    params:
        **params_of("denoise_captions"),
    message:
        "Finding noisy captions: set {wildcards.captions}, seed {wildcards.seed}"
    shell:
        "python -m teachtext denoise-captions --similarities {input.similarities:q} "
        "{params.options:q} "
        "--name {wildcards.captions} --seed {wildcards.seed} --output {output:q} > {log} 2>&1"


rule review_captions:
    input:
        unpack(inputs_of("review_captions")),
    output:
        shown("results/denoise/{captions}/review.parquet", "review", "Denoising", what="to review"),
    log:
        "logs/review_captions/{captions}.log",
    conda:
        "../../envs/train.yaml"
    params:
        **params_of("review_captions"),
    message:
        "Choosing captions for a person to review: set {wildcards.captions}"
    shell:
        "python -m teachtext review-captions --verdicts {input.verdicts:q} {params.options:q} "
        "--output {output:q} > {log} 2>&1"
