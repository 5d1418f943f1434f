"""How long a run will still take, as far as there are grounds. Numbers of ``Records`` alone."""

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

from teachtext.jobs.plan import PlannedJob
from teachtext.jobs.records import Records

SAMPLE = 20
"""Jobs of a kind whose seconds are read: with a million videos there are thousands."""


class Durations:
    """What jobs took that are done.

    Args:
        records: Records that Snakemake keeps.
        done: Finished jobs.
    """

    def __init__(self, records: Records, done: Iterable[PlannedJob]) -> None:
        self._by_kind: dict[tuple[str, ...], list[float]] = defaultdict(list)
        for job in done:
            seen = self._by_kind[job.kind]
            if len(seen) < SAMPLE:
                seconds = records.seconds_of(job.outputs[0])
                seen.extend([] if seconds is None else [seconds])

    def expected(self, job: PlannedJob) -> float | None:
        """Mean seconds of jobs of the same kind, else of the same rule; None: none is done."""
        own = self._by_kind.get(job.kind)
        same_rule = [
            second
            for kind, seconds in self._by_kind.items()
            if kind[0] == job.rule
            for second in seconds
        ]
        seconds = own or same_rule
        return fmean(seconds) if seconds else None


@dataclass(frozen=True)
class TimeLeft:
    """What is left of a run.

    Attributes:
        work_seconds: Total seconds of all remaining jobs, one after another, as far as known.
        at_once: Number of jobs running now.
        unknown: Rules with remaining jobs but no finished one, so that their duration is unknown.
        seconds: Seconds until the end, without jobs of unknown duration, if as many jobs keep
            running at a time; None if no job is running.
    """

    work_seconds: float
    at_once: int
    unknown: Sequence[str]
    seconds: float | None


def sum_up(
    running: Sequence[tuple[PlannedJob, float | None]],
    others: Iterable[PlannedJob],
    durations: Durations,
    records: Records,
) -> TimeLeft:
    """Estimate.

    Args:
        running: Running jobs, each with the seconds left by its own progress.
        others: Jobs still to run.
        durations: Durations of finished jobs.
        records: Records of when the running jobs began.
    """
    now = time.time()
    left: list[float] = []
    unknown: dict[str, None] = {}
    for job, own in running:
        expected = durations.expected(job)
        begun = records.begun_at(job.outputs[0])
        if own is None and expected is not None and begun is not None:
            own = max(0.0, expected - (now - begun))
        if own is None:
            unknown[job.rule] = None
        else:
            left.append(own)
    kinds: dict[tuple[str, ...], float | None] = {}
    for job in others:
        if job.kind not in kinds:
            kinds[job.kind] = durations.expected(job)
        seconds = kinds[job.kind]
        if seconds is None:
            unknown[job.rule] = None
        else:
            left.append(seconds)
    work = sum(left)
    ends_in = max(work / len(running), max(left, default=0.0)) if running else None
    return TimeLeft(work, len(running), tuple(unknown), ends_in)
