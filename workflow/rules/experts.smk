rule extract_expert:
    input:
        manifest="results/video/manifest/{shard}.parquet",
        media="results/video/media/{shard}",
    output:
        features=directory("results/experts/{expert}/{shard}.zarr"),
        ledger="results/experts/{expert}/{shard}.parquet",
    log:
        "logs/extract_expert/{expert}/{shard}.log",
    wildcard_constraints:
        expert="|".join(EXTRACTED) or "none",
    # before more is decoded: decoded media are large, and go when all experts have seen them
    priority: 10
    conda:
        "../../envs/experts.yaml"
    threads: 1
    resources:
        gpu=expert_gpus,
    params:
        follows=follows("extract_expert"),
        request=expert_request,
        attempt=expert_attempt,
        work="results/experts/work/{expert}/{shard}",
    message:
        "Extracting {wildcards.expert} from shard {wildcards.shard}"
    shell:
        "python -m teachtext extract-expert --request {params.request:q} "
        "--manifest {input.manifest:q} --media {input.media:q} --work {params.work:q} "
        "--threads {threads} --ledger {output.ledger:q} --output {output.features:q} "
        "> {log} 2>&1"


rule import_expert:
    input:
        features=imported_features,
        # any table that names all videos
        videos=CONFIG.dataset.videos or CONFIG.dataset.captions,
    output:
        features=directory(
            expand("results/experts/{{expert}}/{shard}.zarr", shard=SHARDS)
        ),
        ledgers=expand("results/experts/{{expert}}/{shard}.parquet", shard=SHARDS),
    log:
        "logs/import_expert/{expert}.log",
    wildcard_constraints:
        expert="|".join(IMPORTED) or "none",
    conda:
        "../../envs/media.yaml"
    params:
        follows=follows("import_expert", imported_content),
        features=imported_from,
        shards=CONFIG.dataset.shards,
        folder=imported_folder,
    message:
        "Importing the features of {wildcards.expert}"
    shell:
        "python -m teachtext import-expert --expert {wildcards.expert} "
        "--features {params.features:q} --videos {input.videos:q} "
        "--shards {params.shards} --output {params.folder:q} > {log} 2>&1"


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
        follows=follows("index_experts"),
        features=feature_arguments,
    message:
        "Indexing the features and joining the ledgers"
    shell:
        "python -m teachtext index-experts {params.features:q} "
        "--index {output.index:q} --ledger {output.ledger:q} > {log} 2>&1"


rule check_failures:
    input:
        "results/experts/ledger.parquet",
    output:
        "results/experts/failures.csv",
    log:
        "logs/check_failures/check_failures.log",
    conda:
        "../../envs/media.yaml"
    params:
        follows=follows("check_failures"),
        max_failed_fraction=CONFIG.video.max_failed_fraction,
    message:
        "Listing what failed"
    shell:
        "python -m teachtext check-failures --ledger {input:q} "
        "--max-failed-fraction {params.max_failed_fraction} --output {output:q} > {log} 2>&1"
