rule train_teacher:
    input:
        tokens=model_tokens,
        features=model_features,
        ledgers=model_ledgers,
        teachers=teacher_similarities,
        captions=model_captions,
    output:
        directory("results/models/{model}/{seed}"),
    log:
        "logs/train_teacher/{model}/{seed}.log",
    wildcard_constraints:
        model="|".join(CONFIG.teachers) or "none",
    conda:
        "../../envs/train.yaml"
    threads: model_threads
    resources:
        gpu=model_gpus,
    params:
        follows=follows("train_teacher", model_content),
        work="results/models/work/{model}/{seed}",
        events="logs/tensorboard/{model}/{seed}",
        features=feature_arguments,
        captions=model_captions_argument,
        architecture=model_architecture,
        training=uncounted(model_training),
        max_failed_fraction=uncounted(CONFIG.video.max_failed_fraction),
    message:
        "Training teacher {wildcards.model}, seed {wildcards.seed}"
    shell:
        "python -m teachtext train-teacher --model {wildcards.model} --seed {wildcards.seed} "
        "--tokens {input.tokens:q} {params.features:q} "
        "--max-failed-fraction {params.max_failed_fraction} "
        "--teachers {input.teachers:q} {params.captions:q} "
        "--architecture {params.architecture:q} --training {params.training:q} "
        "--work {params.work:q} --events {params.events:q} --output {output:q} > {log} 2>&1"


rule import_similarities:
    input:
        similarities=imported_similarities,
        captions=CONFIG.dataset.captions,
    output:
        "results/similarities/{model}/{seed}.parquet",
    log:
        "logs/import_similarities/{model}/{seed}.log",
    wildcard_constraints:
        model="|".join(IMPORTED_TEACHERS) or "none",
    conda:
        "../../envs/media.yaml"
    params:
        follows=follows(
            "import_similarities", captions_content, imported_similarities_content
        ),
        paragraphs=paragraphs_argument,
    message:
        "Importing the similarities of {wildcards.model}, seed {wildcards.seed}"
    shell:
        "python -m teachtext import-similarities --similarities {input.similarities:q} "
        "--captions {input.captions:q} {params.paragraphs} "
        "--model {wildcards.model} --seed {wildcards.seed} --output {output:q} > {log} 2>&1"


rule compute_similarities:
    input:
        model="results/models/{model}/{seed}",
        tokens=model_tokens,
        features=model_features,
    output:
        "results/similarities/{model}/{seed}.parquet",
    log:
        "logs/compute_similarities/{model}/{seed}.log",
    conda:
        "../../envs/train.yaml"
    threads: model_threads
    resources:
        gpu=model_gpu,
    params:
        follows=follows("compute_similarities"),
        features=feature_arguments,
    message:
        "Computing the similarities of {wildcards.model}, seed {wildcards.seed}"
    shell:
        "python -m teachtext compute-similarities --model {input.model:q} "
        "--tokens {input.tokens:q} {params.features:q} "
        "--threads {threads} --output {output:q} > {log} 2>&1"
