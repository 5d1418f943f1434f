"""Estimate hours and gigabytes of a run from a few of its videos, and advise how many shards."""

import argparse
import contextlib
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

from teachtext.config.home import home_at
from teachtext.config.whole import Config
from teachtext.errors import ConfigError
from teachtext.experts.loading import load_requested
from teachtext.experts.planning import ExtractionPlan, plan_extraction
from teachtext.tables.dataset import read_videos
from teachtext.video.isolation import Limits

GIGABYTE = 1e9


def main(args: argparse.Namespace) -> None:
    """Run the command."""
    home = home_at(args.directory, args.configfile)
    config = home.config_of_next_run()
    if config.dataset.videos is None:
        raise ConfigError("dataset.videos is null: there is nothing to extract. Run snakemake.")
    scratch = tempfile.TemporaryDirectory(prefix="teachtext-plan-")
    # where paths of the configuration count from
    with scratch as folder, contextlib.chdir(home.folder):
        plan = plan_extraction(
            read_videos(Path(config.dataset.videos)),
            [config.request(name) for name in config.extracted_experts()],
            lambda request: load_requested(request, threads=1),
            sample=args.sample,
            seed=args.seed,
            limits=Limits(config.video.timeout_seconds, int(config.video.memory_gb * 2**30)),
            folder=Path(folder),
        )
    sys.stdout.write(describe_plan(plan, config, args.cores))


def describe_plan(plan: ExtractionPlan, config: Config, cores: int) -> str:
    """The plan in words and numbers."""
    hours = plan.videos * plan.video_seconds / 3600
    wall = (plan.core_seconds() + plan.start_seconds(cores)) / cores
    lines = [
        f"{plan.videos} videos, about {hours:.2f} hours (from {plan.sampled} videos)",
        "",
        f"{'':14}{'s per video':>12}{'core hours':>12}{'GB':>10}",
        _row("probe", plan.videos, plan.probe_seconds),
        _row("decode", plan.videos, plan.decode_seconds),
    ]
    for name, cost in plan.experts.items():
        lines.append(_row(name, plan.videos, cost.seconds, plan.videos * cost.bytes))
    lines += [
        "",
        f"Time on {cores} cores: {timedelta(seconds=round(wall))}, of which starting jobs takes "
        f"{100 * plan.start_seconds(cores) / (wall * cores):.1f} %.",
        f"Features: {plan.feature_bytes() / GIGABYTE:.3f} GB. Decoded frames and sound, at most, "
        f"for a while: {plan.media_bytes_at_once(cores) / GIGABYTE:.3f} GB.",
        f"Advised: dataset.shards: {plan.shards(cores)} (now {config.dataset.shards}).",
        f"{len(plan.reasons)} of {plan.sampled} videos failed"
        f" (video.max_failed_fraction: {config.video.max_failed_fraction:g}).",
        *(f"  {video!r}: {reason}" for video, reason in plan.reasons.items()),
    ]
    return "".join(f"{line}\n" for line in lines)


def _row(name: str, videos: int, seconds: float, size: float | None = None) -> str:
    gigabytes = "" if size is None else f"{size / GIGABYTE:10.3f}"
    return f"{name:14}{seconds:12.3f}{videos * seconds / 3600:12.2f}{gigabytes}"
