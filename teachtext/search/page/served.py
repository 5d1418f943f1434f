"""What the page may ask: models by name, clips by id, one question at a time. No HTTP."""

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from anyio import CapacityLimiter, to_thread

from teachtext.search.hits import Clip
from teachtext.search.searcher import Searcher

_Found = TypeVar("_Found")


class ServedModels:
    """The models of a page. They answer one question at a time, as thread safety is not guaranteed.

    Attributes:
        models: Name -> model, in the order of the page.
        splits: Splits of all clips, sorted; ``none`` is that of clips without captions.
    """

    def __init__(self, searchers: Sequence[Searcher]) -> None:
        self.models = {searcher.model: searcher for searcher in searchers}
        self._turn = CapacityLimiter(1)
        self.splits = sorted({clip.split for one in searchers for clip in one.clips.values()})

    def clip(self, video_id: str) -> Clip | None:
        """The clip of that id; models of one run agree about it, but may know fewer."""
        known = (searcher.clips.get(video_id) for searcher in self.models.values())
        return next((clip for clip in known if clip is not None), None)

    async def ask(self, question: Callable[[], _Found]) -> tuple[_Found, float]:
        """The answer, and the milliseconds it took, without the wait for questions before it."""
        return await to_thread.run_sync(_timed, question, limiter=self._turn)


def _timed(question: Callable[[], _Found]) -> tuple[_Found, float]:
    begin = time.perf_counter()
    answer = question()
    return answer, 1000 * (time.perf_counter() - begin)
