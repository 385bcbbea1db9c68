"""The same path from slightly other poses: moved a little, turned a little, through another lens.

Walk + Place ─▶ [jitter_variant] ─▶ another Walk in the same scene

One shift and one turn for the whole path: speeds and turn rates stay those of the path. The shifted path has the same
clearance guaranteed as every path, looked up at its frames and between them.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from video4spatial.sim_scenes.clearance import FreeSpace
from video4spatial.sim_scenes.config import WalkConfig
from video4spatial.sim_scenes.paths import Walk
from video4spatial.sim_scenes.place import Place
from video4spatial.sim_scenes.variants import Variant

SHIFT_M, RISE_M = 0.3, 0.15
YAW_RAD, PITCH_RAD, ROLL_RAD = np.radians([10.0, 6.0, 4.0])
TRIES = 24
"""Shifts drawn, each smaller than the last, before the path stays where it is."""


def jitter_variant(place: Place, path: Walk, walk: WalkConfig, draw: np.random.Generator) -> Variant:
    """The path shifted by up to 0.3 m and 0.15 m in height, within the heights and lenses of `walk`."""
    yaw, pitch, roll = (float(draw.uniform(-most, most)) for most in (YAW_RAD, PITCH_RAD, ROLL_RAD))
    fov_deg = float(draw.uniform(*walk.horizontal_fov_deg))
    heights = path.world_from_camera[:, 1, 3] - place.space.floor_m
    lowest, highest = walk.eye_height_m[0] - heights.min(), walk.eye_height_m[1] - heights.max()
    rise_m = float(np.clip(draw.uniform(-RISE_M, RISE_M), min(lowest, 0.0), max(highest, 0.0)))
    shift_m, clearance_m = _draw_shift(place.space, path, walk.radius_m, draw)
    poses = path.world_from_camera.copy()
    poses[:, :3, :3] = _about(yaw, 1) @ poses[:, :3, :3] @ _about(pitch, 0) @ _about(roll, 2)
    poses[:, :3, 3] += (shift_m[0], rise_m, shift_m[1])
    moved = replace(path, world_from_camera=poses, horizontal_fov_deg=fov_deg, min_clearance_m=clearance_m)
    parameters = {
        "shift_m": [round(float(value), 4) for value in (shift_m[0], rise_m, shift_m[1])],
        "yaw_rad": round(yaw, 4),
        "pitch_rad": round(pitch, 4),
        "roll_rad": round(roll, 4),
        "horizontal_fov_deg": round(fov_deg, 4),
    }
    return Variant("jitter", place.scene, parameters, walk=moved)


def _draw_shift(
    space: FreeSpace, path: Walk, radius_m: float, draw: np.random.Generator
) -> tuple[NDArray[np.float64], float]:
    """A shift (x, z) of the whole path that keeps `radius_m` from everything, and the clearance it leaves."""
    places = path.world_from_camera[:, [0, 2], 3]
    between = [places[:-1] + (places[1:] - places[:-1]) * part for part in (0.0, 0.25, 0.5, 0.75)]
    line = np.concatenate([*between, places[-1:]])
    for attempt in range(TRIES):
        reach_m = SHIFT_M * np.sqrt(draw.random()) * (1.0 - attempt / TRIES)
        angle = draw.uniform(-np.pi, np.pi)
        shift_m = reach_m * np.array([np.cos(angle), np.sin(angle)])
        clearance_m = float(space.clearance_at(line + shift_m).min())
        if clearance_m >= radius_m:
            return shift_m, clearance_m
    return np.zeros(2), path.min_clearance_m


def _about(angle: float, axis: int) -> NDArray[np.float64]:
    """(3, 3) rotation about one axis."""
    turn = np.eye(3)
    i, j = (axis + 1) % 3, (axis + 2) % 3
    turn[i, i] = turn[j, j] = np.cos(angle)
    turn[j, i] = np.sin(angle)
    turn[i, j] = -turn[j, i]
    return turn
