"""Train a teacher: a model whose similarities others learn from."""

import argparse

from teachtext.stages import _training


def main(args: argparse.Namespace) -> None:
    """Run the stage."""
    _training.run_training(args, section="teachers")
