"""The unrest of a camera that is held by hand, as a small smooth motion added to a path.

WalkConfig ─▶ [calm] ─▶ paths, moves ─▶ Walk ─▶ [shaken] ─▶ Walk

The unrest takes its share of the allowed speed, turn rate and room: paths are planned with the rest (`calm`), so a
shaken path keeps to the same bounds of these as a steady one. How fast speed and turn rate change is not bounded: that
is what a shake is.
"""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from video4spatial.sim_scenes.config import WalkConfig
from video4spatial.sim_scenes.paths import Walk

SHARE = 0.25
"""Of speed and turn rate that a shake of 1 takes."""
SLOWEST_HZ, FASTEST_HZ = 0.7, 2.0
WAVES = 3
SHIFT_SHARES = (0.5, 0.7, 0.5)
"""Of the speed, for x, y and z: their norm is below 1."""
TURN_SHARES = (0.4, 0.4, 0.2)
"""Of the turn rate, about the camera's x, y and z: their sum is 1."""


def calm(walk: WalkConfig) -> WalkConfig:
    """The settings that the path underneath the shake has to keep; `walk` itself without a shake."""
    if not walk.shake:
        return walk
    rest = 1.0 - SHARE * walk.shake
    return replace(
        walk,
        speed_mps=walk.speed_mps * rest,
        max_turn_dps=walk.max_turn_dps * rest,
        radius_m=walk.radius_m + reach_m(walk),
    )


def reach_m(walk: WalkConfig) -> float:
    """The farthest that the shake moves a camera sideways."""
    sideways_mps = SHARE * walk.shake * walk.speed_mps * math.hypot(SHIFT_SHARES[0], SHIFT_SHARES[2])
    return sideways_mps / (2 * math.pi * SLOWEST_HZ)


def shaken(path: Walk, walk: WalkConfig, rate_fps: float, draw: np.random.Generator) -> Walk:
    """`path`, which was planned with `calm(walk)`, held by hand. Nothing is drawn without a shake."""
    if not walk.shake:
        return path
    seconds = np.arange(len(path.world_from_camera)) / rate_fps
    speeds = [SHARE * walk.shake * walk.speed_mps * share for share in SHIFT_SHARES]
    rates = [SHARE * walk.shake * np.radians(walk.max_turn_dps) * share for share in TURN_SHARES]
    shift_m = np.stack([_wave(seconds, fastest, draw) for fastest in speeds], axis=1)
    turn = np.stack([_wave(seconds, fastest, draw) for fastest in rates], axis=1)
    poses = path.world_from_camera.copy()
    poses[:, :3, 3] += shift_m
    poses[:, :3, :3] = poses[:, :3, :3] @ _about(turn[:, 0], 0) @ _about(turn[:, 1], 1) @ _about(turn[:, 2], 2)
    return replace(path, world_from_camera=poses, min_clearance_m=path.min_clearance_m - reach_m(walk))


def _wave(seconds: NDArray[np.float64], fastest: float, draw: np.random.Generator) -> NDArray[np.float64]:
    """A sum of sines whose rate of change never exceeds `fastest` a second."""
    hertz = draw.uniform(SLOWEST_HZ, FASTEST_HZ, size=WAVES)
    parts = draw.dirichlet(np.ones(WAVES)) * fastest / (2 * np.pi * hertz)
    phases = draw.uniform(0, 2 * np.pi, size=WAVES)
    return (parts * np.sin(2 * np.pi * hertz * seconds[:, None] + phases)).sum(axis=1)


def _about(angle: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    """(T, 3, 3) rotations about one axis."""
    turn = np.tile(np.eye(3), (len(angle), 1, 1))
    i, j = (axis + 1) % 3, (axis + 2) % 3
    turn[:, i, i] = turn[:, j, j] = np.cos(angle)
    turn[:, j, i] = np.sin(angle)
    turn[:, i, j] = -turn[:, j, i]
    return turn
