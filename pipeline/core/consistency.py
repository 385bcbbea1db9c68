"""Do depth and cameras agree: points of one frame, looked for in another.

depth_m + Cameras ─▶ [geometry_error, grid_error, covisibility] ─▶ score and matrix of a sequence
"""

import numpy as np
from numpy.typing import NDArray

from video4spatial.pipeline.core.camera import Cameras, project, unproject

OCCLUDED_SHARE = 0.05
"""A point this much (of its depth) behind the surface seen there is hidden, not wrong; or before it, no such point."""
FLAT_SHARE = 0.001
"""Where four neighbouring depths do not lie on one plane to this (of their inverse), nothing is read between them: what
is read there can be wrong by a quarter of it, and planes of a renderer keep to 1e-5."""
LEAST_POINTS = 128
"""Fewer say nothing about a pair of frames."""
LEAST_GRID_POINTS = 8
"""The same for a coarse grid against its own frame: nothing moves between the two, so a few tell."""
MOST_POINTS = 4096
"""Of one frame that are looked for in another, evenly spread."""
COVISIBLE_POINTS = 1024
FRAMES_APART, LEAST_FRAMES, MOST_FRAMES = 12, 8, 32
"""Of the grid of frames whose covisibility is measured."""


def geometry_error(depth_m: NDArray[np.float32], cameras: Cameras, pairs: int = 12) -> float:
    """How far depth and cameras disagree in the worst pair of frames: 0 is perfect, no unit.

    Points of frame i are carried into frame j by the cameras and compared with the depth measured there (read between
    pixels as inverse depth, which is exact on planes; where the neighbours lie on no plane, nothing is read). The error
    of a pair is the median of |expected - measured| / expected depth; points that fall outside, or behind another
    surface by more than 5 %, say nothing. Looked at are all neighbouring frames, so that one wrong pose counts, and
    `pairs` more that are a few frames apart. A pair of fewer than 128 points counts only where no pair has more; a
    sequence whose frames share no point has error 1.
    """
    neighbours = [(i, i + 1) for i in range(len(cameras) - 1)]
    errors = [_errors(depth_m, cameras, i, j) for i, j in dict.fromkeys(neighbours + frame_pairs(len(cameras), pairs))]
    enough = [float(np.median(pair)) for pair in errors if len(pair) >= LEAST_POINTS]
    if enough:
        return max(enough)
    joined = np.concatenate(errors) if errors else np.zeros(0)
    return float(np.median(joined)) if len(joined) else 1.0


def grid_error(grid_m: NDArray[np.float32], grid: Cameras, depth_m: NDArray[np.float32], cameras: Cameras) -> float:
    """How far a coarse grid of depth disagrees with the full depth of the same frames, in the worst frame.

    The grid's points are read in the full depth as `geometry_error` reads them in another frame. A frame of fewer than
    8 points on planes counts only where no frame has more; a grid without any has error 1.
    """
    errors = []
    for k in range(len(grid)):
        expected, measured, flat = _seen(_points(grid_m[k], grid, k, grid_m[k].size), depth_m[k], cameras, k)
        read = flat & (measured > 0)
        errors.append(np.abs(expected - measured)[read] / expected[read])
    enough = [float(np.median(each)) for each in errors if len(each) >= LEAST_GRID_POINTS]
    if enough:
        return max(enough)
    joined = np.concatenate(errors) if errors else np.zeros(0)
    return float(np.median(joined)) if len(joined) else 1.0


def frame_pairs(count: int, pairs: int) -> list[tuple[int, int]]:
    """Pairs (i, j) spread over a sequence, neighbours and frames a few apart in turn."""
    starts = np.unique(np.linspace(0, max(count - 2, 0), pairs).astype(int))
    steps = (1, 3, 6)
    return [(int(i), min(count - 1, int(i) + steps[k % 3])) for k, i in enumerate(starts) if i + 1 < count]


def covisibility_frames(count: int) -> tuple[int, ...]:
    """The frames of a sequence whose covisibility is measured: every twelfth, at least 8, at most 32, evenly spread."""
    wanted = min(MOST_FRAMES, max(LEAST_FRAMES, -(-count // FRAMES_APART)))
    return tuple(int(i) for i in np.unique(np.linspace(0, count - 1, wanted).astype(int)))


def covisibility(depth_m: NDArray[np.float32], cameras: Cameras, frames: tuple[int, ...]) -> NDArray[np.float16]:
    """(F, F) over `frames`: which part of frame i's measured pixels is seen, unhidden, in frame j.

    Row i is about what frame i shows, so the matrix is not symmetric: a close-up is wholly seen in the frame that shows
    the room, and not the other way round. Context for a target frame i is chosen by row i: `matrix[i].argsort()` ranks
    the frames by how much of the target they show; min(matrix, matrix.T) says that two frames show the same view.
    """
    matrix = np.zeros((len(frames), len(frames)))
    for a, i in enumerate(frames):
        points = _points(depth_m[i], cameras, i, COVISIBLE_POINTS)
        for b, j in enumerate(frames):
            matrix[a, b] = _visible(points, depth_m[j], cameras, j).sum() / max(1, len(points))
    return matrix.astype(np.float16)


def reproject(
    from_depth_m: NDArray[np.float32], to_depth_m: NDArray[np.float32], cameras: Cameras, i: int, j: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Expected and measured depth (n,) in frame j of those measured pixels of frame i that fall into frame j.

    `cameras` are those of the depth grid. Measured is 0 where frame j has no depth around the point.
    """
    return _seen(_points(from_depth_m, cameras, i, from_depth_m.size), to_depth_m, cameras, j)[:2]


def _errors(depth_m: NDArray[np.float32], cameras: Cameras, i: int, j: int) -> NDArray[np.float64]:
    """(n,) relative errors of the points of frame i that are seen on flat ground in frame j."""
    expected, measured, flat = _seen(_points(depth_m[i], cameras, i, MOST_POINTS), depth_m[j], cameras, j)
    seen = flat & (measured > 0) & (expected < measured * (1 + OCCLUDED_SHARE))
    return np.abs(expected - measured)[seen] / expected[seen]


def _points(depth_m: NDArray[np.float32], cameras: Cameras, i: int, most: int) -> NDArray[np.float64]:
    """(n, 3) world points of the measured pixels of a frame; of more than `most` pixels, an even lattice of them."""
    points = unproject(depth_m, cameras.image_from_camera[i], cameras.world_from_camera[i])
    step = int(np.ceil(np.sqrt(depth_m.size / most)))
    chosen = slice(step // 2, None, step)
    return points[chosen, chosen][depth_m[chosen, chosen] > 0]


def _visible(points: NDArray[np.float64], depth_m: NDArray[np.float32], cameras: Cameras, j: int) -> NDArray[np.bool_]:
    """(n,) does frame j show the points: they fall into the frame, at the depth that is measured there, or at an edge
    between two depths, at one of the two."""
    pixels, expected = project(points, cameras.image_from_camera[j], cameras.world_from_camera[j])
    size = np.array(depth_m.shape[::-1])
    inside = np.flatnonzero((expected > 0.01) & np.all((pixels >= 0) & (pixels <= size), axis=-1))
    pixels, expected = np.clip(pixels[inside], 0.5, size - 0.5), expected[inside]
    measured, flat = _between(depth_m, pixels)
    low = np.minimum(np.floor(pixels - 0.5).astype(int), size - 2)
    around = np.stack([depth_m[low[:, 1] + y, low[:, 0] + x] for y in (0, 1) for x in (0, 1)])
    at_edge = np.any(np.abs(around - expected) < OCCLUDED_SHARE * expected, axis=0)
    close = np.abs(measured - expected) < OCCLUDED_SHARE * expected
    shown = np.zeros(len(points), dtype=bool)
    shown[inside] = np.where(flat & (measured > 0), close, at_edge)
    return shown


def _seen(
    points: NDArray[np.float64], depth_m: NDArray[np.float32], cameras: Cameras, j: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Expected and measured depth in frame j of the points that fall into it, and whether it is flat there."""
    pixels, expected = project(points, cameras.image_from_camera[j], cameras.world_from_camera[j])
    height, width = depth_m.shape
    # between pixel centres, so that all four neighbours exist; a thousandth of a pixel is rounding
    low, high = 0.5 - 1e-3, np.array([width, height]) - 0.5 + 1e-3
    inside = (expected > 0.01) & np.all((pixels >= low) & (pixels <= high), axis=-1)
    return (expected[inside], *_between(depth_m, pixels[inside]))


def _between(
    depth_m: NDArray[np.float32], pixels: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Depth between pixels, 0 where one is missing, and whether the four neighbours lie on one plane."""
    place = np.clip(pixels - 0.5, 0.0, np.array(depth_m.shape[::-1]) - 1.0)
    low = np.minimum(np.floor(place).astype(int), np.array(depth_m.shape[::-1]) - 2)
    x, y, part = low[:, 0], low[:, 1], place - low
    near = np.stack([depth_m[y, x], depth_m[y, x + 1], depth_m[y + 1, x], depth_m[y + 1, x + 1]]).astype(float)
    px, py = part[:, 0], part[:, 1]
    weight = np.stack([(1 - px) * (1 - py), px * (1 - py), (1 - px) * py, px * py])
    whole = np.all((near > 0) | (weight < 1e-3), axis=0)
    each = np.where(near > 0, 1.0 / np.where(near > 0, near, 1.0), 0.0)
    inverse = (weight * each).sum(axis=0)
    flat = np.abs(each[0] + each[3] - each[1] - each[2]) <= FLAT_SHARE * each.mean(axis=0)
    return np.where(whole & (inverse > 0), 1.0 / np.maximum(inverse, 1e-12), 0.0), flat
