"""Posed captures as the engine runs them: one recording in, its sequences with cameras and the fate of the rest out.

engine ─▶ [CaptureStage] ─▶ Product ─▶ store

Planning reads the index files of each capture, no picture. A recording longer than `unit_span_s` becomes several
units.
"""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import cv2

from video4spatial.filters.captures.capture import ReadOptions
from video4spatial.filters.captures.curate import CaptureCurator
from video4spatial.filters.captures.formats import read_capture
from video4spatial.filters.captures.frames import FrameOpener
from video4spatial.filters.captures.re10k import NO_FOOTAGE
from video4spatial.filters.captures.settings import PosedConfig
from video4spatial.filters.config import Floor, RealConfig
from video4spatial.filters.learned import LearnedScores, learned_settings
from video4spatial.filters.stage import CurateStage, plan_spans
from video4spatial.pipeline.core.errors import SourceError
from video4spatial.pipeline.core.settings import to_plain
from video4spatial.pipeline.core.stage import Resources, make_unit_settings
from video4spatial.pipeline.core.unit import Product, Source, Unit

logger = logging.getLogger(__name__)

_SHARED = ("size_px", "clip_frames", "rate_fps", "max_clips_per_shot")
"""Settings of `real` that shape captures, too."""


@dataclass(frozen=True, kw_only=True)
class CaptureStage:
    """Settings of the stage; implements `core.stage.UnitStage`."""

    versions: ClassVar[Mapping[str, int]] = {"capture": 1, "cut": 1, "scores": 4, "floor": 1}
    """Raised by hand when what the named step puts out changes."""

    config: RealConfig = field(default_factory=RealConfig)
    floor: Floor = field(default_factory=Floor)

    @property
    def needs(self) -> Resources:
        """One core for the worker and its children together (they take turns)."""
        return Resources(cpus=1.0, memory_gib=0.75 + self.config.limits.memory_gib)

    def units(self, sources: list[Source], seed: int) -> list[Unit]:
        """One unit per source and span. A capture that cannot be read makes one unit, whose run tells why."""
        settings = {
            **{name: to_plain(getattr(self.config, name)) for name in _SHARED},
            "posed": make_unit_settings(self.config.posed, ("variants",)),
            "floor": make_unit_settings(self.floor),
            **learned_settings(self.config.learned_scores),
        }
        versions = self.versions
        if self.config.posed.variants:
            # without variants a capture keeps the ids that it had before there were any
            settings["augment"] = make_unit_settings(self.config.augment)
            versions = {**versions, "augment": CurateStage.versions["augment"]}
        return [
            Unit(
                kind="real", source=source, stage_versions=versions, settings=settings, seed=seed, span=span
            )
            for source in sources
            for span in self._spans(source)
        ]  # fmt: skip

    def build(self) -> "CaptureWorker":
        """A worker whose children start at its first unit."""
        return CaptureWorker(self.config, self.floor)

    def _spans(self, source: Source) -> list[tuple[int, int] | None]:
        try:
            capture = read_capture(Path(source.location), read_options(self.config.posed))
        except SourceError as error:
            logger.debug("%s: not readable (%s); planned as one unit", source.uri, error)
            return [None]
        if capture.times is None:
            return [None]
        return plan_spans(capture.times, capture.time_base, self.config.unit_span_s)


class CaptureWorker:
    """Implements `core.stage.UnitWorker`: holds the children that open pictures and videos."""

    def __init__(self, config: RealConfig, floor: Floor) -> None:
        self._config, self._floor = config, floor
        self._opener = FrameOpener(config.limits)
        self._learned = LearnedScores(config.learned_scores)
        # one unit is one core; OpenCV's own threads would take the others' time
        cv2.setNumThreads(1)

    def __call__(self, unit: Unit) -> Iterator[Product]:
        """See `UnitWorker`."""
        posed = self._config.posed
        try:
            capture = read_capture(Path(unit.source.location), read_options(posed))
        except SourceError as error:
            if error.reason != NO_FOOTAGE:
                raise
            # nothing is broken: a set of camera files may be much larger than the footage at hand
            yield Product(index=0, sequence=None, verdict="rejected", reason=error.reason, detail=str(error))
            return
        opened = self._opener.open(capture, self._config.size_px, posed)
        for product in CaptureCurator(self._config, self._floor, unit, opened).products():
            yield self._learned.add(product, unit)

    def close(self) -> None:
        """Kills the children."""
        self._opener.close()


def read_options(posed: PosedConfig) -> ReadOptions:
    """What readers are told of the settings."""
    return ReadOptions(max_pose_gap_s=posed.max_pose_gap_s)
