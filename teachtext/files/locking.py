"""One writer at a time: a lock that dies with its process. Standard library only."""

import fcntl
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

log = logging.getLogger(__name__)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock while the block runs; wait for whoever holds it.

    A scheduler that lost track of a job submits it again while the first still runs. The second
    waits here, and then finds the work done.

    Args:
        path: File of the lock; left behind, empty.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            log.info("another process works on this; waiting for it to end")
            fcntl.flock(stream, fcntl.LOCK_EX)
        except OSError as error:
            # such as ENOLCK on a network file system: two writers then cost time, not results
            log.warning("%s cannot be locked (%s)", path, error.strerror)
        yield
