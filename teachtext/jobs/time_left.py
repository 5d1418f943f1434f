"""How long a run will still take, as far as there are grounds. Numbers of ``Records`` alone."""

import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from teachtext.jobs.plan import PlannedJob
from teachtext.jobs.records import Records

SAMPLE = 20
"""Jobs of a kind whose seconds are read: with a million videos there are thousands."""
ALIKE = (
    {"train_teacher", "train_student", "train_pruned"},
    {"compute_similarities", "evaluate_model", "build_index"},
)
"""Rules whose jobs take about the same time."""


class Durations:
    """What jobs take: those that are done, and by their own progress those that run.

    Args:
        records: Records that Snakemake keeps.
        done: Finished jobs.
        running: Running jobs, each with the seconds left by its own progress.
    """

    def __init__(
        self,
        records: Records,
        done: Iterable[PlannedJob],
        running: Iterable[tuple[PlannedJob, float | None]] = (),
    ) -> None:
        self._ended: dict[tuple[str, ...], list[float]] = defaultdict(list)
        self._foreseen: dict[tuple[str, ...], list[float]] = defaultdict(list)
        for job in done:
            seen = self._ended[job.kind]
            if len(seen) < SAMPLE:
                seconds = records.seconds_of(job.outputs[0])
                seen.extend([] if seconds is None else [seconds])
        now = time.time()
        for job, left in running:
            begun = records.begun_at(job.outputs[0])
            if left is not None and begun is not None:
                self._foreseen[job.kind].append(now - begun + left)

    def expected(self, job: PlannedJob) -> float | None:
        """Mean seconds of jobs of the same kind, else of the same rule, else of a similar rule.

        Of each, those that have ended count before those that run. None: there is no such job.
        """
        alike = next((rules for rules in ALIKE if job.rule in rules), {job.rule})
        for rules in ({job.rule}, alike):
            for known in (self._ended, self._foreseen):
                own = known.get(job.kind) or _of_rules(known, rules)
                if own:
                    return fmean(own)
        return None


def _of_rules(known: Mapping[tuple[str, ...], list[float]], rules: Iterable[str]) -> list[float]:
    return [second for kind, seconds in known.items() if kind[0] in rules for second in seconds]


@dataclass(frozen=True)
class TimeLeft:
    """What is left of a run.

    Attributes:
        work_seconds: Total seconds of all remaining jobs, one after another, as far as known.
        at_once: Number of jobs running now.
        unknown: Number of remaining jobs by rule, of rules of which no job, nor one of a similar
            rule, has ended or says how far it is. They count as nothing.
        seconds: Seconds until the end if as many jobs keep running at a time, at least so many if
            some are unknown; None if no job is running.
    """

    work_seconds: float
    at_once: int
    unknown: Counter[str]
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
        durations: Durations of jobs of this run.
        records: Records of when the running jobs began.
    """
    now = time.time()
    left: list[float] = []
    unknown: Counter[str] = Counter()
    for job, own in running:
        expected = durations.expected(job)
        begun = records.begun_at(job.outputs[0])
        if expected is not None and begun is not None:
            # a job may have other work to do than what it tells now
            own = max(0.0, expected - (now - begun), own or 0.0)
        if own is None:
            unknown[job.rule] += 1
        else:
            left.append(own)
    kinds: dict[tuple[str, ...], float | None] = {}
    for job in others:
        if job.kind not in kinds:
            kinds[job.kind] = durations.expected(job)
        seconds = kinds[job.kind]
        if seconds is None:
            unknown[job.rule] += 1
        else:
            left.append(seconds)
    work = sum(left)
    ends_in = max(work / len(running), max(left, default=0.0)) if running else None
    return TimeLeft(work, len(running), unknown, ends_in)
