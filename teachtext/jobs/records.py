"""What Snakemake notes in .snakemake of a run: what began, what ended when, what failed.

These files are not promised by Snakemake; ``tests/jobs`` reads those of the version in use.
"""

import json
import os
import platform
import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

_LONGEST_NAME = 254
"""Characters of a file name; longer ones are cut into folders, whose names begin with an @."""
_ERROR = re.compile(r"^Error in rule \w+:\n((?:    .*\n)+)", re.M)
_BEGUN = "Select jobs to execute"
"""A log without it is of a call that ran nothing, such as ``--unlock``; one that is empty is of
``--quiet all``."""


@dataclass(frozen=True)
class LastRun:
    """The latest call of snakemake that ran jobs.

    Attributes:
        log: Log of the call.
        begun: Start of the call in seconds since 1970.
        failed: Outputs of jobs that failed; None if the call was told to be quiet.
        is_alive: Whether the call is still running; None if it was started on another machine, or
            may have been.
    """

    log: Path
    begun: float
    failed: frozenset[str] | None
    is_alive: bool | None


class Records:
    """Reads the notes of one folder.

    Args:
        folder: Folder of the run.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        root = folder / ".snakemake"
        self._metadata, self._incomplete = root / "metadata", root / "incomplete"
        self._marked = {path for path in self._incomplete.rglob("*") if path.is_file()}

    def has_begun(self, output: str) -> bool:
        """Whether the job that writes a file was started and has not ended, or was killed."""
        return _record(self._incomplete, output) in self._marked

    def begun_at(self, output: str) -> float | None:
        """When it was started, in seconds since 1970; None: it has ended meanwhile."""
        try:
            return _record(self._incomplete, output).stat().st_mtime
        except FileNotFoundError:
            return None

    def seconds_of(self, output: str) -> float | None:
        """How long the job took that wrote a file; None: Snakemake did not note it."""
        try:
            noted = json.loads(_record(self._metadata, output).read_text())
            return float(noted["endtime"]) - float(noted["starttime"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def last_run(self) -> LastRun | None:
        """The latest call that ran jobs; None: there was none."""
        for log in sorted((self._folder / ".snakemake/log").glob("*.log"), reverse=True):
            text = log.read_text(errors="replace")
            if _BEGUN in text or not text:
                failed = _failed(text) if text else None
                return LastRun(log, _begun(log), failed, self._is_alive(text))
        return None

    def _is_alive(self, text: str) -> bool | None:
        if "Complete log(s):" in text:
            return False
        is_here = f"\n  Host: {platform.node()}\n" in text
        if (text and not is_here) or not Path("/proc/self").exists():
            return None
        found = any(_works_in(process, self._folder) for process in Path("/proc").glob("[0-9]*"))
        return found if is_here else found or None


def describe_lock(last: LastRun | None) -> str:
    """Who holds the lock of a folder, and what to do.

    Args:
        last: Latest call of snakemake that ran jobs there.
    """
    if last is not None and last.is_alive:
        return (
            "Another snakemake is running in this folder. `teachtext status` says how far it is; "
            "when it has ended, type your command again."
        )
    begin = "The last snakemake in this folder was killed and has left its lock."
    if last is None or last.is_alive is None:
        begin = "Another snakemake has locked this folder. If it is running on no machine any more"
        return f"{begin}: `snakemake --unlock`, then type your command again."
    return f"{begin} Type `snakemake --unlock`, then your command again."


def _record(folder: Path, output: str) -> Path:
    name = urlsafe_b64encode(output.encode()).decode()
    parts = [name[at : at + _LONGEST_NAME] for at in range(0, len(name), _LONGEST_NAME)]
    return folder.joinpath(*(f"@{part}" for part in parts[:-1]), parts[-1])


def _begun(log: Path) -> float:
    """The moment that Snakemake names a log by: ``2026-11-28T200622.577398.snakemake.log``."""
    try:
        return datetime.fromisoformat(log.name.removesuffix(".snakemake.log")).timestamp()
    except ValueError:
        return log.stat().st_mtime


def _failed(text: str) -> frozenset[str]:
    blocks = "".join(_ERROR.findall(text))
    lines = re.findall(r"^    output: (.+)$", blocks, re.M)
    return frozenset(output for line in lines for output in line.split(", "))


def _works_in(process: Path, folder: Path) -> bool:
    if process.name == str(os.getpid()):
        return False  # the Snakefile asks who else is there
    try:
        words = os.fsdecode((process / "cmdline").read_bytes()).split("\0")
        is_snakemake = any(Path(word).name == "snakemake" for word in words)
        return is_snakemake and (process / "cwd").resolve(strict=True) == folder.resolve()
    except OSError:  # it has ended, or is somebody else's
        return False
