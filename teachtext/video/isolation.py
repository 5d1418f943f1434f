"""Running a function on many items, each in a child process that can be killed."""

import multiprocessing
import os
import resource
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Generic, TypeVar

from teachtext.errors import MediaError

Item = TypeVar("Item")
Result = TypeVar("Result")

# forked from a clean server: a fork of this process would copy the locks of its threads
_CONTEXT = multiprocessing.get_context("forkserver")


@dataclass(frozen=True)
class Limits:
    """What one child may use."""

    timeout_seconds: float
    memory_bytes: int


@dataclass
class _Child(Generic[Item]):
    item: Item
    process: BaseProcess
    deadline: float


def map_isolated(
    function: Callable[[Item], Result], items: Sequence[Item], *, workers: int, limits: Limits
) -> Iterator[tuple[Item, Result | MediaError]]:
    """Call a function on every item, each in its own process; yield results as they come.

    A decoder that hangs, runs out of memory or crashes costs its item, not the run.

    Args:
        function: importable by name; raises MediaError for an item that cannot be read.
        items: its arguments.
        workers: processes at once.
        limits: of each process.

    Yields:
        The item with its result, or with a MediaError that says why there is none.
    """
    _CONTEXT.set_forkserver_preload(["teachtext.video.decoding"])
    waiting = list(reversed(items))
    running: dict[Connection, _Child[Item]] = {}
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                connection, child = _start(function, waiting.pop(), limits)
                running[connection] = child
            timeout = max(0.0, min(c.deadline for c in running.values()) - time.monotonic())
            ready = set(wait(list(running), timeout=timeout))
            for connection, child in list(running.items()):
                if connection in ready or child.deadline <= time.monotonic():
                    del running[connection]
                    yield child.item, _finish(connection, child, limits)
    finally:
        for child in running.values():
            _kill(child.process)


def _start(
    function: Callable[[Item], Any], item: Item, limits: Limits
) -> tuple[Connection, _Child[Item]]:
    receiver, sender = _CONTEXT.Pipe(duplex=False)
    process = _CONTEXT.Process(target=_work, args=(function, item, limits, sender), daemon=True)
    process.start()
    sender.close()
    return receiver, _Child(item, process, time.monotonic() + limits.timeout_seconds)


def _work(function: Callable[[Any], Any], item: Any, limits: Limits, sender: Connection) -> None:  # noqa: ANN401
    os.setsid()  # so that killing the child takes its ffmpeg along
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    try:
        sender.send(function(item))
    except MediaError as error:
        sender.send(error)
    except MemoryError:
        sender.send(MediaError(f"needs more than {limits.memory_bytes / 2**30:.1f} GB of memory"))


def _finish(connection: Connection, child: _Child[Any], limits: Limits) -> Any:  # noqa: ANN401
    try:
        if connection.poll():
            return connection.recv()
        return MediaError(f"took longer than {limits.timeout_seconds:g} s")
    except EOFError:
        child.process.join()
        return MediaError(f"the decoder died (exit code {child.process.exitcode})")
    finally:
        connection.close()
        _kill(child.process)


def _kill(process: BaseProcess) -> None:
    if process.is_alive() and process.pid is not None:
        process.join(timeout=0.05)  # it has answered, or it is late: no need to wait long
    if process.is_alive() and process.pid is not None:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            process.kill()  # not yet the leader of its own group
    process.join()
