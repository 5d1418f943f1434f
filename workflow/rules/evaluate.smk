rule evaluate_model:
    input:
        unpack(inputs_of("evaluate_model")),
    output:
        metrics=shown("results/evaluate/{model}/{seed}.json", "evaluation", "Evaluation"),
        ranks="results/evaluate/{model}/{seed}.parquet",
    log:
        "logs/evaluate_model/{model}/{seed}.log",
    conda:
        "../../envs/train.yaml"
    threads: of("evaluate_model", "threads")
    resources:
        gpu=of("evaluate_model", "gpus"),
    params:
        **params_of("evaluate_model"),
    message:
        "Evaluating {wildcards.model}, seed {wildcards.seed}"
    shell:
        "python -m teachtext evaluate-model {params.options:q} --threads {threads} "
        "--ranks {output.ranks:q} --output {output.metrics:q} > {log} 2>&1"
