"""What every expert is: a frozen network that turns videos' frames or sound into features."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar

from teachtext.store.records import Features
from teachtext.store.weights import WeightsIdentity
from teachtext.video.media import Audio, Frames

Observed = TypeVar("Observed", Frames, Audio)
ObservedIn = TypeVar("ObservedIn", Frames, Audio, contravariant=True)


class Expert(Protocol[ObservedIn]):
    """A frozen network that takes frames or sound as input.

    Attributes:
        dim: Width of a row, D.
        weights: Name and hash of the weights.
        videos_per_batch: Number of videos computed at once. A batch is computed again as a whole
            when a job is killed in it, and holds the same videos again: rows may differ in their
            last bits with what else was in the batch.
    """

    dim: int
    weights: WeightsIdentity
    videos_per_batch: int

    def extract_batch(self, videos: Sequence[ObservedIn]) -> list[Features]:
        """Features of each video."""


class VideoByVideo(ABC, Generic[Observed]):
    """Base of experts that gain nothing from seeing several videos at once."""

    videos_per_batch = 1

    def extract_batch(self, videos: Sequence[Observed]) -> list[Features]:
        """Features of each video."""
        return [self.extract(video) for video in videos]

    @abstractmethod
    def extract(self, observed: Observed, /) -> Features:
        """Features of one video's frames or sound."""
