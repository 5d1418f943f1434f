"""Running the workflow and the command line as a user does, in a folder of its own."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parent.parent
CONFIGS = [str(ROOT / "config.yaml"), str(ROOT / "tests/configs/tiny.yaml")]
ENVIRONMENT = {
    **os.environ,
    "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    "HF_HUB_OFFLINE": "1",
}


def command(folder, *arguments, overlay=None):
    snakefile = ["snakemake", "--snakefile", str(ROOT / "Snakefile"), "--directory", str(folder)]
    configs = CONFIGS if overlay is None else [*CONFIGS, str(overlay)]
    return [*snakefile, "--cores", "2", *arguments, "--configfile", *configs]


def snakemake(folder, *arguments, overlay=None):
    return subprocess.run(
        command(folder, *arguments, overlay=overlay),
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )


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
