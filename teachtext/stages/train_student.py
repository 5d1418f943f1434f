"""Train a student, by the captions alone or also by the similarities of teachers."""

import argparse

from teachtext.stages import _training


def main(args: argparse.Namespace) -> None:
    """Run the stage."""
    _training.run_training(args, section="students")
