"""Does the depth of a rendered sequence agree with its cameras: the score that rejects as `geometry_mismatch`.

Frames of full size + the depth grid + Cameras ─▶ [rendered_error] ─▶ `geometry_error` ─▶ stage.py
"""

from collections.abc import Mapping
from typing import Any

from video4spatial.pipeline.core.camera import Cameras
from video4spatial.pipeline.core.consistency import geometry_error, grid_error
from video4spatial.sim_scenes.filming import still_depth_m
from video4spatial.sim_scenes.render.base import Frames

FINE_PX = 32
"""Grids from this side on have points enough on planes to be compared from frame to frame by themselves."""


def rendered_error(
    frames: Frames, cameras: Cameras, geometry: Frames, small: Cameras, moving: tuple[Mapping[str, Any], ...]
) -> float:
    """`geometry_error` of the depth grid. Of a grid below FINE_PX it is that of the full frames, which were rendered
    with the same cameras, and of each frame's grid against its full depth, whichever is worse."""
    still_m = still_depth_m(geometry, moving)
    if min(small.width_px, small.height_px) >= FINE_PX or small.width_px == cameras.width_px:
        return geometry_error(still_m, small)
    full_m = still_depth_m(frames, moving)
    return max(geometry_error(full_m, cameras), grid_error(still_m, small, full_m, cameras))
