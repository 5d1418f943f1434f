"""Add videos, and texts beside them, to the tables of a folder; the next run does the rest."""

import argparse
import sys

from teachtext.home.folder import add_videos
from teachtext.home.summary import describe_account


def main(args: argparse.Namespace) -> None:
    """Run the command."""
    sys.stdout.write(describe_account(add_videos(args.folder, args.paths)))
