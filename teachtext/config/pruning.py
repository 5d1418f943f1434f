"""Names and entries of the models that a pruning trains."""

import re
from collections.abc import Iterable, Mapping, Sequence

from teachtext.config.models import ModelSettings, PruningSettings
from teachtext.errors import ConfigError

SEPARATOR = "+"
"""Between a curve and the experts of one of its models; no name in config.yaml has it."""
BASELINE = "@baseline"
"""After the name of a pruning: its models without teachers; no name in config.yaml has it."""
MAX_NAME = 200
"""Characters of a model's name; file systems take 255, of which temporary names need some."""


def curve_settings(prunings: Mapping[str, PruningSettings]) -> dict[str, ModelSettings]:
    """Curve -> settings of its models: each pruning is one, and one more without teachers."""
    found: dict[str, ModelSettings] = {}
    for name, pruning in prunings.items():
        found[name] = pruning
        if pruning.teachers:
            found[f"{name}{BASELINE}"] = pruning.model_copy(update={"teachers": []})
    return found


def subset_name(curve: str, experts: Iterable[str]) -> str:
    """Name of the model of a curve that looks through some experts.

    >>> subset_name("pruning", ["motion", "audio"])
    'pruning+audio+motion'
    """
    return SEPARATOR.join([curve, *sorted(experts)])


def subset_pattern(curve: str, experts: Iterable[str]) -> str:
    """Regular expression of the names that ``subset_name`` gives: experts in their order."""
    parts = "".join(rf"(?:\+{re.escape(expert)})?" for expert in sorted(experts))
    return rf"{re.escape(curve)}(?=\+){parts}"


def check_pruning(where: str, pruning: PruningSettings, experts: Sequence[str]) -> None:
    """Refuse a pruning that cannot be walked.

    Args:
        where: Place of the pruning in config.yaml.
        pruning: Settings of the pruning.
        experts: Experts that the pruning begins with.

    Raises:
        ConfigError: It keeps more experts than there are, or file names become too long.
    """
    if pruning.keep > len(experts):
        raise ConfigError(
            f"config.yaml: {where}.keep is {pruning.keep}, but it begins with {len(experts)} "
            f"experts ({', '.join(experts)}). Choose a number from 1 to {len(experts)}."
        )
    longest = subset_name(where.split(".", 1)[1] + BASELINE, experts)
    if len(longest) > MAX_NAME:
        raise ConfigError(
            f"config.yaml: {where}: its name and those of its experts make file names of "
            f"{len(longest)} characters, {MAX_NAME} are allowed. Shorten some."
        )
