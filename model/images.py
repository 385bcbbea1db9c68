"""Picture errors and the two baselines that need no model: the mean colour and the nearest context frame."""

import numpy as np
from numpy.typing import NDArray

PEAK = 255.0
LEAST_ERROR = 1.0
"""Mean squared errors below one 8-bit level are not told apart: one identical frame must not decide a mean."""


def psnr_db(first: NDArray[np.generic], second: NDArray[np.generic]) -> NDArray[np.float64]:
    """(T,) peak signal-to-noise ratio of frames (T, H, W, 3) in 0..255, decibels; higher is nearer, at most 48.1.

    10 log10(255^2 / mean squared error), one value a frame.
    """
    error = np.square(first.astype(np.float64) - second.astype(np.float64)).mean(axis=(1, 2, 3))
    return 10.0 * np.log10(PEAK**2 / np.maximum(error, LEAST_ERROR))


def mean_colour(truth: NDArray[np.uint8]) -> NDArray[np.float64]:
    """(T, H, W, 3) frames of one colour: the mean of the true clip itself, so the best any single colour can do."""
    return np.broadcast_to(truth.mean(axis=(0, 1, 2)), truth.shape).astype(np.float64)


def nearest_context(
    context_world_from_camera: NDArray[np.float64], target_world_from_camera: NDArray[np.float64]
) -> NDArray[np.int64]:
    """(T,) the context frame (K, 4, 4) that stands and looks most like each target camera (T, 4, 4).

    Highest cosine between the viewing directions minus 0.3 per metre of distance.
    """
    facing = target_world_from_camera[:, :3, 2] @ context_world_from_camera[:, :3, 2].T
    apart_m = np.linalg.norm(
        target_world_from_camera[:, None, :3, 3] - context_world_from_camera[None, :, :3, 3], axis=-1
    )
    return np.argmax(facing - 0.3 * apart_m, axis=1)
