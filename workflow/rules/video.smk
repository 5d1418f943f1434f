rule probe_videos:
    input:
        videos_table,
    output:
        "results/video/manifest/{shard}.parquet",
    log:
        "logs/probe_videos/{shard}.log",
    # before anything is decoded: too many failures stop the run early
    priority: 30
    conda:
        "../../envs/media.yaml"
    threads: 1
    params:
        follows=follows("probe_videos"),
        shards=CONFIG.dataset.shards,
        rows=shard_rows,
        videos=uncounted(CONFIG.dataset.videos),
        attempt=probe_attempt,
        timeout_seconds=uncounted(CONFIG.video.timeout_seconds),
        memory_gb=uncounted(CONFIG.video.memory_gb),
        journal="results/video/work/probed/{shard}.jsonl",
    message:
        "Probing the videos of shard {wildcards.shard}"
    shell:
        "python -m teachtext probe-videos --videos {params.videos:q} "
        "--shard {wildcards.shard} --shards {params.shards} --workers {threads} "
        "--timeout-seconds {params.timeout_seconds} --memory-gb {params.memory_gb} "
        "--journal {params.journal:q} --output {output:q} > {log} 2>&1"


rule index_videos:
    input:
        expand("results/video/manifest/{shard}.parquet", shard=SHARDS),
    output:
        "results/video/manifest.parquet",
    log:
        "logs/index_videos/index_videos.log",
    priority: 20
    conda:
        "../../envs/media.yaml"
    params:
        follows=follows("index_videos"),
        manifests=manifest_folder,
        shards=CONFIG.dataset.shards,
        max_failed_fraction=uncounted(CONFIG.video.max_failed_fraction),
    message:
        "Joining the manifests"
    shell:
        "python -m teachtext index-videos "
        "--manifests {params.manifests:q} --shards {params.shards} "
        "--max-failed-fraction {params.max_failed_fraction} --output {output:q} > {log} 2>&1"


rule decode_videos:
    input:
        manifest="results/video/manifest/{shard}.parquet",
    output:
        temp(directory("results/video/media/{shard}")),
    log:
        "logs/decode_videos/{shard}.log",
    conda:
        "../../envs/media.yaml"
    threads: 1
    params:
        follows=follows("decode_videos"),
        requests=expert_requests,
        shards=CONFIG.dataset.shards,
        videos=uncounted(number_of_videos),
        max_failed_fraction=uncounted(CONFIG.video.max_failed_fraction),
        timeout_seconds=uncounted(CONFIG.video.timeout_seconds),
        memory_gb=uncounted(CONFIG.video.memory_gb),
        finished="results/experts/work",
        work="results/video/work/{shard}",
    message:
        "Decoding the videos of shard {wildcards.shard}"
    shell:
        "python -m teachtext decode-videos --manifest {input.manifest:q} "
        "--shard {wildcards.shard} --requests {params.requests:q} "
        "--finished {params.finished:q} --workers {threads} "
        "--shards {params.shards} --videos {params.videos} "
        "--max-failed-fraction {params.max_failed_fraction} "
        "--timeout-seconds {params.timeout_seconds} --memory-gb {params.memory_gb} "
        "--work {params.work:q} --output {output:q} > {log} 2>&1"
