"""The camera that turns and zooms in place: the best one for two sets of points, and what it leaves unexplained.

Stretch ─▶ [fit_turning] ─▶ Turning ─▶ parallax.py

Such a camera moves every point by K2 R K1^-1, whatever its distance (Hartley and Zisserman, Multiple View Geometry,
8.4). That is a homography of five numbers: a plane seen from a moving camera has eight, so that it is not mistaken for
one. A sixth number bends the rays (radial distortion), a lens that the video does not tell of.
"""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

USUAL_FOCAL = 1.5
"""Focal length in half diagonals: 67 degrees along the diagonal, as of a phone."""
_MEAN = np.array([0.0, 0.0, 0.0, np.log(USUAL_FOCAL), 0.0, 0.0])
_SPREAD = np.array([10.0, 10.0, 10.0, 0.5, 10.0, 1.0])
"""How far rotation (3), log focal length, log zoom and bend may lie from their means before it needs evidence."""
_STIFFNESS = np.diag(1 / _SPREAD**2)
_DIAGONAL = np.eye(len(_MEAN))
MOST_BEND = 0.15
"""Of the radius at the corner, by which a lens may move it."""
_ROUNDS = 15
_ENOUGH = 1e-4
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
    model: NDArray[np.float64]
    """(6,) what was fitted: shift down and right in half diagonals, roll, log focal length, log zoom, bend."""

    @property
    def zoom(self) -> float:
        """Focal length of the last over that of the first."""
        return self.focal_px[1] / self.focal_px[0]


def fit_turning(
    first: NDArray[np.float64],
    last: NDArray[np.float64],
    size_px: tuple[int, int],
    noise_px: float,
    near: Turning | None = None,
    is_rough: bool = False,
) -> Turning:
    """The turning camera that explains most of N points (N, 2) in pixels; `size_px` (width, height).

    Cauchy's loss at a few times `noise_px`, from the best similarity or a camera `near`; Levenberg and Marquardt's way.
    A rough one is what the next may begin `near`.
    """
    middle, half = np.array(size_px) / 2, float(np.hypot(*size_px) / 2)
    a, b, noise = (first - middle) / half, (last - middle) / half, noise_px / half
    points = _Points(a.T, b.T, noise)
    best = _start(a, b) if near is None else near.model
    if near is None:
        best = _descend(best, points, 8 * noise)
    if not is_rough:
        best = _descend(best, points, 3 * noise)
    rotation = _rotation(best)
    focal = float(np.exp(best[3])), float(np.exp(best[3] + best[4]))
    lenses = [np.diag([f * half, f * half, 1.0]) + np.array([[0, 0, x], [0, 0, y], [0, 0, 0]]) for f, x, y in
              ((focal[0], *middle), (focal[1], *middle))]  # fmt: skip
    return Turning(
        rotation=rotation,
        focal_px=(focal[0] * half, focal[1] * half),
        homography=lenses[1] @ rotation @ np.linalg.inv(lenses[0]),
        error_px=np.linalg.norm(points.errors(best[None])[0], axis=0) * half,
        model=best,
    )


def _start(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """The turning camera that comes near the similarity that most points agree with."""
    found, _ = cv2.estimateAffinePartial2D(a, b, method=cv2.LMEDS)
    guess = _MEAN.copy()
    if found is not None and np.isfinite(found).all():
        guess[:3] = -found[1, 2], found[0, 2], np.arctan2(found[1, 0], found[0, 0])
        guess[4] = np.log(max(1e-3, np.hypot(found[0, 0], found[1, 0])))
    return guess


def _rotation(model: NDArray[np.float64]) -> NDArray[np.float64]:
    focal = np.exp(model[3])
    return np.asarray(cv2.Rodrigues(np.array([model[0] / focal, model[1] / focal, model[2]]))[0], dtype=np.float64)


@dataclass(frozen=True, eq=False)
class _Points:
    """The points to explain, in half diagonals from the middle of the picture."""

    a: NDArray[np.float64]
    """(2, N) at the first frame."""
    b: NDArray[np.float64]
    """(2, N) at the last."""
    noise: float

    def errors(self, models: NDArray[np.float64]) -> NDArray[np.float64]:
        """(M, 2, N) of M models (M, 6): where each camera sees the points, less where they are."""
        focal, zoom = np.exp(models[:, 3])[:, None, None], np.exp(models[:, 4])[:, None, None]
        bend = MOST_BEND * np.tanh(models[:, 5])[:, None]
        rotation = np.array([_rotation(model) for model in models])
        # rays (x, y, focal) instead of (x / focal, y / focal, 1): the same directions
        rotation[:, :, 2:] *= focal
        rays = np.empty((len(models), 3, self.a.shape[1]))
        rays[:, :2] = self.a * (1 + bend * self._a_square)[:, None]
        rays[:, 2] = 1
        seen = rotation @ rays
        seen = seen[:, :2] * (focal * zoom / np.maximum(seen[:, 2:], 1e-3 * focal))
        return np.asarray(seen - self.b * (1 + bend * self._b_square)[:, None])

    @cached_property
    def _a_square(self) -> NDArray[np.float64]:
        return np.asarray((self.a**2).sum(axis=0))

    @cached_property
    def _b_square(self) -> NDArray[np.float64]:
        return np.asarray((self.b**2).sum(axis=0))

    def cost(self, model: NDArray[np.float64], width: float) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
        """Of a model (6,), its errors (2, N), and their squares (N,) in `width`s."""
        errors = self.errors(model[None])[0]
        squares = (errors[0] ** 2 + errors[1] ** 2) / width**2
        prior = _STIFFNESS.diagonal() @ (model - _MEAN) ** 2
        return float(width**2 * np.log1p(squares).sum() / self.noise**2 + prior), errors, squares


def _descend(model: NDArray[np.float64], points: _Points, width: float) -> NDArray[np.float64]:
    cost, errors, squares = points.cost(model, width)
    damping, is_new = 1e-3, True
    for _ in range(_ROUNDS):
        if is_new:
            slopes = ((points.errors(model + _STEP * _DIAGONAL) - errors) / _STEP).reshape(len(model), -1)
            weighed = slopes * np.tile(1 / (1 + squares) / points.noise**2, 2)
            curve = weighed @ slopes.T + _STIFFNESS
            slope = weighed @ errors.ravel() + _STIFFNESS.diagonal() * (model - _MEAN)
        change = np.linalg.solve(curve * (1 + damping * _DIAGONAL), slope)
        lower, *there = points.cost(model - change, width)
        is_new = lower < cost
        # the gain that was had or, of a step that gains nothing, the one that was promised
        is_done = (cost - lower if is_new else slope @ change) < _ENOUGH * cost
        if is_new:
            model, cost, damping = model - change, lower, max(damping / 10, 1e-9)
            errors, squares = there
        else:
            damping *= 10
        if is_done:
            break
    return model
