"""The child's side of isolation: work on items that come through a pipe, end with the parent."""

import ctypes
import os
import pickle
import resource
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from threading import Thread
from typing import Any

from teachtext.errors import MediaError

GRACE_SECONDS = 1.0
_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Answer:
    """What a child says about an item, and once without an item when it is ready.

    Attributes:
        result: Return value of the function.
        problem: Message of the MediaError that the function raised; None if it raised none.
        out_of_memory: Whether the child reached its memory limit.
        traceback: Traceback of any other exception; empty if there was none.
    """

    result: Any = None
    problem: str | None = None
    out_of_memory: bool = False
    traceback: str = ""


def serve(
    function: Callable[[Any], Any],
    memory_bytes: int,
    connection: Connection,
) -> None:
    """Answer every item that comes, until the pipe ends or memory has run out."""
    os.setsid()  # so that killing the group takes its ffmpeg along, and Ctrl-C is the parent's
    Thread(target=_end_with, args=(connection.fileno(),), daemon=True).start()
    if sys.platform == "linux":  # macOS refuses a limit below what it maps into every process
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    pickled, goes_on = _pickle(Answer()), True
    try:
        connection.send_bytes(pickled)
        while goes_on:
            pickled, goes_on = _call(function, connection.recv())
            connection.send_bytes(pickled)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return  # the parent has nothing more, or is gone


def _call(function: Callable[[Any], Any], item: Any) -> tuple[bytes, bool]:  # noqa: ANN401
    """The pickled answer, and whether there is memory left for another item."""
    try:
        return _pickle(Answer(result=function(item))), True
    except MediaError as error:
        return _pickle(Answer(problem=str(error))), True
    except MemoryError:
        return _pickle(Answer(out_of_memory=True)), False
    except Exception:  # noqa: BLE001 - it is raised again in the parent
        return _pickle(Answer(traceback=traceback.format_exc())), True


def _pickle(answer: Answer) -> bytes:
    return pickle.dumps(answer, protocol=pickle.HIGHEST_PROTOCOL)


def _end_with(pipe: int) -> None:
    """Kill this process and all that it started, soon after the parent's end of a pipe closes."""
    poll = select.poll()
    poll.register(pipe, 0)  # hanging up is always reported
    poll.poll()
    time.sleep(GRACE_SECONDS)  # an idle child ends by itself
    os.killpg(0, signal.SIGKILL)


def die_with_parent() -> None:
    """Have the kernel kill this process when the one that started it ends, however it ends."""
    if sys.platform == "linux":
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
