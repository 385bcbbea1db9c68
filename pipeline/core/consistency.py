"""Do depth and cameras agree: points of one frame, looked for in another.

depth_m + Cameras ─▶ [geometry_error, covisibility] ─▶ score and matrix of a sequence
"""

import numpy as np
from numpy.typing import NDArray

from video4spatial.pipeline.core.camera import Cameras, project, unproject

OCCLUDED_SHARE = 0.05
"""A point this much (of its depth) behind the surface seen there is hidden, not wrong."""


def geometry_error(depth_m: NDArray[np.float32], cameras: Cameras, pairs: int = 12) -> float:
    """Median over frame pairs and pixels of |expected - measured| / expected depth; 0 is perfect, no unit.

    Points of frame i are carried into frame j by the cameras and compared with the depth measured there (read between
    pixels as inverse depth, which is exact on planes). Points that fall outside, or behind another surface by more
    than 5 %, say nothing and are left out. A sequence whose frames share no point has error 1.
    """
    errors = []
    for i, j in frame_pairs(len(cameras), pairs):
        expected, measured = reproject(depth_m[i], depth_m[j], cameras, i, j)
        seen = (measured > 0) & (expected < measured * (1 + OCCLUDED_SHARE))
        errors.append(np.abs(expected - measured)[seen] / expected[seen])
    joined = np.concatenate(errors) if errors else np.zeros(0)
    return float(np.median(joined)) if len(joined) else 1.0


def frame_pairs(count: int, pairs: int) -> list[tuple[int, int]]:
    """Pairs (i, j) spread over a sequence, neighbours and frames a few apart in turn."""
    starts = np.unique(np.linspace(0, max(count - 2, 0), pairs).astype(int))
    steps = (1, 3, 6)
    return [(int(i), min(count - 1, int(i) + steps[k % 3])) for k, i in enumerate(starts) if i + 1 < count]


def covisibility(depth_m: NDArray[np.float32], cameras: Cameras, frames: tuple[int, ...]) -> NDArray[np.float16]:
    """(F, F) over `frames`: which part of frame i's measured pixels is seen, unhidden, in frame j."""
    matrix = np.zeros((len(frames), len(frames)))
    for a, i in enumerate(frames):
        for b, j in enumerate(frames):
            expected, measured = reproject(depth_m[i], depth_m[j], cameras, i, j)
            close = (measured > 0) & (np.abs(expected - measured) < 2 * OCCLUDED_SHARE * expected)
            matrix[a, b] = close.sum() / max(1, int((depth_m[i] > 0).sum()))
    return matrix.astype(np.float16)


def reproject(
    from_depth_m: NDArray[np.float32], to_depth_m: NDArray[np.float32], cameras: Cameras, i: int, j: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Expected and measured depth (n,) in frame j of those measured pixels of frame i that fall into frame j.

    `cameras` are those of the depth grid. Measured is 0 where frame j has no depth around the point.
    """
    points = unproject(from_depth_m, cameras.image_from_camera[i], cameras.world_from_camera[i])
    points = points[from_depth_m > 0]
    pixels, expected = project(points, cameras.image_from_camera[j], cameras.world_from_camera[j])
    height, width = to_depth_m.shape
    # between pixel centres, so that all four neighbours exist; a thousandth of a pixel is rounding
    low, high = 0.5 - 1e-3, np.array([width, height]) - 0.5 + 1e-3
    inside = (expected > 0.01) & np.all((pixels >= low) & (pixels <= high), axis=-1)
    return expected[inside], _between(to_depth_m, pixels[inside])


def _between(depth_m: NDArray[np.float32], pixels: NDArray[np.float64]) -> NDArray[np.float64]:
    place = np.clip(pixels - 0.5, 0.0, np.array(depth_m.shape[::-1]) - 1.0)
    low = np.minimum(np.floor(place).astype(int), np.array(depth_m.shape[::-1]) - 2)
    x, y, part = low[:, 0], low[:, 1], place - low
    near = np.stack([depth_m[y, x], depth_m[y, x + 1], depth_m[y + 1, x], depth_m[y + 1, x + 1]]).astype(float)
    px, py = part[:, 0], part[:, 1]
    weight = np.stack([(1 - px) * (1 - py), px * (1 - py), (1 - px) * py, px * py])
    whole = np.all((near > 0) | (weight < 1e-3), axis=0)
    inverse = np.where(near > 0, weight / np.where(near > 0, near, 1.0), 0.0).sum(axis=0)
    return np.where(whole & (inverse > 0), 1.0 / np.maximum(inverse, 1e-12), 0.0)
