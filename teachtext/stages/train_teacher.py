"""Train a teacher: a model whose similarities others learn from."""

from teachtext.stages import _training


def main(argv: list[str]) -> None:
    """Run the stage."""
    _training.run(argv, stage="train-teacher", section="teachers", description=__doc__)
