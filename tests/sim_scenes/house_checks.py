"""What holds for every generated house, looked up in its triangles rather than in the generator's own books."""

import cv2
import numpy as np
from numpy.typing import NDArray

from video4spatial.sim_scenes.furnish import Placed, rectangles_meet
from video4spatial.sim_scenes.houses import GeneratedHouse, HouseRoom
from video4spatial.sim_scenes.paths import Walk
from video4spatial.sim_scenes.programmes import HOUSE_ROOMS
from video4spatial.sim_scenes.scene import Body, flatten

CELL_M = 0.02
RADIUS_M = 0.26
"""Of a walker as the recipes have it (0.25 m), and what the cells round off."""
FREE_M2 = 0.3
"""Floor a camera needs in each room."""


ANKLE_M = 0.1
"""What is lower is stepped over."""
STEP_M = 0.02
"""What stands exactly ankle high (a shower tray) is stepped over too, whatever rounding makes of it."""


def problems(house: GeneratedHouse) -> list[str]:
    """One line for each thing that is wrong; none for a good house."""
    found = []
    bodies = {body.object_id: body for body in house.scene.bodies}
    for room in house.rooms:
        here = [(placed, bodies[k]) for placed, k in zip(room.placed, room.object_ids, strict=True)]
        lines = [*_overlaps(room), *_floating(room, here), *_outside(room, here), *_missing(house, room)]
        found += [f"{room.name}: {line}" for line in lines]
    return [f"{house.scene.name}: {line}" for line in (*found, *_windows(house), *_ways(house))]


def _overlaps(room: HouseRoom) -> list[str]:
    found = []
    for k, first in enumerate(room.placed):
        for second in room.placed[k + 1 :]:
            same = first.support == second.support and first.support not in ("wall", "ceiling")
            rugs = "rug" in (first.piece.category, second.piece.category)
            if same and not rugs and rectangles_meet(first.footprint_m(), second.footprint_m()):
                found.append(f"{first.piece.category} meets {second.piece.category}")
    return found


def _floating(room: HouseRoom, here: list[tuple[Placed, Body]]) -> list[str]:
    found = []
    for placed, body in here:
        low, high = body.world_vertices_m().min(axis=0), body.world_vertices_m().max(axis=0)
        if placed.support == "floor":
            gap = abs(low[1])
        elif placed.support == "ceiling":
            gap = abs(high[1] - room.shell.height_m)
        elif placed.support == "wall":
            half = np.array([room.shell.width_m, room.shell.depth_m]) / 2
            middle = np.asarray(room.middle_m)
            gap = abs(np.minimum(middle + half - high[[0, 2]], low[[0, 2]] - middle + half).min())
        else:
            carrier = room.placed[int(placed.support)]
            gap = min(abs(low[1] - height - carrier.position_m[1]) for height, _, _ in carrier.piece.tops)
            if not _lies_on(placed, carrier):
                found.append(f"{body.name} reaches over the edge of {carrier.piece.category}")
        if gap > 0.006:
            found.append(f"{body.name} is {gap:.3f} m off its {placed.support}")
    return found


def _lies_on(placed: Placed, carrier: Placed) -> bool:
    """The whole footprint within the carrier's: no corner on the far side of one of its sides."""
    sides = np.roll(carrier.footprint_m(), -1, axis=0) - carrier.footprint_m()
    rest = placed.footprint_m()[:, None] - carrier.footprint_m()[None]
    turn = sides[None, :, 0] * rest[..., 1] - sides[None, :, 1] * rest[..., 0]
    return bool(np.all(turn > -1e-6) or np.all(turn < 1e-6))


def _outside(room: HouseRoom, here: list[tuple[Placed, Body]]) -> list[str]:
    half = np.array([room.shell.width_m, room.shell.depth_m]) / 2 + 0.001
    found = []
    for _, body in here:
        vertices = body.world_vertices_m()
        beyond = np.abs(vertices[:, [0, 2]] - room.middle_m).max(axis=0) > half
        if beyond.any() or vertices[:, 1].max() > room.shell.height_m + 0.001:
            found.append(f"{body.name} reaches into a wall or the ceiling")
    return found


def _missing(house: GeneratedHouse, room: HouseRoom) -> list[str]:
    found = []
    if HOUSE_ROOMS[room.kind].lacks({placed.piece.category for placed in room.placed}):
        found.append("lacks what makes it that room")
    half = np.array([room.shell.width_m, room.shell.depth_m]) / 2
    lamps = [np.array(lamp.position_m) for lamp in (*house.fixtures.lamps, *house.fixtures.always)]
    if not any(np.all(np.abs(lamp[[0, 2]] - room.middle_m) < half) for lamp in lamps):
        found.append("has no lamp")
    return found


def _windows(house: GeneratedHouse) -> list[str]:
    """A window looks outside: no room lies behind it."""
    found = []
    for centre, inward, _ in house.fixtures.windows:
        behind = np.asarray(centre)[[0, 2]] - 0.3 * np.asarray(inward)[[0, 2]]
        for room in house.rooms:
            half = np.array([room.shell.width_m, room.shell.depth_m]) / 2
            if np.all(np.abs(behind - room.middle_m) < half):
                found.append(f"a window looks into {room.name}")
    return found


def _ways(house: GeneratedHouse) -> list[str]:
    """Every doorway is free, and every room has free floor that can be reached from every other."""
    free, low = free_floor(house, ANKLE_M)
    clearance_m = cv2.distanceTransform(free.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE) * CELL_M
    _, labels = cv2.connectedComponents((clearance_m > RADIUS_M).astype(np.uint8), connectivity=4)
    rows, columns = np.indices(free.shape)
    x, z = (columns + 0.5) * CELL_M + low[0], (rows + 0.5) * CELL_M + low[1]
    found = []
    for doorway in house.doorways:
        across, along = (z, x) if doorway.along_x else (x, z)
        place = doorway.place_m[::-1] if doorway.along_x else doorway.place_m
        passage = (np.abs(across - place[0]) < 0.6) & (np.abs(along - place[1]) < 0.3)
        if not free[passage].all():
            found.append(
                f"the doorway {house.rooms[doorway.first].name} - {house.rooms[doorway.second].name} is blocked"
            )
    reached = set(range(1, labels.max() + 1))
    for room in house.rooms:
        half = np.array([room.shell.width_m, room.shell.depth_m]) / 2
        inside = (np.abs(x - room.middle_m[0]) < half[0]) & (np.abs(z - room.middle_m[1]) < half[1])
        areas = np.bincount(labels[inside], minlength=labels.max() + 1) * CELL_M**2
        reached &= {k for k in range(1, len(areas)) if areas[k] > FREE_M2}
    return found if reached else [*found, "not every room can be reached"]


def camera_clearance_m(house: GeneratedHouse, walks: list[Walk]) -> float:
    """The least distance, on the map, of the cameras of any of the walks to anything they could meet; 0 inside it.

    Positions between the frames are looked up too: at a quarter, a half and three quarters of each step.
    """
    free, low = free_floor(house, ANKLE_M + STEP_M)
    clearance_m = cv2.distanceTransform(free.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE) * CELL_M
    least_m = np.inf
    for walk in walks:
        eyes = walk.world_from_camera[:, [0, 2], 3]
        steps = np.diff(eyes, axis=0)
        eyes = np.concatenate([eyes, *(eyes[:-1] + part * steps for part in (0.25, 0.5, 0.75))])
        columns, rows = np.floor((eyes - low) / CELL_M).astype(int).T
        least_m = min(least_m, clearance_m[rows, columns].min())
    return float(least_m)


def free_floor(house: GeneratedHouse, above_m: float) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """(rows along z, columns along x) cells with nothing between `above_m` and head; (x, z) of their first corner."""
    corners = flatten(house.scene.bodies).corners_m.astype(float)
    low, high = corners[..., [0, 2]].min(axis=(0, 1)), corners[..., [0, 2]].max(axis=(0, 1))
    columns, rows = (int(n) for n in np.ceil((high - low) / CELL_M))
    blocked = np.zeros((rows, columns), dtype=np.uint8)
    near = (corners[..., 1].max(axis=1) > above_m) & (corners[..., 1].min(axis=1) < 1.9)
    outlines = np.round((corners[near][..., [0, 2]] - low) / CELL_M * 16 - 8).astype(np.int32)
    for outline in outlines:
        cv2.fillConvexPoly(blocked, outline, 1, shift=4)
    covered = np.zeros((rows, columns), dtype=np.uint8)
    for room in house.rooms:
        half = np.array([room.shell.width_m, room.shell.depth_m]) / 2 + room.shell.thickness_m
        start, stop = ((np.asarray(room.middle_m) + s * half - low) / CELL_M for s in (-1, 1))
        covered[round(start[1]) : round(stop[1]), round(start[0]) : round(stop[0])] = 1
    return (covered == 1) & (blocked == 0), low
