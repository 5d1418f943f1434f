"""The distributions that the tests run with, as conda names them. Reads their metadata only."""

import functools
import importlib.metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

CONDA_NAMES = {
    "matplotlib": "matplotlib-base",
    "opencv-python-headless": "py-opencv",
    "torch": "pytorch",
}
"""Distribution -> package of conda-forge, where they differ."""


def conda_name(distribution):
    name = canonicalize_name(distribution)
    return CONDA_NAMES.get(name, name)


def public_version(version):
    """Without what comes after the +, which conda's versions do not have."""
    return version.split("+")[0]


def top_levels(distribution):
    """Name -> path of every folder and file that it has in site-packages."""
    names = {file.parts[0] for file in distribution.files} - {"..", "__pycache__"}
    # a .pth file would bring in the whole project
    kept = sorted(name for name in names if not name.endswith(".pth"))
    return {name: Path(distribution.locate_file(name)) for name in kept}


@functools.cache
def packages_of_modules():
    """Module or top-level package -> the conda package that brings it."""
    return {
        top.split(".")[0]: conda_name(name)
        for name, distribution in installed().items()
        for top in top_levels(distribution)
    }


def required_packages(distribution):
    """Packages that it asks for, without extras; those that are not installed are not needed."""
    asked = [Requirement(line) for line in distribution.requires or []]
    wanted = {
        canonicalize_name(requirement.name)
        for requirement in asked
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""})
    }
    return sorted(conda_name(name) for name in wanted & installed().keys())


@functools.cache
def installed():
    """Canonical name -> distribution, of all but the project itself."""
    found = {canonicalize_name(d.metadata["Name"]): d for d in importlib.metadata.distributions()}
    found.pop("teachtext", None)
    return found
