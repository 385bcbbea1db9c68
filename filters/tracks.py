"""Follows corners through a clip: stretches of frames over which the same points of the picture are known.

luma of a clip ─▶ [follow] ─▶ Stretch ... ─▶ turning.py, parallax.py, camera_motion.py

A stretch begins with fresh corners and ends where most of them are lost or far away, so that its ends are as far apart
as one set of points allows: the wide baseline at which parallax shows. Corners are taken from all parts of the picture,
so that shares of them are shares of what there is to see. Points are pixels with centres at +0.5.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

CELLS = 6
"""Along the short side: each cell gives as many corners as its area deserves."""
CORNERS_PER_CELL = 5
LEAST_GRADIENT = 1.5
"""Levels a pixel, along the weaker direction of a corner; the noise of a sensor gives about 1."""
WINDOW_SHARE = 1 / 12
"""Side of the patch that is followed, in short sides: 11 px at 128."""
ROUND_TRIP_PX = 0.5
"""A point that does not come back to where it was, followed backwards, is lost (Kalal et al., ICPR 2010)."""
LEAST_LEFT = 0.3
"""Share of a stretch's corners that are still followed at its end."""
MOST_SHIFT = 1 / 3
"""Of the picture's width, by which half of the corners may have moved: beyond it, what a lens bends passes for
parallax."""
LEAST_POINTS = 24
"""Fewer say nothing about a camera."""
MOST_STEPS = 64
_CRITERIA = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 20, 0.01)


@dataclass(frozen=True, eq=False)
class Stretch:
    """N points in F consecutive frames."""

    start: int
    """Number of its first frame in the clip."""
    points: NDArray[np.float32]
    """(F, N, 2) pixels; without meaning where a point is lost."""
    alive: NDArray[np.bool_]
    """(F, N) is the point still followed; a lost one does not come back."""

    def pair(self, first: int, last: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(n, 2) twice: the points followed from frame `first` of the stretch to `last`, at both."""
        kept = self.alive[last]
        return self.points[first, kept].astype(np.float64), self.points[last, kept].astype(np.float64)


def follow(luma: NDArray[np.uint8]) -> Iterator[Stretch]:
    """The stretches of a clip (T, H, W), each beginning where the one before ends; none where little is seen."""
    start = 0
    while start < len(luma) - 1:
        stretch = _stretch(luma, start)
        if stretch is None:
            start += 1
            continue
        yield stretch
        start += len(stretch.points) - 1


def find_corners(luma: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(N, 2) corners of a frame (H, W), column and row, spread over it (Shi and Tomasi, CVPR 1994)."""
    height, width = luma.shape
    cell = min(height, width) / CELLS
    # the structure tensor's smaller eigenvalue is a mean of squared gradients: Sobel's scale is 8, the block's 9 pixels
    gradient = np.sqrt(np.maximum(cv2.cornerMinEigenVal(luma, 3), 0.0) * 255.0**2 * 2)
    apart = max(3, round(cell / 4)) | 1
    is_peak = (gradient == cv2.dilate(gradient, np.ones((apart, apart)))) & (gradient >= LEAST_GRADIENT)
    is_peak[:2], is_peak[-2:], is_peak[:, :2], is_peak[:, -2:] = False, False, False, False
    rows, columns = np.nonzero(is_peak)
    order = np.argsort(-gradient[rows, columns], kind="stable")
    rows, columns = rows[order], columns[order]
    place = (rows // cell).astype(int) * (int(width // cell) + 1) + (columns // cell).astype(int)
    # the rank of each corner within its cell, strongest first
    by_cell = np.argsort(place, kind="stable")
    sorted_place = place[by_cell]
    rank = np.empty(len(place), dtype=int)
    rank[by_cell] = np.arange(len(place)) - np.searchsorted(sorted_place, sorted_place)
    kept = rank < CORNERS_PER_CELL
    return np.stack([columns[kept], rows[kept]], axis=1).astype(np.float32)


def step(
    before: NDArray[np.uint8],
    after: NDArray[np.uint8],
    points: NDArray[np.float32],
    guess: NDArray[np.float32] | None = None,
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Where points (N, 2) (pixel centres at 0, as cv2 counts) of one frame are in another, and which were found.

    Lucas and Kanade's method in a pyramid (Bouguet 2000); with a `guess` (N, 2), from there.
    """
    short = min(before.shape)
    side = max(7, int(short * WINDOW_SHARE) | 1)
    window = {"winSize": (side, side), "criteria": _CRITERIA, "maxLevel": 3 if guess is None else 1}
    from_there = {} if guess is None else {"flags": cv2.OPTFLOW_USE_INITIAL_FLOW}
    start = None if guess is None else guess.copy()
    moved, there, _ = cv2.calcOpticalFlowPyrLK(before, after, points, start, **window, **from_there)  # type: ignore[call-overload]
    start = None if guess is None else points.copy()
    back, here, _ = cv2.calcOpticalFlowPyrLK(after, before, moved, start, **window, **from_there)  # type: ignore[call-overload]
    height, width = before.shape
    is_inside = ((moved >= 0) & (moved <= [width - 1, height - 1])).all(axis=1)
    is_back = np.linalg.norm(back - points, axis=1) <= ROUND_TRIP_PX
    return moved, (there[:, 0] == 1) & (here[:, 0] == 1) & is_inside & is_back


def _stretch(luma: NDArray[np.uint8], start: int) -> Stretch | None:
    corners = find_corners(luma[start])
    if len(corners) < LEAST_POINTS:
        return None
    path, alive = [corners], [np.ones(len(corners), dtype=bool)]
    least = max(LEAST_POINTS, LEAST_LEFT * len(corners))
    for frame in range(start + 1, min(len(luma), start + 1 + MOST_STEPS)):
        moved, found = step(luma[frame - 1], luma[frame], path[-1])
        found &= alive[-1]
        if found.sum() < least:
            break
        path.append(moved)
        alive.append(found)
        if np.median(np.linalg.norm((moved - corners)[found], axis=1)) > MOST_SHIFT * luma.shape[2]:
            break
    if len(path) < 2:
        return None
    return Stretch(start, np.stack(path) + np.float32(0.5), np.stack(alive))
