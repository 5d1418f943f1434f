rule build_index:
    input:
        model="results/models/{model}/{seed}",
        tokens=model_tokens,
        features=model_features,
        manifest=manifest_of_videos,
    output:
        directory("results/search/{model}/{seed}"),
    log:
        "logs/build_index/{model}/{seed}.log",
    conda:
        "../../envs/train.yaml"
    threads: model_threads
    resources:
        gpu=model_gpu,
    params:
        follows=follows("build_index", index_content),
        features=feature_arguments,
        manifest=manifest_argument,
        text_encoder=search_encoder_argument,
        settings=uncounted(index_settings),
    message:
        "Indexing the videos for {wildcards.model}, seed {wildcards.seed}"
    shell:
        "python -m teachtext build-index --model {input.model:q} --tokens {input.tokens:q} "
        "{params.features:q} {params.manifest:q} {params.text_encoder:q} "
        "--settings {params.settings:q} --threads {threads} --output {output:q} > {log} 2>&1"
