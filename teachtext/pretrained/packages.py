"""Finding weight files inside installed pip packages without importing those packages."""

import importlib.metadata
import importlib.util
import platform
from collections.abc import Iterable
from pathlib import Path

from teachtext.errors import PackageError


def package_folder(module: str, install: str = "") -> Path:
    """Folder of an installed top-level package.

    Args:
        module: Import name, such as ``wordllama``.
        install: Name for pip to install, if it differs from the import name.

    Raises:
        PackageError: The package is not installed.
    """
    spec = importlib.util.find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        command = f"pip install {install or module.replace('_', '-')}"
        raise PackageError(f"Package {module!r} is not installed. Install it with: {command}")
    return Path(spec.submodule_search_locations[0])


def package_version(distribution: str) -> str:
    """``name version`` of an installed distribution, for provenance."""
    return f"{distribution} {importlib.metadata.version(distribution)}"


def installed_versions(distributions: Iterable[str]) -> dict[str, str]:
    """Python's version, and that of each distribution which is installed, for provenance."""
    versions = {"python": platform.python_version()}
    for name in distributions:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions
