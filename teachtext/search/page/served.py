"""What the page may ask: models by name, clips by id, one question at a time. No HTTP."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, TypeVar

from anyio import CapacityLimiter, to_thread

from teachtext.search.hits import CaptionHit, Clip, Hit

Found = TypeVar("Found")


class Searching(Protocol):
    """What the page needs of ``teachtext.search.searcher.Searcher``."""

    @property
    def model(self) -> str:
        """Name in config.yaml."""

    @property
    def seed(self) -> int:
        """Of the training."""

    @property
    def experts(self) -> tuple[str, ...]:
        """Of the model, in its order."""

    @property
    def clips(self) -> Mapping[str, Clip]:
        """Video id -> clip, of the whole gallery."""

    def search(
        self, query: str, *, top: int = 10, split: str | None = None, contains: str = ""
    ) -> list[Hit]:
        """Videos that fit the words, best first."""

    def similar(self, video_id: str, *, top: int = 10, split: str | None = None) -> list[Hit]:
        """Videos that are like this one, best first."""

    def captions_of(self, video_id: str, *, top: int = 10) -> list[CaptionHit]:
        """Captions of the whole corpus that fit the video, best first."""


class ServedModels:
    """The models of a page. They answer one question at a time, as thread safety is not guaranteed.

    Attributes:
        names: Names of the models, in the order of the page.
        splits: Splits of all clips, sorted; clips without a caption have none.
    """

    def __init__(self, searchers: Sequence[Searching]) -> None:
        self._searchers = {searcher.model: searcher for searcher in searchers}
        self._turn = CapacityLimiter(1)
        self.names = tuple(self._searchers)
        splits = {clip.split for one in searchers for clip in one.clips.values()}
        self.splits = sorted(splits - {""})

    def named(self, name: str) -> Searching | None:
        """The model of that name, if there is one."""
        return self._searchers.get(name)

    def clip(self, video_id: str) -> Clip | None:
        """The clip of that id; models of one run agree about it, but may know fewer."""
        known = (searcher.clips.get(video_id) for searcher in self._searchers.values())
        return next((clip for clip in known if clip is not None), None)

    async def ask(self, question: Callable[[], Found]) -> tuple[Found, float]:
        """The answer, and the milliseconds it took, without the wait for questions before it."""
        return await to_thread.run_sync(_timed, question, limiter=self._turn)


def _timed(question: Callable[[], Found]) -> tuple[Found, float]:
    begin = time.perf_counter()
    answer = question()
    return answer, 1000 * (time.perf_counter() - begin)
