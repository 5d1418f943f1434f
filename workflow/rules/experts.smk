rule extract_expert:
    input:
        expert_media,
    output:
        features=directory("results/experts/{expert}/{shard}.zarr"),
        ledger="results/experts/{expert}/{shard}.parquet",
    log:
        "logs/extract_expert/{expert}/{shard}.log",
    conda:
        "../../envs/experts.yaml"
    threads: 1
    params:
        settings=expert_settings,
        text_encoder=expert_text_encoder,
        work="results/experts/work/{expert}/{shard}",
    message:
        "Extracting {wildcards.expert} from shard {wildcards.shard}"
    shell:
        "python -m teachtext extract-expert --expert {wildcards.expert} "
        "--settings {params.settings:q} {params.text_encoder:q} --media {input:q} "
        "--work {params.work:q} --threads {threads} "
        "--ledger {output.ledger:q} --output {output.features:q} > {log} 2>&1"


rule index_experts:
    input:
        features=expand(
            "results/experts/{expert}/{shard}.zarr", expert=EXPERTS, shard=SHARDS
        ),
        ledgers=expand(
            "results/experts/{expert}/{shard}.parquet", expert=EXPERTS, shard=SHARDS
        ),
    output:
        index="results/experts/index.parquet",
        ledger="results/experts/ledger.parquet",
    log:
        "logs/index_experts/index_experts.log",
    conda:
        "../../envs/media.yaml"
    params:
        max_failed_fraction=CONFIG.video.max_failed_fraction,
    message:
        "Indexing the features and joining the ledgers"
    shell:
        "python -m teachtext index-experts --features {input.features:q} "
        "--ledgers {input.ledgers:q} --max-failed-fraction {params.max_failed_fraction} "
        "--index {output.index:q} --ledger {output.ledger:q} > {log} 2>&1"
