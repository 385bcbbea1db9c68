"""Walks through free space: smooth, bounded in speed and turn, looking around, never through a thing.

FreeSpace + WalkConfig + rng ─▶ [draw_walks, draw_arrivals] ─▶ Walk (camera poses) ─▶ stage.py

A walker steers for a goal and draws a new one when it arrives or is stuck. In each short step it tries a few turn
rates, follows each for a second on the map and takes the best that stays free; if none does, it stands and turns
(dynamic window approach: Fox, Burgard, Thrun 1997). Its gaze turns by itself, from thing to thing. All walkers of a
scene step together, yet each depends on its own random numbers alone.
"""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from video4spatial.pipeline.core.geometry import upright_pose
from video4spatial.sim_scenes.clearance import FreeSpace
from video4spatial.sim_scenes.config import WalkConfig

STEP_S = 0.1
HORIZON_STEPS = 8
TURNS = np.linspace(-1.0, 1.0, 9)
"""Turn rates that are tried, as parts of the largest."""
PACES = np.array([1.0, 0.45])
ACCELERATION_MPS2 = 1.5
YAW_SHARE, PITCH_SHARE = 0.95, 0.3
"""Of max_turn_dps, for the two axes of the gaze: sqrt(0.95^2 + 0.3^2) < 1."""
WALK_PITCH_RAD, ARRIVAL_PITCH_RAD = (-0.35, 0.1), (-0.8, 0.6)
"""How far a gaze tilts down and up."""
REST_S, REST_SHARE = 1.0, 0.25
"""How long a walk rests at its goal: a second, at most a quarter of its time."""
DRAWS = 64
"""Goals and gazes drawn for each walk before it starts; used in turn."""


@dataclass(frozen=True, eq=False)
class Walk:
    """One camera path."""

    world_from_camera: NDArray[np.float64]
    """(T, 4, 4)."""
    horizontal_fov_deg: float
    length_m: float
    min_clearance_m: float
    """Least distance to anything in the way, never too large."""


@dataclass(frozen=True, eq=False)
class Arrival:
    """How a walk ends: where the camera stands, and what it looks at."""

    place_m: tuple[float, float]
    """(x, z)."""
    eye_m: float
    """Over the floor."""
    fov_deg: float
    target_m: NDArray[np.float64]
    """(3,)."""


@dataclass
class _Walkers:
    """The state of all walkers; (P,) or (P, 2) each."""

    place_m: NDArray[np.float64]
    heading: NDArray[np.float64]
    speed_mps: NDArray[np.float64]
    yaw: NDArray[np.float64]
    yaw_rate: NDArray[np.float64]
    pitch: NDArray[np.float64]
    stuck_s: NDArray[np.float64]
    goal: NDArray[np.int64]
    gaze: NDArray[np.int64]
    gaze_left_s: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class _Wishes:
    """What each walker has drawn beforehand."""

    start_m: NDArray[np.float64]
    goals_m: NDArray[np.float64]
    """(P, DRAWS, 2)."""
    gazes_m: NDArray[np.float64]
    """(P, DRAWS, 3)."""
    dwell_s: NDArray[np.float64]
    """(P, DRAWS)."""
    heading: NDArray[np.float64]
    eye_m: NDArray[np.float64]
    fov_deg: NDArray[np.float64]
    pitch_rad: tuple[float, float] = field(default=WALK_PITCH_RAD, kw_only=True)


def draw_walks(
    space: FreeSpace,
    walk: WalkConfig,
    interests_m: NDArray[np.float64],
    frames: int,
    rate_fps: float,
    generators: list[np.random.Generator],
) -> list[Walk]:
    """One walk for each generator. `interests_m` (n, 3) are places worth a look.

    The caller has made sure that `space.walkable(walk.radius_m)` is not empty.
    """
    wishes = _draw_wishes(space, walk, interests_m, generators)
    return _follow(space, walk, wishes, _start(space, walk, wishes), frames, rate_fps)


def draw_arrivals(
    space: FreeSpace,
    walk: WalkConfig,
    interests_m: NDArray[np.float64],
    goals: tuple[Arrival, ...],
    frames: int,
    rate_fps: float,
    generators: list[np.random.Generator],
) -> list[Walk]:
    """Walks that come to rest at a place with a thing in the middle of the picture, one for each generator.

    Drawn backwards, from the goal: bounds and clearance hold in either direction of time.
    """
    wishes = _draw_wishes(space, walk, interests_m, generators)
    wishes.gazes_m[:, 0] = [goal.target_m for goal in goals]
    wishes = replace(
        wishes,
        start_m=np.array([goal.place_m for goal in goals], dtype=float),
        eye_m=np.array([goal.eye_m for goal in goals]),
        fov_deg=np.array([goal.fov_deg for goal in goals]),
        pitch_rad=ARRIVAL_PITCH_RAD,
    )
    walkers = _start(space, walk, wishes)
    still_s = min(REST_S, REST_SHARE * (frames - 1) / rate_fps)
    walkers.gaze[:], walkers.gaze_left_s[:], walkers.speed_mps[:] = 0, still_s + 0.5, 0.0
    walkers.yaw, walkers.pitch = _aim(space, wishes, walkers)
    backwards = _follow(space, walk, wishes, walkers, frames, rate_fps, still_s)
    return [replace(path, world_from_camera=path.world_from_camera[::-1].copy()) for path in backwards]


def _follow(
    space: FreeSpace,
    walk: WalkConfig,
    wishes: _Wishes,
    walkers: _Walkers,
    frames: int,
    rate_fps: float,
    still_s: float = 0.0,
) -> list[Walk]:
    """Films the walkers, who stand for the first `still_s`."""
    steps = max(1, int(np.ceil(1.0 / rate_fps / STEP_S)))
    dt_s = 1.0 / rate_fps / steps
    count = len(wishes.start_m)
    poses = np.zeros((count, frames, 4, 4))
    length_m = np.zeros(count)
    least_m = space.clearance_at(walkers.place_m)
    for frame in range(frames):
        for p in range(count):
            eye = (walkers.place_m[p, 0], space.floor_m + wishes.eye_m[p], walkers.place_m[p, 1])
            poses[p, frame] = upright_pose(eye, walkers.yaw[p], walkers.pitch[p])
        if frame == frames - 1:
            break
        for step in range(steps):
            before = walkers.place_m
            if (frame * steps + step) * dt_s >= still_s:
                _step(space, walk, wishes, walkers, dt_s)
            _look(space, walk, wishes, walkers, dt_s)
            length_m += np.linalg.norm(walkers.place_m - before, axis=1)
            least_m = np.minimum(least_m, space.clearance_at(walkers.place_m))
    return [Walk(poses[p], float(wishes.fov_deg[p]), float(length_m[p]), float(least_m[p])) for p in range(count)]


def _draw_wishes(
    space: FreeSpace, walk: WalkConfig, interests_m: NDArray[np.float64], generators: list[np.random.Generator]
) -> _Wishes:
    places = space.places_m(space.walkable(walk.radius_m))
    columns: list[tuple] = []
    for draw in generators:
        start = places[int(draw.integers(len(places)))]
        goals = places[draw.integers(len(places), size=DRAWS)]
        favourites = interests_m[draw.integers(len(interests_m), size=4)]
        gazes = favourites[draw.integers(4, size=DRAWS)]
        dwell = draw.uniform(*walk.dwell_s, size=DRAWS)
        eye, fov = draw.uniform(*walk.eye_height_m), draw.uniform(*walk.horizontal_fov_deg)
        columns.append((start, goals, gazes, dwell, draw.uniform(-np.pi, np.pi), eye, fov))
    return _Wishes(*(np.array(column) for column in zip(*columns, strict=True)))


def _start(space: FreeSpace, walk: WalkConfig, wishes: _Wishes) -> _Walkers:
    count = len(wishes.start_m)
    walkers = _Walkers(
        place_m=wishes.start_m.copy(),
        heading=wishes.heading.copy(),
        speed_mps=np.full(count, 0.5 * walk.speed_mps),
        yaw=np.zeros(count),
        yaw_rate=np.zeros(count),
        pitch=np.zeros(count),
        stuck_s=np.zeros(count),
        goal=np.zeros(count, dtype=np.int64),
        gaze=np.zeros(count, dtype=np.int64),
        gaze_left_s=wishes.dwell_s[:, 0].copy(),
    )
    for p in range(count):
        _next_gaze(wishes, walkers, p)
    walkers.yaw, walkers.pitch = _aim(space, wishes, walkers)
    return walkers


def _step(space: FreeSpace, walk: WalkConfig, wishes: _Wishes, walkers: _Walkers, dt_s: float) -> None:
    """Moves every walker by `dt_s`."""
    count = len(walkers.heading)
    everyone = np.arange(count)
    to_goal = wishes.goals_m[everyone, walkers.goal] - walkers.place_m
    turn, pace, free = _choose(space, walk, walkers, to_goal)
    wanted = np.where(free, pace * walk.speed_mps, 0.0)
    change = ACCELERATION_MPS2 * dt_s
    speed = walkers.speed_mps + np.clip(wanted - walkers.speed_mps, -change, change)
    walkers.heading = walkers.heading + turn * dt_s
    ahead = walkers.place_m + speed[:, None] * dt_s * _direction(walkers.heading)
    stays_free = space.clearance_at(ahead) > walk.radius_m
    walkers.place_m = np.where(stays_free[:, None], ahead, walkers.place_m)
    walkers.speed_mps = np.where(stays_free, speed, 0.0)
    walkers.stuck_s = np.where(walkers.speed_mps < 0.25 * walk.speed_mps, walkers.stuck_s + dt_s, 0.0)
    renew = (np.linalg.norm(to_goal, axis=1) < 0.5) | (walkers.stuck_s > 0.8)
    walkers.goal = np.where(renew, (walkers.goal + 1) % DRAWS, walkers.goal)
    walkers.stuck_s[renew] = 0.0


def _choose(
    space: FreeSpace, walk: WalkConfig, walkers: _Walkers, to_goal_m: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Turn rate (rad/s), pace (part of the speed) and whether that stays free, for each walker."""
    most = np.radians(walk.max_turn_dps)
    turns, paces = (grid.ravel() for grid in np.meshgrid(TURNS * most, PACES))
    times = np.arange(1, HORIZON_STEPS + 1) / HORIZON_STEPS  # one second
    headings = walkers.heading[:, None, None] + turns[None, :, None] * times
    moves = _direction(headings) * (paces * walk.speed_mps)[None, :, None, None] / HORIZON_STEPS
    places = walkers.place_m[:, None, None] + np.cumsum(moves, axis=2)
    clearance = space.clearance_at(places).min(axis=2)
    bearing = np.arctan2(-to_goal_m[:, 0], -to_goal_m[:, 1])
    off = np.abs(_wrapped(headings[:, :, -1] - bearing[:, None]))
    score = -off + 0.8 * paces + 1.5 * np.minimum(clearance - walk.radius_m, 0.3) - 0.15 * np.abs(turns) / most
    free = clearance > walk.radius_m + 0.02
    best = np.where(free, score, -1e3 + clearance).argmax(axis=1)
    everyone = np.arange(len(best))
    any_free = free[everyone, best]
    # nowhere to go: turn on the spot, to the side of the goal
    turn = np.where(any_free, turns[best], np.where(_wrapped(bearing - walkers.heading) < 0, -most, most))
    return turn, paces[best], any_free


def _look(space: FreeSpace, walk: WalkConfig, wishes: _Wishes, walkers: _Walkers, dt_s: float) -> None:
    """Turns every gaze by `dt_s`, with bounded rate and a soft start and stop."""
    walkers.gaze_left_s = walkers.gaze_left_s - dt_s
    for p in np.flatnonzero(walkers.gaze_left_s <= 0):
        _next_gaze(wishes, walkers, int(p))
    yaw, pitch = _aim(space, wishes, walkers)
    most = np.radians(walk.max_turn_dps) * YAW_SHARE
    wanted = np.clip(1.6 * _wrapped(yaw - walkers.yaw), -most, most)
    change = 3.0 * most * dt_s
    walkers.yaw_rate = walkers.yaw_rate + np.clip(wanted - walkers.yaw_rate, -change, change)
    walkers.yaw = walkers.yaw + walkers.yaw_rate * dt_s
    tilt = np.radians(walk.max_turn_dps) * PITCH_SHARE
    walkers.pitch = walkers.pitch + np.clip(1.2 * (pitch - walkers.pitch), -tilt, tilt) * dt_s


def _next_gaze(wishes: _Wishes, walkers: _Walkers, p: int) -> None:
    """The next thing in the walker's list that is not too close to be seen."""
    for ahead in range(1, DRAWS):
        gaze = (int(walkers.gaze[p]) + ahead) % DRAWS
        away = wishes.gazes_m[p, gaze][[0, 2]] - walkers.place_m[p]
        if np.linalg.norm(away) > 1.2:
            break
    walkers.gaze[p] = gaze
    walkers.gaze_left_s[p] = wishes.dwell_s[p, gaze]


def _aim(space: FreeSpace, wishes: _Wishes, walkers: _Walkers) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Yaw and pitch (rad) from each walker's eye to what it looks at."""
    target = wishes.gazes_m[np.arange(len(walkers.gaze)), walkers.gaze]
    away = target[:, [0, 2]] - walkers.place_m
    distance = np.maximum(np.linalg.norm(away, axis=1), 0.5)
    rise = target[:, 1] - (space.floor_m + wishes.eye_m)
    return np.arctan2(-away[:, 0], -away[:, 1]), np.clip(np.arctan2(rise, distance), *wishes.pitch_rad)


def _direction(heading: NDArray[np.float64]) -> NDArray[np.float64]:
    """(..., 2) unit steps in (x, z); heading 0 walks along -z, positive turns left, as `upright_pose`."""
    return np.stack([-np.sin(heading), -np.cos(heading)], axis=-1)


def _wrapped(angle: NDArray[np.float64]) -> NDArray[np.float64]:
    return (angle + np.pi) % (2 * np.pi) - np.pi
