rule extract_expert:
    input:
        unpack(inputs_of("extract_expert")),
    output:
        features=directory("results/experts/{expert}/{shard}.zarr"),
        ledger="results/experts/{expert}/{shard}.parquet",
    log:
        "logs/extract_expert/{expert}/{shard}.log",
    wildcard_constraints:
        **RULES.values("extract_expert"),
    priority: 10  # before more is decoded: decoded media are large, and go when they were seen
    conda:
        "../../envs/experts.yaml"
    resources:
        gpu=of("extract_expert", "gpus"),
    params:
        **params_of("extract_expert"),
    message:
        "Extracting {wildcards.expert} from shard {wildcards.shard}"
    shell:
        "python -m teachtext extract-expert {params.options:q} --threads {threads} "
        "--ledger {output.ledger:q} --output {output.features:q} > {log} 2>&1"


rule import_expert:
    input:
        unpack(inputs_of("import_expert")),
    output:
        features=directory("results/experts/{expert}/{shard}.zarr"),
        ledger="results/experts/{expert}/{shard}.parquet",
    log:
        "logs/import_expert/{expert}/{shard}.log",
    wildcard_constraints:
        **RULES.values("import_expert"),
    conda:
        "../../envs/media.yaml"
    params:
        **params_of("import_expert"),
    message:
        "Importing the features of {wildcards.expert}, shard {wildcards.shard}"
    shell:
        "python -m teachtext import-expert --expert {wildcards.expert} {params.options:q} --shard {wildcards.shard} "
        "--ledger {output.ledger:q} --output {output.features:q} > {log} 2>&1"


rule index_experts:
    input:
        unpack(inputs_of("index_experts")),
    output:
        index="results/experts/index.parquet",
        ledger="results/experts/ledger.parquet",
    log:
        "logs/index_experts/index_experts.log",
    conda:
        "../../envs/media.yaml"
    params:
        **params_of("index_experts"),
    message:
        "Indexing the features and joining the ledgers"
    shell:
        "python -m teachtext index-experts {params.options:q} "
        "--index {output.index:q} --ledger {output.ledger:q} > {log} 2>&1"


rule check_failures:
    input:
        unpack(inputs_of("check_failures")),
    output:
        "results/experts/failures.csv",
    log:
        "logs/check_failures/check_failures.log",
    conda:
        "../../envs/media.yaml"
    params:
        **params_of("check_failures"),
    message:
        "Listing what failed"
    shell:
        "python -m teachtext check-failures --ledger {input.ledger:q} {params.options:q} "
        "--output {output:q} > {log} 2>&1"
