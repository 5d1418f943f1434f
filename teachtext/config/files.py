"""config.yaml as commands read it: one file, or several laid over each other as snakemake does."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from teachtext.config.checks import load_config
from teachtext.config.whole import Config
from teachtext.errors import ConfigError


def read_config(paths: Sequence[Path]) -> Config:
    """Read and check the files.

    Args:
        paths: Files to read; later ones are laid over earlier ones.

    Raises:
        ConfigError: One cannot be read, or what they say together does not fit.
    """
    merged: dict[str, Any] = {}
    for path in paths:
        try:
            values = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (OSError, yaml.YAMLError) as error:
            reason = " ".join(str(error).split())
            raise ConfigError(f"Cannot read {path}: {reason}. Give a YAML file.") from None
        merged = _merge(merged, values or {})
    return load_config(merged)


def _merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """As snakemake lays one configuration file over another."""
    both = {
        key: _merge(below[key], above[key])
        for key in below.keys() & above.keys()
        if isinstance(below[key], Mapping) and isinstance(above[key], Mapping)
    }
    return {**below, **above, **both}
