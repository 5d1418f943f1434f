"""The workflow in other places: in another workflow, in another folder, in a container."""

import re
import subprocess
import sys

import pytest
import yaml

from teachtext.config.remembered import RememberedRun, recall, remember
from teachtext.store.tables import read_table
from tests.support.conda.environments import ENVIRONMENTS, ONLY_PIP
from tests.support.conda.standin import set_up
from tests.support.running import ENVIRONMENT, ROOT, TINY, read_yaml, teachtext

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
    input: "results/video/manifest/test-0.parquet"
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
    assert [row["video_id"] for row in rows] == ["c"]


def test_another_workflow_can_ask_for_everything(folder):
    (folder / "Snakefile").write_text(IMPORTING)
    told = snakemake(folder, "--dry-run", "results/report/index.html")
    assert {"extract_expert", "train_teacher", "write_report"} <= set(told.split())


PROBED = "results/video/manifest/test-0.parquet"


@pytest.fixture
def home(folder):
    """The same with a file of its own in the place of an overlay."""
    (folder / "own.yaml").rename(folder / "config.yaml")
    return folder


def in_checkout(*arguments):
    """What snakemake answers to somebody in the checkout; it runs on one core."""
    return subprocess.run(
        [sys.executable, "-m", "snakemake", *arguments, "--cores", "1", "--quiet", "rules"],
        cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=False,
    )  # fmt: skip


def line_of(done):
    """The line of ours in an answer that is an error."""
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    (line,) = [line for line in done.stderr.splitlines() if "teachtext: " in line]
    return line


def test_a_folder_is_the_home_of_a_data_set(home):
    place = ["--directory", str(home)]
    assert in_checkout(PROBED, *place, "--dry-run").returncode == 0
    assert not (home / "results").exists()
    done = in_checkout(PROBED, *place, "--configfile", str(TINY))
    assert done.returncode == 0, done.stdout + done.stderr
    run = recall(home / "results")
    assert (run.config["dataset"]["name"], run.config["training"]["epochs"]) == ("own", 3)
    assert (run.overlays, run.options) == ((str(TINY),), ("--cores", "1"))
    assert in_checkout(PROBED, *place, "--dry-run").returncode == 0
    assert recall(home / "results") == run
    told = teachtext(ROOT, "status", *place)
    assert re.search(r"^video +\d+ +1 ", told, re.M), told
    assert teachtext(home, "status") == told.replace(f" --directory {home}", "")


def test_another_data_set_is_refused_before_anything_is_computed(home):
    remember_as_demo(home)
    line = line_of(in_checkout(PROBED, "--directory", str(home)))
    assert f"{home}/results is of the data set 'demo'" in line
    command = re.search(r"type your command again: (mv \S+ \S+) ", line)[1]
    subprocess.run(command.split(), check=True)
    assert in_checkout(PROBED, "--directory", str(home), "--dry-run").returncode == 0


def remember_as_demo(folder):
    run = RememberedRun(
        config=read_yaml(ROOT / "config.yaml"),
        **{"overlays": (), "options": ()},
        **{"snakefile": str(ROOT / "Snakefile"), "typed_in": str(ROOT)},
    )
    remember(folder / "results", run)


def test_a_mistake_in_the_folders_file_is_told_of_that_file(home):
    with (home / "config.yaml").open("a") as stream:
        stream.write("teachers: {old: {text_encoder: glove, modalities: [rgb]}}\n")
    line = line_of(in_checkout("--directory", str(home), "--dry-run"))
    assert f"teachtext: {home}/config.yaml: teachers.old.modalities is not a known key" in line


def test_a_folder_that_is_locked_is_one_line(home):
    locks = home / ".snakemake/locks"
    locks.mkdir(parents=True)
    (locks / "0.output.lock").write_text(f"{PROBED}\n")
    line = line_of(in_checkout(PROBED, "--directory", str(home)))
    command = f"snakemake --unlock --cores 1 --directory {home}"
    assert line == (
        "teachtext: Another snakemake has locked this folder. If it is running on no machine any "
        f"more: `{command}`, then type your command again."
    )
    subprocess.run([sys.executable, "-m", *command.split()], cwd=ROOT, env=ENVIRONMENT, check=True)
    assert not locks.exists()


def test_directory_elsewhere_is_where_everything_is_written(folder, tmp_path_factory):
    here = tmp_path_factory.mktemp("here")
    files = ["--snakefile", str(ROOT / "Snakefile"), "--directory", str(folder)]
    configs = ["--configfile", str(TINY), str(folder / "own.yaml")]
    snakemake(here, *files, "results/video/manifest/test-0.parquet", *configs)
    assert (folder / "results/video/manifest/test-0.parquet").exists()
    assert (folder / "logs/probe_videos/test-0.log").exists()
    assert list(here.iterdir()) == []


def test_a_container_has_every_environment(tmp_path):
    set_up(tmp_path, only_pip=ONLY_PIP)
    recipe = snakemake(ROOT, "--containerize", path=f"{tmp_path / 'bin'}:{ENVIRONMENT['PATH']}")
    assert recipe.startswith("FROM ")
    made = dict(re.findall(r"^COPY (\S+) (\S+)/environment.yaml$", recipe, re.M))
    assert set(made) == {f"envs/{name}" for name in ENVIRONMENTS}
    assert all(f"conda env create --prefix {prefix} " in recipe for prefix in made.values())
