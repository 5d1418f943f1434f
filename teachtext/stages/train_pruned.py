"""Train a student that looks through fewer experts than its teachers (TeachVideo)."""

import argparse

from teachtext.stages import _training


def main(args: argparse.Namespace) -> None:
    """Run the stage."""
    _training.run_training(args, section="pruned")
