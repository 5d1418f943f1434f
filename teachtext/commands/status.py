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
from teachtext.runtime.terminal import printable

_SHOWN = 20
"""Jobs of a state that are told one by one."""
NAMED = 3
"""Rules that are named of those whose seconds nobody knows."""
COMPLETE, FAILED, RUNNING, INCOMPLETE = 0, 1, 3, 4
"""Exit codes that are asked for; 2 is that of options which cannot be read."""


def main(args: argparse.Namespace) -> None:
    """Run the command."""
    home = home_at(args.directory, args.configfile)
    status = take_snapshot(plan_jobs(home.config_of_last_run(), home.folder), home.folder)
    sys.stdout.write(_as_json(status) if args.json else home.complete(describe_status(status)))
    if args.exit_code:
        sys.exit(exit_code(status))


def exit_code(status: RunStatus) -> int:
    """What a script wants to know; a job that failed comes first, also while others run."""
    if status.is_complete:
        return COMPLETE
    if status.of_state("failed"):
        return FAILED
    run = status.last_run
    is_running = status.of_state("running") or (run is not None and run.is_alive)
    return RUNNING if is_running else INCOMPLETE


def describe_status(status: RunStatus) -> str:
    """The status in a few lines and a table."""
    lines = [_in_all(status), _who_runs(status)]
    for state in ("running", "failed", "killed"):
        lines += _listed(state, status.of_state(state))
    lines += ["", *_table(status), ""]
    if status.failed_videos:
        lines.append(f"{status.failed_videos} videos failed: `teachtext list-failures` names them.")
    lines.append(_left(status))
    return "".join(f"{line}\n" for line in lines)


def _in_all(status: RunStatus) -> str:
    found = {state: len(status.of_state(state)) for state in STATES}
    others = [f"{count} {state}" for state, count in found.items() if count and state != "done"]
    return ", ".join([f"{found['done']} of {len(status.jobs)} jobs done", *others]) + "."


def _table(status: RunStatus) -> list[str]:
    counts = status.counts()
    width = max(len(stage) for stage in counts)
    lines = [f"{'':{width}}  {'jobs':>6}" + "".join(f"{state:>9}" for state in STATES)]
    for stage, found in counts.items():
        cells = "".join(f"{found[state] or '-':>9}" for state in STATES)
        lines.append(f"{stage:{width}}  {sum(found.values()):>6}{cells}")
    return lines


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
    said = f" | {printable(one.says)}" if one.says else ""
    return f"{said} | {one.job.log}" if one.state == "failed" else said


def _left(status: RunStatus) -> str:
    left = status.time_left
    if status.is_complete:
        return "Time left: none, everything is there."
    bound = "at least" if left.unknown else "about"
    parts = []
    if left.seconds:
        parts.append(f"{bound} {_duration(left.seconds)} with as many jobs at once as now")
    elif left.work_seconds:
        parts.append(f"{bound} {_duration(left.work_seconds)} of work, one job after another")
    if left.unknown:
        rules = [*left.unknown]
        named = ", ".join(rules[:NAMED]) + ", ..." * (len(rules) > NAMED)
        jobs = f"{left.unknown.total()} jobs of rules that have not ended yet ({named})"
        parts.append(f"and besides {jobs}" if parts else f"unknown for {jobs}")
    return f"Time left: {', '.join(parts) or 'unknown'}."


def _duration(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))


def _as_json(status: RunStatus) -> str:
    values: dict[str, Any] = {
        "jobs_done": len(status.of_state("done")),
        "jobs_in_all": len(status.jobs),
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
        "is_at_least": bool(left.unknown),
        "work_seconds": left.work_seconds,
        "jobs_at_once": left.at_once,
        "unknown_jobs": dict(left.unknown),
    }
