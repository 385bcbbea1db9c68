"""How a lens bends what a pinhole would show, in the two models of OpenCV that the others are cases of.

reader ─▶ [Lens] ─▶ fit.py: pictures are made straight

`distorted` maps points of the straight image plane (x/z, y/z) to the bent one; `image_from_camera` then gives pixels.
"""

from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

LensKind = Literal["pinhole", "opencv", "fisheye"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Lens:
    """The lenses of N frames, of one kind."""

    kind: LensKind = "pinhole"
    """`pinhole`: straight; `opencv`: cv2.projectPoints; `fisheye`: cv2.fisheye (equidistant)."""
    coefficients: NDArray[np.float64] | None = None
    """(N, 4) k1 k2 k3 k4 of a fisheye, (N, 8) k1 k2 p1 p2 k3 k4 k5 k6 of `opencv`; None for a pinhole."""

    def of(self, frame: int) -> NDArray[np.float64]:
        """The coefficients of one frame, none for a pinhole."""
        return np.zeros(0) if self.coefficients is None else self.coefficients[frame]


def straight_or(kind: LensKind, coefficients: NDArray[np.float64]) -> Lens:
    """The lens of (N, K) coefficients, which are padded with zeros; a pinhole where an `opencv` lens bends nothing."""
    wanted = {"opencv": 8, "fisheye": 4}[kind]
    padded = np.zeros((len(coefficients), wanted))
    padded[:, : coefficients.shape[1]] = coefficients
    # an equidistant fisheye bends also where all of its coefficients are zero
    return Lens() if kind == "opencv" and not padded.any() else Lens(kind=kind, coefficients=padded)


def distorted(kind: LensKind, coefficients: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where straight points (M, 2) of the plane z = 1 end in the bent one (M, 2)."""
    if kind == "pinhole" or not len(points):
        return points
    if kind == "fisheye":
        bent: Any = cv2.fisheye.distortPoints(points[:, None].astype(float), np.eye(3), coefficients)
    else:
        rays = np.concatenate([points, np.ones((len(points), 1))], axis=1)
        bent, _ = cv2.projectPoints(rays, np.zeros(3), np.zeros(3), np.eye(3), coefficients)
    return np.asarray(bent, dtype=float).reshape(-1, 2)
