"""A shard whose decoded media are made up, and a toy expert that counts its work."""

import json

import numpy as np

from teachtext.cli import run
from teachtext.config.experts import ExpertRequest, ExpertSettings
from teachtext.stages import extract_expert
from teachtext.store.records import Features
from teachtext.store.tables import read_table, write_table
from teachtext.store.weights import WeightsIdentity
from teachtext.tables.dataset import VideoSource
from teachtext.video.cache_keys import media_key
from teachtext.video.manifest import VideoRecord, failed_record, manifest_table
from teachtext.video.media_folder import MediaFolder, MediaItem

LOOKS = ExpertRequest(
    name="appearance", settings=ExpertSettings(network="optical-flow", fps=2), short_side=8
)
LISTENS = ExpertRequest(name="audio", settings=ExpertSettings(network="sound-effects"))


class ToyExpert:
    """One row per frame, or one for all of the sound: its mean; minds nothing but its batches."""

    dim = 1

    def __init__(self, videos_per_batch=1, weights="1", breaks_on=()):
        self.videos_per_batch = videos_per_batch
        self.weights = WeightsIdentity(f"toy {weights}", weights)
        self.breaks_on = breaks_on
        self.batches = []

    def extract_batch(self, videos):
        self.batches.append([self._level(video) for video in videos])
        for level in self.batches[-1]:
            if level in self.breaks_on:
                raise ValueError(f"level {level}\nis too much")
        return [self._extract(video) for video in videos]

    @property
    def seen(self):
        return [level for batch in self.batches for level in batch]

    def _level(self, video):
        frames = getattr(video, "pixels_THWC", None)
        return int(frames[0:1].mean()) if frames is not None else int(video.samples_S[0])

    def _extract(self, video):
        times = getattr(video, "seconds_T", np.zeros(1))
        rows = np.full((len(times), 1), self._level(video), np.float32)
        return Features(rows, times, times + 0.5)


def record(video_id, content="", **changes):
    """A plain clip of two seconds; its level, which the toy expert sees, is in its content."""
    values = failed_record(VideoSource(video_id, f"{video_id}.mp4"), "").__dict__
    plain = {"duration_seconds": 2.0, "status": "ok", "has_audio": True, "decoder": "decord"}
    return VideoRecord(**{**values, **plain, "content_sha256": content, **changes})


def torn(video_id, reason="not a readable video"):
    return failed_record(VideoSource(video_id, f"{video_id}.mp4"), reason)


def _decode(folder, records, request, levels, ffmpeg, **changes):
    """Media of two seconds at 2 fps; ``levels`` maps video id -> grey level."""
    media = MediaFolder(folder)
    folder.mkdir(parents=True)
    keys = []
    for one in records:
        if one.status == "ok":
            key = media_key([request], one, ffmpeg=ffmpeg)
            shape = {"height": 8, "width": 8} if request.signal == "frames" else {"samples": 4}
            seconds = (0.0, 0.5, 1.0, 1.5) if request.signal == "frames" else ()
            values = {"failed": False, "duration_seconds": 2.0, "seconds": seconds, **shape}
            item = MediaItem(one.video_id, key, **(values | changes.get(one.video_id, {})))
            level = levels[one.video_id]
            pixels = np.full((len(item.seconds), 8, 8, 3), level, np.uint8)
            media.pixels_path(key).write_bytes(pixels.tobytes())
            media.samples_path(key).write_bytes(np.full(item.samples, level, "<f4").tobytes())
            media.keep(item)
            keys.append(key)
    target = folder.with_suffix(".done")
    media.finish(keys, target, ffmpeg=ffmpeg)
    return target


class Shard:
    """A results folder with one expert and one shard, extracted by the stage itself."""

    def __init__(self, results, monkeypatch, request=LOOKS):
        self.results, self.request, self._monkeypatch = results, request, monkeypatch
        self.work = results / f"experts/work/{request.name}/0"
        self.store = results / f"experts/{request.name}/0.zarr"
        self.ledger = results / f"experts/{request.name}/0.parquet"
        self.manifest = results / "video/manifest/0.parquet"
        self._runs = 0

    def run(self, expert, records, levels=None, decoded=None, ffmpeg="9.0", **changes):
        """Decode and extract; ``decoded``: the records that were decoded, default all."""
        self._runs += 1
        levels = levels or {one.video_id: place for place, one in enumerate(records)}
        folder = self.results / f"media{self._runs}"
        chosen = records if decoded is None else decoded
        media = _decode(folder, chosen, self.request, levels, ffmpeg, **changes)
        write_table(self.manifest, manifest_table(records))

        def load(request, threads):
            self.loaded = True
            return expert

        self.loaded = False
        self._monkeypatch.setattr(extract_expert, "load_requested", load)
        run(
            "extract-expert",
            [
                f"--request={self.request.model_dump_json()}",
                f"--manifest={self.manifest}",
                f"--media={media}",
                f"--work={self.work}",
                "--threads=1",
                f"--ledger={self.ledger}",
                f"--output={self.store}",
            ],
        )
        return expert

    def entries(self):
        return {row["video_id"]: row for row in read_table(self.ledger).to_pylist()}

    def statuses(self):
        return {video: (row["status"], row["reason"]) for video, row in self.entries().items()}

    def files(self):
        """Relative path -> bytes of the store."""
        paths = sorted(path for path in self.store.rglob("*") if path.is_file())
        return {str(path.relative_to(self.store)): path.read_bytes() for path in paths}


def sampling_of(store):
    return json.loads((store / "zarr.json").read_text())["attributes"]["sampling"]
