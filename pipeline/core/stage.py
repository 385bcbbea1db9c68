"""What the engine runs: settings that build a worker, and the worker that turns a unit into products.

The settings travel by pickle; the worker holds renderers, decoders and caches, is never pickled and never half-made.
The engine counts, times, retries and records; a stage only measures.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from video4spatial.pipeline.core.settings import to_plain
from video4spatial.pipeline.core.unit import Product, Source, Unit


@dataclass(frozen=True, kw_only=True)
class Resources:
    """What one worker needs."""

    cpus: float = 1.0
    gpus: float = 0.0
    memory_gib: float = 1.0


class UnitWorker(Protocol):
    """Lives in one process, one thread."""

    def __call__(self, unit: Unit) -> Iterator[Product]:
        """Yields the unit's products in the order of their keys.

        Raises SourceError when the input as a whole is broken (the engine writes one `failed` row), WorkerLost when a
        child process died or hung (the engine tries again first). Any other exception is a bug.
        """

    def close(self) -> None:
        """Frees what it holds. Calling it twice is safe."""


class UnitStage(Protocol):
    """Frozen settings; picklable."""

    @property
    def needs(self) -> Resources:
        """Of one worker."""

    def units(self, sources: list[Source], seed: int) -> list[Unit]:
        """The work: pure planning, nothing is decoded or rendered."""

    def build(self) -> UnitWorker:
        """A worker, ready to run."""


def make_unit_settings(settings: Any, exclude: tuple[str, ...] = ()) -> Mapping[str, Any]:
    """The JSON of a settings dataclass without the fields that do not shape bytes (`exclude`)."""
    plain = to_plain(settings)
    return {key: value for key, value in plain.items() if key not in exclude}
