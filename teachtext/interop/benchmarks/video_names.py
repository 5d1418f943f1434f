"""Names of video files and the ids in them. Standard library only."""

from pathlib import PurePath

EXTENSIONS = (
    *(".3gp", ".asf", ".avi", ".divx", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4"),
    *(".mpeg", ".mpg", ".mts", ".ogv", ".ts", ".webm", ".wmv"),
)


def stem_of(name: str) -> str | None:
    """A video file's name without its extension; None: it is no video file."""
    path = PurePath(name)
    return path.stem if path.suffix.lower() in EXTENSIONS else None


def first_part_of(name: str) -> str | None:
    """A video file's name before its first dot, as DiDeMo's users take it."""
    stem = stem_of(name)
    return None if stem is None else stem.partition(".")[0]
