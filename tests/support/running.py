"""Running the workflow and the command line as a user does, in a folder of its own."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import yaml

ROOT = Path(__file__).parents[2]
TINY = ROOT / "tests/support/configs/tiny.yaml"
"""Small numbers, laid over the shipped ones."""
ENVIRONMENT = {
    **os.environ,
    "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    "HF_HUB_OFFLINE": "1",
}


def read_yaml(path):
    """Values of a file, by libyaml: config.yaml takes 4 ms, and 27 ms in Python alone."""
    return yaml.load(path.read_text(), yaml.CSafeLoader)


def command(folder, *arguments, overlay=None):
    snakefile = ["snakemake", "--snakefile", str(ROOT / "Snakefile"), "--directory", str(folder)]
    configs = [TINY] if overlay is None else [TINY, str(overlay)]
    return [*snakefile, "--cores", "2", *arguments, "--configfile", *map(str, configs)]


def snakemake(folder, *arguments, overlay=None, **environment):
    return subprocess.run(
        command(folder, *arguments, overlay=overlay),
        env={**ENVIRONMENT, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def dry_run(folder, changes, **environment):
    """What Snakemake says that it would do in an empty folder."""
    overlay = folder / "changes.yaml"
    overlay.write_text(yaml.safe_dump(changes))
    arguments = ["--dry-run", "--printshellcmds"]
    done = snakemake(folder, *arguments, overlay=overlay, **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def planned(folder, changes):
    """The files that a run in an empty folder would write."""
    told = dry_run(folder, changes)
    outputs = re.findall(r"^Reason: Missing output files: ([^;\n]*)", told, re.M)
    return {name for names in outputs for name in names.split(", ")}


def teachtext(folder, *arguments):
    command = [sys.executable, "-m", "teachtext", *arguments]
    answer = subprocess.run(
        command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=True
    )
    return answer.stdout


def scatter_features(path, video_ids):
    """A row for each video but the last, of the kind that another tool might have made."""
    features = np.random.default_rng(0).normal(size=(len(video_ids) - 1, 4))
    np.savez(path, video_id=np.array(video_ids[:-1]), features=features.astype(np.float32))
