"""How long a run will still take, as far as there are grounds. Numbers of ``Records`` alone."""

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

from teachtext.jobs.plan import Job
from teachtext.jobs.records import Records

SAMPLE = 20
"""Jobs of a kind whose seconds are read: with a million videos there are thousands."""


class Durations:
    """What jobs took that are done.

    Args:
        records: that Snakemake keeps.
        done: jobs.
    """

    def __init__(self, records: Records, done: Iterable[Job]) -> None:
        self._by_kind: dict[tuple[str, ...], list[float]] = defaultdict(list)
        for job in done:
            seen = self._by_kind[job.kind]
            if len(seen) < SAMPLE:
                seconds = records.seconds_of(job.outputs[0])
                seen.extend([] if seconds is None else [seconds])

    def expected(self, job: Job) -> float | None:
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
        work_seconds: of all jobs that are left, one after another, as far as that is known.
        at_once: jobs that run now.
        unknown: rules of which jobs are left and none is done, so nobody knows what they take.
        seconds: until the end, apart from those, if as many jobs go on at once; None: none runs.
    """

    work_seconds: float
    at_once: int
    unknown: Sequence[str]
    seconds: float | None


def sum_up(
    running: Sequence[tuple[Job, float | None]],
    others: Iterable[Job],
    durations: Durations,
    records: Records,
) -> TimeLeft:
    """Estimate.

    Args:
        running: jobs, with what their own progress says of the seconds left.
        others: jobs that have to run.
        durations: of those that are done.
        records: when the running ones began.
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
