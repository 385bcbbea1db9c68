"""What the mapper makes of a clip: cameras and points in a world of their own.

mapping.py ─▶ [Mapped] ─▶ agreement.py, child.py
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Mapped:
    """The largest model, in a world of its own."""

    frames: NDArray[np.int64]
    """(R,) numbers of the frames that have a camera, rising."""
    world_from_camera: NDArray[np.float64]
    """(R, 4, 4) OpenCV axes."""
    seen: NDArray[np.int64]
    """(R,) points that each of them shows."""
    focal_px: float
    errors_px: NDArray[np.float64]
    """(P,) mean reprojection error of each point."""
    angles_deg: NDArray[np.float64]
    """(P,) the widest angle under which two cameras see it."""
    points: NDArray[np.float64]
    """(P, 3)."""
    explained_share: float
    """Of the corners that were followed through three frames or more, how many are seen where the model says."""
