"""Let the videos that failed, and no others, be read again by the next run of snakemake."""

import argparse
import sys

from teachtext.config.home import home_at
from teachtext.experts.failures import find_failures, forget_failures
from teachtext.jobs.retries import count_attempts


def main(args: argparse.Namespace) -> None:
    """Run the command."""
    home = home_at(args.directory)
    failures = [
        failure
        for failure in find_failures(home.results)
        if args.video_id is None or failure.video_id in args.video_id
    ]
    count_attempts(home.results, forget_failures(home.results, failures))
    videos = len({failure.video_id for failure in failures})
    advice = ". Now run snakemake as before." if videos else "."
    sys.stdout.write(home.complete(f"{videos} videos will be read again{advice}\n"))
