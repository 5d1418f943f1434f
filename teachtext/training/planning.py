"""Before a run: what a model will cost, from a few steps with random inputs of the real sizes."""

# Shape suffixes: B = batch, G = gallery.
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from teachtext.config.models import ArchitectureSettings
from teachtext.config.teachers import ModelSeed, seeds_of_teachers
from teachtext.config.training import TrainingSettings
from teachtext.evaluation.evaluate import CAPTION_BLOCK, encode_gallery, rank_set
from teachtext.evaluation.metrics import text_to_video_ranks
from teachtext.models.base import RetrievalModel
from teachtext.models.inputs import RetrievalSet, load_set
from teachtext.models.retrieval import build_model
from teachtext.models.similarity import VideoEmbeddings
from teachtext.runtime.apart import Stopwatch, run_apart
from teachtext.runtime.devices import device_of
from teachtext.runtime.distributed import Processes
from teachtext.runtime.memory import keep_freed_memory, use_huge_pages
from teachtext.runtime.progress import Progress
from teachtext.store.features import StoreIdentity, write_features
from teachtext.store.records import Features
from teachtext.store.tokens import read_tokens, write_tokens
from teachtext.store.weights import WeightsIdentity
from teachtext.tables.dataset import Caption
from teachtext.training.recipe import make_loss, make_optimizer, make_trainer
from teachtext.training.resuming import TrainingRun
from teachtext.training.steps import batch_similarities, training_step
from teachtext.training.trainer import Trainer, log

STEPS = 4
"""Training steps that are timed; one more before the clock starts."""
GALLERY = 4096
"""Videos that one block of captions is compared with."""


@dataclass(frozen=True)
class Sequenced:
    """What the lengths of a model's inputs are drawn from.

    Attributes:
        lengths: Numbers of rows of some videos, or of tokens of some captions.
        dim: Width of a row or a token vector.
    """

    lengths: tuple[int, ...]
    dim: int


@dataclass(frozen=True)
class ModelShape:
    """Sizes that decide what a model costs.

    Attributes:
        architecture: Architecture of the model.
        training: Optimiser, schedule and losses.
        max_tokens: Number of tokens at which the text encoder truncates captions.
        tokens: Token vectors of the captions.
        experts: Rows of the videos, by expert.
        teachers: Number of seeds of all its teachers.
    """

    architecture: ArchitectureSettings
    training: TrainingSettings
    max_tokens: int
    tokens: Sequenced
    experts: Mapping[str, Sequenced]
    teachers: int


@dataclass(frozen=True)
class ModelCost:
    """Cost of one model.

    Attributes:
        start_seconds: Time until torch and the model are ready in seconds, once per job.
        read_seconds: Time to read the features of some videos in seconds, a store of each expert.
        read_videos: Number of these videos.
        step_seconds: Time of a training step in seconds.
        caption_seconds: Time to embed a caption in seconds.
        video_seconds: Time to embed a video in seconds.
        pair_seconds: Time to compare a caption with a video, and to rank it, in seconds.
        parameters: Number of parameters.
        video_bytes: Size of an embedded video in bytes.
        peak_bytes: Memory of the job in bytes.
    """

    start_seconds: float
    read_seconds: float
    read_videos: int
    step_seconds: float
    caption_seconds: float
    video_seconds: float
    pair_seconds: float
    parameters: int
    video_bytes: int
    peak_bytes: int


def time_model(shape: ModelShape) -> ModelCost:
    """Train and ask a model of that shape, in a process as a job has it."""
    with tempfile.TemporaryDirectory(prefix="teachtext-plan-") as folder:
        apart = run_apart(_time_model, shape, Path(folder))
    start_seconds = apart.start_seconds + apart.outcome.start_seconds
    return replace(apart.outcome, start_seconds=start_seconds, peak_bytes=apart.peak_bytes)


class _Opinions:
    """A teacher that says anything."""

    def gather(self, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.float32]:
        return np.zeros((len(rows), len(columns)), np.float32)

    def release(self) -> None:
        """Nothing is held."""


def _time_model(shape: ModelShape, folder: Path) -> ModelCost:
    use_huge_pages()
    keep_freed_memory()
    torch.set_num_threads(shape.training.threads)
    watch = Stopwatch()
    device, training = device_of(shape.training.gpus), shape.training
    # several GPUs share a batch
    batch_size = max(2, training.batch_size // max(1, training.gpus))
    training = training.model_copy(update={"batch_size": batch_size, "compile": False})
    teachers = {ModelSeed("teacher", seed): _Opinions() for seed in range(shape.teachers)}
    write_random_set(shape, batch_size * STEPS, folder)
    data = read_random_set(shape, folder)
    alone = Processes(0, 1, device)
    trainer = make_trainer(data, teachers, training, seed=0, processes=alone)
    model = build_model(
        shape.architecture,
        token_dim=shape.tokens.dim,
        max_tokens=shape.max_tokens,
        expert_dims={name: expert.dim for name, expert in shape.experts.items()},
    ).to(device)
    loss = make_loss(training, teachers=list(seeds_of_teachers(teachers).values())).to(device)
    run = TrainingRun(model, loss, make_optimizer([model, loss], training), [])
    first = next(trainer.batches(0))
    training_step(run, first, batch_similarities, precision=training.precision)
    start_seconds = watch.seconds()
    step_seconds = _seconds(lambda: _train(trainer, run)) / STEPS
    return replace(
        _asked(model, data),
        start_seconds=start_seconds,
        step_seconds=step_seconds,
        read_seconds=_seconds(lambda: read_random_set(shape, folder)),
        read_videos=len(data.video_ids),
        parameters=sum(weights.numel() for weights in model.parameters()),
    )


def _train(trainer: Trainer, run: TrainingRun) -> None:
    with Progress(log, "time", trainer.steps_per_epoch, unit="step") as progress:
        trainer.train_epoch(run, batch_similarities, progress)


def _asked(model: RetrievalModel, data: RetrievalSet) -> ModelCost:
    """What embedding and comparing takes; training is left at nothing."""
    encode_gallery(model, data)
    gallery_seconds = _seconds(lambda: encode_gallery(model, data))
    rank_seconds = _seconds(lambda: rank_set(model, data))
    gallery = _repeated(encode_gallery(model, data), GALLERY)
    captions = min(CAPTION_BLOCK, len(data.captions))

    @torch.inference_mode()
    def compare() -> None:
        tokens = data.caption_batch(np.arange(captions)).to(model.device)
        sims = model.similarity(model.encode_captions(tokens), gallery).float().cpu().numpy()
        text_to_video_ranks(sims, np.zeros(captions, np.int64))

    caption_seconds = max(0.0, rank_seconds - gallery_seconds) / len(data.captions)
    pairs_seconds = max(0.0, _seconds(compare) - captions * caption_seconds)
    embedded = [tensor.element_size() * tensor.shape[1] for tensor in gallery.by_expert]
    return ModelCost(
        start_seconds=0.0,
        read_seconds=0.0,
        read_videos=0,
        step_seconds=0.0,
        caption_seconds=caption_seconds,
        video_seconds=gallery_seconds / len(data.video_ids),
        pair_seconds=pairs_seconds / (captions * len(gallery.available_GM)),
        parameters=0,
        video_bytes=sum(embedded),
        peak_bytes=0,
    )


def _repeated(gallery: VideoEmbeddings, count: int) -> VideoEmbeddings:
    """As many videos, the same again and again."""
    places = torch.arange(count, device=gallery.available_GM.device) % len(gallery.available_GM)
    return VideoEmbeddings(
        [rows[places] for rows in gallery.by_expert], gallery.available_GM[places]
    )


def _seconds(work: Callable[[], object]) -> float:
    watch = Stopwatch()
    work()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return watch.seconds()


def write_random_set(shape: ModelShape, videos: int, folder: Path) -> None:
    """Write random videos with one random caption each, of the lengths of real ones.

    Args:
        shape: Sizes of captions and videos.
        videos: Number of videos.
        folder: Folder to write to.
    """
    generator = np.random.default_rng(0)
    ids, nothing = [str(number) for number in range(videos)], WeightsIdentity("", "")
    tokens = _random_rows(_drawn(shape.tokens.lengths, videos, 1), shape.tokens.dim, generator)
    captions = [Caption(video, video, "train", "") for video in ids]
    write_tokens(
        folder / "tokens.parquet",
        [(captions, tokens)],
        encoder="",
        weights=nothing,
        dim=shape.tokens.dim,
        max_tokens=shape.max_tokens,
    )
    for name, expert in shape.experts.items():
        rows = _random_rows(_drawn(expert.lengths, videos, 0), expert.dim, generator)
        seconds = [np.arange(len(one), dtype=np.float64) for one in rows]
        features = [Features(one, begin, begin) for one, begin in zip(rows, seconds, strict=True)]
        found = dict(zip(ids, features, strict=True))
        identity = StoreIdentity(name, "", expert.dim, nothing, {})
        write_features(folder / f"{name}.zarr", identity, found, made_by="extract_expert")


def read_random_set(shape: ModelShape, folder: Path) -> RetrievalSet:
    """Read what ``write_random_set`` wrote, as a job does."""
    stores = {name: [folder / f"{name}.zarr"] for name in sorted(shape.experts)}
    tokens = read_tokens(folder / "tokens.parquet")
    return load_set(tokens, stores, "train", architecture=shape.architecture)


def _drawn(lengths: Sequence[int], count: int, least: int) -> NDArray[np.int64]:
    """Real lengths, again and again; of all videos one has rows, so that there is something."""
    drawn = np.resize(np.maximum(np.array(lengths, np.int64), least), count)
    drawn[0] = max(1, drawn[0])
    return drawn


def _random_rows(
    lengths: NDArray[np.int64], dim: int, generator: np.random.Generator
) -> list[NDArray[np.float32]]:
    return [generator.standard_normal((length, dim), dtype=np.float32) for length in lengths]
