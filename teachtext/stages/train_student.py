"""Train a student, by the captions alone or also by the similarities of teachers."""

from teachtext.stages import _training


def main(argv: list[str]) -> None:
    """Run the stage."""
    _training.run(argv, stage="train-student", section="students", description=__doc__)
