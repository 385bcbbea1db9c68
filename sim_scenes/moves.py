"""Camera moves beside walking: looking around, orbits, dolly and pan moves, loops that come back.

FreeSpace + Target ... + rng ─▶ [draw_move] ─▶ Track ─▶ play.py

Ranges are those of ReCamMaster's sampler (arXiv 2503.11647): pan 5 to 45 degrees, tilt 5 to 30, arc 15 to 75, shifts
of a quarter to all of the free distance. Every place of a track has the clearance that a walk keeps.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from video4spatial.sim_scenes.clearance import FreeSpace
from video4spatial.sim_scenes.config import MoveKind, WalkConfig
from video4spatial.sim_scenes.geodesics import way_between
from video4spatial.sim_scenes.goals import NEAREST_M, find_goals
from video4spatial.sim_scenes.pace import ACCELERATION_MPS2, BEND_SHARE
from video4spatial.sim_scenes.play import Lens, Track, full_pace
from video4spatial.sim_scenes.route import plan_route, planning_radius_m

PAN_DEG, TILT_DEG, ARC_DEG, SWEEP_DEG = (5.0, 45.0), (5.0, 30.0), (15.0, 75.0), (90.0, 360.0)
LEVEL_RAD = np.radians(-6.0)
"""Where a gaze rests that follows nothing: slightly down, as people look into a room."""
STEEPEST_RAD = np.radians(45.0)
SLACK_M = 0.02
SAMPLES = 401
AWAY_SHARE = 0.5
"""Of the loops, how many go out of sight of where they began, where there is time for it."""
TURN_SAMPLES = 12
"""Of a line of 5 cm steps, over which a gaze is smoothed to both sides; and so many it stands where it turns round."""
BLOCKED_M = -0.05
"""Clearance below this on the map is inside a thing: cells beside one have more."""


@dataclass(frozen=True, eq=False)
class Target:
    """A thing that can be orbited or looked at."""

    object_id: int
    centre_m: NDArray[np.float64]
    """(3,)."""
    reach_m: float
    """Half the diagonal of its box, seen from above."""


def draw_move(
    kind: MoveKind,
    space: FreeSpace,
    walk: WalkConfig,
    targets: tuple[Target, ...],
    lens: Lens,
    duration_s: float,
    draw: np.random.Generator,
) -> tuple[MoveKind, Track, Lens]:
    """The move that was made, its track and its lens: where nothing can be orbited, the camera looks around."""
    if kind == "orbit":
        orbit = _orbit(space, walk, targets, lens, draw)
        return ("look_around", _look_around(space, walk, draw), lens) if orbit is None else (kind, orbit, lens)
    if kind == "loop":
        # one pace, so that the whole loop fits
        away = _loop_away(space, walk, duration_s, draw) if draw.random() < AWAY_SHARE else None
        return kind, away or _loop(space, walk, duration_s, draw), replace(lens, easing=0.0)
    return kind, (_dolly if kind == "dolly" else _look_around)(space, walk, draw), lens


def aim(
    places_m: NDArray[np.float64], eye_m: float, target_m: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Yaw (N,), continuous, and pitch (N,), at most 45 degrees, from places (x, z) at height `eye_m` to a point."""
    away = target_m[[0, 2]] - places_m
    yaw = np.unwrap(np.arctan2(-away[:, 0], -away[:, 1]))
    pitch = np.arctan2(target_m[1] - eye_m, np.maximum(np.linalg.norm(away, axis=1), 0.05))
    return yaw, np.clip(pitch, -STEEPEST_RAD, STEEPEST_RAD)


def is_open(space: FreeSpace, places_m: NDArray[np.float64], target: Target) -> NDArray[np.bool_]:
    """(N,) does nothing on the map stand between a place and the target's box."""
    away = target.centre_m[[0, 2]] - places_m
    distance = np.linalg.norm(away, axis=1, keepdims=True)
    free = np.maximum(1.0 - (target.reach_m + 0.05) / np.maximum(distance, 1e-9), 0.0)
    line = places_m[:, None] + away[:, None] * (free * np.linspace(0, 1, 48))[..., None]
    return np.all(space.clearance_at(line) > BLOCKED_M, axis=1)


def _places(space: FreeSpace, walk: WalkConfig, draw: np.random.Generator, count: int) -> NDArray[np.float64]:
    free = space.places_m(space.walkable(walk.radius_m))
    return free[draw.integers(len(free), size=count)]


def _look_around(space: FreeSpace, walk: WalkConfig, draw: np.random.Generator) -> Track:
    """Standing, the gaze sweeps a quarter to a whole turn and nods a little. Of 6 places the roomiest is taken."""
    places = _places(space, walk, draw, 6)
    place = places[int(space.clearance_at(places).argmax())]
    part = np.linspace(0.0, 1.0, SAMPLES)
    sweep = np.radians(draw.uniform(*SWEEP_DEG)) * draw.choice([-1.0, 1.0])
    nod = np.radians(draw.uniform(0.0, 10.0)) * np.sin(2 * np.pi * (part + draw.random()))
    return Track(np.tile(place, (SAMPLES, 1)), draw.uniform(-np.pi, np.pi) + sweep * part, LEVEL_RAD + nod)


def _dolly(space: FreeSpace, walk: WalkConfig, draw: np.random.Generator) -> Track:
    """Straight ahead, back or aside, with a pan and in half of the cases a tilt."""
    starts, heading = _places(space, walk, draw, 16), draw.uniform(-np.pi, np.pi, size=16)
    way = np.stack([-np.sin(heading), -np.cos(heading)], axis=1)
    ahead = np.arange(1, 101) * 0.04
    clear = space.clearance_at(starts[:, None] + way[:, None] * ahead[:, None]) > walk.radius_m + SLACK_M
    free_m = np.where(clear.all(axis=1), ahead[-1], ahead[np.argmin(clear, axis=1)] - 0.04)
    best = int(np.argmax(free_m >= 1.0)) if free_m.max() >= 1.0 else int(free_m.argmax())
    shift_m = draw.uniform(0.25, 1.0) * free_m[best]
    part = np.linspace(0.0, 1.0, SAMPLES)
    pan = np.radians(draw.uniform(*PAN_DEG)) * draw.choice([-1.0, 1.0])
    tilt = np.radians(draw.uniform(*TILT_DEG)) * draw.choice([-1.0, 0.0, 0.0, 1.0])
    facing = heading[best] + draw.choice([0.0, np.pi, np.pi / 2, -np.pi / 2])
    places = starts[best] + way[best] * (shift_m * part)[:, None]
    return Track(places, facing + pan * (part - 0.5), LEVEL_RAD + tilt * (part - 0.5))


def _orbit(
    space: FreeSpace, walk: WalkConfig, targets: tuple[Target, ...], lens: Lens, draw: np.random.Generator
) -> Track | None:
    """An arc around a thing that stays in view; of up to 24 rings the first with room for the arc, else the longest
    of at least 15 degrees; None where there is none."""
    if not targets:
        return None
    arc = np.radians(draw.uniform(*ARC_DEG))
    way = draw.choice([-1.0, 1.0])
    found: tuple[float, float, float, Target] | None = None
    for _ in range(24):
        target = targets[int(draw.integers(len(targets)))]
        radius_m = target.reach_m + walk.radius_m + draw.uniform(0.25, 1.5)
        first, length = _longest_free_arc(space, walk, target, radius_m)
        if found is None or length > found[1]:
            found = (first, length, radius_m, target)
        if length >= arc:
            found = (first, length, radius_m, target)
            break
    assert found is not None
    first, length, radius_m, target = found
    if length < np.radians(ARC_DEG[0]):
        return None
    arc = min(arc, length)
    start = first + draw.uniform(0.0, length - arc)
    angle = np.linspace(start, start + arc, SAMPLES)[:: int(way)]
    places = _ring(target, radius_m, angle)
    return Track(places, *aim(places, space.floor_m + lens.eye_m, target.centre_m), around=target.object_id)


def _ring(target: Target, radius_m: float, angle: NDArray[np.float64]) -> NDArray[np.float64]:
    return target.centre_m[[0, 2]] + radius_m * np.stack([np.sin(angle), np.cos(angle)], axis=-1)


def _longest_free_arc(space: FreeSpace, walk: WalkConfig, target: Target, radius_m: float) -> tuple[float, float]:
    """First angle and length (rad) of the longest part of the ring from which the target is in open view."""
    count = 180
    angle = np.arange(count) * 2 * np.pi / count
    ring = _ring(target, radius_m, angle)
    # between two samples the clearance falls by at most half their distance
    needed = walk.radius_m + np.pi * radius_m / count
    free = (space.clearance_at(ring) > needed) & is_open(space, ring, target)
    if free.all():
        return 0.0, 2 * np.pi
    twice = np.concatenate([free, free])
    run, best, first = 0, 0, 0
    for k, is_free in enumerate(twice):
        run = run + 1 if is_free else 0
        if run > best:
            best, first = run, k - run + 1
    return float(first * 2 * np.pi / count), float(max(best - 1, 0) * 2 * np.pi / count)


def _loop_away(space: FreeSpace, walk: WalkConfig, duration_s: float, draw: np.random.Generator) -> Track | None:
    """Out of sight, in houses into another room, and back the same way, turning round twice. Of 4 starts, the first
    with time for such a loop; of its goals the farthest there is time for. None where there is none."""
    goals = find_goals(space, planning_radius_m(space, walk.radius_m))
    way_of_turning = draw.choice([-1.0, 1.0])
    for start in goals.places_m[draw.integers(len(goals.places_m), size=4)] if len(goals.places_m) else ():
        reach_m = goals.roads.reach_m(start[None])[0]
        away_m = goals.distances_m(start, reach_m)
        fits = (away_m > NEAREST_M) & (2 * away_m < duration_s * walk.speed_mps)
        fits &= ~goals.are_seen(start[None], np.inf)
        for k in np.flatnonzero(fits)[np.argsort(-away_m[fits], kind="stable")][:8]:
            way = way_between(goals.roads, start, goals.places_m[k], (reach_m, goals.reach_m[k]))
            assert way is not None  # its distance is finite
            track = _out_and_back(plan_route(space, walk, way).samples_m, way_of_turning)
            if full_pace(track, walk).time_s[-1] <= duration_s:
                return track
    return None


def _out_and_back(line_m: NDArray[np.float64], way_of_turning: float) -> Track:
    """Along a line and back, looking ahead; it turns round at the end of the line, and again where it began."""
    step = np.diff(line_m, axis=0)
    ahead = np.unwrap(np.arctan2(-step[:, 0], -step[:, 1]))
    ahead = np.append(ahead, ahead[-1])
    half, n = way_of_turning * np.pi, TURN_SAMPLES
    ahead = np.concatenate([ahead, np.full(n // 2, ahead[-1])])
    still = np.ones(2 * n + 1)
    yaw = np.concatenate([ahead[0] * still, ahead, ahead[::-1] + half, (ahead[0] + 2 * half) * still])
    yaw = np.convolve(yaw, np.ones(2 * n + 1) / (2 * n + 1), mode="valid")
    start, end = np.repeat(line_m[:1], n + 1, axis=0), np.repeat(line_m[-1:], 2 * (n // 2), axis=0)
    places = np.concatenate([start, line_m, end, line_m[::-1], start])
    return Track(places, yaw, np.full(len(places), LEVEL_RAD))


def _loop(space: FreeSpace, walk: WalkConfig, duration_s: float, draw: np.random.Generator) -> Track:
    """An ellipse that ends where it began, looking where it goes (turned aside by a constant angle) where there is time
    for the whole turn, else into one direction. Of 400 drawn, the longest that is free and fits into `duration_s`."""
    count = 400
    centres = _places(space, walk, draw, count)
    long_m = draw.uniform(0.2, 3.0, size=count)
    axes = np.stack([long_m, long_m * draw.uniform(0.15, 1.0, size=count)], axis=1)
    tilt, start, way = draw.uniform(0, np.pi, size=count), draw.uniform(0, 2 * np.pi, size=count), draw.choice([-1, 1])
    aside, fixed = draw.uniform(-1.0, 1.0), draw.uniform(-np.pi, np.pi)
    around = np.linspace(0, 2 * np.pi, 65)
    curves = np.stack([_ellipse(centres[k], axes[k], tilt[k], start[k] + way * around) for k in range(count)])
    steps = np.linalg.norm(np.diff(curves, axis=1), axis=2)
    roomy = np.all(space.clearance_at(curves) > walk.radius_m + steps.max(axis=1, keepdims=True), axis=1)
    length_m = steps.sum(axis=1)
    fine = np.linspace(0, 2 * np.pi, SAMPLES)
    for k in np.argsort(-length_m, kind="stable"):
        if not roomy[k] or length_m[k] > duration_s * walk.speed_mps:
            continue
        places = _ellipse(centres[k], axes[k], tilt[k], start[k] + way * fine)
        for track in (_looking_ahead(places, aside), _looking_at_one_side(places, fixed)):
            if full_pace(track, walk).time_s[-1] <= duration_s:
                return track
    return _small_loop(space, walk, duration_s, fixed)


def _small_loop(space: FreeSpace, walk: WalkConfig, duration_s: float, yaw: float) -> Track:
    """A circle at the roomiest place, as large as room and time allow."""
    free = space.places_m(space.walkable(walk.radius_m))
    clearance = space.clearance_at(free)
    room_m = 0.9 * (float(clearance.max()) - walk.radius_m)
    turn_s = 0.98 * duration_s / (2 * np.pi)
    radius = min(room_m, turn_s * walk.speed_mps, BEND_SHARE * ACCELERATION_MPS2 * turn_s**2)
    around = np.linspace(0, 2 * np.pi, SAMPLES)
    places = _ellipse(free[int(clearance.argmax())], np.array([radius, radius]), 0.0, around)
    return _looking_at_one_side(places, yaw)


def _ellipse(
    centre_m: NDArray[np.float64], axes_m: NDArray[np.float64], tilt: float, angle: NDArray[np.float64]
) -> NDArray[np.float64]:
    u, v = axes_m[0] * np.cos(angle), axes_m[1] * np.sin(angle)
    return centre_m + np.stack([u * np.cos(tilt) - v * np.sin(tilt), u * np.sin(tilt) + v * np.cos(tilt)], axis=-1)


def _looking_ahead(places_m: NDArray[np.float64], aside: float) -> Track:
    step = np.diff(places_m, axis=0)
    ahead = np.roll(step, 1, axis=0) + step  # the mean of the steps before and after; closed
    yaw = np.unwrap(np.arctan2(-ahead[:, 0], -ahead[:, 1]))
    whole_turn = 2 * np.pi * np.sign(yaw[-1] - yaw[0])
    yaw = np.concatenate([yaw, [yaw[0] + whole_turn]]) + aside
    return Track(places_m, yaw, np.full(len(places_m), LEVEL_RAD))


def _looking_at_one_side(places_m: NDArray[np.float64], yaw: float) -> Track:
    return Track(places_m, np.full(len(places_m), yaw), np.full(len(places_m), LEVEL_RAD))
