"""Let the videos that failed, and no others, be read again by the next run of snakemake."""

import argparse
import sys
from pathlib import Path

from teachtext.experts.failures import find_failures, forget_failures


def main(argv: list[str]) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="teachtext retry-failures", description=__doc__)
    parser.add_argument(
        "--results", type=Path, default=Path("results"), help="folder (default: %(default)s)"
    )
    parser.add_argument(
        "--video-id", nargs="+", help="only these (default: all that `list-failures` names)"
    )
    args = parser.parse_args(argv)
    failures = [
        failure
        for failure in find_failures(args.results)
        if args.video_id is None or failure.video_id in args.video_id
    ]
    forget_failures(args.results, failures)
    videos = len({failure.video_id for failure in failures})
    advice = ". Now run snakemake as before." if videos else "."
    sys.stdout.write(f"{videos} videos will be read again{advice}\n")
