"""What failed so far in a run, and making it be tried again. Reads and edits the results folder."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from teachtext.experts.finished_shard import FinishedShard
from teachtext.experts.ledger import ledger_entries
from teachtext.files.locking import locked
from teachtext.store.journal import Journal
from teachtext.store.tables import read_table
from teachtext.video.manifest import manifest_records


@dataclass(frozen=True)
class Failure:
    """A video that failed.

    Attributes:
        video_id: ID of the video.
        shard: Shard that the video belongs to.
        expert: Expert that failed on the video; empty if the file could not be probed, so that all
            failed.
        reason: Reason for the failure.
        seconds: Time spent on the video in seconds.
    """

    video_id: str
    shard: str
    expert: str
    reason: str
    seconds: float


def find_failures(results: Path) -> list[Failure]:
    """Everything that failed in the jobs that have ended, from manifests and ledgers of shards."""
    unprobed = [
        Failure(record.video_id, path.stem, "", record.reason, 0.0)
        for path in sorted((results / "video/manifest").glob("*.parquet"))
        for record in manifest_records(read_table(path))
        if record.status == "failed"
    ]
    known = {failure.video_id for failure in unprobed}
    return unprobed + [
        Failure(entry.video_id, path.stem, entry.expert, entry.reason, entry.seconds)
        for path in sorted((results / "experts").glob("*/*.parquet"))
        for entry in ledger_entries(read_table(path))
        if entry.status == "failed" and entry.video_id not in known
    ]


def forget_failures(results: Path, failures: Iterable[Failure]) -> list[tuple[str, str]]:
    """Drop these videos from what is finished, and no others.

    Returns:
        (expert, shard) of the jobs that they belong to; the expert is empty for probing.
    """
    jobs: dict[tuple[str, str], set[str]] = defaultdict(set)
    for failure in failures:
        jobs[failure.expert, failure.shard].add(failure.video_id)
    for (expert, shard), video_ids in jobs.items():
        if expert:
            work = results / "experts/work" / expert / shard
            with locked(work / "lock"):
                FinishedShard(work).forget(video_ids)
        else:
            probed = Journal(results / f"video/work/probed/{shard}.jsonl")
            known = probed.read().items()
            probed.rewrite({state: one for state, one in known if one["video_id"] not in video_ids})
    return list(jobs)
