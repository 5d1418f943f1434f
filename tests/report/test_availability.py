import pyarrow as pa

from teachtext.report.availability import count_availability, count_reasons, list_failed_videos
from teachtext.video.manifest import VideoRecord


def ledger(*rows):
    return pa.Table.from_pylist(
        [dict(zip(("video_id", "expert", "status", "reason"), row, strict=True)) for row in rows]
    )


LEDGER = ledger(
    ("a", "audio", "absent", "no audio track"),
    ("b", "audio", "ok", ""),
    ("c", "audio", "absent", "no audio track"),
    ("d", "audio", "failed", "bit rot"),
    ("a", "appearance", "partial", None),
)
MANIFEST = [
    VideoRecord("a", "a.mp4", 0.0, None),
    VideoRecord("z", "z.mp4", 0.0, None, status="failed", reason="empty"),
]


def test_counts_per_expert():
    appearance, audio = count_availability(LEDGER)
    assert appearance.expert == "appearance"
    assert audio.counts == {"ok": 1, "partial": 0, "absent": 2, "failed": 1}
    assert audio.videos == 4
    assert audio.percent("absent") == 50


def test_reasons_failed_first_then_by_count():
    reasons = [(row.expert, row.status, row.videos, row.reason) for row in count_reasons(LEDGER)]
    assert reasons == [
        ("audio", "failed", 1, "bit rot"),
        ("audio", "absent", 2, "no audio track"),
        ("appearance", "partial", 1, ""),
    ]


def test_failed_videos_come_from_manifest_and_ledger():
    d, z = list_failed_videos(MANIFEST, LEDGER)
    assert (d.video_id, d.failures) == ("d", (("audio", "bit rot"),))
    assert (z.video_id, z.failures) == ("z", (("video", "empty"),))


def test_empty_ledger():
    empty = LEDGER.slice(0, 0)
    assert count_availability(empty) == []
    assert count_reasons(empty) == []
