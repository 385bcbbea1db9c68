"""Cuts clips that end on an annotated thing: real footage for "find the chair".

boxes + cameras of the whole capture ─▶ [goal_windows] ─▶ Window ... ─▶ curate.py, which looks whether the thing is seen

Clips that cut a capture by time end on a thing by chance. These end where one is in the middle of the picture, and
share frames with the others. What stands before a thing is not known here; depth tells when the clip is read.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from video4spatial.filters.captures.boxes import corners_m
from video4spatial.filters.captures.capture import Box
from video4spatial.filters.captures.tasks import DISTANCE_M, LEAST_SHARE, MOST_SHARE, nameable
from video4spatial.filters.cut import Window
from video4spatial.filters.decode import Picture
from video4spatial.pipeline.core.camera import Cameras, project
from video4spatial.pipeline.core.grounding import CENTRED_SHARE

NOTHING = np.zeros((0, 0, 3), dtype=np.uint8)
"""Stands for a picture while clips are cut by time alone."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Timeline:
    """The frames that clips may be cut from."""

    cameras: Cameras
    """(N) of the stored frames."""
    has_camera: NDArray[np.bool_]
    """(N,)."""
    times: NDArray[np.int64]
    """(N,) ticks."""
    step: Fraction
    """Ticks between two frames of a clip."""
    clip_frames: int
    least_frames: int


def goal_windows(boxes: tuple[Box, ...], timeline: Timeline, each: int) -> Iterator[tuple[int, Window]]:
    """(object id, window) of up to `each` clips for each thing whose name means it alone, the longest looks first."""
    names = nameable([box.label for box in boxes])
    for number, box in enumerate(boxes, start=1):
        if box.label not in names:
            continue
        found = 0
        for end in _ends(_shows(box, timeline)):
            window = _window_to(end, timeline)
            if window is not None and found < each:
                found += 1
                yield number, window


def _shows(box: Box, timeline: Timeline) -> NDArray[np.bool_]:
    """(N,) is the thing in the middle of the picture, as near and as large as a goal must be?"""
    cameras = timeline.cameras
    middle = np.array([cameras.width_px, cameras.height_px]) / 2
    shown = np.zeros(len(cameras), dtype=bool)
    for frame in np.flatnonzero(timeline.has_camera):
        pose, lens = cameras.world_from_camera[frame], cameras.image_from_camera[frame]
        centre, ahead = project(box.centre_m, lens, pose)
        away = float(np.linalg.norm(box.centre_m - pose[:3, 3]))
        if not (ahead > 0 and DISTANCE_M[0] <= away <= DISTANCE_M[1]):
            continue
        if np.abs((centre - middle) / middle).max() / 2 > CENTRED_SHARE:
            continue
        pixels, depths = project(corners_m(box), lens, pose)
        if (depths <= 0).any():
            continue
        low, high = np.clip(pixels.min(axis=0), 0, 2 * middle), np.clip(pixels.max(axis=0), 0, 2 * middle)
        share = float(np.prod(high - low) / np.prod(2 * middle))
        shown[frame] = LEAST_SHARE <= share <= MOST_SHARE
    return shown


def _ends(shown: NDArray[np.bool_]) -> list[int]:
    """The last frame of each look at a thing, the longest look first."""
    edges = np.flatnonzero(np.diff([False, *shown, False]))
    looks = list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
    return [stop - 1 for start, stop in sorted(looks, key=lambda look: (look[0] - look[1], look[0]))]


def _window_to(end: int, timeline: Timeline) -> Window | None:
    """The clip whose last frame is `end`, picked backwards by time; None where too little lies before it."""
    start = end
    while start > 0 and timeline.has_camera[start - 1]:
        start -= 1
    times, numbers = timeline.times, [end]
    for k in range(1, timeline.clip_frames):
        target = float(times[end] - k * timeline.step)
        if target < times[start] - float(timeline.step) / 2:
            break
        frame = start + int(np.abs(times[start : numbers[-1]] - target).argmin()) if numbers[-1] > start else -1
        if frame < 0:
            break
        numbers.append(frame)
    if len(numbers) < timeline.least_frames:
        return None
    pictures = tuple(Picture(frame, int(times[frame]), NOTHING) for frame in reversed(numbers))
    shot = int((np.diff(timeline.has_camera[: start + 1].astype(int), prepend=0) == 1).sum()) - 1
    return Window("clip", pictures, numbers[-1], end + 1, shot, "camera" if shot else "start")
