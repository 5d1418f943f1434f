"""What is a URL, and what a path. The Snakefile asks, too: standard library only."""

from pathlib import Path

Place = Path | str
"""A folder; or, as text, a URL such as ``s3://bucket/experts/appearance/0.zarr``."""


def is_url(text: str) -> bool:
    """Whether a text is a URL, and not a path: a path has no protocol.

    >>> is_url("s3://bucket/0.zarr"), is_url("data/0.zarr"), is_url("s3:/bucket")
    (True, False, False)
    """
    protocol, separator, _ = text.partition("://")
    return bool(separator) and protocol.isalnum()


def place_of(text: str | Path) -> Place:
    """The place that a text names."""
    return text if isinstance(text, str) and is_url(text) else Path(text)
