rule train_student:
    input:
        tokens=model_tokens,
        features=model_features,
        ledgers=model_ledgers,
        teachers=teacher_similarities,
        captions=model_captions,
    output:
        directory("results/models/{model}/{seed}"),
    log:
        "logs/train_student/{model}/{seed}.log",
    wildcard_constraints:
        model="|".join(CONFIG.students) or "none",
    conda:
        "../../envs/train.yaml"
    threads: model_threads
    resources:
        gpu=model_gpus,
    params:
        follows=follows("train_student", model_content),
        work="results/models/work/{model}/{seed}",
        events="logs/tensorboard/{model}/{seed}",
        features=feature_arguments,
        captions=model_captions_argument,
        architecture=model_architecture,
        training=uncounted(model_training),
        max_failed_fraction=uncounted(CONFIG.video.max_failed_fraction),
    message:
        "Training student {wildcards.model}, seed {wildcards.seed}"
    shell:
        "python -m teachtext train-student --model {wildcards.model} --seed {wildcards.seed} "
        "--tokens {input.tokens:q} {params.features:q} "
        "--max-failed-fraction {params.max_failed_fraction} "
        "--teachers {input.teachers:q} {params.captions:q} "
        "--architecture {params.architecture:q} --training {params.training:q} "
        "--work {params.work:q} --events {params.events:q} --output {output:q} > {log} 2>&1"
