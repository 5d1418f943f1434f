"""Captions and features in memory, and the batches that training and evaluation see.

Shape suffixes: B batch, N tokens or rows, D width. Everything here is a CPU tensor or array.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from teachtext.dataset import Caption, Split, videos_of
from teachtext.errors import DatasetError
from teachtext.models.sequences import Sequences
from teachtext.store.features import ExpertFeatures, StoreIdentity, load_features
from teachtext.store.ragged import Ragged
from teachtext.store.tokens import TokenTable


@dataclass(frozen=True)
class RetrievalSet:
    """The captions and videos of one split.

    Attributes:
        captions: in the order of ``tokens``.
        tokens: token vectors per caption.
        video_ids: in the order of ``experts``' rows.
        experts: expert name -> features per video.
        video_of_caption: (captions,) index into ``video_ids``.
    """

    captions: list[Caption]
    tokens: Ragged[np.float16]
    video_ids: list[str]
    experts: Mapping[str, ExpertFeatures]
    video_of_caption: NDArray[np.int64]

    @property
    def token_dim(self) -> int:
        """Width of a token vector."""
        return int(self.tokens.values.shape[1])

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
        return {name: pad(features.rows, indices) for name, features in self.experts.items()}

    def keep_captions(self, caption_ids: set[str]) -> "RetrievalSet":
        """The same set with only those captions, and only the videos they leave."""
        kept = np.array([c.caption_id in caption_ids for c in self.captions], dtype=bool)
        if not kept.any():
            raise DatasetError("No caption is left. Raise denoise.keep_rank_below.")
        return self._chosen(np.flatnonzero(kept), np.unique(self.video_of_caption[kept]))

    def keep_available(self) -> "RetrievalSet":
        """The same set without videos that no expert found anything in."""
        lengths = [features.rows.lengths for features in self.experts.values()]
        seen = np.sum(lengths, axis=0) > 0
        if not seen.any():
            raise DatasetError("No video has features. Look at results/experts/ledger.parquet.")
        return self._chosen(np.flatnonzero(seen[self.video_of_caption]), np.flatnonzero(seen))

    def _chosen(self, captions: NDArray[np.int64], videos: NDArray[np.int64]) -> "RetrievalSet":
        return RetrievalSet(
            [self.captions[index] for index in captions],
            self.tokens.take(captions),
            [self.video_ids[index] for index in videos],
            {
                name: ExpertFeatures(features.identity, features.rows.take(videos))
                for name, features in self.experts.items()
            },
            np.searchsorted(videos, self.video_of_caption[captions]),
        )


def load_set(
    tokens: TokenTable, stores: Mapping[str, Sequence[Path]], split: Split
) -> RetrievalSet:
    """Read one split.

    Args:
        tokens: captions of all splits with their token vectors.
        stores: expert name -> its shards.
        split: which.

    Raises:
        StoreError: a video of the split has no features.
    """
    chosen = np.flatnonzero([caption.split == split for caption in tokens.captions])
    captions = [tokens.captions[index] for index in chosen]
    video_ids = videos_of(captions, split)
    position = {video: index for index, video in enumerate(video_ids)}
    experts = {name: load_features(paths, video_ids) for name, paths in stores.items()}
    video_of_caption = np.array([position[caption.video_id] for caption in captions])
    return RetrievalSet(captions, tokens.tokens.take(chosen), video_ids, experts, video_of_caption)


def pad(ragged: Ragged[np.float16], indices: NDArray[np.int64]) -> Sequences:
    """Some sequences as one float32 tensor with a mask; at least one row wide."""
    chosen = ragged.take(indices)
    longest = max(1, int(chosen.lengths.max(initial=0)))
    valid = np.arange(longest)[None] < chosen.lengths[:, None]
    values = np.zeros((len(indices), longest, ragged.values.shape[1]), np.float32)
    values[valid] = chosen.values
    return Sequences(torch.from_numpy(values), torch.from_numpy(valid))


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
