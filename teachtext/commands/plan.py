"""Estimate hours, gigabytes and memory of a run from a few of its videos, captions and steps."""

import argparse
import contextlib
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from teachtext.config.home import home_at
from teachtext.config.whole import Config
from teachtext.errors import ConfigError
from teachtext.experts.planning import MediaSample, advise_shards
from teachtext.jobs.costs import (
    Costs,
    CostSum,
    JobCost,
    RunSizes,
    sum_costs,
    wall_seconds,
)
from teachtext.jobs.measuring import Measuring, read_tables
from teachtext.jobs.plan import PlannedJob, plan_jobs
from teachtext.jobs.snapshot import take_snapshot
from teachtext.runtime.terminal import printable
from teachtext.tables.shards import PORTIONS, Portion

GIGABYTE = 1e9


@dataclass(frozen=True)
class RunPlan:
    """What is left of a run, and what it will cost.

    Attributes:
        config: Configuration of the run.
        sizes: How much there is to work on.
        media: Probed and decoded videos; None if nothing is left to decode.
        jobs: All jobs, in the order of the stages.
        costs: Estimated cost of each job left, in that order; None where nothing like it was
            measured.
    """

    config: Config
    sizes: RunSizes
    media: MediaSample | None
    jobs: Sequence[PlannedJob]
    costs: Sequence[tuple[PlannedJob, JobCost | None]]


def main(args: argparse.Namespace) -> None:
    """Run the command."""
    home = home_at(args.directory, args.configfile)
    config = home.config_of_next_run()
    with contextlib.chdir(home.folder):  # where paths of the configuration count from
        sys.stdout.write(home.complete(_plan(config, args)))


def _plan(config: Config, args: argparse.Namespace) -> str:
    folder = Path()
    status = take_snapshot(plan_jobs(config, folder), folder)
    jobs = [one.job for one in status.jobs]
    left = [one.job for one in status.jobs if one.state != "done"]
    if not left:
        return "Everything is there: nothing is left to compute.\n"
    if any(job.rule == "render_demo" for job in left):
        raise ConfigError(
            f"{config.dataset.videos} is rendered by the run. Make it first: "
            f"`snakemake {config.dataset.videos}`"
        )
    tables = read_tables(config, folder)
    measuring = Measuring(config, folder, tables, left, cores=args.cores)
    with tempfile.TemporaryDirectory(prefix="teachtext-plan-") as work:
        measured = measuring.measure(sample=args.sample, seed=args.seed, work=Path(work))
    costs = Costs(config, tables.sizes, measured)
    plan = [(job, costs.of(job)) for job in left]
    found = RunPlan(config, tables.sizes, measured.media, jobs, plan)
    return describe_plan(found, args.cores)


def describe_plan(plan: RunPlan, cores: int) -> str:
    """The plan in words and numbers."""
    lines = [_what_there_is(plan), "", *_table(plan), "", *_totals(plan, cores)]
    if plan.media is not None:
        lines += _of_videos(plan, plan.media, cores)
    return "".join(f"{line}\n" for line in lines)


def _what_there_is(plan: RunPlan) -> str:
    captions, media = sum(plan.sizes.captions.values()), plan.media
    hours = ""
    if media is not None:
        whole = plan.sizes.videos * media.video_seconds / 3600
        hours = f", about {whole:.2f} hours (from {len(media.records)} videos)"
    return f"{plan.sizes.videos} videos{hours}, {captions} captions"


def _table(plan: RunPlan) -> list[str]:
    columns = f"{'left':>8}{'of jobs':>9}{'core time':>14}{'at least':>14}{'at most':>14}"
    lines = [f"{'':14}{columns}{'GB':>10}{'memory GB':>11}"]
    for stage in dict.fromkeys(job.stage for job in plan.jobs):
        of_stage = [(job, cost) for job, cost in plan.costs if job.stage == stage]
        in_all = sum(job.stage == stage for job in plan.jobs)
        lines.append(_row(stage, in_all, sum_costs([cost for _, cost in of_stage])))
        experts = [
            job.item.partition("/")[0] for job, _ in of_stage if job.rule == "extract_expert"
        ]
        for expert in dict.fromkeys(experts):
            own = [cost for job, cost in of_stage if job.item.startswith(f"{expert}/")]
            in_all = sum(
                job.rule == "extract_expert" and job.item.startswith(f"{expert}/")
                for job in plan.jobs
            )
            lines.append(_row(f"  {expert}", in_all, sum_costs(own)))
    return [*lines, _row("all", len(plan.jobs), sum_costs([cost for _, cost in plan.costs]))]


def _row(name: str, in_all: int, found: CostSum) -> str:
    head = f"{name:14}{found.jobs or '-':>8}{in_all:>9}"
    if found.untimed == found.jobs:
        return f"{head}{'unknown' if found.jobs else '-':>14}"
    times = "".join(f"{_duration(one):>14}" for one in (found.seconds, found.low, found.high))
    return f"{head}{times}{found.disk_bytes / GIGABYTE:10.3f}{found.memory_bytes / GIGABYTE:11.2f}"


def _totals(plan: RunPlan, cores: int) -> list[str]:
    found = sum_costs([cost for _, cost in plan.costs])
    wall = wall_seconds([(job.rule, cost) for job, cost in plan.costs], cores=cores)
    low, high = (wall * end / (found.seconds or 1.0) for end in (found.low, found.high))
    at_once = min(cores, found.jobs)
    memory = at_once * found.memory_bytes / GIGABYTE
    untimed = dict.fromkeys(job.rule for job, cost in plan.costs if cost is None)
    bound = "at least " if untimed else ""
    missing = [f"Not in it: {found.untimed} jobs of {', '.join(untimed)}."] if untimed else []
    return [
        f"Time on {cores} cores: {bound}{_duration(wall)}, likely between {_duration(low)} and "
        f"{_duration(high)}.",
        *missing,
        f"Disk: {found.disk_bytes / GIGABYTE:.3f} GB. Memory: at most "
        f"{found.memory_bytes / GIGABYTE:.2f} GB a job, {memory:.2f} GB with {at_once} at once.",
    ]


def _of_videos(plan: RunPlan, media: MediaSample, cores: int) -> list[str]:
    """What only a run that decodes needs to know."""
    config = plan.config
    shards = sum(job.rule == "decode_videos" for job in plan.jobs)
    at_once = min(2 * cores, shards) * media.media_bytes * plan.sizes.videos / shards
    videos = {portion: plan.sizes.of_portion(portion) for portion in PORTIONS}
    advised = advise_shards(videos, experts=len(config.extracted_experts()), cores=cores)
    now = config.dataset.shards.counts()
    return [
        f"Decoded frames and sound, at most, for a while: {at_once / GIGABYTE:.3f} GB.",
        f"Advised: dataset.shards: {_in_yaml(advised)} "
        f"(now {'the same' if advised == now else _in_yaml(now)}).",
        f"{len(media.reasons)} of {len(media.records)} videos failed"
        f" (video.max_failed_fraction: {config.video.max_failed_fraction:g}).",
        *(printable(f"  {video!r}: {reason}") for video, reason in media.reasons.items()),
    ]


def _in_yaml(shards: Mapping[Portion, int]) -> str:
    return f"{{{', '.join(f'{portion}: {count}' for portion, count in shards.items())}}}"


def _duration(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))
