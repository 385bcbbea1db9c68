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
from scenedetect import FrameTimecode
from scenedetect.detectors import AdaptiveDetector, ThresholdDetector

from video4spatial.filters.config import ShotConfig
from video4spatial.filters.decode import Picture

Beginning = Literal["", "start", "span", "cut", "fade", "time"]
"""How a picture's shot began with it: the video's start, a span's start, a cut, a fade, or times that jump back.
Empty for a picture that goes on with the shot before."""

_WINDOW = 2
_RATE = Fraction(25)
"""PySceneDetect asks for a rate; everything here is counted in frames, so that it has no effect."""


def split_shots(
    pictures: Iterable[Picture], config: ShotConfig, opening: Literal["start", "span"] = "start"
) -> Iterator[tuple[Picture, Beginning]]:
    """Each picture once and in order, with how its shot began if it is a shot's first. Holds back `_WINDOW` pictures."""
    finder = BoundaryFinder(config)
    held: deque[Picture] = deque()
    begins: dict[int, Beginning] = {}
    last_time: int | None = None
    for picture in pictures:
        if last_time is None:
            begins[picture.index] = opening
        elif picture.time <= last_time:
            begins[picture.index] = "time"
        last_time = picture.time
        for index, kind in finder.feed(picture):
            begins.setdefault(index, kind)
        held.append(picture)
        if len(held) > _WINDOW:
            yield held[0], begins.pop(held.popleft().index, "")
    while held:
        yield held[0], begins.pop(held.popleft().index, "")


class BoundaryFinder:
    """Runs the detectors over one video."""

    def __init__(self, config: ShotConfig) -> None:
        self._cuts = AdaptiveDetector(
            adaptive_threshold=config.adaptive_threshold,
            min_scene_len=config.min_shot_frames,
            window_width=_WINDOW,
            min_content_val=config.min_content,
        )
        self._fades = ThresholdDetector(threshold=config.dark_level, min_scene_len=1)
        self._fade: str | None = None

    def feed(self, picture: Picture) -> list[tuple[int, Beginning]]:
        """Indices of pictures that begin a shot, known now; never more than `_WINDOW` before this one."""
        bgr = cv2.cvtColor(picture.rgb, cv2.COLOR_RGB2BGR)
        code = FrameTimecode(picture.index, fps=_RATE)
        found: list[tuple[int, Beginning]] = [(cut.frame_num, "cut") for cut in self._cuts.process_frame(code, bgr)]
        self._fades.process_frame(code, bgr)
        state = self._fades.last_fade["type"]
        if self._fade not in (None, state):
            found.append((picture.index, "fade"))
        self._fade = state
        return found
