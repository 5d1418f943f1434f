"""Measuring a few videos, captions and training steps of a run, of what is left to compute."""

import logging
import os
import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from teachtext.config.pruning import SEPARATOR
from teachtext.config.whole import Config
from teachtext.experts.planning import (
    ExpertCost,
    draw_videos,
    sample_media,
    start_job,
    time_expert,
)
from teachtext.files.urls import Place, is_url
from teachtext.interop.features.columns import read_imported_features
from teachtext.jobs.costs import Measured, RunSizes
from teachtext.jobs.plan import PlannedJob
from teachtext.jobs.text import TOKENS
from teachtext.jobs.videos import FEATURES
from teachtext.runtime.apart import run_apart
from teachtext.store.features import FeatureStore
from teachtext.store.tokens import read_foreign_tokens, read_tokens
from teachtext.tables.dataset import (
    SPLITS,
    Caption,
    VideoSource,
    read_captions,
    read_paragraphs,
    read_videos,
    videos_of,
)
from teachtext.text.planning import EncoderCost, time_encoder
from teachtext.training.planning import ModelCost, ModelShape, Sequenced, time_model
from teachtext.video.isolation import Limits

log = logging.getLogger(__name__)
SAMPLED_CAPTIONS = 64
"""Captions that are embedded."""
LENGTHS = 256
"""Videos and captions whose lengths are looked at."""
_OF_MODELS = ("train_", "compute_similarities", "evaluate_model", "build_index")


@dataclass(frozen=True)
class Tables:
    """The tables that a user gives.

    Attributes:
        videos: Videos; empty if features alone are given.
        captions: Captions, or the paragraphs that they make.
        sizes: Numbers of both.
    """

    videos: Sequence[VideoSource]
    captions: Sequence[Caption]
    sizes: RunSizes


def read_tables(config: Config, folder: Path) -> Tables:
    """Read the tables of a run.

    Raises:
        DatasetError: One cannot be read, or is not there yet.
    """
    dataset = config.dataset
    captions: list[Caption] = []
    if dataset.captions is not None:
        path = folder / dataset.captions
        captions = read_paragraphs(path) if dataset.paragraphs else read_captions(path)
    videos = [] if dataset.videos is None else read_videos(folder / dataset.videos)
    of_split = Counter(caption.split for caption in captions)
    sizes = RunSizes(
        len(videos) or len({caption.video_id for caption in captions}),
        {split: of_split[split] for split in SPLITS},
        {split: len(videos_of(captions, split)) for split in SPLITS},
    )
    return Tables(videos, captions, sizes)


class Measuring:
    """Measures what the jobs left of a run do.

    Args:
        config: Configuration of the run.
        folder: Folder of the run, whose finished features and token vectors tell their sizes.
        tables: Tables that the user gives.
        left: Jobs left of the run.
        cores: Number of cores of the run; as many measurements run at a time, as jobs would.
    """

    def __init__(
        self,
        config: Config,
        folder: Path,
        tables: Tables,
        left: Sequence[PlannedJob],
        *,
        cores: int,
    ) -> None:
        self._config, self._folder, self._tables = config, folder, tables
        self._left = left
        # on a GPU the jobs of a run follow each other
        self._at_once = 1 if torch.cuda.is_available() else min(cores, os.cpu_count() or 1)

    def measure(self, *, sample: int, seed: int, work: Path) -> Measured:
        """Measure.

        Args:
            sample: Number of videos to try.
            seed: Seed of the draw of the sample.
            work: Empty folder for temporary files.
        """
        config, started = self._config, run_apart(start_job)
        experts, encoders = self._names("extract_expert"), self._names("embed_captions")
        log.info("measuring %d experts and %d text encoders", len(experts), len(encoders))
        chosen = draw_videos(self._tables.videos, sample=sample, seed=seed)
        requests = [config.request(name) for name in experts]
        limits = Limits(config.video.timeout_seconds, int(config.video.memory_gb * 2**30))
        reads = experts or self._names("probe_videos") or self._names("decode_videos")
        media = run_apart(sample_media, chosen, requests, limits, work).outcome if reads else None
        captions = self._drawn_captions(seed)
        with ThreadPoolExecutor(self._at_once) as pool:
            timed = {
                name: pool.submit(time_expert, config.request(name), media.records, work)
                for name in experts
                if media is not None
            }
            imported = {
                name: pool.submit(time_import, self._place(config.imported_experts()[name]))
                for name in self._names("import_expert")
            }
            embedded = {
                name: pool.submit(time_encoder, entry.embeds_from(entry.checkpoint or ""), captions)
                for name, entry in config.encoders().items()
                if name in encoders  # a tuned one takes as long as it does untuned
            }
        expert_costs = {name: cost.result() for name, cost in (timed | imported).items()}
        encoder_costs = {name: cost.result() for name, cost in embedded.items()}
        return Measured(
            started.start_seconds,
            started.peak_bytes,
            media,
            expert_costs,
            encoder_costs,
            self._models(expert_costs, encoder_costs),
        )

    def _names(self, rule: str) -> list[str]:
        """What the jobs left of a rule are of: experts, text encoders."""
        return list(dict.fromkeys(_name_of(job) for job in self._left if job.rule == rule))

    def _place(self, file: str) -> Place:
        return file if is_url(file) else self._folder / file

    def _drawn_captions(self, seed: int) -> list[str]:
        different = list(dict.fromkeys(caption.caption for caption in self._tables.captions))
        return random.Random(seed).sample(different, min(SAMPLED_CAPTIONS, len(different)))

    def _models(
        self, experts: Mapping[str, ExpertCost], encoders: Mapping[str, EncoderCost]
    ) -> dict[str, ModelCost]:
        """Models of the same sizes are measured once, with the most teachers that one has."""
        shapes = {name: self._shape(name, experts, encoders) for name in self._asked_models()}
        groups: dict[str, list[str]] = {}
        for name, shape in shapes.items():
            groups.setdefault(_sizes_of(shape), []).append(name)
        largest = [
            max((shapes[name] for name in names), key=lambda shape: shape.teachers)
            for names in groups.values()
        ]
        log.info("measuring %d kinds of models", len(largest))
        with ThreadPoolExecutor(self._at_once) as pool:
            costs = list(pool.map(time_model, largest))
        return {
            name: cost for names, cost in zip(groups.values(), costs, strict=True) for name in names
        }

    def _asked_models(self) -> list[str]:
        """Those with jobs left, and for models that are not written down all that are pruned."""
        entries, prunings = list(self._config.entries()), self._config.prunings()
        asked = {_name_of(job) for job in self._left if job.rule.startswith(_OF_MODELS)}
        is_open = not asked <= set(entries)
        names = [name for name in entries if name in asked or (is_open and name in prunings)]
        return names or entries[: len(asked)][:1]

    def _shape(
        self, model: str, experts: Mapping[str, ExpertCost], encoders: Mapping[str, EncoderCost]
    ) -> ModelShape:
        config = self._config
        encoder = config.text_encoder_of(model)
        return ModelShape(
            config.architecture_of(model),
            config.training_of(model),
            config.text[encoder].max_tokens,
            self._tokens(encoder, encoders),
            {name: self._rows(name, experts) for name in config.experts_of(model)},
            sum(
                len(config.seeds_of(teacher, config.seeds[0]))
                for teacher in config.settings_of(model).teachers
            ),
        )

    def _tokens(self, encoder: str, measured: Mapping[str, EncoderCost]) -> Sequenced:
        if encoder in measured:
            return Sequenced(tuple(measured[encoder].tokens), measured[encoder].dim)
        made = self._folder / TOKENS.format(portion="trainval", text_encoder=encoder)
        imported = self._config.imported_tokens().get(encoder)
        if imported is not None and not made.exists():
            table = read_foreign_tokens(self._folder / imported.file)
        else:
            table = read_tokens(made)
        return Sequenced(tuple(table.tokens.lengths[:LENGTHS].tolist()), table.tokens.dim)

    def _rows(self, expert: str, measured: Mapping[str, ExpertCost]) -> Sequenced:
        if expert in measured:
            return Sequenced(tuple(measured[expert].rows), measured[expert].dim)
        store = FeatureStore(self._folder / FEATURES.format(expert=expert, shard="trainval-0"))
        lengths = np.diff(store.offsets[: LENGTHS + 1]).tolist()
        return Sequenced(tuple(lengths), store.identity.dim)


def _name_of(job: PlannedJob) -> str:
    """The expert, text encoder or model that a job is of."""
    return job.item.partition("/")[0].split(SEPARATOR)[0]


def _sizes_of(shape: ModelShape) -> str:
    """What decides about a step, beside the number of teachers, which is hardly felt."""
    training = shape.training.model_dump(include={"batch_size", "optimizer", "precision", "gpus"})
    architecture = shape.architecture.model_dump()
    return str((architecture, training, shape.max_tokens, shape.tokens, shape.experts))


def time_import(file: Place) -> ExpertCost:
    """Read features that were made elsewhere, in a process as a job has it."""
    apart = run_apart(_time_import, file)
    return replace(apart.outcome, start_seconds=apart.start_seconds, peak_bytes=apart.peak_bytes)


def _time_import(file: Place) -> ExpertCost:
    begin = time.perf_counter()
    rows = read_imported_features(file).rows
    lengths = rows.lengths[:LENGTHS].tolist()
    seconds = (time.perf_counter() - begin) / len(rows)
    return ExpertCost(0.0, seconds, 0.0, lengths, rows.dim, 0, 0)
