use rule train_teacher as train_student with:
    output:
        directory("results/models/{model}/{seed}"),
    log:
        "logs/train_student/{model}/{seed}.log",
    wildcard_constraints:
        **RULES.values("train_student"),
    params:
        **params_of("train_student"),
    message:
        "Training student {wildcards.model}, seed {wildcards.seed}"
