rule render_demo:
    output:
        videos="data/demo/videos.csv",
        captions="data/demo/captions.csv",
    log:
        "logs/render_demo/render_demo.log",
    conda:
        "../../envs/media.yaml"
    threads: 8
    params:
        **params_of("render_demo"),
    message:
        "Rendering the demo's clips and captions"
    shell:
        "python -m teachtext render-demo {params.options:q} --workers {threads} "
        '--output "$(dirname {output.videos:q})" > {log} 2>&1'
