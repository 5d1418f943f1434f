rule probe_videos:
    input:
        unpack(inputs_of("probe_videos")),
    output:
        "results/video/manifest/{shard}.parquet",
    log:
        "logs/probe_videos/{shard}.log",
    # before anything is decoded: too many failures stop the run early
    priority: 30
    conda:
        "../../envs/media.yaml"
    params:
        **params_of("probe_videos"),
    message:
        "Probing the videos of shard {wildcards.shard}"
    shell:
        "python -m teachtext probe-videos {params.options:q} --shard {wildcards.shard} "
        "--workers {threads} --output {output:q} > {log} 2>&1"


rule index_videos:
    input:
        unpack(inputs_of("index_videos")),
    output:
        "results/video/manifest.parquet",
    log:
        "logs/index_videos/index_videos.log",
    priority: 20
    conda:
        "../../envs/media.yaml"
    params:
        **params_of("index_videos"),
    message:
        "Joining the manifests"
    shell:
        "python -m teachtext index-videos {params.options:q} --output {output:q} > {log} 2>&1"


rule decode_videos:
    input:
        unpack(inputs_of("decode_videos")),
    output:
        temp(directory("results/video/media/{shard}")),
    log:
        "logs/decode_videos/{shard}.log",
    conda:
        "../../envs/media.yaml"
    params:
        **params_of("decode_videos"),
    message:
        "Decoding the videos of shard {wildcards.shard}"
    shell:
        "python -m teachtext decode-videos --manifest {input.manifest:q} {params.options:q} "
        "--shard {wildcards.shard} --workers {threads} --output {output:q} > {log} 2>&1"
