"""List the videos that failed so far, with the reason, whether or not the run has ended."""

import argparse
import sys
from collections import defaultdict

from teachtext.config.home import home_at
from teachtext.experts.failures import Failure, find_failures


def main(args: argparse.Namespace) -> None:
    """Run the command."""
    home = home_at(args.directory)
    sys.stdout.write(_table(find_failures(home.results)))


def _table(failures: list[Failure]) -> str:
    """One line per video and reason, the experts that share it together."""
    experts: dict[tuple[str, str], list[Failure]] = defaultdict(list)
    for failure in failures:
        experts[failure.video_id, failure.reason].append(failure)
    lines = [
        f"{video!r}\t{', '.join(failure.expert or 'all' for failure in group)}\t{reason}"
        f"\t{sum(failure.seconds for failure in group):.1f} s"
        for (video, reason), group in sorted(experts.items())
    ]
    videos = len({failure.video_id for failure in failures})
    return "".join(f"{line}\n" for line in [*lines, f"{videos} videos failed"])
