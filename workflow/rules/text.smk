rule embed_captions:
    input:
        captions=CONFIG.dataset.captions,
        # the tables are checked before anything is computed from them
        checked=ancient("results/video/dataset.json"),
    output:
        "results/text/{text_encoder}.parquet",
    log:
        "logs/embed_captions/{text_encoder}.log",
    conda:
        "../../envs/text.yaml"
    threads: 1
    params:
        settings=encoder_settings,
        paragraphs=paragraphs_argument,
    message:
        "Embedding the captions with {wildcards.text_encoder}"
    shell:
        "python -m teachtext embed-captions --captions {input.captions:q} {params.paragraphs} "
        "--name {wildcards.text_encoder} --settings {params.settings:q} "
        "--threads {threads} --output {output:q} > {log} 2>&1"
