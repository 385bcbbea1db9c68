"""Small work beside the data, on all cores of this machine: pictures for the report, no units, no store.

[hands(workers)] ─▶ work, items ─▶ results in their order

Fresh processes: renderers hold threads and caches that do not survive a fork.
"""

import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any

from video4spatial.pipeline.core.errors import RunFailed

Hands = Callable[[Callable[..., Any], Sequence[tuple[Any, ...]]], Iterator[Any]]
"""`hands(work, items)` gives `work(*item)` of each item."""


@contextmanager
def hands(workers: int) -> Iterator[Hands]:
    """Processes for the length of the block; with one worker, this process. Raises RunFailed when one is lost."""
    if workers < 2:
        yield lambda work, items: (work(*item) for item in items)
        return
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, initializer=_leave_interrupts_to_the_parent)
    try:
        yield lambda work, items: pool.map(work, *zip(*items, strict=True))
    except BrokenProcessPool:
        raise RunFailed(
            "a process was killed, perhaps for want of memory; the same command goes on from here"
        ) from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
