"""Whether part of the picture stays in place while the rest moves: a camera on a tripod before things that move.

luma of a clip ─▶ [resting_share] ─▶ estimate.py

A camera that leaves its place moves every part of the picture but the point it goes towards or turns about; hands and
bottles before a tripod cover most corners, and pass for a world, but not all of the picture.
"""

import numpy as np
from numpy.typing import NDArray

from video4spatial.filters.camera_motion import time_quantile
from video4spatial.filters.parallax import following_noise_px
from video4spatial.filters.tracks import CELLS, Stretch, follow

_LIVELIEST = 0.25
"""Of the time: a camera that stands for a while and then walks off is no tripod."""


def resting_share(luma: NDArray[np.uint8]) -> float:
    """Of a clip (T, H, W): share of the picture's parts, of those that have corners, in which most stay where they are.

    Of the stretches of corners the value that a quarter of the time does not exceed. 0 where nothing is followed.
    """
    stretches = list(follow(luma))
    if not stretches:
        return 0.0
    shares = np.array([_of_stretch(stretch, luma.shape) for stretch in stretches])
    return time_quantile(shares, np.array([len(stretch.points) - 1 for stretch in stretches]), _LIVELIEST)


def _of_stretch(stretch: Stretch, shape: tuple[int, ...]) -> float:
    first, last = stretch.pair(0, -1)
    if not len(first):
        return 0.0
    rests = np.linalg.norm(last - first, axis=1) < 2 * following_noise_px((shape[2], shape[1]))
    row, column = (first[:, ::-1] // (min(shape[1:]) / CELLS)).astype(np.int64).T
    _, cell = np.unique(row * shape[2] + column, return_inverse=True)
    return float((np.bincount(cell, weights=rests) > 0.5 * np.bincount(cell)).mean())
