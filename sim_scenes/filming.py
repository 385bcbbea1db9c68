"""Frames of a scene that may be another one in each frame.

Renderer + scene(s) + Cameras ─▶ [film] ─▶ Frames ─▶ [still_depth_m] ─▶ consistency.py
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from video4spatial.pipeline.core.camera import Cameras
from video4spatial.sim_scenes.render.base import Frames, Renderer
from video4spatial.sim_scenes.scene import Scene


def film(renderer: Renderer, scene: Scene, scenes: tuple[Scene, ...], cameras: Cameras) -> Frames:
    """What the cameras see of `scene`; frame by frame of `scenes` where there are some."""
    if not scenes:
        renderer.show(scene)
        return renderer.render(cameras)
    shots = []
    for frame, each in enumerate(scenes):
        renderer.show(each)
        shots.append(renderer.render(cameras[frame : frame + 1]))
    return Frames(
        np.concatenate([shot.rgb for shot in shots]),
        np.concatenate([shot.depth_m for shot in shots]),
        np.concatenate([shot.object_id for shot in shots]),
    )


def still_depth_m(frames: Frames, moving: tuple[Mapping[str, Any], ...]) -> NDArray[np.float32]:
    """(T, H, W) depth of what stands still; 0 where something that moves is seen.

    Pixels of moving things are no points to be found in another frame and no surface that a point is compared with, so
    they say nothing about whether depth and cameras agree.
    """
    if not moving:
        return frames.depth_m
    moves = np.isin(frames.object_id, [entry["id"] for entry in moving])
    return np.where(moves, np.float32(0.0), frames.depth_m)
