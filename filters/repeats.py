"""Counts the frames of the source that show again what the one before them showed.

decode ─▶ [RepeatMeter] ─▶ repeated_share of each clip

Stored clips are picked at a lower rate, where a doubled or pulled-down frame no longer shows (`frozen_share` measures
those): so every frame of the source is looked at, small as it is.
"""

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

SAME_LEVELS = 0.1
"""Mean absolute change of a picture (levels) up to which it is a repeat whatever its neighbours do."""
_SAME_PART = 0.2
"""Or: up to this part of what the frames around it change by, for a lossy codec never repeats quite."""
_AROUND = 5


class RepeatMeter:
    """Takes the pictures of a unit in order."""

    def __init__(self, start: int) -> None:
        self._start = start
        self._changes: list[float] = []
        self._last: NDArray[np.uint8] | None = None

    def push(self, rgb: NDArray[np.uint8]) -> None:
        """The next picture (H, W, 3)."""
        green = np.ascontiguousarray(rgb[:, :, 1])
        if self._last is None:
            self._changes.append(np.inf)
        else:
            self._changes.append(cv2.norm(green, self._last, cv2.NORM_L1) / green.size)
        self._last = green

    def share(self, start: int, stop: int) -> float:
        """Share, 0 to 1, of the source's frames [start, stop) that repeat the one before them, the first left out."""
        return repeated_share(np.array(self._changes[start + 1 - self._start : stop - self._start]))


def repeated_share(changes: NDArray[np.float64]) -> float:
    """Share of repeats from each frame's mean absolute change (N,), in levels: 1 in 2 for doubled frames, 1 in 5 for
    3:2 pulldown and for 24 frames shown as 30."""
    if not len(changes):
        return 0.0
    padded = np.pad(changes, _AROUND, mode="reflect" if len(changes) > _AROUND else "edge")
    around = np.percentile(sliding_window_view(padded, 2 * _AROUND + 1), 75, axis=1)
    return float(np.mean((changes <= SAME_LEVELS) | (changes <= _SAME_PART * around)))
