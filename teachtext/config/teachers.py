"""Seeds of models as teachers: which are of one teacher, and what to call it. No tensors."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Self

from pydantic import BeforeValidator, PlainSerializer


@dataclass(frozen=True)
class ModelSeed:
    """One seed of a model, which files and histories name ``name/seed``.

    Attributes:
        model: Name of the model in config.yaml.
        seed: Seed of its training.
    """

    model: str
    seed: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what ``str`` writes.

        Raises:
            ValueError: It is something else.

        >>> ModelSeed.parse("glove/-2")
        ModelSeed(model='glove', seed=-2)
        """
        model, slash, seed = str(text).rpartition("/")  # a damaged record may hold a number
        if not slash:
            raise ValueError(f"{text!r} is not name/seed")
        return cls(model, int(seed))

    def __str__(self) -> str:
        return f"{self.model}/{self.seed}"


ModelSeedText = Annotated[ModelSeed, BeforeValidator(ModelSeed.parse), PlainSerializer(str)]
"""A seed of a model in a record that is written as JSON."""


def seeds_of_teachers(opinions: Iterable[ModelSeed]) -> dict[str, list[int]]:
    """By teacher the places of its seeds' opinions, in the order in which teachers appear.

    >>> seeds_of_teachers([ModelSeed("glove", 0), ModelSeed("minilm", 0), ModelSeed("glove", 1)])
    {'glove': [0, 2], 'minilm': [1]}
    """
    places: dict[str, list[int]] = {}
    for place, opinion in enumerate(opinions):
        places.setdefault(opinion.model, []).append(place)
    return places


def teacher_labels(opinions: Iterable[ModelSeed]) -> list[str]:
    """What a reader wants to know of each teacher: its name, and how many seeds if several.

    >>> teacher_labels([ModelSeed("glove", 0), ModelSeed("minilm", 0), ModelSeed("glove", 1)])
    ['glove (2 seeds)', 'minilm']
    """
    return [
        name if len(places) == 1 else f"{name} ({len(places)} seeds)"
        for name, places in seeds_of_teachers(opinions).items()
    ]
