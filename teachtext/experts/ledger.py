"""The ledger: what became of every video with every expert. Records and Arrow tables."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from teachtext.errors import MediaError
from teachtext.store.tables import require_columns

LedgerStatus = Literal["ok", "partial", "absent", "failed"]


@dataclass(frozen=True)
class LedgerEntry:
    """One (video, expert) pair.

    Attributes:
        video_id: ID of the video.
        expert: Name of the expert in config.yaml.
        status: ``ok``; ``partial``: the video broke off; ``absent``: no such signal, or nothing in
            it; ``failed``: the video could not be read.
        reason: Reason for the status; empty for ``ok``.
        rows: Number of rows in the feature store.
        seconds: Time in seconds spent by the expert's network, or by the decoder if the video could
            not be read.
        key: ``video.cache_keys.features_key``; empty for a file that could not be probed, and for
            features that were made elsewhere.
    """

    video_id: str
    expert: str
    status: LedgerStatus
    reason: str
    rows: int
    seconds: float
    key: str


_LEDGER = "ledger in results/experts"
LEDGER_SCHEMA = pa.schema(
    [
        ("video_id", pa.string()),
        ("expert", pa.string()),
        ("status", pa.string()),
        ("reason", pa.string()),
        ("rows", pa.int64()),
        ("seconds", pa.float64()),
        ("key", pa.string()),
    ]
)


def ledger_table(entries: Iterable[LedgerEntry]) -> pa.Table:
    """The entries as an Arrow table."""
    return pa.Table.from_pylist([asdict(entry) for entry in entries], schema=LEDGER_SCHEMA)


def ledger_entries(ledger: pa.Table) -> list[LedgerEntry]:
    """The entries of a table.

    Raises:
        StoreError: It is of another version.
    """
    require_columns(ledger, LEDGER_SCHEMA.names, _LEDGER)
    return [LedgerEntry(**row) for row in ledger.select(LEDGER_SCHEMA.names).to_pylist()]


def mean_seconds(entries: Iterable[LedgerEntry]) -> float:
    """What a video costs an expert's network; a failed one counts, and cost it nothing."""
    return fmean(0.0 if entry.status == "failed" else entry.seconds for entry in entries)


def seconds_of_experts(ledger: pa.Table) -> dict[str, float | None]:
    """Expert -> what its network spends on a video; None where features were made elsewhere.

    Raises:
        StoreError: The ledger is of another version.
    """
    require_columns(ledger, LEDGER_SCHEMA.names, _LEDGER)
    # by columns: five million rows as Python objects take minutes and gigabytes
    failed = pc.equal(ledger["status"], "failed")
    columns = {
        "expert": ledger["expert"],
        "seconds": pc.if_else(failed, 0.0, ledger["seconds"]),
        "is_ours": pc.not_equal(ledger["key"], ""),
    }
    facts = [("seconds", "mean"), ("is_ours", "any")]
    found = pa.table(columns).group_by("expert", use_threads=False).aggregate(facts)
    return {
        row["expert"]: row["seconds_mean"] if row["is_ours_any"] else None
        for row in found.to_pylist()
    }


def check_failures(ledger: pa.Table, *, max_failed_fraction: float) -> str:
    """Summarise a ledger.

    Args:
        ledger: Ledger of all videos and experts.
        max_failed_fraction: Largest share of the videos that may fail, from 0 to 1.

    Returns:
        One line with the counts.

    Raises:
        MediaError: More videos failed than allowed.
    """
    rows = ledger.filter(pc.equal(ledger["status"], "failed"))
    failed = dict(zip(rows["video_id"].to_pylist(), rows["reason"].to_pylist(), strict=True))
    videos = len(pc.unique(ledger["video_id"]))
    check_failed_fraction(failed, videos, max_failed_fraction=max_failed_fraction)
    counts = {row["values"]: row["counts"] for row in ledger["status"].value_counts().to_pylist()}
    return ", ".join(f"{counts[status]} {status}" for status in sorted(counts))


def check_failed_fraction(
    failed: Mapping[str, str], videos: int, *, max_failed_fraction: float
) -> None:
    """Refuse to go on if too many videos failed.

    Args:
        failed: Reason for each failure by video ID.
        videos: Number of all videos.
        max_failed_fraction: Largest share of the videos that may fail, from 0 to 1.

    Raises:
        MediaError: More failed than allowed.
    """
    if len(failed) > max_failed_fraction * videos:
        reason, count = Counter(failed.values()).most_common(1)[0]
        raise MediaError(
            f"{len(failed)} of {videos} videos failed, video.max_failed_fraction allows "
            f"{max_failed_fraction:g}; most often ({count}): {reason}. `teachtext list-failures` "
            "names them; mend them and `teachtext retry-failures`, or raise the limit."
        )
