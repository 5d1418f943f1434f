"""Names of opinions, ``name/seed``: which are of one teacher, and what to call it. No tensors."""

from collections.abc import Iterable


def seeds_of_teachers(opinions: Iterable[str]) -> dict[str, list[int]]:
    """By teacher the places of its seeds' opinions, in the order in which teachers appear.

    Args:
        opinions: Names of opinions, each ``name/seed``.

    >>> seeds_of_teachers(["glove/0", "minilm/0", "glove/1"])
    {'glove': [0, 2], 'minilm': [1]}
    """
    places: dict[str, list[int]] = {}
    for place, opinion in enumerate(opinions):
        places.setdefault(opinion.partition("/")[0], []).append(place)
    return places


def teacher_labels(opinions: Iterable[str]) -> list[str]:
    """What a reader wants to know of each teacher: its name, and how many seeds if several.

    Args:
        opinions: Names of opinions, each ``name/seed``.

    >>> teacher_labels(["glove/0", "minilm/0", "glove/1"])
    ['glove (2 seeds)', 'minilm']
    """
    return [
        name if len(places) == 1 else f"{name} ({len(places)} seeds)"
        for name, places in seeds_of_teachers(opinions).items()
    ]
