rule evaluate_model:
    input:
        model="results/models/{model}/{seed}",
        tokens=model_tokens,
        features=model_features,
    output:
        metrics=report(
            "results/evaluate/{model}/{seed}.json",
            caption="../report/evaluation.rst",
            category="Evaluation",
            labels={"model": "{model}", "seed": "{seed}"},
        ),
        ranks="results/evaluate/{model}/{seed}.parquet",
    log:
        "logs/evaluate_model/{model}/{seed}.log",
    conda:
        "../../envs/train.yaml"
    threads: model_threads
    resources:
        gpu=model_gpu,
    params:
        follows=follows("evaluate_model"),
        features=feature_arguments,
        settings=evaluate_settings,
    message:
        "Evaluating {wildcards.model}, seed {wildcards.seed}"
    shell:
        "python -m teachtext evaluate-model --model {input.model:q} --tokens {input.tokens:q} "
        "{params.features:q} --settings {params.settings:q} --threads {threads} "
        "--ranks {output.ranks:q} --output {output.metrics:q} > {log} 2>&1"
