"""A stand-in for conda: ``python -m tests.support.conda.standin FOLDER ARGUMENTS``.

Answers what Snakemake 9 asks of conda and no more. conda's solver and layout are real (rattler);
the packages are those of the channel in FOLDER, and pip's are links to what is installed here.
"""

import asyncio
import json
import os
import shlex
import shutil
import sys
from pathlib import Path

import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from rattler import Channel, Gateway, MatchSpec, Subdir, VirtualPackage, install, solve

from tests.support.conda.channel import SITE_PACKAGES, write_channel
from tests.support.conda.distributions import installed, top_levels

_ROOT = Path(__file__).parents[3]


def set_up(folder, *, only_pip):
    """Make ``folder/bin/conda`` and its channel.

    Args:
        folder: an empty one.
        only_pip: distributions that conda-forge does not have.
    """
    write_channel(folder / "conda-forge", without=only_pip)
    (folder / "bin").mkdir()
    shutil.copy(Path(__file__).parent / "activate.sh", folder / "bin/activate")
    words = [sys.executable, "-m", "tests.support.conda.standin", str(folder)]
    conda = folder / "bin/conda"
    conda.write_text(
        f'#!/bin/sh\nPYTHONPATH={shlex.quote(str(_ROOT))} exec {shlex.join(words)} "$@"\n'
    )
    conda.chmod(0o755)


def main(folder, arguments):
    match arguments:
        case ["--version"]:
            sys.stdout.write("conda 24.7.1\n")
        case ["info", "--json"]:
            _answer({"conda_prefix": str(folder), "platform": str(Subdir.current())})
        case ["config", "--get", "channel_priority", "--json"]:
            _answer({"get": {"channel_priority": "strict"}})
        case ["env", "create", *options]:
            file, prefix = (Path(options[options.index(o) + 1]) for o in ("--file", "--prefix"))
            asyncio.run(create(folder, yaml.safe_load(file.read_text()), prefix))
        case ["clean", *_]:
            pass
        case _:
            sys.exit(f"The stand-in for conda does not know: {shlex.join(arguments)}")


def _answer(content):
    sys.stdout.write(json.dumps(content))


async def create(folder, environment, prefix):
    packages = [word for word in environment["dependencies"] if isinstance(word, str)]
    sections = [word for word in environment["dependencies"] if not isinstance(word, str)]
    channels = [name for name in environment["channels"] if name != "nodefaults"]
    records = await solve(
        sources=[Channel((folder / name).as_uri()) for name in channels],
        specs=[MatchSpec(package) for package in packages],
        gateway=Gateway(),
        platforms=[Subdir.current()],
        virtual_packages=VirtualPackage.detect(),
    )
    await install(records, prefix, cache_dir=folder / "packages", show_progress=False)
    for section in sections:
        install_with_pip(section["pip"], prefix / SITE_PACKAGES)
    (prefix / "conda-meta/history").touch()  # by which Snakemake knows an environment


def install_with_pip(requirements, site_packages):
    """Link the distributions named, without what they ask for."""
    if os.environ.get("PIP_NO_DEPS") != "1":
        sys.exit("The stand-in for pip resolves nothing: PIP_NO_DEPS is not set to 1.")
    here = installed()
    for requirement in map(Requirement, requirements):
        distribution = here.get(canonicalize_name(requirement.name))
        if distribution is None or distribution.version not in requirement.specifier:
            sys.exit(f"No matching distribution found for {requirement}")
        for name, path in top_levels(distribution).items():
            (site_packages / name).symlink_to(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
    sys.stdout.flush()
    os._exit(0)  # threads of rattler's may still end, which crashes an interpreter that shuts down
