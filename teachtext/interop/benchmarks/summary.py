"""What was taken over of a benchmark, beside what the papers have. Records in, text out."""

from collections.abc import Iterator

from teachtext.interop.benchmarks.importing import Imported
from teachtext.interop.benchmarks.records import Counts
from teachtext.tables.dataset import Split

COUNTED = ("videos", "captions")
HEAD = ("videos", "published", "captions", "published")


def describe_import(imported: Imported) -> str:
    """A table of counts, and in words what differs and what is to be set in config.yaml."""
    published = imported.benchmark.published
    lines = [imported.benchmark.title, "     " + "".join(f"{title:>12}" for title in HEAD)]
    for split, counts in imported.counts().items():
        sides = (counts, published.get(split))
        cells = [getattr(side, what, None) for what in COUNTED for side in sides]
        lines.append(f"{split:5}" + "".join(f"{_cell(cell):>12}" for cell in cells))
    lines += _differences(imported)
    lines += _hints(imported)
    return "".join(f"{line}\n" for line in lines)


def _cell(count: int | None) -> str:
    return "-" if count is None else f"{count:,}"


def _differences(imported: Imported) -> Iterator[str]:
    published = imported.benchmark.published
    if not published:
        yield "How many the papers have is not known here."
        return
    counts = imported.counts()
    words = [
        word for split in published for word in _compare(counts[split], published[split], split)
    ]
    yield from words or ["These are the published counts."]


def _compare(counts: Counts, papers: Counts, split: Split) -> Iterator[str]:
    for what in COUNTED:
        found, wanted = getattr(counts, what), getattr(papers, what)
        if wanted is not None and found != wanted:
            word = "more" if found > wanted else "fewer"
            yield f"{split} has {abs(found - wanted):,} {what} {word} than published."


def _hints(imported: Imported) -> Iterator[str]:
    if imported.benchmark.paragraphs:
        yield "The captions of a video are one query in the papers: set dataset.paragraphs: true."
    if imported.held_out:
        yield (
            f"{imported.held_out:,} training videos are val, to choose the epoch by; in the papers "
            "they are trained on."
        )
    elif "val" not in imported.benchmark.splits:
        yield (
            "There is no val split, as in the papers: set training.keep_epoch: last, or import "
            "again with --hold-out VIDEOS."
        )
