"""How far a stretch of a clip is from anything that a camera which only turns and zooms could have filmed.

Stretch + luma ─▶ [measure_parallax] ─▶ Parallax ─▶ camera_motion.py

Parallax is what a turning camera leaves over and an epipolar geometry explains: sqrt(max(0, t^2 - e^2)), where t is the
distance of a point from where the best turning camera sees it (`turning.py`) and e its Sampson distance from the best
fundamental matrix, each the 40 % quantile over the points (what at least 60 % exceed: somebody who walks by is no
parallax). It is the comparison that decides between homography and epipolar geometry in structure from motion (Torr,
IJCV 1999; ORB-SLAM, IEEE T-RO 2015), with the homography restricted so that a plane is no turning camera.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from video4spatial.filters.tracks import LEAST_POINTS, Stretch, step
from video4spatial.filters.turning import Turning, fit_turning

QUANTILE = 0.4
LENS_SHARE = 0.01
"""Of a point's way through the picture, that a bent lens or a rolling shutter may add to the turning camera's error."""
_CENTRE = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
"""From pixels as cv2 counts them to ours."""


@dataclass(frozen=True)
class Parallax:
    """Of one stretch."""

    steps: int
    """Frames it spans, less one."""
    points: int
    shift_px: float
    """Median way of a point."""
    parallax_px: float
    evidence: float
    """Parallax over what following, lens and shutter explain: above 1 the camera moved from its place."""
    moving_share: float
    """Share of the points that neither a turning camera nor an epipolar geometry explains: things that move."""
    focal_px: float
    """Of the turning camera; see `Turning.focal_px`."""


def measure_parallax(luma: NDArray[np.uint8], stretch: Stretch) -> Parallax | None:
    """Of a stretch of the clip (T, H, W); None where too few points are left to tell."""
    first, last = stretch.pair(0, -1)
    size_px = luma.shape[2], luma.shape[1]
    noise_px = following_noise_px(size_px)
    if len(first) < LEAST_POINTS:
        return None
    rough = fit_turning(first, last, size_px, noise_px, is_rough=True)
    end = stretch.start + len(stretch.points) - 1
    near, far = match_directly(luma[stretch.start], luma[end], rough, first, last)
    if len(near) >= LEAST_POINTS:
        first, last = near, far
    turning = fit_turning(first, last, size_px, noise_px, rough)
    epipolar_px = epipolar_error_px(first, last, noise_px)
    shift_px = float(np.median(np.linalg.norm(last - first, axis=1)))
    turn, line = (np.quantile(error_px, QUANTILE, method="lower") for error_px in (turning.error_px, epipolar_px))
    parallax_px = float(np.sqrt(max(0.0, turn**2 - line**2)))
    allowed_px = noise_px + LENS_SHARE * shift_px
    is_moving = (turning.error_px > 3 * allowed_px) & (epipolar_px > 3 * noise_px)
    return Parallax(
        steps=len(stretch.points) - 1,
        points=len(first),
        shift_px=shift_px,
        parallax_px=parallax_px,
        evidence=parallax_px / allowed_px,
        moving_share=float(is_moving.mean()),
        focal_px=turning.focal_px[0],
    )


def following_noise_px(size_px: tuple[int, int]) -> float:
    """How exactly corners are followed in pictures of `size_px`: 0.3 px at a short side of 128, where compression
    counts in pixels of the source; a little less in smaller pictures."""
    return 0.2 + 0.1 * min(size_px) / 128


def match_directly(
    start: NDArray[np.uint8],
    end: NDArray[np.uint8],
    turning: Turning,
    first: NDArray[np.float64],
    last: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The points that are found again in the last frame (H, W) after it was turned back; (n, 2) in both frames.

    Following from frame to frame drifts, most where the picture turns or grows; one comparison of the ends does not.
    """
    height, width = start.shape
    to_last = np.linalg.inv(_CENTRE) @ turning.homography @ _CENTRE
    back = np.linalg.inv(to_last)
    turned = cv2.warpPerspective(
        end, to_last, (width, height), flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE
    )
    guess = mapped(back, last - 0.5).astype(np.float32)
    found, is_found = step(start, np.asarray(turned, dtype=np.uint8), (first - 0.5).astype(np.float32), guess)
    return first[is_found], mapped(to_last, found[is_found].astype(np.float64)) + 0.5


def mapped(homography: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points (N, 2) through a homography (3, 3)."""
    ends = np.concatenate([points, np.ones((len(points), 1))], axis=1) @ homography.T
    return ends[:, :2] / ends[:, 2:]


def epipolar_error_px(first: NDArray[np.float64], last: NDArray[np.float64], noise_px: float) -> NDArray[np.float64]:
    """(N,) Sampson distances from the best fundamental matrix (MAGSAC); infinite where there is none."""
    try:
        matrix, _ = cv2.findFundamentalMat(first, last, cv2.USAC_MAGSAC, 3 * noise_px, 0.999, 2000)
    except cv2.error:
        # how OpenCV 5.0 ends where no sample gave a matrix: all points on one line or at rest
        matrix = None
    if matrix is None or matrix.shape != (3, 3):
        return np.full(len(first), np.inf)
    one = np.ones((len(first), 1))
    a, b = np.concatenate([first, one], axis=1), np.concatenate([last, one], axis=1)
    forth, back = a @ matrix.T, b @ matrix
    length = np.sqrt((forth[:, :2] ** 2).sum(axis=1) + (back[:, :2] ** 2).sum(axis=1))
    return np.abs((b * forth).sum(axis=1)) / np.maximum(length, 1e-12)
