"""All jobs of a run, from the configuration alone; a test holds them to be Snakemake's own."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from teachtext.config.pruning import curve_settings
from teachtext.config.whole import Config
from teachtext.jobs.context import Context
from teachtext.jobs.job import Job, told_in
from teachtext.jobs.models import DECISION, TrainPruned
from teachtext.jobs.results import EvaluateModel
from teachtext.jobs.rules import RULES, Rules
from teachtext.store.json_files import read_json


@dataclass(frozen=True)
class PlannedJob:
    """One job of a run; paths count from the folder of the run.

    Attributes:
        stage: Stage, as in the name of its file in workflow/rules.
        rule: Name of the rule.
        item: Item that the rule makes, such as ``appearance/3``; empty if the rule has a single
            job.
        outputs: Files and folders that the job writes; empty if not yet known.
        outlived_by: Files and folders made from its outputs, if these are temporary; once they
            exist, its outputs are no longer needed.
    """

    stage: str
    rule: str
    item: str
    outputs: tuple[str, ...]
    outlived_by: tuple[str, ...] = ()

    @property
    def log(self) -> str:
        """Its log."""
        return told_in(self.rule, self.item, "log")

    @property
    def progress(self) -> str:
        """The record of how far it is (``runtime.progress``), beside its log."""
        return told_in(self.rule, self.item, "jsonl")

    @property
    def kind(self) -> tuple[str, ...]:
        """Jobs of the same kind take about the same time: one expert's, one model's."""
        return (self.rule, *self.item.split("/")[:-1])


def plan_jobs(config: Config, folder: Path) -> list[PlannedJob]:
    """All jobs that lead to the report and the indexes, in the order of the stages.

    Args:
        config: Configuration of the run.
        folder: Folder of the run; its files determine which models a pruning trains.
    """

    def decided(search: str, level: int) -> list[str] | None:
        path = folder / DECISION.format(search=search, level=level)
        return list(read_json(path)["experts"]) if path.exists() else None

    rules = Rules(config, decided, folder)
    jobs = [*_walk(rules), *_unnamed(rules.context)]
    places = {rule: place for place, rule in enumerate(RULES)}
    return sorted(jobs, key=lambda job: places[job.rule])


def _walk(rules: Rules) -> Iterator[PlannedJob]:
    """From the targets back to the files that the user gives."""
    makers: dict[str, Job] = {}
    reads: dict[Job, list[tuple[str, ...]]] = {}
    asked = deque([tuple(rules.targets())])
    # many jobs read the same thousands of stores: they are looked at once
    seen: set[tuple[str, ...]] = set()
    while asked:
        files = asked.popleft()
        for file in () if files in seen else files:
            if file not in makers and (job := rules.maker(file)):
                makers.update(dict.fromkeys(job.outputs(), job))
                reads[job] = [tuple(inputs) for inputs in job.inputs().values()]
                asked += reads[job]
        seen.add(files)
    readers: dict[Job, list[Job]] = {}
    temporary = {file: job for file, job in makers.items() if job.is_temporary}
    going = {files: {temporary[one] for one in files if one in temporary} for files in seen}
    for reader, inputs in reads.items():
        for job in (job for files in inputs for job in going[files]):
            readers.setdefault(job, []).append(reader)
    for job in reads:
        outlived_by = tuple(file for reader in readers.get(job, ()) for file in reader.outputs())
        yield PlannedJob(job.stage, job.rule, job.item(), job.outputs(), outlived_by)


def _unnamed(context: Context) -> Iterator[PlannedJob]:
    """Jobs of levels that no pruning has reached: which models they train is not known yet."""
    for search, settings in context.config.prunings().items():
        levels, begins = context.levels(search), len(context.config.experts_of(search))
        twins = len(curve_settings({search: settings})) - 1
        for level in levels:
            if context.experts_after(search, level) is None:
                candidates = begins - level if level < levels[-1] else 0
                yield from _several(TrainPruned, (twins + candidates) * len(context.config.seeds))
                yield from _several(EvaluateModel, (1 + twins) * len(context.config.seeds))


def _several(kind: type[Job], times: int) -> Iterator[PlannedJob]:
    return (PlannedJob(kind.stage, kind.rule, "", ()) for _ in range(times))
