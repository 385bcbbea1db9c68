"""How the picture of a scene moves as a whole, frame by frame: for things that must move with it.

frames ─▶ tracks.py ─▶ [scene_track] ─▶ shift and size of the scene in each frame ─▶ occluder.py

One similarity a pair of frames, fitted to the followed corners by least median, so that what moves by itself does not
count. It says nothing of depth.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from video4spatial.filters.scores import shrink, to_luma
from video4spatial.filters.tracks import LEAST_POINTS, follow

SIDE_PX = 128


def scene_track(frames: NDArray[np.uint8]) -> NDArray[np.float64]:
    """(T, 3) of frames (T, H, W, 3): how far the scene has moved since the first frame, right and down in short sides,
    and the logarithm of how much larger it has become. Where too little can be followed it stands still."""
    luma = shrink(to_luma(frames), SIDE_PX)
    steps = np.zeros((len(frames), 3))
    middle, side = np.array([luma.shape[2], luma.shape[1]]) / 2, min(luma.shape[1:])
    for stretch in follow(luma):
        for frame in range(1, len(stretch.points)):
            kept = stretch.alive[frame]
            if kept.sum() < LEAST_POINTS:
                break
            before, after = (stretch.points[k, kept].astype(np.float64) - middle for k in (frame - 1, frame))
            found, _ = cv2.estimateAffinePartial2D(before, after, method=cv2.LMEDS)
            if found is not None:
                growth = np.log(max(1e-6, np.hypot(found[0, 0], found[1, 0])))
                steps[stretch.start + frame] = [found[0, 2] / side, found[1, 2] / side, growth]
    return np.asarray(np.cumsum(steps, axis=0))
