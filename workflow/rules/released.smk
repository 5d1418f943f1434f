rule import_checkpoint:
    input:
        checkpoint=released_checkpoint,
        tokens=model_tokens,
        features=model_features,
        ledgers=model_ledgers,
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
        follows=follows("import_checkpoint", released_content),
        features=feature_arguments,
        max_failed_fraction=uncounted(CONFIG.video.max_failed_fraction),
        architecture=released_architecture,
    message:
        "Importing {wildcards.model}, which others trained"
    shell:
        "python -m teachtext import-checkpoint --checkpoint {input.checkpoint:q} "
        "--model {wildcards.model} --tokens {input.tokens:q} {params.features:q} "
        "--max-failed-fraction {params.max_failed_fraction} "
        "--architecture {params.architecture:q} --output {output:q} > {log} 2>&1"
