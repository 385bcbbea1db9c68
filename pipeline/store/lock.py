"""Keeps what deletes (gc, rm) apart from what commits (units, versions), without a server.

write_unit, publish, derive ─▶ shared ────┐
gc, rm ─▶ exclusive ──────────────────────┴─▶ flock(2) on locks/commit

A lock dies with its process, so that no kill leaves a store locked. Whoever wants in passes `locks/turn` first: one who
waits for the store alone holds it, and a stream of writers cannot starve him.
"""

import contextlib
import errno
import fcntl
import logging
import os
from collections.abc import Iterator
from pathlib import Path

from video4spatial.pipeline.core.errors import StorageError

logger = logging.getLogger(__name__)

_NO_LOCKS = {errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EBADF}


@contextlib.contextmanager
def shared(root: Path) -> Iterator[None]:
    """Held from the first look at what others made until the commit that names it. Many may hold it at once.

    On a file system without locks it does nothing: there `exclusive` refuses, and nothing is ever deleted.
    """
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(_held(root, fcntl.LOCK_SH))
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise StorageError(f"cannot lock {root} ({error.strerror}); see that you may write to it") from error
        yield


@contextlib.contextmanager
def exclusive(root: Path) -> Iterator[None]:
    """Held while deleting; waits until nobody commits, and nobody starts to meanwhile."""
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(_held(root, fcntl.LOCK_EX))
        except OSError as error:
            why = "its file system has no locks" if error.errno in _NO_LOCKS else error.strerror
            raise StorageError(
                f"cannot lock {root} ({why}): nothing can be removed safely beside others who write; do it on a "
                "machine where the store is a local folder"
            ) from error
        yield


@contextlib.contextmanager
def _held(root: Path, how: int) -> Iterator[None]:
    folder = root / "locks"
    folder.mkdir(exist_ok=True)
    with _open(folder / "commit") as commit:
        with _open(folder / "turn") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            _wait(commit, how, root)
        yield


def _wait(descriptor: int, how: int, root: Path) -> None:
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError:
        if how == fcntl.LOCK_EX:
            logger.warning("waiting for others who are just committing to %s", root)
        fcntl.flock(descriptor, how)


@contextlib.contextmanager
def _open(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        yield descriptor  # closing it gives the lock back
    finally:
        os.close(descriptor)
