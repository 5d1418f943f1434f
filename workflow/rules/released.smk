rule import_checkpoint:
    input:
        unpack(inputs_of("import_checkpoint")),
    output:
        directory("results/models/{model}/{seed}"),
    log:
        "logs/import_checkpoint/{model}/{seed}.log",
    wildcard_constraints:
        **RULES.values("import_checkpoint"),
    conda:
        "../../envs/train.yaml"
    params:
        **params_of("import_checkpoint"),
    message:
        "Importing {wildcards.model}, which others trained"
    shell:
        "python -m teachtext import-checkpoint --checkpoint {input.checkpoint:q} "
        "{params.options:q} "
        "--output {output:q} > {log} 2>&1"
