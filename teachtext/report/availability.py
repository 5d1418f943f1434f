"""What could not be read or had no signal: counts per expert, reasons, failed videos."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from teachtext.video.manifest import VideoRecord

STATUSES = ("ok", "partial", "absent", "failed")


@dataclass(frozen=True)
class ExpertAvailability:
    """Number of videos of each status for one expert."""

    expert: str
    counts: dict[str, int]

    @property
    def videos(self) -> int:
        """Number of videos that the expert was asked for."""
        return sum(self.counts.values())

    def percent(self, status: str) -> float:
        """Share of a status."""
        return 100 * self.counts[status] / self.videos if self.videos else 0.0


@dataclass(frozen=True)
class Reason:
    """Why an expert has no or only some features, and for how many videos."""

    expert: str
    status: str
    reason: str
    videos: int


@dataclass(frozen=True)
class FailedVideo:
    """A video with what failed: ``video`` if it cannot be read at all, else experts."""

    video_id: str
    failures: tuple[tuple[str, str], ...]


def count_availability(ledger: pa.Table) -> list[ExpertAvailability]:
    """Counts of each status, one row per expert in alphabetical order."""
    counts = _count(ledger, ["expert", "status"])
    experts = sorted({expert for expert, _ in counts})
    return [
        ExpertAvailability(expert, {status: counts.get((expert, status), 0) for status in STATUSES})
        for expert in experts
    ]


def count_reasons(ledger: pa.Table) -> list[Reason]:
    """Reasons of everything that is not ok, the most frequent first."""
    others = ledger.filter(pc.not_equal(ledger["status"], "ok"))
    counts = _count(others, ["expert", "status", "reason"])
    reasons = [
        Reason(expert, status, reason, videos)
        for (expert, status, reason), videos in counts.items()
    ]
    return sorted(
        reasons,
        key=lambda row: (-STATUSES.index(row.status), -row.videos, row.expert, row.reason),
    )


def _count(ledger: pa.Table, columns: list[str]) -> dict[tuple[str, ...], int]:
    """Values of some columns -> number of rows that have them."""
    found = ledger.group_by(columns, use_threads=False).aggregate([([], "count_all")])
    return {
        tuple(row[name] or "" for name in columns): row["count_all"] for row in found.to_pylist()
    }


def list_failed_videos(manifest: Sequence[VideoRecord], ledger: pa.Table) -> list[FailedVideo]:
    """Videos that could not be read, or on which an expert failed, in order of their ids."""
    failures: dict[str, list[tuple[str, str]]] = {}
    for record in manifest:
        if record.status == "failed":
            failures.setdefault(record.video_id, []).append(("video", record.reason))
    for row in ledger.filter(pc.equal(ledger["status"], "failed")).to_pylist():
        failures.setdefault(row["video_id"], []).append((row["expert"], row["reason"] or ""))
    return [FailedVideo(video_id, tuple(rows)) for video_id, rows in sorted(failures.items())]
