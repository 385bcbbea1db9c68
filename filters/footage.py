"""A clip as variants are made of it: frames, times, and cameras and depth where there are some.

Sequence ─▶ [Footage] ─▶ lighting.py | occluder.py | reframe.py ─▶ Footage ─▶ variant of the Sequence
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from video4spatial.pipeline.core.camera import Cameras
from video4spatial.pipeline.core.sequence import Sequence


@dataclass(frozen=True, kw_only=True, eq=False)
class Footage:
    """T frames of one clip."""

    frames: NDArray[np.uint8]
    """(T, H, W, 3) sRGB."""
    times_s: NDArray[np.float64]
    """(T,) rising seconds."""
    cameras: Cameras | None = None
    depth_m: NDArray[np.float32] | None = None
    """(T, h, w) z-depth, 0 = none; H/h = W/w is a whole number."""
    camera_motion: str = ""
    """What `camera_motion.py` says of it; empty where it was not measured."""
    hidden: NDArray[np.bool_] | None = None
    """(T, H, W) pixels that a variant has put something before; None where it has not."""

    @property
    def place(self) -> NDArray[np.float64]:
        """(T,) time from 0 at the first frame to 1 at the last."""
        length_s = float(self.times_s[-1] - self.times_s[0])
        return (self.times_s - self.times_s[0]) / length_s if length_s > 0 else np.zeros(len(self.times_s))


def footage_of(sequence: Sequence, camera_motion: str = "") -> Footage:
    """The clip of a sequence."""
    return Footage(
        frames=sequence.frames,
        times_s=np.asarray(sequence.times * float(sequence.time_base), dtype=np.float64),
        cameras=sequence.cameras,
        depth_m=sequence.depth_m,
        camera_motion=camera_motion,
    )


def pixel_grid(height: int, width: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Pixel centres, (1, W) and (H, 1), from the picture's centre, in short sides."""
    side = min(height, width)
    x = ((np.arange(width, dtype=np.float32) + 0.5 - width / 2) / side)[None, :]
    y = ((np.arange(height, dtype=np.float32) + 0.5 - height / 2) / side)[:, None]
    return np.asarray(x, dtype=np.float32), np.asarray(y, dtype=np.float32)
