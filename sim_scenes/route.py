"""A way from corner to corner becomes a smooth line in space and time, clear of all things.

corners of a way ─▶ [plan_route] ─▶ Route ─▶ gaze.py, paths.py

The line is relaxed like a rubber band that things push away (elastic bands: Quinlan, Khatib 1993), so it passes doors
in the middle and rounds corners; where that would come too near to a thing it keeps to the way, which is clear. Its
pace is the fastest that pace.py allows.
"""

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from video4spatial.sim_scenes.clearance import FreeSpace
from video4spatial.sim_scenes.config import WalkConfig
from video4spatial.sim_scenes.geodesics import LENIENT_CELLS
from video4spatial.sim_scenes.pace import ACCELERATION_MPS2, BEND_SHARE, Pace, between, pace_of

STEP_M = 0.05
CLEAR_M = 0.006
"""What a line keeps beyond the walker's radius."""
ROOM_M = 0.35
"""Beyond the walker's radius; things farther than this do not push."""
PULLS, LAST_PULLS = 50, 8
STIFF, PUSH_M = 0.3, 0.02
SLOWEST_MPS = 0.02
AHEAD_M = (PULLS + LAST_PULLS) * STEP_M + 1.0


@dataclass(frozen=True, eq=False)
class Route:
    """A line and when it is where; M samples."""

    samples_m: NDArray[np.float64]
    """(M, 2) as (x, z), of which the line is the spline."""
    arc_m: NDArray[np.float64]
    """(M,) along the line, from 0."""
    pace: Pace

    def at(self, seconds: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Places (..., 2) and distances along the line (...) at times; before and after it stands at its ends."""
        number = self.pace.at(seconds)
        return between(self.samples_m, number), np.interp(number, np.arange(len(self.arc_m)), self.arc_m)

    def at_arc(self, arc_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """(..., 2) places at distances along the line."""
        return between(self.samples_m, np.interp(arc_m, self.arc_m, np.arange(len(self.arc_m))))


def overhang_m(walk: WalkConfig) -> float:
    """A line depends on the way so far ahead and no farther: relaxing, keeping clear and braking."""
    return AHEAD_M + walk.speed_mps**2 / (2 * (1 - BEND_SHARE) * ACCELERATION_MPS2)


def planning_radius_m(space: FreeSpace, radius_m: float) -> float:
    """What ways are planned with, so that lines along them keep `radius_m` and a little: 3 cm more on most maps."""
    return radius_m + max(0.03, LENIENT_CELLS * space.cell_m + CLEAR_M)


def plan_route(space: FreeSpace, walk: WalkConfig, way_m: NDArray[np.float64], at_rest: bool = False) -> Route:
    """The line along a way (n, 2) that was planned with `planning_radius_m`; `at_rest`: it begins at speed 0."""
    line = np.round(_relaxed(space, _resampled(way_m), walk.radius_m), 6)  # as the corners of a way (goals.py)
    steps_m = np.linalg.norm(np.diff(line, axis=0), axis=1)
    line = line[np.concatenate([[True], steps_m > 1e-6])]
    steps_m = np.linalg.norm(np.diff(line, axis=0), axis=1)
    pace = pace_of(walk, line, most_per_s=_turned_in_time(line, steps_m, walk), at_rest=at_rest)
    return Route(line, np.concatenate([[0.0], np.cumsum(steps_m)]), pace)


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
    at = np.arange(4 * (len(line) - 1)) / 4
    close = (space.clearance_at(between(line, at)) < least_m).reshape(-1, 4).any(axis=1)
    return np.append(close, False) | np.insert(close, 0, False)


@functools.lru_cache(maxsize=4)
def _push(space: FreeSpace, radius_m: float) -> NDArray[np.float64]:
    """(rows, columns, 2) how far things push a line away in one pull, along (x, z)."""
    along_z, along_x = np.gradient(space.clearance_m.astype(float), space.cell_m)
    near = np.clip((radius_m + ROOM_M - space.clearance_m) / ROOM_M, 0.0, 1.0)
    return np.stack([along_x, along_z], axis=-1) * (PUSH_M * near)[..., None]


def _turned_in_time(line: NDArray[np.float64], steps_m: NDArray[np.float64], walk: WalkConfig) -> NDArray[np.float64]:
    """(M,) samples a second at which the way does not turn faster than a view may; where it turns on the spot,
    SLOWEST_MPS."""
    most = np.full(len(line), np.inf)
    if len(line) > 2:
        x, z = np.diff(line, axis=0).T
        turn = np.abs(np.arctan2(x[:-1] * z[1:] - z[:-1] * x[1:], x[:-1] * x[1:] + z[:-1] * z[1:]))
        slowest = 2 * SLOWEST_MPS / (steps_m[:-1] + steps_m[1:])
        most[1:-1] = np.maximum(np.radians(walk.max_turn_dps) / np.maximum(turn, 1e-9), slowest)
    return most
