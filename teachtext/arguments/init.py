"""What ``teachtext init`` is given."""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    add = parser.add_argument
    add("folder", type=Path, metavar="FOLDER", help="folder of the videos, at any depth")
    add(
        "--captions",
        nargs="+",
        default=[],
        metavar="WHAT",
        help="tables, or txt, srt or vtt (files beside videos of the same name), or none "
        "(default: as last time, or auto: what describes most videos)",
    )
    add("--id-column", metavar="COLUMN", help="of the table: names videos by file or id")
    add(
        "--text-columns", nargs="+", default=[], metavar="COLUMN", help="of the table: are captions"
    )
    add(
        "--group",
        metavar="COLUMN_OR_PATTERN",
        help="what clips are cut from, which all have one split: a column of the table, or a "
        "regular expression for ids, such as '(.+)/' for their folder",
    )
