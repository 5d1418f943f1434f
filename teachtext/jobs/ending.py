"""What a run says when it ends. Reads a few of its files; what is missing or damaged is said."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from teachtext.config.home import Home
from teachtext.config.whole import Config
from teachtext.errors import StoreError, TeachTextError
from teachtext.jobs.plan import plan_jobs
from teachtext.jobs.results import REPORT
from teachtext.jobs.snapshot import JobStatus, count_failed_videos, take_snapshot
from teachtext.jobs.text import TOKENS
from teachtext.jobs.videos import SHARD_MANIFEST
from teachtext.report.verdict import read_verdict
from teachtext.runtime.terminal import printable
from teachtext.tables.shards import CAPTIONED, shard_names

_SHOWN = 5
"""Failed jobs that are named one by one."""


def describe_success(config: Config, home: Home) -> str:
    """Five lines: what was found, the verdict, the report, how to search, what failed.

    Args:
        config: Configuration of the run.
        home: Folder of the run, as seen by whom it tells.
    """
    folder = home.folder
    report = folder / REPORT
    failed = _or_reason(lambda: f"{count_failed_videos(folder)} failed")
    named = f"videos: {home.command('teachtext', 'list-failures')}  (names them, with reasons)"
    lines = {
        "Found": _or_reason(lambda: _found(config, folder, failed)),
        "Verdict": _or_reason(lambda: read_verdict(report)) if report.exists() else "no report yet",
        "Report": str(report.absolute()) if report.exists() else "not made yet",
        "Search": _search(home),
        "Failed": "nothing" if failed == "0 failed" else named,
    }
    return "".join(_line(name, text) for name, text in lines.items())


def describe_failure(config: Config, home: Home) -> str:
    """The jobs that failed, with the last line of each log, and the command that tells more.

    Args:
        config: Configuration of the run.
        home: Folder of the run, as seen by whom it tells.
    """
    more = _line("More", home.command("teachtext", "status"))
    try:
        jobs = take_snapshot(plan_jobs(config, home.folder), home.folder)
    except (TeachTextError, OSError) as error:
        return f"{_line('Failed', str(error))}{more}"
    failed, done = jobs.of_state("failed"), len(jobs.of_state("done"))
    lines = [
        _line("Failed", f"{len(failed) or 'none'} of {len(jobs.jobs)} jobs; {done} are done"),
        *(f"  {printable(_last_words(one))}\n" for one in failed[:_SHOWN]),
        *([f"  and {len(failed) - _SHOWN} more\n"] if len(failed) > _SHOWN else []),
        more,
        _line("Then", "mend it, and the same snakemake goes on where it stopped"),
    ]
    return "".join(lines)


def _line(name: str, text: str) -> str:
    return f"{name + ':':9}{printable(text)}\n"


def _or_reason(ask: Callable[[], str]) -> str:
    """The answer, or why there is none: a run that ended well ends without a traceback."""
    try:
        return ask()
    except (TeachTextError, OSError) as error:
        return " ".join(str(error).split())


def _found(config: Config, folder: Path, failed: str) -> str:
    names = shard_names(config.dataset.shards.counts())
    videos = sum(_rows_of_all(folder, [SHARD_MANIFEST.format(shard=name) for name in names]))
    captions = 0
    for portion in CAPTIONED:
        tokens = [TOKENS.format(portion=portion, text_encoder=name) for name in config.text]
        captions += max(_rows_of_all(folder, tokens), default=0)
    counts = {f"{videos} videos ({failed})": videos, f"{captions} captions": captions}
    return ", ".join(told for told, count in counts.items() if count) or "nothing yet"


def _rows_of_all(folder: Path, tables: Iterable[str]) -> list[int]:
    """Number of rows of each table that is there."""
    return [_rows(folder / table) for table in tables if (folder / table).exists()]


def _rows(table: Path) -> int:
    try:
        return int(pq.read_metadata(table).num_rows)
    except pa.ArrowInvalid as error:
        raise StoreError(f"Cannot read {table}: {error}. Delete it and run again.") from None


def _search(home: Home) -> str:
    if not any((home.results / "search").glob("*/*")):
        return "there is no index yet"
    return f"{home.command('teachtext', 'serve')}  (a page in the browser)"


def _last_words(one: JobStatus) -> str:
    said = f": {one.says}" if one.says else ""
    return f"{one.job.rule} {one.job.item}".rstrip() + f"{said} ({one.job.log})"
