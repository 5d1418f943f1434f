"""The workflow in other places: in another workflow, in another folder, in a container."""

import re
import subprocess
import sys

import pytest
import yaml

from teachtext.store.tables import read_table
from teachtext.tables.dataset import shard_of
from tests.support.conda.environments import ENVIRONMENTS, ONLY_PIP
from tests.support.conda.standin import set_up
from tests.support.running import ENVIRONMENT, ROOT, TINY

IMPORTING = f"""
configfile: {str(ROOT / "config.yaml")!r}
configfile: {str(TINY)!r}
configfile: "own.yaml"

module teachtext:
    snakefile: {str(ROOT / "Snakefile")!r}
    config: config

use rule * from teachtext

rule summarize:
    default_target: True
    input: "results/video/manifest/0.parquet"
    output: "copy.parquet"
    shell: "cp {{input:q}} {{output:q}}"
"""

pytestmark = pytest.mark.e2e


@pytest.fixture
def folder(tmp_path):
    """A folder with two tables of one's own, and a configuration that names them."""
    rows = {"a": "train", "b": "val", "c": "test"}
    (tmp_path / "videos.csv").write_text("video_id,path\na,a.mp4\nb,b.mp4\nc,c.mp4\n")
    (tmp_path / "captions.csv").write_text(
        "video_id,caption,split\n" + "".join(f"{v},a dog,{split}\n" for v, split in rows.items())
    )
    tables = {"name": "own", "videos": "videos.csv", "captions": "captions.csv"}
    (tmp_path / "own.yaml").write_text(yaml.safe_dump({"dataset": tables}))
    return tmp_path


def snakemake(at, *arguments, path=ENVIRONMENT["PATH"]):
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "--cores", "1", *arguments],
        cwd=at, env={**ENVIRONMENT, "PATH": path}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_another_workflow_imports_ours_and_goes_on_from_its_results(folder):
    (folder / "Snakefile").write_text(IMPORTING)
    snakemake(folder)
    rows = read_table(folder / "copy.parquet").to_pylist()
    assert {row["video_id"] for row in rows} == {v for v in "abc" if shard_of(v, 2) == 0}


def test_another_workflow_can_ask_for_everything(folder):
    (folder / "Snakefile").write_text(IMPORTING)
    told = snakemake(folder, "--dry-run", "results/report/index.html")
    assert {"extract_expert", "train_teacher", "write_report"} <= set(told.split())


def test_directory_elsewhere_is_where_everything_is_written(folder, tmp_path_factory):
    here = tmp_path_factory.mktemp("here")
    files = ["--snakefile", str(ROOT / "Snakefile"), "--directory", str(folder)]
    configs = ["--configfile", str(TINY), str(folder / "own.yaml")]
    snakemake(here, *files, "results/video/manifest/0.parquet", *configs)
    assert (folder / "results/video/manifest/0.parquet").exists()
    assert (folder / "logs/probe_videos/0.log").exists()
    assert list(here.iterdir()) == []


def test_a_container_has_every_environment(tmp_path):
    set_up(tmp_path, only_pip=ONLY_PIP)
    recipe = snakemake(ROOT, "--containerize", path=f"{tmp_path / 'bin'}:{ENVIRONMENT['PATH']}")
    assert recipe.startswith("FROM ")
    made = dict(re.findall(r"^COPY (\S+) (\S+)/environment.yaml$", recipe, re.M))
    assert set(made) == {f"envs/{name}" for name in ENVIRONMENTS}
    assert all(f"conda env create --prefix {prefix} " in recipe for prefix in made.values())
