"""The real-video stage: one source in, measured clips and the named fate of everything else out, in one pass.

engine ─▶ [CurateStage] ─▶ Product ─▶ store

Planning reads headers and one frame (in the killable child, to know which stream it will be) and makes one unit of each
video. Where the header says that a video is longer than `unit_span_s`, its packets are listed, for headers lie, and cut
into spans by their times; a video whose packets do not tell stays one unit. A span is decoded from a key frame before
it where that is shown to give the frames of a whole decode (`decode_span`). The last span is open-ended.
"""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from video4spatial.filters.blends import HELD
from video4spatial.filters.config import Floor, RealConfig
from video4spatial.filters.curate import UnitCurator
from video4spatial.filters.learned import LearnedScores, learned_settings
from video4spatial.filters.poses.attach import ClipPoser
from video4spatial.filters.poses.estimate import pycolmap_version
from video4spatial.filters.video import VideoReader
from video4spatial.pipeline.core.errors import SourceError
from video4spatial.pipeline.core.stage import Resources, make_unit_settings
from video4spatial.pipeline.core.unit import Product, Source, Unit

logger = logging.getLogger(__name__)

OPEN_END = 2**31 - 1
"""Stop of a video's last span: wherever the file ends."""
_NOT_IN_BYTES = ("videos", "captures", "posed", "poses", "synthetic_film", "unit_span_s", "limits", "learned_scores")


@dataclass(frozen=True, kw_only=True)
class CurateStage:
    """Settings of the stage; implements `core.stage.UnitStage`."""

    versions: ClassVar[Mapping[str, int]] = {
        "decode": 2,
        "shots": 3,
        "cut": 2,
        "scores": 4,
        "floor": 2,
        "augment": 3,
        "camera": 2,
    }
    """Raised by hand when what the named step puts out changes."""
    pose_versions: ClassVar[Mapping[str, int]] = {"poses": 2}
    """What units have beside these whose poses are estimated."""

    config: RealConfig = field(default_factory=RealConfig)
    floor: Floor = field(default_factory=Floor)

    @property
    def needs(self) -> Resources:
        """One core for the worker and its child together (they take turns); memory of both, and of the pictures that
        wait for the end of a dissolve and of a clip (as if they were 16:9)."""
        waiting = HELD + self.config.clip_frames
        bytes_px = 3 * self.config.size_px**2
        children = 1
        if self.config.poses.estimate:
            bytes_px += self.config.poses.short_side_px**2
            children = 2
        waiting_gib = waiting * bytes_px * 16 / 9 / 2**30
        return Resources(cpus=1.0, memory_gib=0.75 + children * self.config.limits.memory_gib + waiting_gib)

    def units(self, sources: list[Source], seed: int) -> list[Unit]:
        """One unit per source and span. A header that cannot be read makes one unit, whose run tells why."""
        settings = {
            **make_unit_settings(self.config, _NOT_IN_BYTES),
            "floor": make_unit_settings(self.floor),
            **learned_settings(self.config.learned_scores),
        }
        versions = dict(self.versions)
        if self.config.poses.estimate:
            pycolmap_version()
            settings["poses"] = {**make_unit_settings(self.config.poses), "crop": self.config.posed.crop}
            versions |= self.pose_versions
        with VideoReader(self.config.limits) as reader:
            return [
                Unit(
                    kind="real",
                    source=source,
                    stage_versions=versions,
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
            is_long = facts.duration_s is not None and facts.duration_s > self.config.unit_span_s
            times = reader.times(source.location, facts.stream) if is_long else None
        except SourceError as error:
            logger.debug("%s: no header (%s); planned as one unit", source.uri, error)
            return [None]
        return (
            [None] if times is None or not len(times) else plan_spans(times, facts.time_base, self.config.unit_span_s)
        )


def plan_spans(times: NDArray[np.int64], time_base: Fraction, unit_span_s: float) -> list[tuple[int, int] | None]:
    """[start, stop) in frames of each span of `unit_span_s`, by exact time (N,); [None] for a video of one span."""
    span_ticks = max(1, round(Fraction(unit_span_s) / time_base))
    span = (times - times[0]) // span_ticks
    starts = [0, *(np.flatnonzero(np.diff(span)) + 1).tolist()]
    if len(starts) == 1:
        return [None]
    return list(zip(starts, [*starts[1:], OPEN_END], strict=True))


class CurateWorker:
    """Implements `core.stage.UnitWorker`: holds the child."""

    def __init__(self, config: RealConfig, floor: Floor) -> None:
        self._config, self._floor = config, floor
        self._reader = VideoReader(config.limits)
        self._learned = LearnedScores(config.learned_scores)
        self._poser = ClipPoser(config, floor) if config.poses.estimate else None
        # one unit is one core; OpenCV's own threads would take the others' time
        cv2.setNumThreads(1)

    def __call__(self, unit: Unit) -> Iterator[Product]:
        """See `UnitWorker`."""
        for product in UnitCurator(self._config, self._floor, unit, self._poser).products(self._reader):
            yield self._learned.add(product, unit)

    def close(self) -> None:
        """Kills the children."""
        self._reader.close()
        if self._poser is not None:
            self._poser.close()
