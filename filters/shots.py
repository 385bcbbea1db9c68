"""Finds where one camera recording ends and the next begins, while the frames pass by once.

video ─▶ [shots] ─▶ (picture, how its shot began) ─▶ cut

PySceneDetect's detectors are fed with the pictures at working size: AdaptiveDetector for cuts, ThresholdDetector for
fades. AdaptiveDetector knows of a cut two frames late, so pictures are held back by that much and no more; a faded
picture starts a shot of its own at once, so that a long black stretch holds nothing back.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from scenedetect import FrameTimecode
from scenedetect.detectors import AdaptiveDetector, ThresholdDetector

from video4spatial.filters.config import ShotConfig
from video4spatial.filters.decode import Picture

Beginning = Literal["", "start", "span", "cut", "fade", "time", "camera"]
"""How a picture's shot began with it: the video's start, a span's start, a cut, a fade, times that jump back, or (of
a posed capture) a camera that is known again.
Empty for a picture that goes on with the shot before."""

_WINDOW = 2
_RATE = Fraction(25)
"""PySceneDetect asks for a rate; everything here is counted in frames, so that it has no effect."""


def split_shots(
    pictures: Iterable[Picture], config: ShotConfig, opening: Literal["start", "span"] = "start"
) -> Iterator[tuple[Picture, Beginning]]:
    """Each picture once and in order, with how its shot began if it is its first. Holds back `_WINDOW` pictures."""
    finder = BoundaryFinder(config)
    held: deque[Picture] = deque()
    begins: dict[int, Beginning] = {}
    last: Picture | None = None
    for picture in pictures:
        if last is None:
            begins[picture.index] = opening
        elif picture.time <= last.time:
            begins[picture.index] = "time"
        for index, kind in finder.feed(picture.index, picture.rgb):
            begins.setdefault(index, kind)
        last = picture
        held.append(picture)
        if len(held) > _WINDOW:
            yield held[0], begins.pop(held.popleft().index, "")
    if last is None:
        return
    # standing still behind the end, so that a cut in the last frames has neighbours on both sides
    for step in range(1, _WINDOW + 1):
        for index, kind in finder.feed(last.index + step, last.rgb):
            begins.setdefault(index, kind)
    while held:
        yield held[0], begins.pop(held.popleft().index, "")


class BoundaryFinder:
    """Runs the detectors over one video."""

    def __init__(self, config: ShotConfig) -> None:
        self._min_shot_frames = config.min_shot_frames
        self._cuts = [
            AdaptiveDetector(
                adaptive_threshold=ratio,
                min_scene_len=config.min_shot_frames,
                window_width=_WINDOW,
                min_content_val=content,
            )
            for ratio, content in (
                (config.adaptive_threshold, config.min_content),
                (config.strong_threshold, config.strong_content),
            )
        ]
        self._fades = ThresholdDetector(threshold=config.dark_level, min_scene_len=1)
        self._fade: str | None = None
        self._last = -config.min_shot_frames

    def feed(self, index: int, rgb: NDArray[np.uint8]) -> list[tuple[int, Beginning]]:
        """Indices of pictures that begin a shot, known now; never more than `_WINDOW` before this one.

        A cut too close to the last boundary is none: a fade's first dark picture changes much, too.
        """
        bgr = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)
        code = FrameTimecode(index, fps=_RATE)
        found: list[tuple[int, Beginning]] = []
        self._fades.process_frame(code, bgr)
        state = self._fades.last_fade["type"]
        if self._fade not in (None, state):
            found.append((index, "fade"))
            self._last = index
        self._fade = state
        for detector in self._cuts:
            for cut in detector.process_frame(code, bgr):
                if abs(cut.frame_num - self._last) >= self._min_shot_frames:
                    found.append((cut.frame_num, "cut"))
                    self._last = cut.frame_num
        return found
