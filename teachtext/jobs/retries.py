"""How often it was asked to try failures again. The Snakefile imports it: standard library only.

The numbers are parameters of the jobs: Snakemake runs a job again when its parameters change.
"""

from collections.abc import Iterable
from pathlib import Path

from teachtext.store.json_files import read_json, write_json

ATTEMPTS = "video/work/attempts.json"


def read_attempts(results: Path) -> dict[str, int]:
    """``{expert}:{shard}`` -> attempts after the first; the expert is empty for probing."""
    path = results / ATTEMPTS
    if not path.exists():
        return {}
    return read_json(path)


def count_attempts(results: Path, jobs: Iterable[tuple[str, str]]) -> None:
    """One more for each (expert, shard)."""
    attempts = read_attempts(results)
    for expert, shard in jobs:
        attempts[f"{expert}:{shard}"] = attempts.get(f"{expert}:{shard}", 0) + 1
    write_json(results / ATTEMPTS, attempts)
