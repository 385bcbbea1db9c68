"""Follows corners through a clip for structure from motion: fresh ones wherever the picture has none.

luma of a clip ─▶ [follow_all] ─▶ Observations of each frame ─▶ mapping.py

Followed corners instead of matched descriptors: neighbouring frames differ little, plain walls give few descriptors
that can be told apart, and at a short side of 128 px there are hardly any. Points are pixels with centres at +0.5.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from video4spatial.filters.tracks import find_corners, step

MOST_AGE = 24
"""Frames over which a corner is followed before it is found anew: following drifts."""
APART_SHARE = 1 / 40
"""Of the short side, that a fresh corner keeps from those already followed."""


@dataclass(frozen=True, eq=False)
class Observations:
    """What one frame shows of the tracks."""

    tracks: NDArray[np.int64]
    """(N,) rising numbers."""
    points: NDArray[np.float64]
    """(N, 2) pixels."""

    def without(self, third: int) -> "Observations":
        """Two thirds of the tracks: 0 to 2 say which are left out."""
        kept = self.tracks % 3 != third
        return Observations(self.tracks[kept], self.points[kept])


def follow_all(luma: NDArray[np.uint8]) -> list[Observations]:
    """Of each frame of (T, H, W)."""
    apart = max(2, int(min(luma.shape[1:]) * APART_SHARE))
    tracks, age = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    points = np.zeros((0, 2), dtype=np.float32)
    count, seen = 0, []
    for frame in range(len(luma)):
        if len(points):
            moved, is_found = step(luma[frame - 1], luma[frame], points)
            kept = is_found & (age < MOST_AGE)
            tracks, points, age = tracks[kept], moved[kept], age[kept] + 1
        fresh = _fresh(luma[frame], points, apart)
        tracks = np.concatenate([tracks, np.arange(count, count + len(fresh))])
        points, age = np.concatenate([points, fresh]), np.concatenate([age, np.zeros(len(fresh), dtype=np.int64)])
        count += len(fresh)
        seen.append(Observations(tracks, points.astype(np.float64) + 0.5))
    return seen


def _fresh(luma: NDArray[np.uint8], points: NDArray[np.float32], apart: int) -> NDArray[np.float32]:
    """(n, 2) corners where nothing is followed yet."""
    taken = np.zeros(luma.shape, dtype=np.uint8)
    for column, row in points.round().astype(int).tolist():
        cv2.circle(taken, (column, row), apart, 1, -1)
    corners = find_corners(luma)
    columns, rows = corners.astype(int).T
    return corners[taken[rows, columns] == 0]
