use rule train_teacher as train_pruned with:
    output:
        directory("results/models/{model}/{seed}"),
    log:
        "logs/train_pruned/{model}/{seed}.log",
    wildcard_constraints:
        **RULES.values("train_pruned"),
    params:
        **params_of("train_pruned"),
    message:
        "Training pruned student {wildcards.model}, seed {wildcards.seed}"


checkpoint prune_expert:
    input:
        models=input_of("prune_expert", "models"),
        ledgers=input_of("prune_expert", "ledgers"),
    output:
        "results/pruned/{search}/{level}.json",
    log:
        "logs/prune_expert/{search}/{level}.log",
    conda:
        "../../envs/train.yaml"
    params:
        **params_of("prune_expert"),
    message:
        "Choosing the expert that level {wildcards.level} of {wildcards.search} drops"
    shell:
        "python -m teachtext prune-expert --search {wildcards.search} --level {wildcards.level} "
        "--models {input.models:q} {params.options:q} --output {output:q} > {log} 2>&1"


rule compute_pareto:
    input:
        evaluations=input_of("compute_pareto", "evaluations"),
        ranks=input_of("compute_pareto", "ranks"),
        decisions=input_of("compute_pareto", "decisions"),
        ledger=input_of("compute_pareto", "ledger"),
    output:
        shown("results/pruned/{search}/pareto.parquet", "pareto", "Pruning", what="Pareto table"),
    log:
        "logs/compute_pareto/{search}.log",
    conda:
        "../../envs/train.yaml"
    params:
        **params_of("compute_pareto"),
    message:
        "Computing the Pareto table of {wildcards.search}"
    shell:
        "python -m teachtext compute-pareto --search {wildcards.search} "
        "--evaluations {input.evaluations:q} --ledger {input.ledger:q} "
        "--output {output:q} > {log} 2>&1"
