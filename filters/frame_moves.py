"""How the picture moves as a whole from each frame to the next.

tracks.py ─▶ [frame_moves] ─▶ camera_motion.py, scene_track.py

One similarity a pair of frames, fitted to the followed corners by least median of squares, so that what moves by itself
does not count. It says nothing of depth.
"""

from collections.abc import Iterable, Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from video4spatial.filters.tracks import LEAST_POINTS, Stretch


def frame_moves(
    stretches: Iterable[Stretch], width_px: int, height_px: int
) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """(frame, move) of each pair that shares enough corners; the pair ends at that frame of the clip.

    A move (4,) is about the middle of the picture: right and down in pixels, the logarithm of how much larger the
    picture has become, and its turn in radians, clockwise as one sees it.
    """
    middle = np.array([width_px, height_px]) / 2
    for stretch in stretches:
        for frame in range(1, len(stretch.points)):
            kept = stretch.alive[frame]
            if kept.sum() < LEAST_POINTS:
                break
            before, after = (stretch.points[k, kept].astype(np.float64) - middle for k in (frame - 1, frame))
            found, _ = cv2.estimateAffinePartial2D(before, after, method=cv2.LMEDS)
            if found is not None:
                growth = np.log(max(1e-6, np.hypot(found[0, 0], found[1, 0])))
                turn_rad = np.arctan2(found[1, 0], found[0, 0])
                yield stretch.start + frame, np.array([found[0, 2], found[1, 2], growth, turn_rad])
