rule probe_videos:
    input:
        videos=CONFIG.dataset.videos,
        captions=CONFIG.dataset.captions,
    output:
        "results/video/manifest.parquet",
    log:
        "logs/probe_videos/probe_videos.log",
    conda:
        "../../envs/media.yaml"
    threads: 8
    params:
        shards=CONFIG.dataset.shards,
        timeout_seconds=CONFIG.video.timeout_seconds,
        memory_gb=CONFIG.video.memory_gb,
    message:
        "Checking the tables and probing every video"
    shell:
        "python -m teachtext probe-videos --videos {input.videos:q} --captions {input.captions:q} "
        "--shards {params.shards} --workers {threads} "
        "--timeout-seconds {params.timeout_seconds} --memory-gb {params.memory_gb} "
        "--output {output:q} > {log} 2>&1"


rule decode_videos:
    input:
        "results/video/manifest.parquet",
    output:
        frames=temp(directory("results/video/frames/{shard}.zarr")),
        audio=temp(directory("results/video/audio/{shard}.zarr")),
    log:
        "logs/decode_videos/{shard}.log",
    conda:
        "../../envs/media.yaml"
    threads: 1
    params:
        fps=CONFIG.frame_rates(),
        short_side=CONFIG.video.short_side,
        timeout_seconds=CONFIG.video.timeout_seconds,
        memory_gb=CONFIG.video.memory_gb,
        work="results/video/work/{shard}",
    message:
        "Decoding the videos of shard {wildcards.shard}"
    shell:
        "python -m teachtext decode-videos --manifest {input:q} --shard {wildcards.shard} "
        "--fps {params.fps} --short-side {params.short_side} --workers {threads} "
        "--timeout-seconds {params.timeout_seconds} --memory-gb {params.memory_gb} "
        "--work {params.work:q} --frames {output.frames:q} --audio {output.audio:q} "
        "> {log} 2>&1"
