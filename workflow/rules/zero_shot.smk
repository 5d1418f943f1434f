rule build_zero_shot:
    input:
        unpack(inputs_of("build_zero_shot")),
    output:
        directory("results/models/{model}/{seed}"),
    log:
        "logs/build_zero_shot/{model}/{seed}.log",
    wildcard_constraints:
        **RULES.values("build_zero_shot"),
    conda:
        "../../envs/train.yaml"
    params:
        **params_of("build_zero_shot"),
    message:
        "Building {wildcards.model}, which nothing trains"
    shell:
        "python -m teachtext build-zero-shot {params.options:q} --output {output:q} > {log} 2>&1"
