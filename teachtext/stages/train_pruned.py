"""Train a student that looks through fewer experts than its teachers (TeachVideo)."""

from teachtext.stages import _training


def main(argv: list[str]) -> None:
    """Run the stage."""
    _training.run(argv, stage="train-pruned", section="pruned", description=__doc__)
