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
        follows=follows("render_demo", CONFIG.demo.model_dump(), FFMPEG),
        clips=uncounted(CONFIG.demo),
        folder=demo_folder,
    message:
        "Rendering the demo's clips and captions"
    shell:
        "python -m teachtext render-demo --train {params.clips.train} --val {params.clips.val} "
        "--test {params.clips.test} --captions-per-clip {params.clips.captions_per_clip} "
        "--seed {params.clips.seed} --workers {threads} --output {params.folder:q} > {log} 2>&1"
