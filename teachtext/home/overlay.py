"""The `config.yaml` of a home: what differs from the checkout's, kept as its user edited it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from teachtext.config.base import NAME
from teachtext.errors import ConfigError
from teachtext.files.atomic import replacing

_HEAD = "# What differs from the checkout's config.yaml, over which this is laid.\n"
_CAPTIONS = {True: "  captions: captions.csv\n", False: "  captions: null\n"}
"""The line that says whether there are captions to train with."""
_NO_VAL = "training: {keep_epoch: last}  # as long as no captions are val\n"


@dataclass(frozen=True)
class Overlay:
    """A configuration to write.

    Attributes:
        text: Content of the file.
        advice: What the user must change by hand; empty if nothing.
    """

    text: str
    advice: str


def overlay_of(path: Path, title: str, *, trains: bool, chooses: bool) -> Overlay:
    """The configuration of a home: a new one, or its own with only what captions change.

    Args:
        path: File of the configuration; may be missing.
        title: Name of the data set, as people say it.
        trains: Whether there are captions to train and measure with.
        chooses: Whether there are captions to choose the best epoch by.

    Raises:
        ConfigError: The file is no YAML, or is about other tables.
    """
    text = path.read_text(encoding="utf-8") if path.exists() else _new(title)
    text = text.replace(_CAPTIONS[not trains], _CAPTIONS[trains]).replace(_NO_VAL, "")
    if trains and not chooses and "keep_epoch" not in text:
        text += _NO_VAL
    dataset = _dataset(path, text)
    if dataset.get("videos") != "videos.csv":
        raise ConfigError(
            f"{path} has dataset.videos: {dataset.get('videos')}. teachtext init keeps "
            "videos.csv beside it: set dataset.videos: videos.csv, or use another folder."
        )
    wanted = "captions.csv" if trains else None
    advice = f"Set dataset.captions: {wanted or 'null'} in {path}."
    return Overlay(text, "" if dataset.get("captions") == wanted else advice)


def write_overlay(path: Path, overlay: Overlay) -> None:
    """Write the configuration, unless it is the same."""
    if not path.exists() or path.read_text(encoding="utf-8") != overlay.text:
        with replacing(path) as temporary:
            temporary.write_text(overlay.text, encoding="utf-8")


def _new(title: str) -> str:
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", title).strip("-.") or "videos"
    if name == "demo" or not re.fullmatch(NAME, name):  # `demo` is the project's own
        name = f"my{name}" if name[0] in "_." else f"my-{name}"
    values = {"title": title}
    return (
        f"{_HEAD}dataset:\n  name: {name}\n  videos: videos.csv\n{_CAPTIONS[True]}"
        f"report:\n  {yaml.safe_dump(values, allow_unicode=True, width=10_000)}"
    )


def _dataset(path: Path, text: str) -> Mapping[str, Any]:
    try:
        values = yaml.safe_load(text) or {}
        dataset = values.get("dataset")
    except (yaml.YAMLError, AttributeError) as error:
        reason = " ".join(str(error).split())
        raise ConfigError(f"Cannot read {path}: {reason}. Give a YAML file.") from None
    return dataset if isinstance(dataset, Mapping) else {}
