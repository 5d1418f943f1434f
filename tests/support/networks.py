"""Every network of the catalogue as a job loads it, and videos that any of them can be given."""

import ctypes
from pathlib import Path

import espeakng_loader
import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from teachtext.config.catalog import EXPERTS
from teachtext.config.experts import ExpertRequest, ExpertSettings
from teachtext.config.text import TextEncoderSettings
from teachtext.experts.extraction import ExpertShard, extract_shard
from teachtext.experts.finished_shard import FinishedShard
from teachtext.store.features import write_features
from teachtext.store.workdir import WorkDirectory
from teachtext.video.media import SAMPLE_RATE, Audio, Frames
from teachtext.video.media_folder import MediaFolder, MediaItem
from tests.support.expert_shards import record
from tests.support.tiny_audio_checkpoints import save_ast, save_whisper
from tests.support.tiny_checkpoints import build_tiny, tiny_clip

_CHECKPOINTS = {
    "transformers-image": lambda folder: build_tiny(folder, "dinov2"),
    "transformers-video": lambda folder: build_tiny(folder, "videomae"),
    "transformers-audio": save_ast,
    "transformers-speech": save_whisper,
    "transformers-objects": lambda folder: build_tiny(folder, "rt_detr"),
    "transformers-face": lambda folder: build_tiny(folder, "dinov2"),
}
"""Network -> maker of a tiny checkpoint of it; one for each network that needs a checkpoint."""

KEYS = {
    "fps": lambda network, folder: 2.0,
    "checkpoint": lambda network, folder: str(_CHECKPOINTS[network](folder)),
    "detector": lambda network, folder: str(build_tiny(folder, "rt_detr")),
    "text_encoder": lambda network, folder: "words",
}
"""Key of an expert's entry -> what it is here."""

SENTENCE = "The weather is nice today, and we are going to the beach."


def request_of(network, folder):
    """A request with all that the network needs; its checkpoints are made in the folder."""
    needs = {}
    for key in EXPERTS[network].needs:
        (folder / key).mkdir()
        needs[key] = KEYS[key](network, folder / key)
    words = TextEncoderSettings(encoder="wordllama", max_tokens=20)
    return ExpertRequest(
        name="toy",
        settings=ExpertSettings(network=network, **needs),
        text_encoder=words if "text_encoder" in needs else None,
        short_side=240 if EXPERTS[network].signal == "frames" else None,
    )


def portrait():
    """(240, 205, 3): a photograph that ships with matplotlib, at the size videos are decoded to."""
    with Image.open(Path(matplotlib.get_data_path()) / "sample_data/grace_hopper.jpg") as image:
        return np.asarray(image.convert("RGB").resize((205, 240)))


def card(text, at=(30, 100), size=30, shape=(240, 320)):
    """White letters on dark blue."""
    image = Image.new("RGB", shape[::-1], (20, 20, 60))
    ImageDraw.Draw(image).text(at, text, font=ImageFont.load_default(size), fill=(255, 255, 255))
    return np.asarray(image)


def frames(*pictures, seconds=None):
    """A video of two pictures a second."""
    times = np.arange(len(pictures)) / 2
    return Frames(np.stack(pictures), times, len(pictures) / 2 if seconds is None else seconds)


def noise(seconds, seed=0):
    samples = np.random.default_rng(seed).normal(size=round(seconds * SAMPLE_RATE)) * 0.1
    return Audio(samples.astype(np.float32))


def espeak(sentence):
    """A spoken sentence as (S,) samples at 16 kHz."""
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    rate = library.espeak_Initialize(2, 0, espeakng_loader.get_data_path().encode(), 0)
    blocks = []

    @ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)
    def keep(samples, count, _):
        if samples and count > 0:
            blocks.append(np.ctypeslib.as_array(samples, (count,)).copy())
        return 0

    library.espeak_SetSynthCallback(keep)
    library.espeak_SetVoiceByName(b"en-us")
    library.espeak_Synth(sentence.encode(), len(sentence) + 1, 0, 1, 0, 1, None, None)
    sound = np.concatenate(blocks) / 32768
    at = np.arange(int(len(sound) / rate * SAMPLE_RATE)) * rate / SAMPLE_RATE
    return np.interp(at, np.arange(len(sound)), sound).astype(np.float32)


def videos_for(signal):
    """Name -> video; in ``full`` every network finds something, in ``nothing`` is no input."""
    if signal == "frames":
        her, hello = portrait(), card("Hello", shape=(240, 205))
        return {
            "full": frames(her, hello, her[:, ::-1], seconds=1.3),
            "nothing": tiny_clip(0),
            "least": frames(her),
            "other": tiny_clip(5, 80, 50, seed=1),
            "wide": tiny_clip(2, 33, 120, seed=2),
        }
    spoken = np.pad(espeak(SENTENCE), (SAMPLE_RATE, SAMPLE_RATE))
    return {
        "full": Audio(spoken),
        "nothing": noise(0),
        "least": Audio(np.ones(1, np.float32)),
        "other": noise(2.2, seed=1),
        "silence": Audio(np.zeros(SAMPLE_RATE, np.float32)),
    }


def decoded(folder, videos):
    """Media of a shard with these videos, as if they had been decoded."""
    media = MediaFolder(folder / "decoding")
    media.path.mkdir(parents=True)
    for name, video in videos.items():
        if isinstance(video, Frames):
            media.pixels_path(name).write_bytes(np.asarray(video.pixels_THWC).tobytes())
            _, height, width, _ = video.pixels_THWC.shape
            kept = {"seconds": tuple(video.seconds_T), "height": height, "width": width}
        else:
            media.samples_path(name).write_bytes(video.samples_S.tobytes())
            kept = {"samples": len(video.samples_S)}
        media.keep(
            MediaItem(name, name, failed=False, duration_seconds=video.duration_seconds, **kept)
        )
    media.finish(list(videos), folder / "media", ffmpeg="9.0")
    return folder / "media"


class KilledError(BaseException):
    """Like SIGKILL, nothing catches it."""


class Mortal:
    """A network in batches of two videos, whose process is killed after some of them."""

    videos_per_batch = 2

    def __init__(self, expert, batches):
        self.dim, self.weights = expert.dim, expert.weights
        self._expert, self._lives = expert, batches

    def extract_batch(self, videos):
        self._lives -= 1
        if self._lives < 0:
            raise KilledError
        return self._expert.extract_batch(videos)


def extract(folder, request, media, videos, expert):
    """Extract a shard, and return relative path -> bytes of the store."""
    records = [record(name, name) for name in videos]
    work = WorkDirectory(folder / "items")
    shard = ExpertShard(request, records, media, FinishedShard(folder), work)
    found = extract_shard(shard, lambda: expert)
    store = folder / "0.zarr"
    write_features(store, found.identity, found.features)
    paths = sorted(path for path in store.rglob("*") if path.is_file())
    return {str(path.relative_to(store)): path.read_bytes() for path in paths}
