"""Where a photographer would stand: at eye height, with the back to a corner or a wall, the whole room in view.

Place + Renderer ─▶ [choose_viewpoints] ─▶ Viewpoint ... ─▶ contact sheets

Of each room some dozen views are rendered small, with their depth and object ids, and the best is taken: many things
in view, the room deep, nothing that stands in the way. A scene whose files tell no rooms is cut into areas of its free
floor. No random number decides.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from video4spatial.pipeline.core.camera import Cameras, pinhole, unproject
from video4spatial.pipeline.core.geometry import upright_pose
from video4spatial.sim_scenes.place import Place
from video4spatial.sim_scenes.render.base import Frames, Renderer
from video4spatial.sim_scenes.room_table import RoomArea
from video4spatial.sim_scenes.scene import STAGE_ID

EYE_M, PITCH_RAD, FOV_DEG = 1.5, -0.15, 82.0
"""Eye height; a little downwards, so that the floor shows; a wide lens, as pictures of rooms are taken with."""
STAND_M = 0.14
"""Room to each side: less than a walker needs, so that corners can be stood in."""
DIRECTIONS = 16
TURNS_RAD = (-0.5, -0.25, 0.0, 0.25, 0.5)
PROBE_PX = (64, 48)
AREA_M = 3.0
"""How far apart the areas are into which a scene without a room table is cut."""
NEAR_M = 1.2
SEEN_SHARE = 0.003
"""Of the picture that a thing takes to count as seen."""
ELSEWHERE = 0.4
"""What a thing of another room counts, seen through a door."""
NEWS = 0.5
"""What a thing that no earlier view shows is worth."""


@dataclass(frozen=True, eq=False)
class Viewpoint:
    """A view worth a picture."""

    room: str
    """Name of the room, or empty."""
    kind: str
    """Kind of the room, or empty."""
    world_from_camera: NDArray[np.float64]
    """(4, 4)."""
    score: float
    """Higher is better; about 1 to 6."""
    seen: tuple[int, ...]
    """Ids of the objects in view, largest first."""


def choose_viewpoints(place: Place, renderer: Renderer, count: int) -> list[Viewpoint]:
    """The best view of each room, best first, at most `count`. Corridors come last: there is little to see.

    Without rooms, views follow each other by what they add: things that no view before shows.
    """
    found = [best for area in _areas(place, count) if (best := _best_of(place, renderer, *area)) is not None]
    if place.rooms:
        return sorted(found, key=lambda view: (view.kind == "corridor", -view.score))[:count]
    chosen: list[Viewpoint] = []
    shown: set[int] = set()
    while found and len(chosen) < count:
        best = max(found, key=lambda view: view.score + NEWS * len(set(view.seen) - shown))
        found.remove(best)
        chosen.append(best)
        shown |= set(best.seen)
    return chosen


def camera_of(poses: NDArray[np.float64], size_px: tuple[int, int]) -> Cameras:
    """Cameras (N, 4, 4) with the lens of these pictures; `size_px` is (width, height)."""
    lens = pinhole(len(poses), *size_px, FOV_DEG)
    return Cameras(world_from_camera=poses, image_from_camera=lens, width_px=size_px[0], height_px=size_px[1])


_Area = tuple[RoomArea | None, NDArray[np.float64]]
"""A room, if it is known, and the (n, 2) places where one can stand in it."""


def _areas(place: Place, count: int) -> list[_Area]:
    space = place.space
    stand = space.places_m(space.walkable(STAND_M))
    if place.rooms:
        return [(room, stand[room.holds(stand)]) for room in place.rooms]
    centres = [stand[int(np.linalg.norm(stand - stand.mean(axis=0), axis=1).argmin())]] if len(stand) else []
    while centres and len(centres) < 2 * count:
        distance = np.min([np.linalg.norm(stand - centre, axis=1) for centre in centres], axis=0)
        if distance.max() < AREA_M:
            break
        centres.append(stand[int(distance.argmax())])
    owner = np.argmin([np.linalg.norm(stand - centre, axis=1) for centre in centres], axis=0) if centres else []
    return [(None, stand[owner == number]) for number in range(len(centres))]


def _best_of(place: Place, renderer: Renderer, room: RoomArea | None, stand_m: NDArray[np.float64]) -> Viewpoint | None:
    if not len(stand_m):
        return None
    middle = stand_m.mean(axis=0) if room is None else np.asarray(room.middle_m)
    poses = []
    for x, z in _around(stand_m, middle):
        yaw = np.arctan2(x - middle[0], z - middle[1])
        eye = (x, place.space.floor_m + EYE_M, z)
        poses += [upright_pose(eye, yaw + turn, PITCH_RAD) for turn in TURNS_RAD]
    cameras = camera_of(np.array(poses), PROBE_PX)
    frames = renderer.render(cameras)
    worth = _worth(place, room)
    scores = np.array([_score(frames, cameras, number, room, worth) for number in range(len(poses))])
    best = int(scores.argmax())
    ids, counts = np.unique(frames.object_id[best], return_counts=True)
    ids = ids[np.argsort(-counts, kind="stable")][: int((counts >= SEEN_SHARE * frames.object_id[best].size).sum())]
    seen = tuple(int(each) for each in ids if each > 0)
    name, kind = ("", "") if room is None else (room.name, room.kind)
    return Viewpoint(name, kind, poses[best], float(scores[best]), seen)


def _around(stand_m: NDArray[np.float64], middle_m: NDArray[np.float64]) -> list[tuple[float, float]]:
    """The outermost place in each of DIRECTIONS directions from the middle."""
    away = stand_m - middle_m
    sector = ((np.arctan2(away[:, 1], away[:, 0]) / (2 * np.pi) + 1) * DIRECTIONS).astype(int) % DIRECTIONS
    distance = np.linalg.norm(away, axis=1)
    outer = []
    for each in range(DIRECTIONS):
        members = np.flatnonzero(sector == each)
        if len(members):
            x, z = stand_m[members[distance[members].argmax()]]
            outer.append((float(x), float(z)))
    return outer


_Worth = tuple[NDArray[np.float64], NDArray[np.float64]]
"""By object id: what it counts when it is in view, and which part of the room's furniture it is, by floor area."""


def _worth(place: Place, room: RoomArea | None) -> _Worth:
    """Things of other rooms count less, and are no furniture of this one."""
    bodies = [body for body in place.scene.bodies if body.object_id != STAGE_ID]
    counts = np.ones(1 + max((body.object_id for body in bodies), default=0))
    bulk = np.zeros(len(counts))
    if room is None:
        return counts, bulk
    for body in bodies:
        ground = body.world_vertices_m()[:, [0, 2]]
        low, high = ground.min(axis=0), ground.max(axis=0)
        if bool(room.holds((low + high) / 2)):
            bulk[body.object_id] = np.prod(high - low)
        else:
            counts[body.object_id] = ELSEWHERE
    return counts, bulk / max(float(bulk.sum()), 1e-9)


def _score(frames: Frames, cameras: Cameras, number: int, room: RoomArea | None, worth: _Worth) -> float:
    """How good a picture is: things in view, each counted once it is 1 % of the picture; how much of the room's
    furniture that is; depth; the room itself rather than what is seen through its doors; light. Against it: what
    stands before the lens, and one thing that fills it."""
    ids, depth_m = frames.object_id[number], frames.depth_m[number]
    counts, bulk = worth
    share = np.bincount(ids.ravel(), minlength=len(counts)) / ids.size
    share[STAGE_ID] = 0.0
    in_view = np.minimum(share / 0.01, 1.0)
    things = float((in_view * counts).sum())
    near = float(((depth_m < NEAR_M) & (depth_m > 0)).mean())
    sky = float((depth_m == 0).mean())
    score = 0.35 * min(things, 9.0) + 2.0 * min(float(share.sum()), 0.45) - 4.0 * near
    score -= 4.0 * max(0.0, float(share.max()) - 0.25) + 3.0 * max(0.0, sky - 0.15)
    score -= 3.0 * max(0.0, 0.3 - float(frames.rgb[number].mean()) / 255)
    if room is None:
        return score + 2.0 * min(float(np.median(depth_m)) / 5.0, 1.0)
    inside = room.holds(unproject(depth_m, *_lens(cameras, number))[..., [0, 2]], 0.25)
    reach = float(np.median(depth_m)) / float(np.hypot(*room.size_m))
    whole = float((in_view * bulk).sum())
    return score + 2.0 * min(reach, 0.7) + 1.5 * min(float(inside.mean()), 0.85) + 1.5 * whole


def _lens(cameras: Cameras, number: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return cameras.image_from_camera[number], cameras.world_from_camera[number]
