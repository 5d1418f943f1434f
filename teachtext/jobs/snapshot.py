"""What is done, running, failed and left of a run at this moment. Reads files, writes none."""

import os
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import pyarrow as pa
import pyarrow.dataset as pads

from teachtext.errors import StoreError
from teachtext.jobs.plan import PlannedJob
from teachtext.jobs.records import LastRun, Records
from teachtext.jobs.time_left import Durations, TimeLeft, sum_up
from teachtext.runtime.progress import Reading, read_record

State = Literal["done", "running", "failed", "killed", "waiting"]
STATES: tuple[State, ...] = get_args(State)
SILENT_SECONDS = 600.0
"""A job on another machine whose log has not grown for so long counts as killed."""
TAIL_BYTES = 1 << 16


@dataclass(frozen=True)
class JobStatus:
    """One job at this moment.

    Attributes:
        job: Job in question.
        state: State of the job; ``killed`` if it was started and no process works on it any more.
        says: Latest progress of a running job, last log line of a failed one; otherwise empty.
        seconds_left: Estimated seconds left, from the job's progress; None if it reports none.
    """

    job: PlannedJob
    state: State
    says: str
    seconds_left: float | None


@dataclass(frozen=True)
class RunStatus:
    """A run at this moment.

    Attributes:
        jobs: All jobs, in the order of the stages.
        last_run: Latest call of snakemake that ran jobs; None if there was none.
        failed_videos: Number of videos that could not be read so far.
        time_left: Estimated time left of the whole run.
    """

    jobs: Sequence[JobStatus]
    last_run: LastRun | None
    failed_videos: int
    time_left: TimeLeft

    def counts(self) -> dict[str, Mapping[State, int]]:
        """Stage -> state -> jobs."""
        stages: dict[str, Counter[State]] = {}
        for found in self.jobs:
            stages.setdefault(found.job.stage, Counter())[found.state] += 1
        return {
            stage: {state: counted[state] for state in STATES} for stage, counted in stages.items()
        }

    @property
    def is_complete(self) -> bool:
        """Whether every output is there."""
        return all(found.state == "done" for found in self.jobs)

    def of_state(self, state: State) -> list[JobStatus]:
        """The jobs in a state."""
        return [found for found in self.jobs if found.state == state]


def take_snapshot(jobs: Iterable[PlannedJob], folder: Path) -> RunStatus:
    """Look at the files of a run.

    Args:
        jobs: Jobs from ``plan_jobs``.
        folder: Folder of the run.
    """
    records = Records(folder)
    last_run = records.last_run()
    found = [_look_at(job, folder, records, last_run) for job in jobs]
    running = [(one.job, one.seconds_left) for one in found if one.state == "running"]
    durations = Durations(records, [one.job for one in found if one.state == "done"], running)
    others = [one.job for one in found if one.state in ("failed", "killed", "waiting")]
    return RunStatus(
        found, last_run, count_failed_videos(folder), sum_up(running, others, durations, records)
    )


def _look_at(
    job: PlannedJob, folder: Path, records: Records, last_run: LastRun | None
) -> JobStatus:
    if any(records.has_begun(output) for output in job.outputs):
        log = folder / job.log
        if _is_worked_on(log, last_run):
            reading = read_record(folder / job.progress)
            if reading is None:
                return JobStatus(job, "running", "", None)
            return JobStatus(job, "running", str(reading), _seconds_left(reading))
        return JobStatus(job, "killed", "", None)
    if _are_there(job.outputs, folder) or _are_there(job.outlived_by, folder):
        return JobStatus(job, "done", "", None)
    if last_run is not None and _has_failed(job, folder, last_run):
        lines = _tail(folder / job.log).split("\n")
        said = next((line.strip() for line in reversed(lines) if line.strip()), "")
        return JobStatus(job, "failed", said, None)
    return JobStatus(job, "waiting", "", None)


def _has_failed(job: PlannedJob, folder: Path, last_run: LastRun) -> bool:
    """Of a job that does not run and whose outputs are not there."""
    if last_run.failed is not None:
        return not last_run.failed.isdisjoint(job.outputs)
    try:
        return bool(job.outputs) and (folder / job.log).stat().st_mtime >= last_run.begun
    except FileNotFoundError:
        return False


def _seconds_left(reading: Reading) -> float | None:
    """Of the whole job; None while it reads its inputs, or when it has ended one of its works."""
    if reading.what.startswith("read ") or reading.done >= reading.total:
        return None
    return reading.seconds_left


def _are_there(outputs: Sequence[str], folder: Path) -> bool:
    return bool(outputs) and all((folder / output).exists() for output in outputs)


def _is_worked_on(log: Path, last_run: LastRun | None) -> bool:
    if last_run is not None and last_run.is_alive is not None:
        return last_run.is_alive
    try:
        return time.time() - log.stat().st_mtime < SILENT_SECONDS
    except FileNotFoundError:
        return False


def _tail(log: Path) -> str:
    """The end of a log, which may not be there yet."""
    try:
        with log.open("rb") as stream:
            stream.seek(max(0, os.fstat(stream.fileno()).st_size - TAIL_BYTES))
            return stream.read().decode(errors="replace")
    except FileNotFoundError:
        return ""


def count_failed_videos(folder: Path) -> int:
    """Videos that could not be probed, or on which an expert failed, in jobs that have ended.

    Raises:
        StoreError: A manifest or a ledger is damaged, or of another version.
    """
    failed: set[str] = set()
    for files in ("video/manifest/*.parquet", "experts/*/*.parquet"):
        paths = [str(path) for path in (folder / "results").glob(files)]
        if not paths:
            continue
        try:
            # all files at once: with a million videos there are thousands, and reading takes long
            rows = pads.dataset(paths, format="parquet").to_table(
                columns=["video_id"], filter=pads.field("status") == "failed"
            )
        except (OSError, pa.ArrowInvalid) as error:
            reason = " ".join(str(error).split())
            raise StoreError(f"Cannot read {files} in {folder / 'results'}: {reason}.") from None
        failed.update(rows["video_id"].to_pylist())
    return len(failed)
