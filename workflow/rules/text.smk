rule finetune_text_encoder:
    input:
        unpack(inputs_of("finetune_text_encoder")),
    output:
        directory("results/text/finetuned/{text_encoder}"),
    log:
        "logs/finetune_text_encoder/{text_encoder}.log",
    wildcard_constraints:
        **RULES.values("finetune_text_encoder"),
    conda:
        "../../envs/text.yaml"
    threads: of("finetune_text_encoder", "threads")
    resources:
        gpu=of("finetune_text_encoder", "gpus"),
    params:
        **params_of("finetune_text_encoder"),
    message:
        "Tuning {wildcards.text_encoder} on the training captions"
    shell:
        "python -m teachtext finetune-text-encoder {params.options:q} "
        "--output {output:q} > {log} 2>&1"


rule embed_captions:
    input:
        unpack(inputs_of("embed_captions")),
    output:
        "results/text/{text_encoder}/{portion}.parquet",
    log:
        "logs/embed_captions/{text_encoder}/{portion}.log",
    wildcard_constraints:
        **RULES.values("embed_captions"),
    conda:
        "../../envs/text.yaml"
    resources:
        gpu=of("embed_captions", "gpus"),
    params:
        **params_of("embed_captions"),
    message:
        "Embedding the captions of {wildcards.portion} with {wildcards.text_encoder}"
    shell:
        "python -m teachtext embed-captions {params.options:q} --threads {threads} "
        "--output {output:q} > {log} 2>&1"


rule import_tokens:
    input:
        unpack(inputs_of("import_tokens")),
    output:
        "results/text/{text_encoder}/{portion}.parquet",
    log:
        "logs/import_tokens/{text_encoder}/{portion}.log",
    wildcard_constraints:
        **RULES.values("import_tokens"),
    conda:
        "../../envs/media.yaml"
    params:
        **params_of("import_tokens"),
    message:
        "Importing the token vectors of {wildcards.text_encoder}, {wildcards.portion}"
    shell:
        "python -m teachtext import-tokens --tokens {input.tokens:q} {params.options:q} "
        "--output {output:q} > {log} 2>&1"
