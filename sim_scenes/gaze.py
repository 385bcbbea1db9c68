"""Where a walker looks: at things in sight, else where it goes, and not at a wall from close by.

Route + interests + rng ─▶ [draw_gaze] ─▶ wanted yaw and pitch at each instant ─▶ [turn_heads] ─▶ yaw, pitch ─▶ paths.py

What is wanted is drawn for each walker before it walks; the heads of all walkers then follow together, with bounded
rates and a soft start and stop.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from video4spatial.sim_scenes.clearance import FreeSpace
from video4spatial.sim_scenes.config import WalkConfig
from video4spatial.sim_scenes.pace import TURN_UP_PER_S
from video4spatial.sim_scenes.route import Route

YAW_SHARE, PITCH_SHARE = 0.95, 0.3
"""Of max_turn_dps, for the two axes of the gaze: sqrt(0.95^2 + 0.3^2) < 1."""
LEVEL_RAD = np.radians(-6.0)
"""Where a gaze rests that follows nothing: slightly down, as people look into a room."""
AHEAD_SHARE = 0.3
"""How often a walker looks where it goes though there are things to look at."""
AHEAD_M = 1.6
"""How far ahead on the way it looks then."""
NEAR_M, FAR_M, TOO_NEAR_M = 1.2, 5.5, 0.8
"""Things are chosen within the first two distances, and left when they are nearer than the third."""
OPEN_M = 1.3
"""A look that goes less far is a look at a wall."""
WIDE_M = 3.0
"""Beyond this, farther is not better."""
WIDEST_RAD = np.radians(120.0)
"""Between the way and what is looked at."""
AHEAD_WIDEST_RAD = np.radians(80.0)
TURN_COST_M = 1.0
"""Metres of view that a turn of 1 rad away from the way must bring."""
FAN = 24
"""Directions in which the view is measured, every KNOT_STEPS."""
KNOT_STEPS = 3
SIDE_STEPS = 2
"""Directions to each side that count for how open a view is: a view is about 60 degrees wide."""
SHORTEST_S = 0.4


@dataclass(frozen=True, eq=False)
class Interests:
    """Things worth a look."""

    places_m: NDArray[np.float64]
    """(n, 3)."""
    depth_m: NDArray[np.float64]
    """(n,) how far inside something that ends looks each lies: 0 for a bed, half its width for a wardrobe."""


@dataclass(frozen=True, eq=False)
class Wanted:
    """Where one walker wants to look, at each of N instants."""

    yaw: NDArray[np.float64]
    pitch: NDArray[np.float64]


def find_interests(space: FreeSpace, places_m: NDArray[np.float64]) -> Interests:
    """The places (n, 3), with how deep they lie; a place in the middle of a wall is dropped, if others are left."""
    spot = places_m[:, [0, 2]]
    angles = np.arange(16) * np.pi / 8
    depth = np.full(len(spot), np.inf)
    for radius_m in np.arange(0, 20) * space.cell_m:
        ring = spot[:, None] + radius_m * np.stack([np.sin(angles), np.cos(angles)], axis=1)
        depth = np.where(np.isinf(depth) & space.passes(ring).any(axis=1), radius_m, depth)
    kept = np.isfinite(depth) if np.isfinite(depth).any() else np.ones(len(depth), dtype=bool)
    return Interests(places_m[kept], np.where(np.isfinite(depth), depth, 0.0)[kept])


def draw_gaze(
    space: FreeSpace,
    walk: WalkConfig,
    interests: Interests,
    route: Route,
    seconds: NDArray[np.float64],
    eye_m: float,
    draw: np.random.Generator,
    end: tuple[NDArray[np.float64], float] | None = None,
    pitch_rad: tuple[float, float] = (-0.35, 0.1),
) -> Wanted:
    """What to look at, at each of `seconds` (N,), evenly spaced. `eye_m`: height in the world.

    `end`: a walk that is drawn backwards in time; it looks at this point (3,) for so many seconds and more, and its way
    lies behind.
    """
    places, arc_m = route.at(seconds)
    onward = route.at_arc(arc_m + (AHEAD_M if end is None else -AHEAD_M))
    behind = route.at_arc(arc_m + (-0.1 if end is None else 0.1))
    ahead = _yaw(onward - np.where(np.linalg.norm(onward - places, axis=1, keepdims=True) > 0.3, places, behind))
    view_m = _open_views(space, places)
    yaw, pitch = _open_ahead(ahead, view_m), np.full(len(seconds), LEVEL_RAD)
    step_s = float(seconds[1] - seconds[0]) if len(seconds) > 1 else 1.0
    k = 0
    while k < len(seconds):
        dwell, which, share = draw.uniform(*walk.dwell_s), draw.random(), draw.random()
        if k == 0 and end is not None:
            target, depth_m, dwell = end[0], 0.5, end[1] + dwell
        else:
            found = _choose(space, interests, places[k], ahead[k], view_m[k // KNOT_STEPS], which)
            if found is None or share < AHEAD_SHARE:
                k += max(1, round(dwell / step_s * (0.3 if found is None else 1.0)))
                continue
            target, depth_m = interests.places_m[found], interests.depth_m[found]
        stop = min(len(seconds), k + max(1, round(dwell / step_s)))
        first = k + max(1, round((SHORTEST_S if end is None or k else end[1] + SHORTEST_S) / step_s))
        lost = _is_lost(space, places[k:stop], target, depth_m)
        stop = min(stop, max(first, k + int(lost.argmax()))) if lost.any() else stop
        away = target[[0, 2]] - places[k:stop]
        yaw[k:stop] = _yaw(away)
        distance = np.maximum(np.linalg.norm(away, axis=1), 0.5)
        pitch[k:stop] = np.clip(np.arctan2(target[1] - eye_m, distance), *pitch_rad)
        k = stop
    return Wanted(yaw, pitch)


def turn_heads(walk: WalkConfig, wanted: list[Wanted], step_s: float) -> tuple[NDArray, NDArray]:
    """(P, N) yaw and pitch of heads that follow what is wanted; each begins where it wants to."""
    goal_yaw, goal_pitch = (np.stack([getattr(one, name) for one in wanted]) for name in ("yaw", "pitch"))
    yaw, pitch = goal_yaw.copy(), goal_pitch.copy()
    rate, rise = np.zeros(len(wanted)), np.zeros(len(wanted))
    most = np.radians(walk.max_turn_dps) * YAW_SHARE
    tilt = np.radians(walk.max_turn_dps) * PITCH_SHARE
    for k in range(1, yaw.shape[1]):
        aim = np.clip(2.0 * wrapped(goal_yaw[:, k] - yaw[:, k - 1]), -most, most)
        rate = rate + np.clip(aim - rate, -TURN_UP_PER_S * most * step_s, TURN_UP_PER_S * most * step_s)
        yaw[:, k] = yaw[:, k - 1] + rate * step_s
        aim = np.clip(1.2 * (goal_pitch[:, k] - pitch[:, k - 1]), -tilt, tilt)
        rise = rise + np.clip(aim - rise, -TURN_UP_PER_S * tilt * step_s, TURN_UP_PER_S * tilt * step_s)
        pitch[:, k] = pitch[:, k - 1] + rise * step_s
    return yaw, pitch


def wrapped(angle: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same angle within -pi to pi."""
    return (angle + np.pi) % (2 * np.pi) - np.pi


def _choose(
    space: FreeSpace,
    interests: Interests,
    place_m: NDArray[np.float64],
    ahead: float,
    view_m: NDArray[np.float64],
    part: float,
) -> int | None:
    """A thing in sight, not far from the way, in an open view; the more of it is seen at once the more often."""
    away = interests.places_m[:, [0, 2]] - place_m
    distance, yaw = np.linalg.norm(away, axis=1), _yaw(away)
    near = np.flatnonzero((distance > NEAR_M) & (distance < FAR_M) & (np.abs(wrapped(yaw - ahead)) < WIDEST_RAD))
    near = near[view_m[_direction(yaw[near])] >= OPEN_M]
    hidden = space.hidden_m(np.tile(place_m, (len(near), 1)), interests.places_m[near][:, [0, 2]])
    near = near[hidden <= interests.depth_m[near] + 0.15]
    if not len(near):
        return None
    weight = np.cumsum(np.minimum(view_m[_direction(yaw[near])], WIDE_M) ** 2)
    return int(near[min(int(np.searchsorted(weight, part * weight[-1])), len(near) - 1)])


def _is_lost(
    space: FreeSpace, places_m: NDArray[np.float64], target_m: NDArray[np.float64], depth_m: float
) -> NDArray[np.bool_]:
    """(N,) is the target out of sight or too near to be seen."""
    spot = np.tile(target_m[[0, 2]], (len(places_m), 1))
    near = np.linalg.norm(places_m - spot, axis=1) < TOO_NEAR_M
    return near | (space.hidden_m(places_m, spot) > depth_m + 0.25)


def _open_views(space: FreeSpace, places_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """(knots, FAN) metres: how far one sees in each direction, the mean over the width of a picture."""
    knots = places_m[::KNOT_STEPS]
    fan = np.arange(FAN) * 2 * np.pi / FAN
    sight = np.minimum(space.sight_m(knots[:, None], np.tile(fan, (len(knots), 1)), WIDE_M + 1.0), WIDE_M + 1.0)
    return np.mean([np.roll(sight, side, axis=1) for side in range(-SIDE_STEPS, SIDE_STEPS + 1)], axis=0)


def _open_ahead(ahead: NDArray[np.float64], view_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N,) the way's yaw, turned aside as far as it is worth to see more than a wall."""
    knots = np.arange(len(ahead)) // KNOT_STEPS
    straight = view_m[knots, _direction(ahead)]
    fan = np.arange(FAN) * 2 * np.pi / FAN
    aside = wrapped(fan - ahead[:, None])
    worth = np.minimum(view_m[knots], WIDE_M) - TURN_COST_M * np.abs(aside)
    worth = np.where(np.abs(aside) < AHEAD_WIDEST_RAD, worth, -np.inf)
    return np.where(straight >= 2.0, ahead, fan[worth.argmax(axis=1)])


def _direction(yaw: NDArray[np.float64]) -> NDArray[np.int64]:
    """Index of the nearest direction of the fan."""
    return np.round(yaw * FAN / (2 * np.pi)).astype(int) % FAN


def _yaw(away: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.arctan2(-away[..., 0], -away[..., 1])
