"""Names and entries of the models that a search over experts trains."""

import re
from collections.abc import Iterable, Mapping, Sequence

from teachtext.config.models import ModelSettings, SearchSettings
from teachtext.errors import ConfigError

SEPARATOR = "+"
"""Between a curve and the experts of one of its models; no name in config.yaml has it."""
BASELINE = "@baseline"
"""After the name of a search: its models without teachers; no name in config.yaml has it."""
MAX_NAME = 200
"""Characters of a model's name; file systems take 255, of which temporary names need some."""


def curves(searches: Mapping[str, SearchSettings]) -> dict[str, ModelSettings]:
    """Rows whose models the searches train: each search, and one with teachers also without."""
    rows: dict[str, ModelSettings] = {}
    for name, search in searches.items():
        rows[name] = search
        if search.teachers:
            rows[f"{name}{BASELINE}"] = search.model_copy(update={"teachers": []})
    return rows


def subset_model(curve: str, experts: Iterable[str]) -> str:
    """Name of the model of a curve that looks through some experts.

    >>> subset_model("search", ["motion", "audio"])
    'search+audio+motion'
    """
    return SEPARATOR.join([curve, *sorted(experts)])


def subset_pattern(curve: str, experts: Iterable[str]) -> str:
    """Regular expression of the names that ``subset_model`` gives: experts in their order."""
    parts = "".join(rf"(?:\+{re.escape(expert)})?" for expert in sorted(experts))
    return rf"{re.escape(curve)}(?=\+){parts}"


def check_search(where: str, search: SearchSettings, experts: Sequence[str]) -> None:
    """Refuse a search that cannot be walked.

    Args:
        where: Place of the search in config.yaml.
        search: Settings of the search.
        experts: Experts that the search begins with.

    Raises:
        ConfigError: it keeps more experts than there are, or file names become too long.
    """
    if search.keep > len(experts):
        raise ConfigError(
            f"config.yaml: {where}.keep is {search.keep}, but it begins with {len(experts)} "
            f"experts ({', '.join(experts)}). Choose a number from 1 to {len(experts)}."
        )
    longest = subset_model(where.split(".", 1)[1] + BASELINE, experts)
    if len(longest) > MAX_NAME:
        raise ConfigError(
            f"config.yaml: {where}: its name and those of its experts make file names of "
            f"{len(longest)} characters, {MAX_NAME} are allowed. Shorten some."
        )
