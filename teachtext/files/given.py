"""What the user gives, by its content: digests of files and versions of packages.

Snakemake compares the ages of files. But a file that was moved to where another one was may be
older than what was made from that, and one that was only touched is the same. The Snakefile asks,
so this needs the standard library alone.
"""

import hashlib
import importlib.metadata
import json
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from teachtext.files.atomic import replacing
from teachtext.files.hashing import file_sha256

UNSETTLED_SECONDS = 3
"""A file that is younger may change again without a change of its time: file systems have clocks
of one or two seconds."""
CHECKS_KEPT = 20


class GivenFiles:
    """Digests of files, each computed again only when size or time of the file change.

    Args:
        folder: Folder of the remembered digests; a damaged record is ignored.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "given.json"
        try:
            known = json.loads(self._path.read_text())
        except (OSError, ValueError):
            known = {}
        self._digests: dict[str, Any] = known.get("digests", {})
        self._seen: list[str] = known.get("seen", [])

    def sha256(self, path: str | Path) -> str:
        """SHA-256 of a file, or of names and contents of all that a folder holds.

        Returns:
            Empty if there is nothing of that path on this machine: it is a URL, the name of a
            checkpoint on a hub, or not made yet.
        """
        place, before = Path(path), dict(self._digests)
        if place.is_file():
            digest = self._file_sha256(place)
        elif place.is_dir():
            files = sorted(file for file in place.rglob("*") if file.is_file())
            of_each = [f"{file.relative_to(place)} {self._file_sha256(file)}" for file in files]
            digest = hashlib.sha256("\n".join(of_each).encode()).hexdigest()
        else:
            digest = ""
        if self._digests != before:
            self._save()
        return digest

    def has_seen(self, digest: str) -> bool:
        """Whether it was remembered."""
        return digest in self._seen

    def remember(self, digest: str) -> None:
        """Remember it, for as long as it is among the latest."""
        self._seen = [*self._seen, digest][-CHECKS_KEPT:]
        self._save()

    def _file_sha256(self, file: Path) -> str:
        status = file.stat()
        state = [status.st_size, status.st_mtime_ns]
        known = self._digests.get(str(file))
        if known and known[:2] == state:
            return str(known[2])
        digest = file_sha256(file)
        if time.time() - status.st_mtime > UNSETTLED_SECONDS:
            self._digests[str(file)] = [*state, digest]
        return digest

    def _save(self) -> None:
        with replacing(self._path) as temporary:
            temporary.write_text(json.dumps({"digests": self._digests, "seen": self._seen}))


def package_versions(distributions: Iterable[str]) -> list[str]:
    """``name==version`` of each that is installed beside snakemake; the others are left out."""
    versions = []
    for name in distributions:
        try:
            versions.append(f"{name}=={importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions
