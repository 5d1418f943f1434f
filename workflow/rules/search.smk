rule build_index:
    input:
        unpack(inputs_of("build_index")),
    output:
        directory("results/search/{model}/{seed}"),
    log:
        "logs/build_index/{model}/{seed}.log",
    conda:
        "../../envs/train.yaml"
    threads: of("build_index", "threads")
    resources:
        gpu=of("build_index", "gpus"),
    params:
        **params_of("build_index"),
    message:
        "Indexing the videos for {wildcards.model}, seed {wildcards.seed}"
    shell:
        "python -m teachtext build-index {params.options:q} --threads {threads} --output {output:q} > {log} 2>&1"
