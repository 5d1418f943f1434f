"""Decoded frames and sound of one shard: a folder of raw files that lives until all experts ran.

Raw, because every byte is written once and read by each expert in order: compressing video noise
costs more time than it saves. Each video has ``{key}.pixels`` (uint8 RGB, frame by frame),
``{key}.samples`` (float32) and ``{key}.json``, which is written last: where it exists, the video
is finished. A folder with ``items.json`` is a finished shard.
"""

import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from teachtext.errors import StoreError
from teachtext.files.atomic import replacing
from teachtext.store.json_files import read_json, write_json
from teachtext.video.media import Audio, Frames

_ITEMS = "items.json"


@dataclass(frozen=True)
class MediaItem:
    """What decoding made of one video.

    Attributes:
        video_id: Id of the video.
        key: Stem of its file names; changes with the video's bytes and with what experts request.
        failed: Whether decoding failed; ``problem`` says why.
        duration_seconds: Length of the clip in seconds.
        seconds: Time of each frame in seconds from the start of the clip.
        height: Height of the frames in pixels.
        width: Width of the frames in pixels.
        samples: Number of audio samples; 0 if there is no sound track or none was requested.
        decoder: Decoder that read the frames, with the reason if it is not the usual one.
        problem: Why decoding failed, or which frames are missing; otherwise empty.
        audio_problem: Why the sound track cannot be read or is truncated; otherwise empty.
        decode_seconds: Decoding time in seconds.
        checksums: CRC-32 of each frame.
        sound_checksum: CRC-32 of all samples.
    """

    video_id: str
    key: str
    failed: bool
    duration_seconds: float
    seconds: tuple[float, ...] = ()
    height: int = 0
    width: int = 0
    samples: int = 0
    decoder: str = ""
    problem: str = ""
    audio_problem: str = ""
    decode_seconds: float = 0.0
    checksums: tuple[int, ...] = ()
    sound_checksum: int = 0


_ITEM = TypeAdapter(MediaItem)


class FramesOnDisk:
    """Some frames of a raw file; a slice reads only what it holds (see ``Pixels``)."""

    def __init__(self, path: Path, item: MediaItem, rows: NDArray[np.int64]) -> None:
        """Read nothing yet.

        Args:
            path: File of raw frames.
            item: Record of the video.
            rows: Indices of the frames within the file, in order.
        """
        self.shape: tuple[int, ...] = (len(rows), item.height, item.width, 3)
        self._path, self._rows, self._checksums = path, rows, item.checksums

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, frames: slice, /) -> NDArray[np.uint8]:
        """Read and compare them.

        Raises:
            StoreError: They are not as they were written.
        """
        rows = self._rows[frames]
        pixels = np.empty((len(rows), *self.shape[1:]), np.uint8)
        breaks = np.flatnonzero(np.diff(rows) != 1) + 1
        with self._path.open("rb") as stream:
            for run in np.split(np.arange(len(rows)), breaks):
                if len(run):
                    stream.seek(int(rows[run[0]]) * pixels[0].nbytes)
                    stream.readinto(pixels[run[0] : run[-1] + 1].data)
        for frame, row in zip(pixels, rows.tolist(), strict=True):
            if zlib.crc32(frame.data) != self._checksums[row]:
                raise _damaged(self._path)
        return pixels


class MediaFolder:
    """Decoded media of a shard, finished or being made."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def pixels_path(self, key: str) -> Path:
        """The raw frames of a video."""
        return self.path / f"{key}.pixels"

    def samples_path(self, key: str) -> Path:
        """The raw sound of a video."""
        return self.path / f"{key}.samples"

    def has(self, key: str) -> bool:
        """Whether a video is finished, or known to have failed."""
        try:
            return self.item(key).key == key
        except StoreError:  # it is not there, or damaged
            return False

    def keep(self, item: MediaItem) -> None:
        """Mark a video as finished, once its raw files are there."""
        write_json(self._item_path(item.key), asdict(self._with_checksums(item)))

    def item(self, key: str) -> MediaItem:
        """What became of a video.

        Raises:
            StoreError: Nothing yet, or the record is damaged.
        """
        return _ITEM.validate_python(read_json(self._item_path(key)))

    def finish(self, keys: Sequence[str], target: Path, *, ffmpeg: str) -> None:
        """Make the folder the finished shard with these videos, and nothing else.

        Args:
            keys: Keys of the videos.
            target: Folder that it becomes.
            ffmpeg: Version of the program that decoded the sound.
        """
        known = {*keys}
        for file in self.path.iterdir():
            if file.name.partition(".")[0] not in known:
                file.unlink()
        items = [asdict(self.item(key)) for key in keys]
        write_json(self.path / _ITEMS, {"ffmpeg": ffmpeg, "items": items})
        with replacing(target) as temporary:
            self.path.rename(temporary)

    def ffmpeg(self) -> str:
        """Version of the program that decoded the sound of a finished shard.

        Raises:
            StoreError: The folder is not finished.
        """
        return str(read_json(self.path / _ITEMS, delete=self.path)["ffmpeg"])

    def items(self) -> dict[str, MediaItem]:
        """The videos of a finished shard by id.

        Raises:
            StoreError: The folder is not finished, or a raw file has not the size it should have.
        """
        values = read_json(self.path / _ITEMS, delete=self.path)["items"]
        items = [_ITEM.validate_python(one) for one in values]
        for item in items:
            self._check(item)
        return {item.video_id: item for item in items}

    def frames(self, item: MediaItem, rows: NDArray[np.int64]) -> Frames:
        """Some frames of a video, by their place among all that were decoded."""
        pixels = FramesOnDisk(self.pixels_path(item.key), item, rows)
        return Frames(pixels, np.array(item.seconds)[rows], item.duration_seconds)

    def audio(self, item: MediaItem) -> Audio:
        """The sound of a video.

        Raises:
            StoreError: It is not as it was written.
        """
        path = self.samples_path(item.key)
        samples = np.memmap(path, "<f4", "r", shape=(item.samples,))
        if zlib.crc32(samples.data) != item.sound_checksum:
            raise _damaged(path)
        return Audio(samples)

    def _item_path(self, key: str) -> Path:
        return self.path / f"{key}.json"

    def _with_checksums(self, item: MediaItem) -> MediaItem:
        frames, sound = [], 0
        if item.seconds:
            with self.pixels_path(item.key).open("rb") as stream:
                size = item.height * item.width * 3
                frames = [zlib.crc32(stream.read(size)) for _ in item.seconds]
        if item.samples:
            sound = zlib.crc32(np.memmap(self.samples_path(item.key), np.uint8, "r").data)
        return replace(item, checksums=tuple(frames), sound_checksum=sound)

    def _check(self, item: MediaItem) -> None:
        expected = {
            self.pixels_path(item.key): len(item.seconds) * item.height * item.width * 3,
            self.samples_path(item.key): item.samples * 4,
        }
        for path, size in expected.items():
            if size and (not path.exists() or path.stat().st_size != size):
                raise _damaged(path)


def _damaged(path: Path) -> StoreError:
    return StoreError(f"{path} is damaged. Delete {path.parent} and run snakemake again.")
