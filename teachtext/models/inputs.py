"""Captions and features of a split, and the batches that training and evaluation see.

Shape suffixes: B batch, N tokens or rows, D width. Values stay in mapped files until a batch asks
for them; a batch is CPU tensors.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from teachtext.config.zero_shot import AnyArchitecture
from teachtext.errors import DatasetError
from teachtext.models.sequences import Sequences
from teachtext.store.features import FeatureStore, StoreIdentity
from teachtext.store.loading import ExpertFeatures, View, gather_features
from teachtext.store.ragged import Rows
from teachtext.store.tokens import TokenTable
from teachtext.tables.dataset import Caption, Split, videos_of


@dataclass(frozen=True)
class RetrievalSet:
    """The captions and videos of one split.

    Attributes:
        captions: Captions in the order of ``tokens``.
        tokens: Token vectors per caption.
        max_tokens: Number of tokens at which the text encoder truncates captions.
        video_ids: Video ids in the order of the rows of ``experts``.
        experts: Expert name -> features per video.
        video_of_caption: (captions,) Index of each caption's video in ``video_ids``.
    """

    captions: list[Caption]
    tokens: Rows
    max_tokens: int
    video_ids: list[str]
    experts: Mapping[str, ExpertFeatures]
    video_of_caption: NDArray[np.int64]

    @property
    def token_dim(self) -> int:
        """Width of a token vector."""
        return self.tokens.dim

    @property
    def expert_dims(self) -> dict[str, int]:
        """Expert name -> width of its rows."""
        return {name: features.identity.dim for name, features in self.experts.items()}

    @property
    def identities(self) -> dict[str, StoreIdentity]:
        """Expert name -> what made its features."""
        return {name: features.identity for name, features in self.experts.items()}

    def caption_batch(self, indices: NDArray[np.int64]) -> Sequences:
        """Token vectors of some captions, padded to the longest."""
        return pad(self.tokens, indices)

    def video_batch(self, indices: NDArray[np.int64]) -> dict[str, Sequences]:
        """Features of some videos, each expert padded to its longest."""
        return {
            name: pad(features.rows, indices, seconds=features.start_seconds)
            for name, features in self.experts.items()
        }

    def keep_captions(self, caption_ids: set[str]) -> "RetrievalSet":
        """The same set with only those captions, and only the videos they leave.

        Raises:
            DatasetError: No caption is left.
        """
        kept = np.array([c.caption_id in caption_ids for c in self.captions], dtype=bool)
        if not kept.any():
            raise DatasetError(
                "No caption is left. Raise keep_rank_below or keep_fraction in denoise."
            )
        return self._chosen(np.flatnonzero(kept), np.unique(self.video_of_caption[kept]))

    def keep_available(self) -> "RetrievalSet":
        """The same set without videos that no expert found anything in.

        Raises:
            DatasetError: No video is left.
        """
        lengths = [features.rows.lengths for features in self.experts.values()]
        seen = np.sum(lengths, axis=0) > 0
        if not seen.any():
            raise DatasetError("No video has features. Look at results/experts/ledger.parquet.")
        return self._chosen(np.flatnonzero(seen[self.video_of_caption]), np.flatnonzero(seen))

    def first_captions(self) -> "RetrievalSet":
        """The same set with only the first caption of each video."""
        first = np.unique(self.video_of_caption, return_index=True)[1]
        return self._chosen(np.sort(first), np.arange(len(self.video_ids)))

    def release(self) -> None:
        """Drop mapped pages from this process; they stay in the kernel's page cache."""
        self.tokens.release()
        for features in self.experts.values():
            features.release()

    def _chosen(self, captions: NDArray[np.int64], videos: NDArray[np.int64]) -> "RetrievalSet":
        return replace(
            self,
            captions=[self.captions[index] for index in captions],
            tokens=self.tokens.select(captions),
            video_ids=[self.video_ids[index] for index in videos],
            experts={name: item.select(videos) for name, item in self.experts.items()},
            video_of_caption=np.searchsorted(videos, self.video_of_caption[captions]),
        )


def load_set(
    tokens: TokenTable,
    stores: Mapping[str, Sequence[Path]],
    split: Split,
    *,
    architecture: AnyArchitecture,
) -> RetrievalSet:
    """Open one split.

    Args:
        tokens: Captions of all splits with their token vectors.
        stores: Expert name -> its shards.
        split: Split to load.
        architecture: Architecture, which determines the model's input from each expert: the mean of
            a video's rows, or its first rows, or these with their times.

    Raises:
        StoreError: A video of the split has no features.
    """
    chosen = np.flatnonzero([caption.split == split for caption in tokens.captions])
    captions = [tokens.captions[index] for index in chosen]
    video_ids = videos_of(captions, split)
    position = {video: index for index, video in enumerate(video_ids)}
    return RetrievalSet(
        captions,
        tokens.tokens.select(chosen),
        tokens.max_tokens,
        video_ids,
        _load_experts(stores, video_ids, architecture),
        np.array([position[caption.video_id] for caption in captions], dtype=np.int64),
    )


def load_whole(
    tokens: TokenTable, stores: Mapping[str, Sequence[Path]], *, architecture: AnyArchitecture
) -> RetrievalSet:
    """Open all splits as one, with the videos that have no captions; arguments as ``load_set``."""
    some_expert = next(iter(stores.values()))
    video_ids = [video for path in some_expert for video in FeatureStore(path).video_ids]
    position = {video: index for index, video in enumerate(video_ids)}
    return RetrievalSet(
        tokens.captions,
        tokens.tokens.select(np.arange(len(tokens.captions))),
        tokens.max_tokens,
        video_ids,
        _load_experts(stores, video_ids, architecture),
        np.array([position[caption.video_id] for caption in tokens.captions], dtype=np.int64),
    )


def _load_experts(
    stores: Mapping[str, Sequence[Path]], video_ids: Sequence[str], architecture: AnyArchitecture
) -> dict[str, ExpertFeatures]:
    return {
        name: gather_features(paths, video_ids, _view(name, architecture))
        for name, paths in stores.items()
    }


def _view(expert: str, architecture: AnyArchitecture) -> View:
    max_rows = architecture.max_rows.get(expert)
    if architecture.architecture == "MultiModalTransformer":
        return View("timed rows", max_rows)
    return View("means" if architecture.averages(expert) else "rows", max_rows)


def load_val(
    tokens: TokenTable,
    stores: Mapping[str, Sequence[Path]],
    *,
    architecture: AnyArchitecture,
) -> RetrievalSet | None:
    """Open the val split; the arguments are those of ``load_set``.

    Returns:
        None without captions of val.

    Raises:
        StoreError: A video of the split has no features.
    """
    if not any(caption.split == "val" for caption in tokens.captions):
        return None
    return load_set(tokens, stores, "val", architecture=architecture)


def pad(rows: Rows, indices: NDArray[np.int64], *, seconds: Rows | None = None) -> Sequences:
    """Some sequences as one float32 tensor with a mask; at least one row wide.

    Args:
        rows: All sequences.
        indices: Indices of the sequences to pad.
        seconds: Start time of each row in seconds, as sequences of width 1; None for a batch
            without times.
    """
    chosen = rows.take(indices)
    longest = max(1, int(chosen.lengths.max(initial=0)))
    valid = np.arange(longest)[None] < chosen.lengths[:, None]
    places = torch.from_numpy(np.flatnonzero(valid))
    times = None if seconds is None else _padded(seconds.take(indices).values, places, valid)
    return Sequences(
        _padded(chosen.values, places, valid),
        torch.from_numpy(valid),
        None if times is None else times.squeeze(-1),
    )


def _padded(values: NDArray[np.generic], places: Tensor, valid: NDArray[np.bool_]) -> Tensor:
    # torch, because it makes float32 of float16 three times faster than NumPy
    halves = torch.from_numpy(values)
    padded = torch.zeros((valid.size, values.shape[1]))
    return padded.index_copy_(0, places, halves.float()).view(*valid.shape, values.shape[1])


def epoch_batches(
    data: RetrievalSet, *, batch_size: int, generator: np.random.Generator
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """One pass over the videos in random order, with one random caption each.

    A last batch of one video is left out: it has no foreign pair to learn from.

    Yields:
        (B,) caption indices and (B,) video indices, pair by pair.
    """
    by_video = np.argsort(data.video_of_caption, kind="stable")
    counts = np.bincount(data.video_of_caption, minlength=len(data.video_ids))
    first = np.cumsum(counts) - counts
    order = generator.permutation(len(data.video_ids))
    drawn = by_video[first + (generator.random(len(counts)) * counts).astype(np.int64)]
    for begin in range(0, len(order), batch_size):
        videos = order[begin : begin + batch_size]
        if len(videos) > 1:
            yield drawn[videos], videos
