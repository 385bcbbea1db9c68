"""One unit of a posed capture, from its files to its products.

stage ─▶ [CaptureCurator]: frames with a camera ─▶ cut ─▶ scores, floor ─▶ objects, tasks ─▶ Product

A clip never holds a frame whose camera is unknown: the capture is cut there, and the frames in between have a row of
their own (`no_camera`). Pictures are opened for the clips alone.
"""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from video4spatial.filters.boundaries import Beginning
from video4spatial.filters.captures.boxes import object_table
from video4spatial.filters.captures.frames import Opened
from video4spatial.filters.captures.goals import NOTHING, Timeline, goal_windows
from video4spatial.filters.captures.path_scores import path_scores
from video4spatial.filters.captures.tasks import clip_tasks, main_task
from video4spatial.filters.captures.variants import posed_variants
from video4spatial.filters.config import Floor, RealConfig
from video4spatial.filters.cut import Window, cut_windows
from video4spatial.filters.decode import Picture
from video4spatial.filters.floor import judge_length, judge_scores
from video4spatial.filters.hash import picture_columns
from video4spatial.filters.scores import measure
from video4spatial.filters.thumbnail import thumbnail_jpeg
from video4spatial.pipeline.core.consistency import geometry_error
from video4spatial.pipeline.core.sequence import Provenance, Sequence
from video4spatial.pipeline.core.unit import Product, Unit


class CaptureCurator:
    """Curates one unit."""

    def __init__(self, config: RealConfig, floor: Floor, unit: Unit, opened: Opened) -> None:
        self._config, self._floor, self._unit, self._opened = config, floor, unit, opened
        self._times, self._time_base = clock(opened, config)
        self._start, self._stop = unit.span or (0, len(opened.capture))
        self._stop = min(self._stop, len(opened.capture))
        self._clips = 0

    def products(self) -> Iterator[Product]:
        """The unit's products in the order of their keys. Raises SourceError, WorkerLost."""
        if refusal := self._refuse():
            yield Product(index=0, sequence=None, verdict="rejected", reason=refusal[0], detail=refusal[1])
            return
        windows = cut_windows(
            self._posed(),
            clip_frames=self._config.clip_frames,
            rate_fps=Fraction(self._config.rate_fps).limit_denominator(100_000),
            time_base=self._time_base,
            max_clips_per_shot=self._config.max_clips_per_shot,
        )
        index, asked = -1, set[int]()
        for index, window in enumerate(windows):
            product = self._product(index, window)
            asked |= _goals(product)
            yield product
            yield from self._variants(product)
        for goal, window in self._goal_windows():
            # the path ended on it already, or this clip does not show it after all: something stands before it
            if goal not in asked and self._is_seen(goal, window.pictures[-1].index):
                product = self._product(index + 1, window)
                if goal in _goals(product):
                    asked |= _goals(product)
                    index += 1
                    yield product
                    yield from self._variants(product)
        for lost in self._lost():
            index += 1
            yield replace(lost, index=index)

    def _variants(self, product: Product) -> Iterator[Product]:
        """Those that the clip gets; none of what was dropped, and none where they were not asked for."""
        if product.sequence is None or not self._config.posed.variants:
            return
        clip, self._clips = self._clips, self._clips + 1
        augment = self._config.augment
        yield from posed_variants(product, self._opened.capture, self._unit, augment, clip, self._scores)

    def _goal_windows(self) -> Iterator[tuple[int, Window]]:
        """Clips that end on a thing. None of a video, which is read once, forwards."""
        capture, posed = self._opened.capture, self._config.posed
        if not capture.boxes or capture.video or not posed.grounding_clips:
            return iter(())
        here = np.zeros(len(capture), dtype=bool)
        here[self._start : self._stop] = capture.camera_valid[self._start : self._stop]
        rate = Fraction(self._config.rate_fps).limit_denominator(100_000)
        timeline = Timeline(
            cameras=self._opened.cameras,
            has_camera=here,
            times=self._times,
            step=1 / (rate * self._time_base),
            clip_frames=self._config.clip_frames,
            least_frames=self._floor.min_frames,
        )
        return goal_windows(capture.boxes, timeline, posed.grounding_clips)

    def _is_seen(self, goal: int, frame: int) -> bool:
        """Does this frame show the thing, by its own depth?"""
        _, depth_m = self._opened.frames.read([frame])
        table = object_table(self._opened.capture.boxes, self._opened.cameras[[frame]], depth_m)
        return any(entry["id"] == goal for entry in table)

    def _refuse(self) -> tuple[str, str] | None:
        """(reason, detail) of a capture whose pictures are of a shape that nobody wants."""
        cameras = self._opened.capture.cameras
        short, long = sorted((cameras.width_px, cameras.height_px))
        shape = f"{cameras.width_px}x{cameras.height_px}"
        if short < self._floor.min_source_px:
            return "too_small", f"the pictures are {shape}, floor.min_source_px is {self._floor.min_source_px}"
        if long > self._floor.max_aspect * short:
            return "too_long_side", f"the pictures are {shape}, floor.max_aspect is {self._floor.max_aspect:g}"
        return None

    def _posed(self) -> Iterator[tuple[Picture, Beginning]]:
        """The frames with a camera, without their pictures; a frame after a gap begins anew."""
        last = -2
        for number in range(self._start, self._stop):
            if self._opened.capture.camera_valid[number]:
                begins: Beginning = "camera" if last >= 0 else "span" if self._start else "start"
                yield Picture(number, int(self._times[number]), NOTHING), begins if number != last + 1 else ""
                last = number

    def _lost(self) -> Iterator[Product]:
        """A row for each run of frames without a camera."""
        edges = np.flatnonzero(np.diff([False, *~self._opened.capture.camera_valid[self._start : self._stop], False]))
        for start, stop in zip(edges[::2] + self._start, edges[1::2] + self._start, strict=True):
            yield Product(
                index=0,
                sequence=None,
                verdict="rejected",
                reason="no_camera",
                detail=f"{stop - start} frames without a measured camera (posed.max_pose_gap_s is "
                f"{self._config.posed.max_pose_gap_s:g})",
                columns=self._columns(),
                start=int(start),
                stop=int(stop),
            )

    def _product(self, index: int, window: Window) -> Product:
        numbers = [picture.index for picture in window.pictures]
        product = Product(
            index=index,
            sequence=None,
            columns={**self._columns(), "shot": window.shot, "shot_began_by": window.began_by},
            start=window.start,
            stop=window.stop,
        )
        reason, detail = judge_length(window, self._floor, self._config.max_clips_per_shot)
        if reason:
            # its middle frame alone is opened, so that a person sees what was dropped
            middle = self._opened.frames.read(numbers[len(numbers) // 2 :][:1])[0][0]
            return _rejected(product, middle, reason, detail)
        frames, depth_m = self._opened.frames.read(numbers)
        times = np.array([picture.time for picture in window.pictures], dtype=np.int64)
        sequence = self._sequence(numbers, frames, depth_m, times, window)
        middle = frames[len(frames) // 2]
        product = replace(
            product,
            scores=self._scores(sequence),
            columns={**product.columns, **picture_columns(frames)},
        )
        reason, detail = judge_scores(product.scores, self._floor)
        if reason:
            return _rejected(product, middle, reason, detail)
        return replace(product, sequence=sequence, task=main_task(sequence.tasks))

    def _sequence(
        self,
        numbers: list[int],
        frames: NDArray[np.uint8],
        depth_m: NDArray[np.float32] | None,
        times: NDArray[np.int64],
        window: Window,
    ) -> Sequence:
        capture, unit = self._opened.capture, self._unit
        cameras = self._opened.cameras[numbers]
        objects = object_table(capture.boxes, cameras, depth_m) if capture.boxes else ()
        return Sequence(
            frames=frames,
            times=times,
            time_base=self._time_base,
            provenance=Provenance(
                source_uri=unit.source.uri,
                source_sha256=unit.source.sha256,
                start=window.start,
                stop=window.stop,
                unit_id=unit.unit_id,
                seed=unit.seed,
            ),
            cameras=cameras,
            camera_valid=capture.camera_valid[numbers],
            pose_source=capture.pose_source,
            scale=capture.scale,
            depth_m=depth_m,
            objects=objects,
            tasks=clip_tasks(cameras, objects, capture.boxes, is_metric=capture.scale == "metric"),
        )

    def _scores(self, sequence: Sequence) -> dict[str, float]:
        """Those of any clip, those of the path, and where two frames have depth, whether depth and cameras agree."""
        assert sequence.cameras is not None
        times_s = np.asarray(sequence.times * float(sequence.time_base), dtype=np.float64)
        scores = measure(sequence.frames, times_s)
        scores |= path_scores(sequence.cameras, is_metric=sequence.scale == "metric")
        if sequence.depth_m is not None:
            scores["depth_share"] = float((sequence.depth_m > 0).mean())
            deep = np.flatnonzero((sequence.depth_m > 0).any(axis=(1, 2)))
            if len(deep) > 1:
                grid = sequence.cameras[deep].resized(*self._opened.grid_px)
                scores["geometry_error"] = geometry_error(sequence.depth_m[deep], grid)
        return scores

    def _columns(self) -> dict[str, int | str]:
        capture = self._opened.capture
        return {
            "capture_format": capture.format,
            "clock": "read" if capture.times is not None else "none",
            "up": capture.up,
            "source_width_px": capture.cameras.width_px,
            "source_height_px": capture.cameras.height_px,
        }


def clock(opened: Opened, config: RealConfig) -> tuple[NDArray[np.int64], Fraction]:
    """(N,) ticks and their length. A capture without a clock gets one tick a frame, at the rate that the user tells,
    else at the recipe's, which keeps every frame."""
    capture = opened.capture
    if capture.times is not None:
        return capture.times, capture.time_base
    rate = Fraction(config.posed.fps_without_clock or config.rate_fps).limit_denominator(100_000)
    return np.arange(len(capture), dtype=np.int64), 1 / rate


def _goals(product: Product) -> set[int]:
    """Ids of the objects that the clip ends on."""
    tasks = product.sequence.tasks if product.sequence is not None else ()
    return {int(task["object"]) for task in tasks if task["task"] == "grounding"}


def _rejected(product: Product, middle: NDArray[np.uint8], reason: str, detail: str) -> Product:
    return replace(product, verdict="rejected", reason=reason, detail=detail, thumbnail_jpeg=thumbnail_jpeg(middle))
