"""Somebody walks through the view while the camera moves.

Walk + Place ─▶ [passerby_variant] ─▶ a scene for each frame, the figure's poses and boxes ─▶ stage.py

Walkers are drawn on the map of free space around the camera's path, as camera paths are. Of those that keep away from
the camera, the one that is seen in most frames is taken; then every vertex of the figure is looked up in every frame:
it stands over free floor, and no closer to the camera than the camera may come to a wall. What is lower than an ankle
(a rug) is stepped into.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from video4spatial.sim_scenes.clearance import ANKLE_M, HEADROOM_M, FreeSpace, find_free_space
from video4spatial.sim_scenes.config import View, WalkConfig
from video4spatial.sim_scenes.figures import Person, bodies_at, box_around, draw_person
from video4spatial.sim_scenes.paths import Walk, draw_walks
from video4spatial.sim_scenes.place import Place
from video4spatial.sim_scenes.scene import Body, flatten
from video4spatial.sim_scenes.variants import Variant

WALKERS = 48
"""Drawn for each variant."""
LOOKED_AT = 8
"""Of these, the best whose every vertex is looked up."""
RADIUS_M = 0.34
"""Room of a walker to each side: half a stride and half the shoulders."""
NEAR_M = 5.0
"""A walker stays this near to the camera's path, so that walkers of other rooms are not drawn in vain."""
SEEN_M = (0.7, 6.0)
LEAST_SEEN = 0.1
"""Of the frames that must show the figure."""
TURN_DPS = 100.0


@dataclass(frozen=True, eq=False)
class Stroll:
    """Where a figure is in each frame; (T,) or (T, 2)."""

    places_m: NDArray[np.float64]
    """(x, z)."""
    yaw: NDArray[np.float64]
    phase: NDArray[np.float64]
    pace: NDArray[np.float64]

    def figure(self, person: Person, object_id: int, floor_m: float, frame: int) -> tuple[Body, ...]:
        x, z = (float(value) for value in self.places_m[frame])
        yaw, phase, pace = float(self.yaw[frame]), float(self.phase[frame]), float(self.pace[frame])
        return bodies_at(person, object_id, floor_m, (x, z), yaw, phase, pace)


def passerby_variant(place: Place, walk: Walk, view: View, draw: np.random.Generator) -> Variant | None:
    """The scene with a person who walks through the view; None where there is no room for one."""
    person = draw_person(draw)
    speed_mps = float(draw.uniform(0.6, 1.1))
    space = _space_for(place, person, view)
    cameras_m = walk.world_from_camera[:, :3, 3]
    strolls = _draw_strolls(_around(space, cameras_m), cameras_m, person, speed_mps, view, draw)
    if not strolls:
        return None
    seen = np.array([_seen(place.space, walk, stroll) for stroll in strolls])
    order = np.argsort(-seen.sum(axis=1), kind="stable")[:LOOKED_AT]
    object_id = 1 + max(body.object_id for body in place.scene.bodies)
    for number in order:
        if seen[number].mean() < LEAST_SEEN:
            return None
        stroll = strolls[int(number)]
        figures = [stroll.figure(person, object_id, space.floor_m, frame) for frame in range(len(cameras_m))]
        apart_m = _least_distance_m(space, figures, cameras_m)
        if apart_m >= view.walk.radius_m:
            return _variant(place, person, stroll, figures, speed_mps, apart_m)
    return None


def _variant(
    place: Place, person: Person, stroll: Stroll, figures: list[tuple[Body, ...]], speed_mps: float, apart_m: float
) -> Variant:
    scenes = tuple(replace(place.scene, bodies=(*place.scene.bodies, *figure)) for figure in figures)
    boxes = [box_around(figure, float(yaw)) for figure, yaw in zip(figures, stroll.yaw, strict=True)]
    object_id = figures[0][0].object_id
    entry = {"id": object_id, "category": "person", "words": list(person.words), "moves": True}
    places = np.column_stack([stroll.places_m, stroll.yaw, stroll.phase, stroll.pace])
    parameters: dict[str, Any] = {
        "object": object_id,
        "category": "person",
        "height_m": round(person.height_m, 4),
        "speed_mps": round(speed_mps, 4),
        "least_distance_m": round(apart_m, 4),
        "poses": [[round(float(value), 4) for value in row] for row in places],
    }
    moving = ({**entry, "box": boxes[0], "boxes": boxes},)
    return Variant("passerby", scenes[0], parameters, scenes=scenes, moving=moving)


def _space_for(place: Place, person: Person, view: View) -> FreeSpace:
    """Free space up to the person's head: the camera's own map, where that reaches so high."""
    if view.walk.eye_height_m[1] + HEADROOM_M >= person.height_m:
        return place.space
    return find_free_space(flatten(place.scene.bodies), person.height_m - HEADROOM_M)


def _around(space: FreeSpace, cameras_m: NDArray[np.float64]) -> FreeSpace:
    """The part of the map near the cameras."""
    rows, columns = np.indices(space.clearance_m.shape)
    x = (columns + 0.5) * space.cell_m + space.origin_m[0]
    z = (rows + 0.5) * space.cell_m + space.origin_m[1]
    near = np.zeros(x.shape, dtype=bool)
    for camera_m in cameras_m[np.linspace(0, len(cameras_m) - 1, 12).astype(int)]:
        near |= (x - camera_m[0]) ** 2 + (z - camera_m[2]) ** 2 < NEAR_M**2
    return replace(space, clearance_m=np.where(near, space.clearance_m, np.float32(-1.0)))


def _draw_strolls(
    space: FreeSpace,
    cameras_m: NDArray[np.float64],
    person: Person,
    speed_mps: float,
    view: View,
    draw: np.random.Generator,
) -> list[Stroll]:
    if not space.walkable(RADIUS_M).any():
        return []
    walker = WalkConfig(speed_mps=speed_mps, max_turn_dps=TURN_DPS, radius_m=RADIUS_M)
    walks = draw_walks(space, walker, cameras_m, view.frames, view.rate_fps, draw.spawn(WALKERS))
    return [_stroll(path.world_from_camera[:, [0, 2], 3], person, speed_mps, view.rate_fps) for path in walks]


def _stroll(places_m: NDArray[np.float64], person: Person, speed_mps: float, rate_fps: float) -> Stroll:
    """The figure faces where it goes and steps as far as it goes."""
    step = np.diff(places_m, axis=0, append=places_m[-1:])
    step_m = np.linalg.norm(step, axis=1)
    yaw, last = np.zeros(len(step)), None
    for frame in [*np.flatnonzero(step_m > 0.02)[:1], *range(len(step))]:  # the first real step says how it stands
        if step_m[frame] > 0.02:
            last = np.arctan2(-step[frame, 0], -step[frame, 1])
        yaw[frame] = 0.0 if last is None else last
    pace = np.clip(step_m * rate_fps / speed_mps, 0.0, 1.0)
    pace[-1] = pace[-2]
    steps = step_m / np.array([max(0.1, person.step_m(float(p))) for p in pace])
    phase = np.pi * np.concatenate([[0.0], np.cumsum(steps)[:-1]])
    return Stroll(places_m, yaw, phase, pace)


def _seen(space: FreeSpace, walk: Walk, stroll: Stroll) -> NDArray[np.bool_]:
    """(T,) is the figure in the view and walking, with nothing on the map between it and the camera."""
    eye = walk.world_from_camera[:, [0, 2], 3]
    forward = walk.world_from_camera[:, [0, 2], 2]
    forward = forward / np.maximum(np.linalg.norm(forward, axis=1, keepdims=True), 1e-9)
    away = stroll.places_m - eye
    ahead = (away * forward).sum(axis=1)
    aside = np.abs(away[:, 0] * forward[:, 1] - away[:, 1] * forward[:, 0])
    inside = (stroll.pace > 0.3) & (ahead > SEEN_M[0]) & (ahead < SEEN_M[1])
    inside &= aside < ahead * np.tan(np.radians(walk.horizontal_fov_deg) / 2)
    line = eye[:, None] + away[:, None] * np.linspace(0.02, 0.98, 128)[:, None]
    return inside & np.all(space.clearance_at(line) > -space.cell_m, axis=1)


def _least_distance_m(space: FreeSpace, figures: list[tuple[Body, ...]], cameras_m: NDArray[np.float64]) -> float:
    """From the camera to the figure, over all frames; -1 where the figure reaches into something."""
    least = np.inf
    for figure, camera_m in zip(figures, cameras_m, strict=True):
        points = np.concatenate([body.world_vertices_m() for body in figure])
        above = points[points[:, 1] > space.floor_m + ANKLE_M]
        if np.any(space.clearance_at(above[:, [0, 2]]) <= 0.0):
            return -1.0
        least = min(least, float(np.linalg.norm(points - camera_m, axis=1).min()))
    return least
