"""Configurations merged and planned as Snakemake does."""

import re
import subprocess

from snakemake.utils import update_config

from teachtext.config.checks import load_config
from tests.support.running import ENVIRONMENT, ROOT, TINY, read_yaml

PRESETS = ROOT / "workflow/presets"
ONCE = dict.fromkeys(("index_experts", "check_failures", "write_report", "all"), 1)
"""Rules that every run has one job of."""
IMPORTED_ENTRIES = {
    "dataset": {"name": "mine", "videos": None, "captions": "data/demo/captions.csv"},
    "experts": {
        **{name: {"network": None, "import": "f.npz"} for name in ("appearance", "audio", "ocr")},
        "motion": {"network": None, "fps": None, "import": "f.npz"},
        "speech": {"network": None, "text_encoder": None, "import": "f.npz"},
    },
    "text": {
        "glove": {"encoder": None, "import": "t.parquet"},
        "minilm": {
            "encoder": "transformers",
            "checkpoint": "x",
            "finetune": {
                "objective": "contrastive",
                **{"epochs": 1, "batch_size": 2, "learning_rate": 0.1, "warmup_steps": 0},
                **{"weight_decay": 0, "mask_fraction": 0.1, "temperature": 1, "seed": 0},
                **{"threads": 1, "gpus": 0, "precision": "float32"},
                **{"gradient_checkpointing": False, "state_minutes": 1},
            },
        },
    },
    "teachers": {"teacher-wordllama": {"text_encoder": None, "import": "s.parquet"}},
    "released": {"theirs": {"checkpoint": "m.pth", "text_encoder": "glove"}},
}
for _name in ("appearance", "ocr"):
    IMPORTED_ENTRIES["experts"][_name] |= {"fps": None, "text_encoder": None}
"""Changes after which some of each kind are made elsewhere."""
LEAN = {
    "pruned": {
        "lean": {
            **{"text_encoder": "glove", "teachers": ["teacher-glove"]},
            **{"keep": 3, "strategy": "backward"},
        }
    }
}
"""Changes after which a search over experts is among the models."""


def preset(name):
    return PRESETS / f"{name}.yaml"


def on_authors_features(benchmark):
    return preset(benchmark), preset(f"authors/{benchmark}")


def laid_over(*paths):
    """The configuration of config.yaml and the files over it."""
    return _merged(ROOT / "config.yaml", *paths)


def tiny_config(changes):
    """The small configuration of the tests, with changes."""
    return _merged(ROOT / "config.yaml", TINY, changes=changes)


def _merged(*paths, changes=()):
    values: dict = {}
    for path in paths:
        update_config(values, read_yaml(path))
    update_config(values, dict(changes))
    return load_config(values)


def check_ensemble(config, student):
    """The student and its teachers are one model but for text encoders, of which one is its own."""
    teachers = config.ranked_by(student)
    for model in teachers:
        assert config.architecture_of(model) == config.architecture_of(student)
        assert config.training_of(model) == config.training_of(student)
        assert config.experts_of(model) == config.experts_of(student)
    encoders = {config.text_encoder_of(model) for model in teachers}
    assert len(encoders) == len(teachers) == 3
    assert config.text_encoder_of(student) in encoders


def put_tables(folder, config):
    """Tables of a benchmark's smallest size, and empty files in the place of features."""
    captions = folder / config.dataset.captions
    captions.parent.mkdir(parents=True)
    captions.write_text("video_id,caption,split\na,one,train\nb,two,val\nc,three,test\n")
    if config.dataset.videos is not None:
        (folder / config.dataset.videos).write_text("video_id,path\na,a.mp4\nb,b.mp4\nc,c.mp4\n")
    for file in config.imported_experts().values():
        (folder / file).mkdir()
    for entry in config.imported_tokens().values():
        (folder / entry.file).parent.mkdir(exist_ok=True)
        (folder / entry.file).touch()


def planned_jobs(folder, *paths):
    """Rule -> jobs of it, of a dry run."""
    place = ["--snakefile", ROOT / "Snakefile", "--directory", folder]
    configs = ["--configfile", *paths] if paths else []
    run = subprocess.run(
        ["snakemake", *place, "--cores", "1", "--dry-run", "--quiet", "rules", *configs],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    table = dict(re.findall(r"^(\w+) +(\d+)$", run.stdout, re.M))
    return {rule: int(jobs) for rule, jobs in table.items() if rule != "total"}
