"""The real-video stage: one source in, measured clips and the named fate of everything else out, in one pass.

engine ─▶ [CurateStage] ─▶ Product ─▶ store

Planning reads headers only (in the killable child) and makes one unit of each video, or several of `unit_span_s` where
the header says that it is longer. A span is decoded from the file's beginning and what lies before it is dropped:
slower than seeking, and right. The last span is open-ended, for headers that count too few frames.
"""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import ClassVar

import cv2

from video4spatial.filters.config import Floor, RealConfig
from video4spatial.filters.curate import UnitCurator
from video4spatial.filters.video import VideoFacts, VideoReader
from video4spatial.pipeline.core.errors import SourceError
from video4spatial.pipeline.core.stage import Resources, make_unit_settings
from video4spatial.pipeline.core.unit import Product, Source, Unit

logger = logging.getLogger(__name__)

OPEN_END = 2**31 - 1
"""Stop of a video's last span: wherever the file ends."""
_NOT_IN_BYTES = ("videos", "synthetic_film", "unit_span_s", "limits")


@dataclass(frozen=True, kw_only=True)
class CurateStage:
    """Settings of the stage; implements `core.stage.UnitStage`."""

    versions: ClassVar[Mapping[str, int]] = {"decode": 1, "shots": 1, "cut": 1, "scores": 1, "floor": 1, "augment": 1}
    """Raised by hand when what the named step puts out changes."""

    config: RealConfig = field(default_factory=RealConfig)
    floor: Floor = field(default_factory=Floor)

    @property
    def needs(self) -> Resources:
        """One core for the worker and its child together (they take turns); memory of both."""
        return Resources(cpus=1.0, memory_gib=0.75 + self.config.limits.memory_gib)

    def units(self, sources: list[Source], seed: int) -> list[Unit]:
        """One unit per source and span. A header that cannot be read makes one unit, whose run tells why."""
        settings = {**make_unit_settings(self.config, _NOT_IN_BYTES), "floor": make_unit_settings(self.floor)}
        with VideoReader(self.config.limits) as reader:
            return [
                Unit(
                    kind="real",
                    source=source,
                    stage_versions=self.versions,
                    settings=settings,
                    seed=seed,
                    span=span,
                )
                for source in sources
                for span in self._spans(reader, source)
            ]

    def build(self) -> "CurateWorker":
        """A worker with a child of its own, which starts at its first unit."""
        return CurateWorker(self.config, self.floor)

    def _spans(self, reader: VideoReader, source: Source) -> list[tuple[int, int] | None]:
        try:
            facts = reader.probe(source.location, self.config.size_px)
        except SourceError as error:
            logger.debug("%s: no header (%s); planned as one unit", source.uri, error)
            return [None]
        return plan_spans(facts, self.config.unit_span_s)


def plan_spans(facts: VideoFacts, unit_span_s: float) -> list[tuple[int, int] | None]:
    """[start, stop) of each unit in frames; [None] for a video of at most one span or of unknown length."""
    if not facts.rate_fps or not facts.duration_s or facts.duration_s <= unit_span_s:
        return [None]
    count = facts.counted_frames or int(facts.duration_s * facts.rate_fps)
    length = max(1, round(Fraction(unit_span_s) * facts.rate_fps))
    starts = range(0, max(1, count), length)
    return [(start, start + length if start + length < count else OPEN_END) for start in starts]


class CurateWorker:
    """Implements `core.stage.UnitWorker`: holds the child."""

    def __init__(self, config: RealConfig, floor: Floor) -> None:
        self._config, self._floor = config, floor
        self._reader = VideoReader(config.limits)
        # one unit is one core; OpenCV's own threads would take the others' time
        cv2.setNumThreads(1)

    def __call__(self, unit: Unit) -> Iterator[Product]:
        """See `UnitWorker`; messages begin with the source's name."""
        try:
            yield from UnitCurator(self._config, self._floor, unit).products(self._reader)
        except SourceError as error:
            raise type(error)(f"{unit.source.uri}: {error}", reason=error.reason) from error

    def close(self) -> None:
        """Kills the child."""
        self._reader.close()
