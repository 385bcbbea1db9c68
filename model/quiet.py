"""Keeps the progress bars of diffusers and transformers off the terminal: progress is the engine's to show."""

from collections.abc import Iterator
from contextlib import contextmanager

from diffusers.utils import logging as diffusers_logging
from transformers.utils import logging as transformers_logging


@contextmanager
def no_progress_bars() -> Iterator[None]:
    """For the time of saving or loading a pipeline; what was set before is set again."""
    before = [library.is_progress_bar_enabled() for library in (diffusers_logging, transformers_logging)]
    for library in (diffusers_logging, transformers_logging):
        library.disable_progress_bar()
    try:
        yield
    finally:
        for library, enabled in zip((diffusers_logging, transformers_logging), before, strict=True):
            if enabled:
                library.enable_progress_bar()
