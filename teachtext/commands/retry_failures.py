"""Let the videos that failed, and no others, be read again by the next run of snakemake."""

import argparse
import sys

from teachtext.experts.failures import find_failures, forget_failures
from teachtext.jobs.retries import count_attempts


def main(args: argparse.Namespace) -> None:
    """Run the command."""
    failures = [
        failure
        for failure in find_failures(args.results)
        if args.video_id is None or failure.video_id in args.video_id
    ]
    count_attempts(args.results, forget_failures(args.results, failures))
    videos = len({failure.video_id for failure in failures})
    advice = ". Now run snakemake as before." if videos else "."
    sys.stdout.write(f"{videos} videos will be read again{advice}\n")
