rule build_zero_shot:
    input:
        tokens=model_tokens,
        features=model_features,
        ledgers=model_ledgers,
    output:
        directory("results/models/{model}/{seed}"),
    log:
        "logs/build_zero_shot/{model}/{seed}.log",
    wildcard_constraints:
        model="|".join(CONFIG.zero_shot) or "none",
        seed=str(SEED),
    conda:
        "../../envs/train.yaml"
    params:
        follows=follows("build_zero_shot"),
        features=feature_arguments,
        max_failed_fraction=uncounted(CONFIG.video.max_failed_fraction),
    message:
        "Building {wildcards.model}, which nothing trains"
    shell:
        "python -m teachtext build-zero-shot --model {wildcards.model} --tokens {input.tokens:q} "
        "{params.features:q} --max-failed-fraction {params.max_failed_fraction} "
        "--output {output:q} > {log} 2>&1"
