"""Does a frame agree with the context's geometry at the commanded pose? Depth reprojection, NumPy only.

context colour + depth + cameras ─▶ [reproject] into the target camera ─▶ PSNR on the covered pixels

Formula: context pixels with depth become world points, are projected into the target camera and z-buffered; the PSNR
compares a frame with the colours that arrive, where any arrive. Unit dB, higher is better, the true frame is the
ceiling (below 48: surfaces shade differently from two sides, and a pixel is not a point). Works at the resolution of
the depth grid: colours are averaged down to it. Blind where the context saw nothing: the coverage is given beside it.
"""

import numpy as np
from numpy.typing import NDArray

from video4spatial.model.images import LEAST_ERROR, PEAK
from video4spatial.pipeline.core.camera import project, unproject

HOLE_RATIO = 0.9
"""A pixel farther than a neighbour by more than this ratio shows through a gap between splats: dropped."""


def reproject(
    colours: NDArray[np.float64],
    depth_m: NDArray[np.float32],
    image_from_camera: NDArray[np.float64],
    world_from_camera: NDArray[np.float64],
    target_image_from_camera: NDArray[np.float64],
    target_world_from_camera: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Colours (h, w, 3) that K context frames (K, h, w, 3) with depth (K, h, w) put into the target, and where (h, w).

    Intrinsics (K, 3, 3) and (3, 3) are in pixels of the depth grid.
    """
    height, width = depth_m.shape[1:]
    nearest_m = np.full(height * width, np.inf)
    arrived = np.zeros((height * width, 3))
    for colour, depth, intrinsics, pose in zip(colours, depth_m, image_from_camera, world_from_camera, strict=True):
        points = unproject(depth, intrinsics, pose).reshape(-1, 3)
        seen = np.isfinite(points[:, 0])
        pixels, ahead_m = project(points[seen], target_image_from_camera, target_world_from_camera)
        cells = np.floor(np.where(ahead_m[:, None] > 0.05, pixels, -1.0))
        inside = (cells >= 0).all(axis=1) & (cells[:, 0] < width) & (cells[:, 1] < height)
        flat = (cells[inside, 1] * width + cells[inside, 0]).astype(np.int64)
        far_first = np.argsort(-ahead_m[inside], kind="stable")
        flat, ahead, put = flat[far_first], ahead_m[inside][far_first], colour.reshape(-1, 3)[seen][inside][far_first]
        wins = ahead < nearest_m[flat]
        # of several points in one pixel the nearest is written last
        nearest_m[flat[wins]] = ahead[wins]
        arrived[flat[wins]] = put[wins]
    surface_m = nearest_m.reshape(height, width)
    return arrived.reshape(height, width, 3), np.isfinite(surface_m) & ~_behind_a_neighbour(surface_m)


def covered_psnr_db(
    frame: NDArray[np.float64], arrived: NDArray[np.float64], covered: NDArray[np.bool_]
) -> float | None:
    """PSNR of a frame (h, w, 3) in 0..255 on the covered pixels; None where nothing is covered."""
    if not covered.any():
        return None
    error = np.square(frame[covered] - arrived[covered]).mean()
    return float(10.0 * np.log10(PEAK**2 / max(error, LEAST_ERROR)))


def shrink(frames: NDArray[np.generic], height: int, width: int) -> NDArray[np.float64]:
    """Frames (T, H, W, 3) averaged down to (T, height, width, 3); both must divide H and W."""
    count, full_height, full_width = frames.shape[:3]
    blocks = frames.reshape(count, height, full_height // height, width, full_width // width, 3)
    return blocks.astype(np.float64).mean(axis=(2, 4))


def _behind_a_neighbour(surface_m: NDArray[np.float64]) -> NDArray[np.bool_]:
    padded = np.pad(surface_m, 1, constant_values=np.inf)
    height, width = surface_m.shape
    around = [padded[row : row + height, column : column + width] for row in range(3) for column in range(3)]
    return np.min(around, axis=0) < HOLE_RATIO * surface_m
