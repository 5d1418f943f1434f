"""Configuration files: read one by one, laid over each other as snakemake does, and checked."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from teachtext.config.checks import load_config
from teachtext.config.whole import Config
from teachtext.errors import ConfigError


def read_config(files: Mapping[str, Path]) -> Config:
    """Read and check configuration files.

    Args:
        files: What a message calls a file -> where it is; later ones are laid over earlier ones.

    Raises:
        ConfigError: One cannot be read, or what they say together does not fit.
    """
    merged: dict[str, Any] = {}
    for values in _read_all(files).values():
        merged = _merge(merged, values)
    return check_merged(merged, files)


def check_merged(values: Mapping[str, Any], files: Mapping[str, Path]) -> Config:
    """Check what has been laid over each other.

    Args:
        values: Section -> keys.
        files: Those that the values came from, as ``read_config`` takes them.

    Raises:
        ConfigError: Something does not fit; it names the last of the files that says so.
    """
    try:
        return load_config(values)
    except ConfigError as error:
        raise ConfigError(_naming_its_file(str(error), _read_all(files))) from None


def _read_all(files: Mapping[str, Path]) -> dict[str, Mapping[str, Any]]:
    return {name: read_sections(name, path) for name, path in files.items()}


def read_sections(name: str, path: Path) -> Mapping[str, Any]:
    """Read one file as it is: section -> keys.

    Args:
        name: What a message calls the file.
        path: File to read.

    Raises:
        ConfigError: It is no YAML file with sections.
    """
    import yaml  # slow to import, and jobs read none

    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise ConfigError(f"Cannot read {name}: {reason}. Give a YAML file.") from None
    if not isinstance(values, Mapping):
        raise ConfigError(f"{name} has no sections. Give a YAML file such as config.yaml.")
    return values


def _merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """As snakemake lays one configuration file over another."""
    both = {
        key: _merge(below[key], above[key])
        for key in below.keys() & above.keys()
        if isinstance(below[key], Mapping) and isinstance(above[key], Mapping)
    }
    return {**below, **above, **both}


def _naming_its_file(message: str, layers: dict[str, Mapping[str, Any]]) -> str:
    """The same about the file that says so, where a message begins with a place in config.yaml.

    >>> _naming_its_file("config.yaml: a.b: no", {"below": {"a": 1}, "x": {"c": 2}})
    'below: a.b: no'
    """
    found = re.match(r"config\.yaml: ([\w.+-]+)", message)
    places = found[1].split(".") if found else []
    for size in range(len(places), 0, -1):
        for name, values in reversed(layers.items()):
            if _says(values, ".".join(places[:size])):
                return message.replace("config.yaml", name, 1)
    return message


def _says(values: object, place: str) -> bool:
    """Whether there are keys that lead to a place; names of entries may have dots."""
    if not place or not isinstance(values, Mapping):
        return True
    return any(
        place == key or (place.startswith(f"{key}.") and _says(value, place[len(key) + 1 :]))
        for key, value in values.items()
    )
