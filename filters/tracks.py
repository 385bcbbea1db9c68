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
ENOUGH_CORNERS = 180
"""Of a stretch: so many, or a few more, where the picture has them; each is followed through all its frames."""
LEAST_GRADIENT = 1.5
"""Levels a pixel, along the weaker direction of a corner; the noise of a sensor gives about 1."""
WINDOW_SHARE = 1 / 12
"""Side of the patch that is followed, in short sides: 11 px at 128."""
LIGHT_WINDOW_SHARE = 1 / 14
"""The same from frame to frame: 9 px at 128. OpenCV handles eight pixels at once, so that 11 cost 1.7 times as much."""
ROUND_TRIP_PX = 0.5
"""A point that does not come back to where it was, followed backwards, is lost (Kalal et al., ICPR 2010)."""
LIGHT_ROUND_TRIP_PX = 0.25
"""The same where the way back begins at its end."""
LIGHT_MOST_PX = 160
"""Short side up to which frames are followed lightly. In larger pictures moves are longer, and what follows lightly
strays: of 126 standing cameras at 240 px 5 seemed to move."""
LEAST_LEFT = 0.3
"""Share of a stretch's corners that are still followed at its end."""
MOST_SHIFT = 1 / 3
"""Of the picture's width, by which half of the corners may have moved: beyond it, what a lens bends passes for
parallax."""
LEAST_POINTS = 24
"""Fewer say nothing about a camera."""
MOST_STEPS = 64
_CRITERIA = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 20, 0.01)
_LIGHT_CRITERIA = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 10, 0.03)


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


def find_corners(luma: NDArray[np.uint8], enough: int | None = None) -> NDArray[np.float32]:
    """(N, 2) corners of a frame (H, W), column and row, spread over it (Shi and Tomasi, CVPR 1994): from each cell no
    more than make `enough` in all."""
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
    most = CORNERS_PER_CELL
    if enough is not None:
        most = min(most, 1 + int(np.searchsorted(np.cumsum(np.bincount(rank)), enough)))
    kept = rank < most
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
    return moved, (there[:, 0] == 1) & (here[:, 0] == 1) & _is_round_trip(before, points, moved, back, ROUND_TRIP_PX)


def light_step(
    before: NDArray[np.uint8], after: NDArray[np.uint8], points: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """As `step`, at a third of its cost: for stretches, whose ends are compared once more.

    The way back starts where it should end, in the whole picture only: a point on the wrong patch leaves that place.
    """
    side = max(7, int(min(before.shape) * LIGHT_WINDOW_SHARE) | 1)
    window = {"winSize": (side, side), "criteria": _LIGHT_CRITERIA}
    moved, there, _ = cv2.calcOpticalFlowPyrLK(before, after, points, None, **window, maxLevel=3)  # type: ignore[call-overload]
    back, here, _ = cv2.calcOpticalFlowPyrLK(  # type: ignore[call-overload]
        after, before, moved, points.copy(), **window, maxLevel=0, flags=cv2.OPTFLOW_USE_INITIAL_FLOW
    )
    is_back = _is_round_trip(before, points, moved, back, LIGHT_ROUND_TRIP_PX)
    return moved, (there[:, 0] == 1) & (here[:, 0] == 1) & is_back


def _is_round_trip(
    picture: NDArray[np.uint8],
    points: NDArray[np.float32],
    moved: NDArray[np.float32],
    back: NDArray[np.float32],
    most_px: float,
) -> NDArray[np.bool_]:
    """(N,) is a point still in the picture, and did it come back."""
    height, width = picture.shape
    is_inside = (moved[:, 0] >= 0) & (moved[:, 0] <= width - 1) & (moved[:, 1] >= 0) & (moved[:, 1] <= height - 1)
    return np.asarray(is_inside & (((back - points) ** 2).sum(axis=1) <= most_px**2))


def _stretch(luma: NDArray[np.uint8], start: int) -> Stretch | None:
    corners = find_corners(luma[start], ENOUGH_CORNERS)
    if len(corners) < LEAST_POINTS:
        return None
    path, alive = [corners], [np.ones(len(corners), dtype=bool)]
    least = max(LEAST_POINTS, LEAST_LEFT * len(corners))
    advance = light_step if min(luma.shape[1:]) <= LIGHT_MOST_PX else step
    for frame in range(start + 1, min(len(luma), start + 1 + MOST_STEPS)):
        moved, found = advance(luma[frame - 1], luma[frame], path[-1])
        found &= alive[-1]
        if found.sum() < least:
            break
        path.append(moved)
        alive.append(found)
        is_far = ((moved - corners) ** 2).sum(axis=1) > (MOST_SHIFT * luma.shape[2]) ** 2
        if 2 * np.count_nonzero(is_far & found) > np.count_nonzero(found):
            break
    if len(path) < 2:
        return None
    return Stretch(start, np.stack(path) + np.float32(0.5), np.stack(alive))
