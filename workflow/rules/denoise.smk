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
        keep_rank_below=denoise_threshold,
        paragraphs=paragraphs_argument,
    message:
        "Finding noisy captions: set {wildcards.captions}, seed {wildcards.seed}"
    shell:
        "python -m teachtext denoise-captions --similarities {input.similarities:q} "
        "--captions {input.captions:q} {params.paragraphs} --name {wildcards.captions} --seed {wildcards.seed} "
        "--keep-rank-below {params.keep_rank_below} --output {output:q} > {log} 2>&1"
