"""How the picture of a scene moves as a whole, frame by frame: for things that must move with it.

frames ─▶ tracks.py ─▶ frame_moves.py ─▶ [scene_track] ─▶ shift and size of the scene in each frame ─▶ occluder.py
"""

import numpy as np
from numpy.typing import NDArray

from video4spatial.filters.frame_moves import frame_moves
from video4spatial.filters.scores import shrink, to_luma
from video4spatial.filters.tracks import follow

SIDE_PX = 128


def scene_track(frames: NDArray[np.uint8]) -> NDArray[np.float64]:
    """(T, 3) of frames (T, H, W, 3): how far the scene has moved since the first frame, right and down in short sides,
    and the logarithm of how much larger it has become. Where too little can be followed it stands still."""
    luma = shrink(to_luma(frames), SIDE_PX)
    steps = np.zeros((len(frames), 3))
    height, width = luma.shape[1:]
    side = min(height, width)
    for frame, (right_px, down_px, growth, _) in frame_moves(follow(luma), width, height):
        steps[frame] = right_px / side, down_px / side, growth
    return np.asarray(np.cumsum(steps, axis=0))
