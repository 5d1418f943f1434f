rule train_pruned:
    input:
        tokens=model_tokens,
        features=model_features,
        ledgers=model_ledgers,
        teachers=teacher_similarities,
        captions=model_captions,
    output:
        directory("results/models/{model}/{seed}"),
    log:
        "logs/train_pruned/{model}/{seed}.log",
    wildcard_constraints:
        model="|".join(PRUNED) or "none",
    conda:
        "../../envs/train.yaml"
    threads: model_threads
    resources:
        gpu=model_gpus,
    params:
        follows=follows("train_pruned", model_content),
        work="results/models/work/{model}/{seed}",
        events="logs/tensorboard/{model}/{seed}",
        features=feature_arguments,
        captions=model_captions_argument,
        architecture=model_architecture,
        training=uncounted(model_training),
        max_failed_fraction=uncounted(CONFIG.video.max_failed_fraction),
    message:
        "Training pruned student {wildcards.model}, seed {wildcards.seed}"
    shell:
        "python -m teachtext train-pruned --model {wildcards.model} --seed {wildcards.seed} "
        "--tokens {input.tokens:q} {params.features:q} "
        "--max-failed-fraction {params.max_failed_fraction} "
        "--teachers {input.teachers:q} {params.captions:q} "
        "--architecture {params.architecture:q} --training {params.training:q} "
        "--work {params.work:q} --events {params.events:q} --output {output:q} > {log} 2>&1"


checkpoint prune_expert:
    input:
        models=level_candidates,
        ledger="results/experts/ledger.parquet",
    output:
        "results/pruned/{search}/{level}.json",
    log:
        "logs/prune_expert/{search}/{level}.log",
    conda:
        "../../envs/train.yaml"
    params:
        follows=follows("prune_expert"),
    message:
        "Choosing the expert that level {wildcards.level} of {wildcards.search} drops"
    shell:
        "python -m teachtext prune-expert --search {wildcards.search} --level {wildcards.level} "
        "--models {input.models:q} --ledger {input.ledger:q} --output {output:q} > {log} 2>&1"


rule compute_pareto:
    input:
        evaluations=search_evaluations,
        ranks=search_ranks,
        # else nothing would ask for the models that lost, and none would be compared again
        decisions=search_decisions,
        ledger="results/experts/ledger.parquet",
    output:
        report(
            "results/pruned/{search}/pareto.parquet",
            caption="../report/pareto.rst",
            category="Pruning",
            labels={"search": "{search}", "what": "Pareto table"},
        ),
    log:
        "logs/compute_pareto/{search}.log",
    conda:
        "../../envs/train.yaml"
    params:
        follows=follows("compute_pareto"),
    message:
        "Computing the Pareto table of {wildcards.search}"
    shell:
        "python -m teachtext compute-pareto --search {wildcards.search} "
        "--evaluations {input.evaluations:q} --ledger {input.ledger:q} --output {output:q} "
        "> {log} 2>&1"
