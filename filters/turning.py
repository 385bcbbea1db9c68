"""The camera that turns and zooms in place: the best one for two sets of points, and what it leaves unexplained.

Stretch ─▶ [fit_turning] ─▶ Turning ─▶ parallax.py

Such a camera moves every point by K2 R K1^-1, whatever its distance (Hartley and Zisserman, Multiple View Geometry,
8.4). That is a homography of five numbers: a plane seen from a moving camera has eight, so that it is not mistaken for
one. A sixth number bends the rays (radial distortion), a lens that the video does not tell of.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

USUAL_FOCAL = 1.5
"""Focal length in half diagonals: 67 degrees along the diagonal, as of a phone."""
_MEAN = np.array([0.0, 0.0, 0.0, np.log(USUAL_FOCAL), 0.0, 0.0])
_SPREAD = np.array([10.0, 10.0, 10.0, 0.5, 10.0, 1.0])
"""How far rotation (3), log focal length, log zoom and bend may lie from their means before it needs evidence."""
MOST_BEND = 0.15
"""Of the radius at the corner, by which a lens may move it."""
_ROUNDS = 15
_STEP = 1e-5


@dataclass(frozen=True, eq=False)
class Turning:
    """The fitted camera."""

    rotation: NDArray[np.float64]
    """(3, 3) of camera axes, first to last."""
    focal_px: tuple[float, float]
    """At the first and at the last frame. Only rotation far off the axis tells them: else near the usual."""
    homography: NDArray[np.float64]
    """(3, 3) pixels of the first frame to pixels of the last, the lens's bend left out."""
    error_px: NDArray[np.float64]
    """(N,) how far each point is from where this camera sees it."""

    @property
    def zoom(self) -> float:
        """Focal length of the last over that of the first."""
        return self.focal_px[1] / self.focal_px[0]


def fit_turning(
    first: NDArray[np.float64], last: NDArray[np.float64], size_px: tuple[int, int], noise_px: float
) -> Turning:
    """The turning camera that explains most of N points (N, 2) in pixels; `size_px` (width, height).

    Cauchy's loss at a few times `noise_px`, from the best similarity; Levenberg and Marquardt's steps.
    """
    middle, half = np.array(size_px) / 2, float(np.hypot(*size_px) / 2)
    a, b, noise = (first - middle) / half, (last - middle) / half, noise_px / half
    best = _start(a, b)
    for width in (8 * noise, 3 * noise):
        best = _descend(best, a, b, noise, width)
    rotation = np.asarray(cv2.Rodrigues(best[:3])[0], dtype=np.float64)
    focal = float(np.exp(best[3])), float(np.exp(best[3] + best[4]))
    lenses = [np.diag([f * half, f * half, 1.0]) + np.array([[0, 0, x], [0, 0, y], [0, 0, 0]]) for f, x, y in
              ((focal[0], *middle), (focal[1], *middle))]  # fmt: skip
    return Turning(
        rotation=rotation,
        focal_px=(focal[0] * half, focal[1] * half),
        homography=lenses[1] @ rotation @ np.linalg.inv(lenses[0]),
        error_px=np.linalg.norm(_errors(best, a, b), axis=1) * half,
    )


def _start(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """The turning camera that comes near the similarity that most points agree with."""
    found, _ = cv2.estimateAffinePartial2D(a, b, method=cv2.LMEDS)
    guess = _MEAN.copy()
    if found is not None and np.isfinite(found).all():
        guess[:3] = -found[1, 2] / USUAL_FOCAL, found[0, 2] / USUAL_FOCAL, np.arctan2(found[1, 0], found[0, 0])
        guess[4] = np.log(max(1e-3, np.hypot(found[0, 0], found[1, 0])))
    return guess


def _bent(points: NDArray[np.float64], bend: float) -> NDArray[np.float64]:
    return points * (1 + MOST_BEND * np.tanh(bend) * (points**2).sum(axis=1, keepdims=True))


def _errors(model: NDArray[np.float64], a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, 2) in half diagonals."""
    focal, bend = np.exp(model[3]), float(model[5])
    rays = np.concatenate([_bent(a, bend) / focal, np.ones((len(a), 1))], axis=1) @ cv2.Rodrigues(model[:3])[0].T
    seen = rays[:, :2] / np.maximum(rays[:, 2:], 1e-3) * (focal * np.exp(model[4]))
    return seen - _bent(b, bend)


def _cost(
    model: NDArray[np.float64], a: NDArray[np.float64], b: NDArray[np.float64], noise: float, width: float
) -> tuple[float, NDArray[np.float64]]:
    errors = _errors(model, a, b)
    squares = (errors**2).sum(axis=1)
    cost = width**2 * np.log1p(squares / width**2).sum() / noise**2 + (((model - _MEAN) / _SPREAD) ** 2).sum()
    return float(cost), errors


def _descend(
    model: NDArray[np.float64], a: NDArray[np.float64], b: NDArray[np.float64], noise: float, width: float
) -> NDArray[np.float64]:
    cost, errors = _cost(model, a, b, noise, width)
    damping = 1e-3
    for _ in range(_ROUNDS):
        slopes = np.stack([(_errors(model + _STEP * one, a, b) - errors) / _STEP for one in np.eye(len(model))])
        weight = 1 / (1 + (errors**2).sum(axis=1) / width**2) / noise**2
        curve = np.einsum("kni,n,lni->kl", slopes, weight, slopes) + np.diag(1 / _SPREAD**2)
        slope = np.einsum("kni,n,ni->k", slopes, weight, errors) + (model - _MEAN) / _SPREAD**2
        trial = model - np.linalg.solve(curve + damping * np.diag(np.diag(curve)), slope)
        lower, there = _cost(trial, a, b, noise, width)
        if not lower < cost:
            damping *= 10
            continue
        is_done = cost - lower < 1e-4 * cost
        model, cost, errors, damping = trial, lower, there, max(damping / 10, 1e-9)
        if is_done:
            break
    return model
