"""Small work beside the data, on all cores of this machine: pictures for the report, no units, no store.

items ─▶ [map_here] ─▶ results in their order

Fresh processes: renderers hold threads and caches that do not survive a fork.
"""

import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from video4spatial.pipeline.core.errors import RunFailed

T = TypeVar("T")


def map_here(work: Callable[..., T], items: Sequence[tuple[Any, ...]], workers: int) -> Iterator[T]:
    """`work(*item)` of each item. One worker: in this process. Raises RunFailed when a process is lost."""
    if workers < 2 or len(items) < 2:
        yield from (work(*item) for item in items)
        return
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(min(workers, len(items)), context, initializer=_leave_interrupts_to_the_parent)
    try:
        yield from pool.map(work, *zip(*items, strict=True))
    except BrokenProcessPool:
        raise RunFailed(
            "a process was killed, perhaps for want of memory; the same command goes on from here"
        ) from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
