rule import_checkpoint:
    input:
        checkpoint=released_checkpoint,
        tokens=model_tokens,
        features=model_features,
        checked=ancient("results/experts/failures.csv"),
    output:
        directory("results/models/{model}/{seed}"),
    log:
        "logs/import_checkpoint/{model}/{seed}.log",
    wildcard_constraints:
        model="|".join(CONFIG.released) or "none",
        seed=str(SEED),
    conda:
        "../../envs/train.yaml"
    params:
        features=feature_arguments,
        architecture=released_architecture,
    message:
        "Importing {wildcards.model}, which others trained"
    shell:
        "python -m teachtext import-checkpoint --checkpoint {input.checkpoint:q} "
        "--model {wildcards.model} --tokens {input.tokens:q} {params.features:q} "
        "--architecture {params.architecture:q} --output {output:q} > {log} 2>&1"
