"""Probing a shard: every file once, and never again while it stays as it is."""

import logging
from collections.abc import Sequence
from dataclasses import asdict, fields, replace

from teachtext.errors import MediaError
from teachtext.runtime.progress import Progress
from teachtext.store.journal import Journal
from teachtext.tables.dataset import VideoSource
from teachtext.video.isolation import Limits, map_isolated
from teachtext.video.manifest import VideoRecord, failed_record, probe_video

log = logging.getLogger(__name__)


def probe_shard(
    sources: Sequence[VideoSource], journal: Journal, *, workers: int, limits: Limits
) -> list[VideoRecord]:
    """What every file is.

    Args:
        sources: Rows of the table of videos that belong to the shard.
        journal: Journal of files probed earlier: by this job, by one that was killed or for a
            smaller table.
        workers: Number of processes at a time.
        limits: Limits of each process.

    Returns:
        One record per row, in the same order; failed ones say why.
    """
    columns = {field.name for field in fields(VideoRecord)}  # another version's may differ
    known = {state: row for state, row in journal.read().items() if row.keys() == columns}
    states = {source.video_id: source.state for source in sources}
    waiting = [source for source in sources if states[source.video_id] not in known]
    log.info("%d of %d videos are probed already", len(sources) - len(waiting), len(sources))
    with Progress(log, "probe", len(waiting), unit="video") as progress:
        for source, record in map_isolated(probe_video, waiting, workers=workers, limits=limits):
            if isinstance(record, MediaError):
                log.warning("%r failed: %s", source.video_id, record)
                record = failed_record(source, str(record))
            progress.advance(failed=int(record.status != "ok"))
            known[states[source.video_id]] = asdict(record)
            journal.append(states[source.video_id], asdict(record))
    return [
        replace(VideoRecord(**known[states[source.video_id]]), video_id=source.video_id)
        for source in sources
    ]
