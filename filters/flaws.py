"""Measures what is wrong with the pictures of a clip at the size it is stored: noise, and what was laid over them.

luma ─▶ [noise | overlay_share] ─▶ scores.py

What scaling hides (blocks, combs, repeated frames) is measured on the source: source_quality.py, repeats.py.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

_SAMPLED = 6
_BLOCK_PX = 8
_NOISE_KERNEL = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], dtype=np.float32)
_QUIET_PERCENT = 10
_QUIET_FACTOR = 0.86
"""The tenth percentile of block means over their mean, for Gaussian noise."""

_LEAST_FRAMES = 12
_EDGE_LEVELS = 10.0
"""Gradient (levels a pixel) from which something is an edge."""
_STEADY = 0.8
"""How alike the gradients of all frames must be: length of their mean over the mean of their lengths."""
_MOST_STEADY = 0.1
"""Share of the edges elsewhere that stay from which the camera itself hardly moves and nothing can be told."""
_MOVING_LEVELS, _STILL_LEVELS = 12.0, 16.0
"""Standard deviation over time (levels) from which a pixel shows what moves, and up to which it shows an overlay."""
_LEAST_MOVING = 0.5
"""Share of the picture that must move for anything to be told."""


def noise(luma: NDArray[np.uint8]) -> float:
    """Standard deviation (levels) of the noise in (T, H, W), in the quietest tenth of the picture.

    Immerkaer, "Fast noise variance estimation" (1996): the mean absolute response to a kernel that flat, sloped and
    straight-edged parts do not answer to. By blocks, because texture does answer. 0 where all is clipped.
    """
    picked = np.unique(((np.arange(_SAMPLED) + 0.5) * len(luma) / _SAMPLED).astype(int))
    found = [_quiet_blocks(luma[index]) for index in picked]
    blocks = np.concatenate(found)
    return float(np.percentile(blocks, _QUIET_PERCENT)) / _QUIET_FACTOR if len(blocks) else 0.0


def _quiet_blocks(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The noise in each block of (H, W) that is neither black nor white, where none shows."""
    response = np.abs(cv2.filter2D(picture, cv2.CV_32F, _NOISE_KERNEL))
    level = _block_means(picture.astype(np.float32))
    blocks = _block_means(response) * np.float32(np.sqrt(np.pi / 2) / 6)
    return blocks[(level > 12) & (level < 243)]


def _block_means(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    height, width = (side // _BLOCK_PX * _BLOCK_PX for side in picture.shape)
    parts = picture[:height, :width].reshape(height // _BLOCK_PX, _BLOCK_PX, width // _BLOCK_PX, _BLOCK_PX)
    return parts.mean(axis=(1, 3))


def overlay_share(luma: NDArray[np.uint8]) -> float | None:
    """Share of the area of (T, H, W) under captions, logos and the like that stay for the whole clip, 0 to 1.

    Edges that stay while the picture around them moves: so logos are found since Yan, Wang and Kankanhalli ("Automatic
    video logo detection and removal", 2005). None where too much stays, for then a logo looks like the scene.
    """
    pictures = luma[::2]
    if len(luma) < _LEAST_FRAMES:
        return None
    deviation = pictures.std(axis=0, dtype=np.float32)
    is_moving = deviation > _MOVING_LEVELS
    if is_moving.mean() < _LEAST_MOVING:
        return None
    is_steady, edge_share = _edges(pictures)
    # strokes are thin: what lies between moving pixels, beside a steady edge, and changes little itself
    between = cv2.morphologyEx(is_moving.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))
    beside = cv2.dilate(is_steady.astype(np.uint8), np.ones((3, 3), np.uint8))
    strokes = (deviation < _STILL_LEVELS).astype(np.uint8) & between & beside
    words = cv2.morphologyEx(strokes, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    words = cv2.morphologyEx(words, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    is_outside = cv2.dilate(words, np.ones((9, 9), np.uint8)) == 0
    if is_steady[is_outside].sum() > _MOST_STEADY * edge_share[is_outside].sum():
        return None
    return float(words.mean())


def _edges(pictures: NDArray[np.uint8]) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
    """(where an edge of (T, H, W) stays, in which share of the frames each pixel is on an edge)."""
    total = np.zeros((2, *pictures.shape[1:]), dtype=np.float32)
    lengths, counts = np.zeros_like(total)
    for picture in pictures:
        across = cv2.Sobel(picture, cv2.CV_32F, 1, 0, scale=1 / 8)
        down = cv2.Sobel(picture, cv2.CV_32F, 0, 1, scale=1 / 8)
        length = cv2.magnitude(across, down)
        total[0] += across
        total[1] += down
        lengths += length
        counts += length > _EDGE_LEVELS
    is_steady = (lengths > _EDGE_LEVELS * len(pictures)) & (cv2.magnitude(total[0], total[1]) > _STEADY * lengths)
    return is_steady, counts / np.float32(len(pictures))
