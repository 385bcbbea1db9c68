"""A way from corner to corner becomes a smooth line in space and time, clear of all things.

corners of a way ─▶ [plan_route] ─▶ Route ─▶ gaze.py, paths.py

The line is relaxed like a rubber band that things push away (elastic bands: Quinlan, Khatib 1993), so it passes doors
in the middle and rounds corners; where that would come too near to a thing it keeps to the way, which is clear. Speed
is then the largest that the walking speed, the turn rate and the acceleration allow everywhere.
"""

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from video4spatial.sim_scenes.clearance import FreeSpace
from video4spatial.sim_scenes.config import WalkConfig
from video4spatial.sim_scenes.geodesics import LENIENT_CELLS

ACCELERATION_MPS2 = 1.5
ALONG_SHARE, ACROSS_SHARE = 0.66, 0.75
"""Of the acceleration, for changes of speed and of direction: the norm of the two is below 1."""
STEP_M = 0.05
CLEAR_M = 0.006
"""What a line keeps beyond the walker's radius."""
ROOM_M = 0.35
"""Beyond the walker's radius; things farther than this do not push."""
PULLS, LAST_PULLS = 50, 8
STIFF, PUSH_M = 0.3, 0.02
SLOWEST_MPS = 0.02
OVERHANG_M = (PULLS + LAST_PULLS) * STEP_M + 3.0
"""A line depends on the way so far ahead and no farther: relaxing, keeping clear and braking."""


@dataclass(frozen=True, eq=False)
class Route:
    """A line and when it is where; M samples."""

    places_m: NDArray[np.float64]
    """(M, 2) as (x, z)."""
    arc_m: NDArray[np.float64]
    """(M,) along the line, from 0."""
    time_s: NDArray[np.float64]
    """(M,) rising."""
    speed_mps: NDArray[np.float64]
    """(M,); between two samples it changes evenly in time."""

    def at(self, seconds: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Places (..., 2) and distances along the line (...) at times; before and after it stands at its ends."""
        if len(self.time_s) < 2:
            return self.at_arc(0.0 * seconds), 0.0 * seconds
        now_s = np.clip(seconds, self.time_s[0], self.time_s[-1])
        k = np.clip(np.searchsorted(self.time_s, now_s, side="right") - 1, 0, len(self.time_s) - 2)
        since_s, lasts_s = now_s - self.time_s[k], self.time_s[k + 1] - self.time_s[k]
        gained = (self.speed_mps[k + 1] - self.speed_mps[k]) * since_s / lasts_s
        arc_m = self.arc_m[k] + (self.speed_mps[k] + gained / 2) * since_s
        return self.at_arc(arc_m), arc_m

    def at_arc(self, arc_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """(..., 2) places at distances along the line."""
        return np.stack([np.interp(arc_m, self.arc_m, column) for column in self.places_m.T], axis=-1)


def planning_radius_m(space: FreeSpace, radius_m: float) -> float:
    """What ways are planned with, so that lines along them keep `radius_m` and a little: 3 cm more on most maps."""
    return radius_m + max(0.03, LENIENT_CELLS * space.cell_m + CLEAR_M)


def plan_route(space: FreeSpace, walk: WalkConfig, way_m: NDArray[np.float64], at_rest: bool = False) -> Route:
    """The line along a way (n, 2) that was planned with `planning_radius_m`; `at_rest`: it begins at speed 0."""
    line = np.round(_relaxed(space, _resampled(way_m), walk.radius_m), 6)  # as the corners of a way (goals.py)
    steps_m = np.linalg.norm(np.diff(line, axis=0), axis=1)
    line = line[np.concatenate([[True], steps_m > 1e-6])]
    steps_m = np.linalg.norm(np.diff(line, axis=0), axis=1)
    speed = _speeds(line, steps_m, walk, at_rest)
    time_s = np.concatenate([[0.0], np.cumsum(2 * steps_m / (speed[:-1] + speed[1:]))])
    return Route(line, np.concatenate([[0.0], np.cumsum(steps_m)]), time_s, speed)


def _resampled(way: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points on the way, STEP_M apart; its last piece may be left out."""
    arc = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(way, axis=0), axis=1))])
    at = np.arange(int(arc[-1] / STEP_M) + 1) * STEP_M
    return np.stack([np.interp(at, arc, way[:, 0]), np.interp(at, arc, way[:, 1])], axis=1)


def _relaxed(space: FreeSpace, taut: NDArray[np.float64], radius_m: float) -> NDArray[np.float64]:
    line, push = taut.copy(), _push(space, radius_m)
    for pull in range(PULLS + LAST_PULLS if len(taut) > 2 else 0):
        inner = line[1:-1]
        change = STIFF * (line[:-2] + line[2:] - 2 * inner)
        if pull < PULLS:
            cells = ((inner - np.asarray(space.origin_m)) / space.cell_m).astype(int)
            change += push[cells[:, 1], cells[:, 0]]
        line[1:-1] = inner + change
    keep = np.ones(len(line))
    for _ in range(6):
        bent = taut + keep[:, None] * (line - taut)
        close = _too_close(space, bent, radius_m + CLEAR_M)
        if not close.any():
            return bent
        reach = np.convolve(close, np.ones(11), mode="same")[: len(close)] > 0
        keep = np.where(reach, 0.0, keep)
        keep = np.minimum(keep, _smoothed(keep) if len(keep) > 9 else 0.0)
    return taut


def _smoothed(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N,) the mean of each and four on either side, zeros beyond the ends.

    Added up by hand: `np.convolve` gives other last digits for the same numbers at another place in memory.
    """
    padded = np.pad(values, 4)
    total = np.zeros(len(values))
    for shift in range(9):
        total += padded[shift : shift + len(values)]
    return total / 9


def _too_close(space: FreeSpace, line: NDArray[np.float64], least_m: float) -> NDArray[np.bool_]:
    """(M,) does one of the pieces at a point come nearer than `least_m` to a thing; looked at every 12 mm."""
    part = (np.arange(4) / 4)[:, None]
    between = line[:-1, None] + (line[1:] - line[:-1])[:, None] * part
    close = (space.clearance_at(between) < least_m).any(axis=1)
    return np.append(close, False) | np.insert(close, 0, False)


@functools.lru_cache(maxsize=4)
def _push(space: FreeSpace, radius_m: float) -> NDArray[np.float64]:
    """(rows, columns, 2) how far things push a line away in one pull, along (x, z)."""
    along_z, along_x = np.gradient(space.clearance_m.astype(float), space.cell_m)
    near = np.clip((radius_m + ROOM_M - space.clearance_m) / ROOM_M, 0.0, 1.0)
    return np.stack([along_x, along_z], axis=-1) * (PUSH_M * near)[..., None]


def _speeds(
    line: NDArray[np.float64], steps_m: NDArray[np.float64], walk: WalkConfig, at_rest: bool
) -> NDArray[np.float64]:
    """(M,) m/s, the largest allowed."""
    limit = np.full(len(line), walk.speed_mps)
    if len(line) > 2:
        x, z = np.diff(line, axis=0).T
        turn = np.abs(np.arctan2(x[:-1] * z[1:] - z[:-1] * x[1:], x[:-1] * x[1:] + z[:-1] * z[1:]))
        bend = np.maximum(2 * turn / (steps_m[:-1] + steps_m[1:]), 1e-9)
        across = np.sqrt(ACROSS_SHARE * ACCELERATION_MPS2 / bend)
        limit[1:-1] = np.minimum(limit[1:-1], np.minimum(np.radians(walk.max_turn_dps) / bend, across))
    limit = np.maximum(limit, SLOWEST_MPS)
    speed = limit.tolist()
    if at_rest:
        speed[0] = 0.0
    gain = (2 * ALONG_SHARE * ACCELERATION_MPS2 * steps_m).tolist()
    for i, more in enumerate(gain):
        speed[i + 1] = min(speed[i + 1], (speed[i] ** 2 + more) ** 0.5)
    for i in range(len(gain) - 1, -1, -1):
        speed[i] = min(speed[i], (speed[i + 1] ** 2 + gain[i]) ** 0.5)
    return np.array(speed)
