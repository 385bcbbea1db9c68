"""Finds fades through black, from the first dimmed picture to the first that is bright again.

shots ─▶ [FadeFinder] ─▶ Dark, Light

PySceneDetect's ThresholdDetector tells where black begins and ends; the ramps before and after are read off the levels.
"""

from collections import deque
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scenedetect import FrameTimecode
from scenedetect.detectors import ThresholdDetector

LONGEST = 43
"""Pictures of the longest ramp, down or up."""

MIN_RISE, MIN_RISE_SHARE = 0.6, 0.01
"""Least rise of the mean level from one picture of a ramp to the next: levels, and part of the level before."""


@dataclass(frozen=True)
class Dark:
    """The picture has gone black."""

    start: int
    """First dimmed picture; the first black one after a cut to black."""
    stop: int
    """First black picture."""


@dataclass(frozen=True)
class Light:
    """The picture has come back."""

    start: int
    """First picture after black, dimmed or not."""
    stop: int
    """First picture in full light."""


class FadeFinder:
    """Looks for black while the pictures pass by once."""

    def __init__(self, dark_level: float) -> None:
        self._detector = ThresholdDetector(threshold=dark_level, min_scene_len=1)
        self._state: str | None = None
        self._levels: deque[float] = deque(maxlen=LONGEST)
        """Mean levels of the last pictures, the newest last."""
        self._dawn: int | None = None
        """First picture after black, while the light comes back."""

    def feed(self, code: FrameTimecode, rgb: NDArray[np.uint8]) -> list[Dark | Light]:
        """Takes the next picture; what is known now."""
        index = code.frame_num
        level = sum(cv2.mean(rgb)[:3]) / 3
        # the detector asks for nothing but the mean of what it is given
        self._detector.process_frame(code, np.array([level]))
        state = self._detector.last_fade["type"]
        turned, self._state = self._state not in (None, state), state
        found: list[Dark | Light] = []
        if turned and state == "out":
            found += self.finish(index)
            found.append(Dark(index - rising(list(self._levels)[::-1]), index))
        elif turned:
            self._dawn = index
        self._levels.append(level)
        if self._dawn is not None:
            since = list(self._levels)[self._dawn - index - 1 :]
            if rising(since) < len(since) - 2 or len(since) == LONGEST:
                found += self.finish(index + 1)
        return found

    def finish(self, stop: int) -> list[Light]:
        """The end of a ramp that still goes up before picture `stop`."""
        if self._dawn is None:
            return []
        black, self._dawn = self._dawn, None
        return [Light(black, black + rising(list(self._levels)[black - stop :]))]


def rising(levels: list[float]) -> int:
    """How many of the first levels (N,) belong to a ramp up from black: the last of them is followed by two that rise
    no further. 0 when the first one is followed by none that is brighter: a cut from black."""
    step = np.diff(levels)
    steep = step > np.maximum(MIN_RISE, MIN_RISE_SHARE * np.asarray(levels[:-1]))
    still = np.flatnonzero(~steep & ~np.append(steep[1:], False))
    return int(still[0]) if len(still) else len(steep)
