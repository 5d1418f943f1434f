rule check_dataset:
    input:
        videos=CONFIG.dataset.videos or [],
        captions=CONFIG.dataset.captions,
    output:
        "results/video/dataset.json",
    log:
        "logs/check_dataset/check_dataset.log",
    priority: 100
    conda:
        "../../envs/media.yaml"
    params:
        videos=videos_argument,
        paragraphs=paragraphs_argument,
        needs_val=needs_val_argument,
    message:
        "Checking the tables"
    shell:
        "python -m teachtext check-dataset {params.videos:q} "
        "--captions {input.captions:q} {params.paragraphs} {params.needs_val:q} "
        "--output {output:q} > {log} 2>&1"


rule probe_videos:
    input:
        videos_table(),
    output:
        "results/video/manifest/{shard}.parquet",
    log:
        "logs/probe_videos/{shard}.log",
    conda:
        "../../envs/media.yaml"
    threads: 1
    params:
        shards=CONFIG.dataset.shards,
        rows=shard_rows,
        attempt=probe_attempt,
        timeout_seconds=CONFIG.video.timeout_seconds,
        memory_gb=CONFIG.video.memory_gb,
        journal="results/video/work/probed/{shard}.jsonl",
    message:
        "Probing the videos of shard {wildcards.shard}"
    shell:
        "python -m teachtext probe-videos --videos {input:q} "
        "--shard {wildcards.shard} --shards {params.shards} --workers {threads} "
        "--timeout-seconds {params.timeout_seconds} --memory-gb {params.memory_gb} "
        "--journal {params.journal:q} --output {output:q} > {log} 2>&1"


rule index_videos:
    input:
        manifests=expand("results/video/manifest/{shard}.parquet", shard=SHARDS),
        checked="results/video/dataset.json",
    output:
        "results/video/manifest.parquet",
    log:
        "logs/index_videos/index_videos.log",
    conda:
        "../../envs/media.yaml"
    params:
        manifests=manifest_folder,
        shards=CONFIG.dataset.shards,
        max_failed_fraction=CONFIG.video.max_failed_fraction,
    message:
        "Joining the manifests"
    shell:
        "python -m teachtext index-videos "
        "--manifests {params.manifests:q} --shards {params.shards} "
        "--max-failed-fraction {params.max_failed_fraction} --output {output:q} > {log} 2>&1"


rule decode_videos:
    input:
        manifest="results/video/manifest/{shard}.parquet",
        # no shard is decoded before all are probed: too many failures stop the run early
        probed=ancient("results/video/manifest.parquet"),
    output:
        temp(directory("results/video/media/{shard}")),
    log:
        "logs/decode_videos/{shard}.log",
    conda:
        "../../envs/media.yaml"
    threads: 1
    params:
        requests=expert_requests(),
        timeout_seconds=CONFIG.video.timeout_seconds,
        memory_gb=CONFIG.video.memory_gb,
        finished="results/experts/work",
        work="results/video/work/{shard}",
    message:
        "Decoding the videos of shard {wildcards.shard}"
    shell:
        "python -m teachtext decode-videos --manifest {input.manifest:q} "
        "--shard {wildcards.shard} --requests {params.requests:q} "
        "--finished {params.finished:q} --workers {threads} "
        "--timeout-seconds {params.timeout_seconds} --memory-gb {params.memory_gb} "
        "--work {params.work:q} --output {output:q} > {log} 2>&1"
