"""What ``teachtext train-pruned`` is given."""

from teachtext.arguments._training import add_arguments

__all__ = ["add_arguments"]
