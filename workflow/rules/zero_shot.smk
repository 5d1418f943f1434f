rule build_zero_shot:
    input:
        tokens=model_tokens,
        features=model_features,
        checked=ancient("results/experts/failures.csv"),
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
        features=feature_arguments,
    message:
        "Building {wildcards.model}, which nothing trains"
    shell:
        "python -m teachtext build-zero-shot --model {wildcards.model} --tokens {input.tokens:q} "
        "{params.features:q} --output {output:q} > {log} 2>&1"
