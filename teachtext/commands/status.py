"""Tell what is done, running, failed and left of a run, also while it runs; nothing is changed."""

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from teachtext.config.home import home_at
from teachtext.jobs.plan import plan_jobs
from teachtext.jobs.snapshot import STATES, JobStatus, RunStatus, take_snapshot
from teachtext.jobs.time_left import TimeLeft

_SHOWN = 20
"""Jobs of a state that are told one by one."""
NAMED = 3
"""Rules that are named of those whose seconds nobody knows."""


def main(args: argparse.Namespace) -> None:
    """Run the command."""
    home = home_at(args.directory, args.configfile)
    status = take_snapshot(plan_jobs(home.config_of_last_run(), home.folder), home.folder)
    sys.stdout.write(_as_json(status) if args.json else home.complete(describe_status(status)))


def describe_status(status: RunStatus) -> str:
    """The status as a table and a few lines."""
    counts = status.counts()
    width = max(len(stage) for stage in counts)
    lines = [f"{'':{width}}  {'jobs':>6}" + "".join(f"{state:>9}" for state in STATES)]
    for stage, found in counts.items():
        cells = "".join(f"{found[state] or '-':>9}" for state in STATES)
        lines.append(f"{stage:{width}}  {sum(found.values()):>6}{cells}")
    lines += ["", _who_runs(status)]
    for state in ("running", "failed", "killed"):
        lines += _listed(state, status.of_state(state))
    if status.failed_videos:
        lines.append(f"{status.failed_videos} videos failed: `teachtext list-failures` names them.")
    lines.append(_left(status))
    return "".join(f"{line}\n" for line in lines)


def _who_runs(status: RunStatus) -> str:
    run = status.last_run
    if run is None:
        return "No snakemake has run here yet."
    if run.is_alive is None:
        return (
            "The last snakemake was started on another machine; its jobs are judged by their logs."
        )
    return "A snakemake is running here." if run.is_alive else "No snakemake is running here."


def _listed(state: str, found: Sequence[JobStatus]) -> list[str]:
    lines = [f"{state}: {one.job.rule} {one.job.item}".rstrip() + _said(one) for one in found]
    more = [f"{state}: {len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
    advice = ["Killed jobs go on: `snakemake --unlock`, then the same snakemake again."]
    return [*lines[:_SHOWN], *more, *(advice if found and state == "killed" else [])]


def _said(one: JobStatus) -> str:
    # a log may hold names of files, and those anything, also what moves a terminal's cursor
    printable = "".join(
        sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in one.says
    )
    said = f" | {printable}" if printable else ""
    return f"{said} | {one.job.log}" if one.state == "failed" else said


def _left(status: RunStatus) -> str:
    left = status.time_left
    if all(one.state == "done" for one in status.jobs):
        return "Time left: none, everything is there."
    parts = []
    if left.seconds:
        parts.append(f"about {_duration(left.seconds)} with as many jobs at once as now")
    elif left.work_seconds:
        parts.append(f"about {_duration(left.work_seconds)} of work, one job after another")
    if left.unknown:
        named = ", ".join(left.unknown[:NAMED]) + ", ..." * (len(left.unknown) > NAMED)
        parts.append(f"unknown for {len(left.unknown)} rules of which no job has ended ({named})")
    return f"Time left: {'; '.join(parts) or 'unknown'}."


def _duration(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))


def _as_json(status: RunStatus) -> str:
    values: dict[str, Any] = {
        "stages": status.counts(),
        "snakemake_is_running": status.last_run and status.last_run.is_alive,
        "failed_videos": status.failed_videos,
        "time_left": _time_left_values(status.time_left),
        "jobs": [
            {
                "stage": one.job.stage,
                "rule": one.job.rule,
                "item": one.job.item,
                "state": one.state,
                "says": one.says,
                "seconds_left": one.seconds_left,
                "log": one.job.log,
            }
            for one in status.jobs
        ],
    }
    return json.dumps(values, indent=2) + "\n"


def _time_left_values(left: TimeLeft) -> dict[str, Any]:
    return {
        "seconds": left.seconds,
        "work_seconds": left.work_seconds,
        "jobs_at_once": left.at_once,
        "unknown_rules": list(left.unknown),
    }
