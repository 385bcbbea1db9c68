"""How far two solutions of one clip are apart: what a clip does not determine comes out differently each time.

Mapped, Mapped ─▶ [apart] ─▶ Apart ─▶ child.py

The reprojection error does not tell right poses from wrong ones: a wrong focal length bends places and points until
they fit. Solutions that were begun at different focal lengths agree only where the pictures settle it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from video4spatial.filters.poses.limits import MOST_APART_DEG, MOST_APART_FOCAL, MOST_APART_SHARE
from video4spatial.filters.poses.mapped import Mapped

LEAST_SHARED = 8
"""Frames that both must have registered."""


@dataclass(frozen=True, eq=False)
class Apart:
    """How far one solution is from the other, after the similarity that fits them best."""

    turn_deg: NDArray[np.float64]
    """(R,) of the frames of the first; infinite where the second has none."""
    place_share: float
    """Root mean square distance of the places over the length of the path."""
    focal_ratio: float
    """Of the longer focal length over the shorter."""

    @property
    def agrees(self) -> bool:
        """Are the two near enough to be believed."""
        is_near = float(np.median(self.turn_deg)) < MOST_APART_DEG and self.place_share < MOST_APART_SHARE
        return is_near and self.focal_ratio < MOST_APART_FOCAL


def apart(one: Mapped, other: Mapped) -> Apart | None:
    """Of the first from the second; None where they share too few frames."""
    _, here, there = np.intersect1d(one.frames, other.frames, assume_unique=True, return_indices=True)
    if len(here) < LEAST_SHARED:
        return None
    ours, theirs = one.world_from_camera[here], other.world_from_camera[there]
    if not (np.isfinite(ours).all() and np.isfinite(theirs).all()):
        return None
    turn = _rotation(np.einsum("nij,nkj->ik", theirs[:, :3, :3], ours[:, :3, :3]))
    cosine = (np.einsum("nij,nij->n", turn @ ours[:, :3, :3], theirs[:, :3, :3]) - 1) / 2
    turn_deg = np.full(len(one.frames), np.inf)
    turn_deg[here] = np.degrees(np.arccos(np.clip(cosine, -1, 1)))
    length = float(np.linalg.norm(np.diff(theirs[:, :3, 3], axis=0), axis=1).sum())
    return Apart(
        turn_deg=turn_deg,
        place_share=trajectory_error(ours[:, :3, 3], theirs[:, :3, 3]) / max(length, 1e-12),
        focal_ratio=max(one.focal_px, other.focal_px) / min(one.focal_px, other.focal_px),
    )


def trajectory_error(ours: NDArray[np.float64], theirs: NDArray[np.float64]) -> float:
    """Root mean square distance of positions (N, 3) after the best similarity (Umeyama, PAMI 1991)."""
    a, b = ours - ours.mean(axis=0), theirs - theirs.mean(axis=0)
    left, size, right = np.linalg.svd(b.T @ a)
    flip = np.array([1.0, 1.0, np.sign(np.linalg.det(left @ right))])
    scale = (size * flip).sum() / max(1e-12, (a**2).sum())
    return float(np.sqrt(((scale * a @ (left * flip @ right).T - b) ** 2).sum(axis=1).mean()))


def _rotation(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """The rotation nearest to a matrix (3, 3)."""
    left, _, right = np.linalg.svd(matrix)
    return left @ np.diag([1.0, 1.0, np.linalg.det(left @ right)]) @ right
