"""Take videos out of the tables of a folder; files stay, and the next run does the rest."""

import argparse
import sys

from teachtext.home.folder import remove_videos
from teachtext.home.summary import describe_account


def main(args: argparse.Namespace) -> None:
    """Run the command."""
    sys.stdout.write(describe_account(remove_videos(args.folder, args.videos)))
