rule finetune_text_encoder:
    input:
        captions=CONFIG.dataset.captions,
    output:
        directory("results/text/finetuned/{text_encoder}"),
    log:
        "logs/finetune_text_encoder/{text_encoder}.log",
    wildcard_constraints:
        text_encoder="|".join(TUNED) or "none",
    conda:
        "../../envs/text.yaml"
    threads: tuning_threads
    resources:
        gpu=tuning_gpus,
    params:
        follows=follows("finetune_text_encoder", captions_content, tuned_content),
        settings=uncounted(tuned_settings),
        paragraphs=paragraphs_argument,
        work="results/text/work/{text_encoder}",
    message:
        "Tuning {wildcards.text_encoder} on the training captions"
    shell:
        "python -m teachtext finetune-text-encoder --captions {input.captions:q} "
        "{params.paragraphs} --name {wildcards.text_encoder} --settings {params.settings:q} "
        "--work {params.work:q} --output {output:q} > {log} 2>&1"


rule embed_captions:
    input:
        captions=CONFIG.dataset.captions,
        tuned=tuned_weights,
    output:
        "results/text/{text_encoder}.parquet",
    log:
        "logs/embed_captions/{text_encoder}.log",
    wildcard_constraints:
        text_encoder="|".join(ENCODERS) or "none",
    conda:
        "../../envs/text.yaml"
    threads: 1
    resources:
        gpu=encoder_gpus,
    params:
        follows=follows("embed_captions", captions_content, encoder_content),
        settings=encoder_settings,
        paragraphs=paragraphs_argument,
    message:
        "Embedding the captions with {wildcards.text_encoder}"
    shell:
        "python -m teachtext embed-captions --captions {input.captions:q} {params.paragraphs} "
        "--name {wildcards.text_encoder} --settings {params.settings:q} "
        "--threads {threads} --output {output:q} > {log} 2>&1"


rule import_tokens:
    input:
        tokens=imported_tokens,
        captions=CONFIG.dataset.captions,
    output:
        "results/text/{text_encoder}.parquet",
    log:
        "logs/import_tokens/{text_encoder}.log",
    wildcard_constraints:
        text_encoder="|".join(IMPORTED_TOKENS) or "none",
    conda:
        "../../envs/media.yaml"
    params:
        follows=follows("import_tokens", captions_content, imported_tokens_content),
        max_tokens=imported_max_tokens,
        paragraphs=paragraphs_argument,
    message:
        "Importing the token vectors of {wildcards.text_encoder}"
    shell:
        "python -m teachtext import-tokens --tokens {input.tokens:q} "
        "--captions {input.captions:q} {params.paragraphs} --name {wildcards.text_encoder} "
        "--max-tokens {params.max_tokens} --output {output:q} > {log} 2>&1"
