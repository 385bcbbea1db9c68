"""Which cells of a floor grid triangles cover between two heights.

triangles + [bottom, top] ─▶ [covered] ─▶ (rows, columns) ─▶ clearance.py

Each triangle is cut to the heights, seen from above and filled on a grid twice as fine, outline and all; a cell is
covered when one of its four quarters is. A point of a triangle is never further from the middle of a covered cell
than a cell: half a fine cell to the outline as it is drawn, half of one along it, and from a quarter's middle to the
cell's: 0.92 cells.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

_SHIFT = 8
"""Bits of a fraction of a fine cell."""


def covered(
    corners_m: NDArray[np.float64],
    bottom_m: float,
    top_m: float,
    origin_m: NDArray[np.float64],
    cell_m: float,
    shape: tuple[int, int],
) -> NDArray[np.bool_]:
    """(rows along z, columns along x) cells above or below which a triangle (F, 3, 3) has a point in [bottom, top]."""
    low, high = corners_m[..., 1].min(axis=1), corners_m[..., 1].max(axis=1)
    within = (high >= bottom_m) & (low <= top_m)
    whole = within & (low >= bottom_m) & (high <= top_m)
    fine = np.zeros((2 * shape[0], 2 * shape[1]), dtype=np.uint8)
    places = (corners_m[..., [0, 2]] - origin_m) / (cell_m / 2)
    # smaller than a fine cell: its corners say all there is to say
    tiny = whole & (np.ptp(places, axis=1).max(axis=1) <= 1.0)
    cells = places[tiny].reshape(-1, 2).astype(int)
    fine[np.clip(cells[:, 1], 0, fine.shape[0] - 1), np.clip(cells[:, 0], 0, fine.shape[1] - 1)] = 1
    for outline in _fixed(places[whole & ~tiny]):
        cv2.fillConvexPoly(fine, outline, 1, shift=_SHIFT)
    for cut in _cut(corners_m[within & ~whole], places[within & ~whole], bottom_m, top_m):
        cv2.fillConvexPoly(fine, _fixed(cv2.convexHull(cut.astype(np.float32))[:, 0]), 1, shift=_SHIFT)
    return fine.reshape(shape[0], 2, shape[1], 2).max(axis=(1, 3)) > 0


def _fixed(places: NDArray) -> NDArray[np.int32]:
    """As OpenCV draws: whole numbers are the middles of cells."""
    return np.round((places - 0.5) * (1 << _SHIFT)).astype(np.int32)


def _cut(
    corners_m: NDArray[np.float64], places: NDArray[np.float64], bottom_m: float, top_m: float
) -> list[NDArray[np.float64]]:
    """Of each triangle the points (n, 2) seen from above whose hull is its part between the heights."""
    height = corners_m[..., 1]
    points, valid = [places], [(height >= bottom_m) & (height <= top_m)]
    after, height_after = np.roll(places, -1, axis=1), np.roll(height, -1, axis=1)
    for level in (bottom_m, top_m):
        rise = height_after - height
        crosses = (height < level) != (height_after < level)
        part = np.where(crosses, (level - height) / np.where(crosses, rise, 1.0), 0.0)
        points.append(places + (after - places) * part[..., None])
        valid.append(crosses)
    joined, kept = np.concatenate(points, axis=1), np.concatenate(valid, axis=1)
    return [each[mask] for each, mask in zip(joined, kept, strict=True) if mask.any()]
