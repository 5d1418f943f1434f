"""Search the videos of a run by words: the best, what decided, and where they are."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from teachtext.config.home import home_at
from teachtext.search.hits import Clip, Hit
from teachtext.search.loading import load_named


def main(args: argparse.Namespace) -> None:
    """Run the command."""
    home = home_at(args.directory)
    searcher = load_named(home.results, args.model, args.seed)
    hits = searcher.search(args.query, top=args.top, split=args.split, contains=args.contains)
    if args.json:
        sys.stdout.write(json.dumps([asdict(hit) for hit in hits], indent=2) + "\n")
    else:
        sys.stdout.write(_table(hits))


def _table(hits: Sequence[Hit]) -> str:
    rows = [("rank", "score", "video", "what decided", "time", "file")]
    for rank, hit in enumerate(hits, start=1):
        where = (_span(hit.clip), _one_line(_from_here(hit.clip.path)))
        rows.append(
            (str(rank), f"{hit.score:.3f}", _one_line(hit.clip.video_id), _shares(hit), *where)
        )
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = ("  ".join(f"{c:{w}}" for c, w in zip(row, widths, strict=True)) for row in rows)
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _shares(hit: Hit) -> str:
    """What each expert gave of all that was given, the most first; what took away is left out.

    >>> _shares(Hit(None, 0.3, {"motion": 0.1, "ocr": -0.1, "speech": 0.3}))
    'speech 75 %, motion 25 %'
    """
    given = {name: summand for name, summand in hit.summands.items() if summand > 0}
    total = sum(given.values())
    most_first = sorted(given.items(), key=lambda item: -item[1])
    return ", ".join(f"{name} {100 * summand / total:.0f} %" for name, summand in most_first) or "-"


def _span(clip: Clip) -> str:
    """From when to when in the file.

    >>> _span(Clip("a", "", "a.mp4", 61.52, 3700.0)), _span(Clip("a", "", None, None, None))
    ('1:01.5-1:01:40', '-')
    """
    if clip.start_seconds is None or clip.end_seconds is None:
        return "-"
    return f"{_clock(clip.start_seconds)}-{_clock(clip.end_seconds)}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds, 1), 60)
    hours, minutes = divmod(int(minutes), 60)
    shown = f"{rest:04.1f}".removesuffix(".0")
    return f"{hours}:{minutes:02}:{shown}" if hours else f"{minutes}:{shown}"


def _from_here(path: str | None) -> str:
    if path is None:
        return "-"
    here = Path.cwd()
    return str(Path(path).relative_to(here) if Path(path).is_relative_to(here) else path)


def _one_line(text: str) -> str:
    """Ids and paths are anything; what would move a terminal's cursor is shown as its escape."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
