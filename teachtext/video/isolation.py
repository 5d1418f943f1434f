"""Running a function on many items in child processes that can be killed. No decoding here.

A child works on one item after another. One that hangs, crashes or runs out of memory costs the
item in its hands and is replaced. Children never outlive the process that started them.
"""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Generic, TypeVar

from teachtext.errors import MediaError
from teachtext.video.child import Answer, serve

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

START_SECONDS = 120.0
"""How long a child may take to import what it needs; a shared disk can be slow."""
ITEMS_PER_CHILD = 200
"""Decoders leak: a child is replaced before that adds up."""

# forked from a clean server: a fork of this process would copy the locks of its threads
_CONTEXT = multiprocessing.get_context("forkserver")


class ChildDied(MediaError):  # noqa: N818 - it says what happened, as MediaError's messages do
    """The child hung, crashed or ran out of memory: another decoder may still read the item."""


@dataclass(frozen=True)
class Limits:
    """What one child may use.

    Attributes:
        timeout_seconds: Time limit for one item in seconds.
        memory_bytes: Limit of the process's address space in bytes.
    """

    timeout_seconds: float
    memory_bytes: int


def map_isolated(
    function: Callable[[_Item], _Result], items: Sequence[_Item], *, workers: int, limits: Limits
) -> Iterator[tuple[_Item, _Result | MediaError]]:
    """Call a function on every item in child processes; yield results as they come.

    Args:
        function: Importable function of one item; raises MediaError for an item that cannot be
            read.
        items: Arguments of the function, one per call.
        workers: Number of processes at a time.
        limits: Limits of each process.

    Yields:
        The item with its result, or with a MediaError that says why there is none: ChildDied
        where the child had to be killed or died by itself.

    Raises:
        RuntimeError: The function raised anything else; the message holds its traceback.
    """
    _CONTEXT.set_forkserver_preload(["teachtext.video.decoding"])
    waiting = list(reversed(items))
    children: dict[Connection, _Child[_Item, _Result]] = {}
    try:
        while waiting or children:
            while waiting and len(children) < min(workers, len(items)):
                new = _Child(function, limits)
                children[new.connection] = new
            late = min(child.deadline for child in children.values()) - time.monotonic()
            ready = wait(list(children), timeout=max(0.0, late))
            finished: list[tuple[_Item, _Result | MediaError]] = []
            for connection, child in list(children.items()):
                if connection in ready or child.deadline <= time.monotonic():
                    finished += child.collect(answered=connection in ready)
                    if not (child.is_usable and waiting and child.hand_out(waiting)):
                        del children[connection]
                        child.close()
            yield from finished
    finally:
        for child in children.values():
            child.kill()


class _Child(Generic[_Item, _Result]):
    """One process and the item in its hands."""

    def __init__(self, function: Callable[[_Item], _Result], limits: Limits) -> None:
        self.connection, theirs = _CONTEXT.Pipe()
        self._process: BaseProcess = _CONTEXT.Process(
            target=serve, args=(function, limits.memory_bytes, theirs), daemon=True
        )
        self._process.start()
        theirs.close()  # so that the pipe ends when the child does
        self._limits = limits
        self._items: list[_Item] = []
        self._handed_out = 0
        self.deadline = time.monotonic() + START_SECONDS
        self.is_usable = True

    def hand_out(self, waiting: list[_Item]) -> bool:
        """Give it the next item; False if it has gone in the meantime."""
        try:
            self.connection.send(waiting[-1])
        except (BrokenPipeError, ConnectionResetError):
            return False
        self._items = [waiting.pop()]
        self._handed_out += 1
        self.deadline = time.monotonic() + self._limits.timeout_seconds
        return True

    def collect(self, *, answered: bool) -> list[tuple[_Item, _Result | MediaError]]:
        """What came of its item: nothing yet if it has only just started."""
        outcome = self._outcome(answered=answered)
        if isinstance(outcome, ChildDied) or self._handed_out >= ITEMS_PER_CHILD:
            self.is_usable = False
        if not self._items and isinstance(outcome, ChildDied):
            raise RuntimeError(f"A child process did not start: {outcome}.")
        finished = [(item, outcome) for item in self._items]
        self._items = []
        return finished  # type: ignore[return-value]

    def _outcome(self, *, answered: bool) -> _Result | MediaError | None:
        if not answered:
            self.kill()
            return ChildDied(f"took longer than {self._limits.timeout_seconds:g} s")
        try:
            answer: Answer = self.connection.recv()
        except (EOFError, ConnectionResetError):
            self._process.join(timeout=5)
            return ChildDied(f"the decoder died ({_death(self._process.exitcode)})")
        if answer.traceback:
            raise RuntimeError(f"In a child process:\n{answer.traceback}")
        if answer.out_of_memory:
            gigabytes = self._limits.memory_bytes / 2**30
            return ChildDied(f"needs more than {gigabytes:.1f} GB of memory")
        if answer.problem is not None:
            return MediaError(answer.problem)
        return answer.result  # type: ignore[no-any-return]

    def close(self) -> None:
        """Let it end by itself: it does when its pipe ends."""
        self.connection.close()
        self._process.join(timeout=5)
        self.kill()

    def kill(self) -> None:
        """End it with all that it started."""
        if self._process.pid is not None and self._process.exitcode is None:
            try:
                # its own ffmpeg is in its group
                os.killpg(self._process.pid, signal.SIGKILL)
            except ProcessLookupError:
                self._process.kill()  # not yet the leader of its own group
        self._process.join()
        self.connection.close()


def _death(exit_code: int | None) -> str:
    if exit_code is not None and exit_code < 0:
        return f"signal {signal.Signals(-exit_code).name}"
    return f"exit code {exit_code}"
