"""Ctrl-C during training: finish the step, save, then leave; a second Ctrl-C leaves at once."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def stop_on_interrupt(say: Callable[[str], None]) -> Iterator[Callable[[], bool]]:
    """Yields a function that is True once SIGINT or SIGTERM came."""
    asked = told = False

    def ask(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True

    def should_stop() -> bool:
        nonlocal told
        if asked and not told:
            # said here and not in the handler, which may have come in the middle of another line
            told = True
            say("stopping after this step and saving; press Ctrl-C again to leave at once")
        return asked

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield should_stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
