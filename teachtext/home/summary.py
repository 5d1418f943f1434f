"""What `teachtext init`, `add` and `remove` found and did. Records in, text out."""

import shlex
from collections import Counter
from collections.abc import Iterator, Sequence

from teachtext.home.files import usable_cores
from teachtext.home.folder import Account
from teachtext.home.kept import Kept
from teachtext.tables.dataset import SPLITS

_SHOWN = 5
"""Suffixes that are named."""
_FEW_TEST_VIDEOS = 100
"""Fewer make a percentage coarse."""


def describe_account(account: Account) -> str:
    """What there is, what is odd, what changed, and the one next command."""
    lines = [
        _videos(account),
        *_captions(account),
        *_splits(account.after),
        *_left_alone(account),
        *(f"odd: {line}".replace(f"{account.root}/", "") for line in account.remarks.lines()),
        _changes(account),
        *filter(None, [account.advice]),
        f"Next: snakemake --cores {usable_cores()} --directory {shlex.quote(str(account.root))}",
    ]
    return "".join(f"{line}\n" for line in lines)


def _videos(account: Account) -> str:
    rows = account.after.videos
    files = len({row["path"] for row in rows})
    clips = f" in {files:,} files" if files < len(rows) else ""
    seconds = list(account.lengths.seconds.values())
    if not seconds:
        return f"videos: {len(rows):,}{clips}"
    hours = files * sum(seconds) / len(seconds) / 3600
    guessed = f" (about, from {len(seconds):,} headers)" if len(seconds) < files else ""
    return f"videos: {len(rows):,}{clips}, {hours:.2f} hours{guessed}"


def _captions(account: Account) -> Iterator[str]:
    captions = account.after.captions
    described = len({row["video_id"] for row in captions})
    yield f"captions: {len(captions):,}, of {described:,} of {len(account.after.videos):,} videos"
    for source in account.taken.sources:
        yield f"  from {source.name!r} ({source.told})"
    others = [f"{source.name!r} ({len(source.videos):,} videos)" for source in account.taken.others]
    if others:
        yield f"  not from {', '.join(others[:_SHOWN])}"
    if account.taken.sources or others:
        yield "  to choose others: --captions, --id-column, --text-columns"


def _splits(kept: Kept) -> Iterator[str]:
    videos = Counter({row["video_id"]: row["split"] for row in kept.captions}.values())
    if not videos:
        yield "splits: none, as no video has a caption; nothing is trained or measured"
        return
    yield f"splits: {', '.join(f'{split} {videos[split]:,}' for split in SPLITS)} videos"
    missing = [split for split in SPLITS if not videos[split]]
    if missing:
        yield f"  too few videos have captions: none is {' or '.join(missing)}, so {_lost(missing)}"
    elif videos["test"] < _FEW_TEST_VIDEOS:
        yield (
            f"  {videos['test']} test videos: each is {100 / videos['test']:.1f} points of R@1, "
            "and smaller differences of models cannot be measured"
        )


def _lost(missing: Sequence[str]) -> str:
    if set(missing) & {"train", "test"}:
        return "nothing is trained or measured; two or more are needed"
    return "no best epoch is chosen: the last one is kept"


def _left_alone(account: Account) -> Iterator[str]:
    if account.others:
        named = [
            f"{count:,} {_plain(suffix)}" for suffix, count in account.others.most_common(_SHOWN)
        ]
        more = ", ..." if len(account.others) > _SHOWN else ""
        total = account.others.total()
        yield f"left alone: {total:,} files that are no videos ({', '.join(named)}{more})"


def _plain(suffix: str) -> str:
    return suffix if suffix.isprintable() else ascii(suffix)  # it may move a terminal's cursor


def _changes(account: Account) -> str:
    before, after = account.before, account.after
    tables = (
        ("videos.csv", before.videos, after.videos, "video_id"),
        ("captions.csv", before.captions, after.captions, "caption_id"),
    )
    told = []
    for name, old, new, column in tables:
        was, now = ({row[column] for row in rows} for rows in (old, new))
        told.append(f"{name}: {len(now - was):,} rows more, {len(was - now):,} fewer")
    return "; ".join(told)
