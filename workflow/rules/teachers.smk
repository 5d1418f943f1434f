rule train_teacher:
    input:
        unpack(inputs_of("train_teacher")),
    output:
        directory("results/models/{model}/{seed}"),
    log:
        "logs/train_teacher/{model}/{seed}.log",
    wildcard_constraints:
        **RULES.values("train_teacher"),
    conda:
        "../../envs/train.yaml"
    threads: of("train_teacher", "threads")
    resources:
        gpu=of("train_teacher", "gpus"),
    params:
        **params_of("train_teacher"),
    message:
        "Training teacher {wildcards.model}, seed {wildcards.seed}"
    shell:
        "python -m teachtext {params.command} {params.options:q} --output {output:q} > {log} 2>&1"


rule import_similarities:
    input:
        unpack(inputs_of("import_similarities")),
    output:
        "results/similarities/{model}/{seed}.parquet",
    log:
        "logs/import_similarities/{model}/{seed}.log",
    wildcard_constraints:
        **RULES.values("import_similarities"),
    conda:
        "../../envs/media.yaml"
    params:
        **params_of("import_similarities"),
    message:
        "Importing the similarities of {wildcards.model}, seed {wildcards.seed}"
    shell:
        "python -m teachtext import-similarities --similarities {input.similarities:q} "
        "{params.options:q} "
        "--model {wildcards.model} --seed {wildcards.seed} --output {output:q} > {log} 2>&1"


rule compute_similarities:
    input:
        unpack(inputs_of("compute_similarities")),
    output:
        "results/similarities/{model}/{seed}.parquet",
    log:
        "logs/compute_similarities/{model}/{seed}.log",
    conda:
        "../../envs/train.yaml"
    threads: of("compute_similarities", "threads")
    resources:
        gpu=of("compute_similarities", "gpus"),
    params:
        **params_of("compute_similarities"),
    message:
        "Computing the similarities of {wildcards.model}, seed {wildcards.seed}"
    shell:
        "python -m teachtext compute-similarities {params.options:q} --threads {threads} --output {output:q} > {log} 2>&1"
