"""Make a folder of videos the home of a data set: tables, splits, configuration; again at will."""

import argparse
import sys

from teachtext.home.folder import init_home
from teachtext.home.options import Options
from teachtext.home.summary import describe_account


def main(args: argparse.Namespace) -> None:
    """Run the command."""
    options = Options(args.captions, args.id_column, args.text_columns, args.group)
    sys.stdout.write(describe_account(init_home(args.folder, options)))
