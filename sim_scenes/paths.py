"""Walks through free space: from room to room, smooth, bounded in speed and turn, never through a thing.

FreeSpace + WalkConfig + rng ─▶ [draw_walks, draw_arrivals] ─▶ Walk (camera poses) ─▶ stage.py

goals.py says where a walk goes, route.py makes a line of it that keeps its distance and its pace, gaze.py looks around.
Each walk depends on its own random numbers alone, and its first frames not on how many follow.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from video4spatial.pipeline.core.geometry import upright_poses
from video4spatial.sim_scenes.clearance import FreeSpace
from video4spatial.sim_scenes.config import WalkConfig
from video4spatial.sim_scenes.gaze import Wanted, draw_gaze, find_interests, turn_heads
from video4spatial.sim_scenes.goals import draw_way, find_goals
from video4spatial.sim_scenes.route import Route, overhang_m, plan_route, planning_radius_m

STEP_S = 0.1
"""Heads turn in steps of at most this."""
WALK_PITCH_RAD, ARRIVAL_PITCH_RAD = (-0.35, 0.1), (-0.8, 0.6)
"""How far a gaze tilts down and up."""
REST_S, REST_SHARE = 1.0, 0.25
"""How long a walk rests at its goal: a second, at most a quarter of its time."""


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


@dataclass(frozen=True, eq=False)
class _Plan:
    """One walk before its head is turned: `seconds` (N,) are the instants of `wanted`."""

    route: Route
    wanted: Wanted
    eye_m: float
    fov_deg: float


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
    starts, things = _starts(space, walk), find_interests(space, interests_m)
    seconds, steps = _instants(frames, rate_fps)
    plans = []
    for draw in generators:
        start = starts[int(draw.integers(len(starts)))]
        eye, fov = draw.uniform(*walk.eye_height_m), draw.uniform(*walk.horizontal_fov_deg)
        on_the_way, looking = draw.spawn(2)
        route = _route(space, walk, start, seconds[-1], on_the_way)
        wanted = draw_gaze(space, walk, things, route, seconds, space.floor_m + eye, looking, None, WALK_PITCH_RAD)
        plans.append(_Plan(route, wanted, eye, fov))
    return _film(space, walk, plans, seconds, steps)


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
    things = find_interests(space, interests_m)
    seconds, steps = _instants(frames, rate_fps)
    still_s = min(REST_S, REST_SHARE * (frames - 1) / rate_fps)
    plans = []
    for goal, draw in zip(goals, generators, strict=True):
        on_the_way, looking = draw.spawn(2)
        route = _route(space, walk, np.array(goal.place_m, dtype=float), seconds[-1], on_the_way, still_s)
        end, eye_m = (goal.target_m, still_s + 0.5), space.floor_m + goal.eye_m
        wanted = draw_gaze(space, walk, things, route, seconds, eye_m, looking, end, ARRIVAL_PITCH_RAD)
        plans.append(_Plan(route, wanted, goal.eye_m, goal.fov_deg))
    backwards = _film(space, walk, plans, seconds, steps)
    return [replace(path, world_from_camera=path.world_from_camera[::-1].copy()) for path in backwards]


def _starts(space: FreeSpace, walk: WalkConfig) -> NDArray[np.float64]:
    """Where a walk can begin; where no way can be planned, any free place."""
    places = space.places_m(space.walkable(planning_radius_m(space, walk.radius_m)))
    return places if len(places) else space.places_m(space.walkable(walk.radius_m))


def _instants(frames: int, rate_fps: float) -> tuple[NDArray[np.float64], int]:
    """Seconds of the steps in which heads turn, and how many there are to a frame."""
    steps = max(1, int(np.ceil(1.0 / rate_fps / STEP_S)))
    return np.arange((frames - 1) * steps + 1) / (rate_fps * steps), steps


def _route(
    space: FreeSpace,
    walk: WalkConfig,
    start_m: NDArray[np.float64],
    duration_s: float,
    draw: np.random.Generator,
    still_s: float | None = None,
) -> Route:
    """A route from a start that lasts longer than `duration_s`; `still_s`: it begins with so long a rest."""
    goals = find_goals(space, planning_radius_m(space, walk.radius_m))
    way = draw_way(goals, start_m, duration_s * walk.speed_mps + overhang_m(walk), draw)
    route = plan_route(space, walk, way, at_rest=still_s is not None)
    return replace(route, pace=replace(route.pace, time_s=route.pace.time_s + (still_s or 0.0)))


def _film(
    space: FreeSpace, walk: WalkConfig, plans: list[_Plan], seconds: NDArray[np.float64], steps: int
) -> list[Walk]:
    """The poses of every frame."""
    if not plans:
        return []
    yaw, pitch = turn_heads(walk, [plan.wanted for plan in plans], float(seconds[-1] / (len(seconds) - 1)))
    walks = []
    for plan, turn, tilt in zip(plans, yaw[:, ::steps], pitch[:, ::steps], strict=True):
        places, arc_m = plan.route.at(seconds[::steps])
        poses = upright_poses(np.insert(places, 1, space.floor_m + plan.eye_m, axis=1), turn, tilt)
        walked = plan.route.at_arc(np.linspace(arc_m[0], arc_m[-1], 2 + int((arc_m[-1] - arc_m[0]) / 0.0125)))
        least_m = float(space.clearance_at(np.concatenate([walked, _chords(places)])).min())
        walks.append(Walk(poses, plan.fov_deg, float(arc_m[-1] - arc_m[0]), least_m))
    return walks


def _chords(places_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points on the straight lines from frame to frame, which is how a path is read between its frames."""
    part = np.linspace(0, 1, 9)[:, None]
    return (places_m[:-1, None] + (places_m[1:] - places_m[:-1])[:, None] * part).reshape(-1, 2)
