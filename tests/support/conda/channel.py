"""A local conda channel whose packages are links to what is installed where the tests run."""

import asyncio
import hashlib
import io
import json
import sys
import tarfile
from pathlib import Path

from rattler import Subdir
from rattler.index import index_fs

from tests.support.conda.distributions import (
    conda_name,
    installed,
    public_version,
    required_packages,
    top_levels,
)

PYTHON = f"python{sys.version_info.major}.{sys.version_info.minor}"
SITE_PACKAGES = f"lib/{PYTHON}/site-packages"


def write_channel(folder, *, without):
    """Write a package for Python and for every distribution but those named."""
    platform = folder / str(Subdir.current())
    platform.mkdir(parents=True)
    write_python(platform)
    for name, distribution in installed().items():
        if name not in without:
            links = {f"{SITE_PACKAGES}/{n}": path for n, path in top_levels(distribution).items()}
            depends = ["python", *required_packages(distribution)]
            write_package(
                platform, conda_name(name), public_version(distribution.version), depends, links
            )
    asyncio.run(index_fs(folder, write_zst=False, write_shards=False))


def write_python(platform):
    """The interpreter of the tests, which finds the packages of the environment that it is in."""
    interpreter = Path(sys.base_prefix) / "bin" / PYTHON
    settings = platform.parent / "pyvenv.cfg"
    settings.write_text(f"home = {interpreter.parent}\ninclude-system-site-packages = false\n")
    links = {f"bin/{PYTHON}": interpreter, "bin/python": PYTHON, "pyvenv.cfg": settings}
    version = ".".join(map(str, sys.version_info[:3]))
    write_package(platform, "python", version, [], links)


def write_package(platform, name, version, depends, links):
    """Write a package of links only.

    Args:
        platform: the folder of the channel that it is for.
        name: as conda has it.
        version: as conda has it.
        depends: names of packages.
        links: path in an environment -> what it is a link to.
    """
    index = {
        "name": name, "version": version, "build": "links_0", "build_number": 0,
        "depends": depends, "subdir": platform.name, "timestamp": 0,
    }  # fmt: skip
    empty = hashlib.sha256(b"").hexdigest()
    paths = [
        {"_path": path, "path_type": "softlink", "sha256": empty, "size_in_bytes": 0}
        for path in links
    ]
    with tarfile.open(platform / f"{name}-{version}-links_0.tar.bz2", "w:bz2") as package:
        _add_json(package, "info/index.json", index)
        _add_json(package, "info/paths.json", {"paths": paths, "paths_version": 1})
        for path, target in links.items():
            member = tarfile.TarInfo(path)
            member.type, member.linkname = tarfile.SYMTYPE, str(target)
            package.addfile(member)


def _add_json(package, path, content):
    encoded = json.dumps(content).encode()
    member = tarfile.TarInfo(path)
    member.size = len(encoded)
    package.addfile(member, io.BytesIO(encoded))
