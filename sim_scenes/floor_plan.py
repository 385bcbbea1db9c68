"""The plan of a house: rooms side by side, doorways between them, windows where a wall stands outside.

rng ─▶ [draw_floor_plan] ─▶ FloorPlan (rooms, doorways) ─▶ [shells_of] ─▶ one Shell a room ─▶ houses.py

Plans have rooms on both sides of a corridor, or rooms cut out of one rectangle with doorways straight between them.
Rooms are rectangles in (x, z) measured to the middle of their walls, so that neighbours share an edge. Every room can
be reached from every other, and nobody has to pass through a bathroom.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from video4spatial.sim_scenes.shell import DOOR_HEIGHT_M, DOOR_WIDTH_M, Opening, Shell

HALF_WALL_M = 0.1
SLAB_M = 0.25
"""Thick enough that clearance.py never takes the underside of a bed for the floor."""
DOORWAY_M = (0.95, 1.1)
WIDE_M = (1.4, 2.2)
CORNER_M = 0.3
"""Least wall between an opening and a corner, or another opening."""
MIN_SIDE_M = {"living": 3.4, "bedroom": 2.9, "kitchen": 2.4, "bathroom": 1.9, "study": 2.3, "dining": 2.7}
AREA_M2 = {
    "living": (17, 28), "bedroom": (11, 17), "kitchen": (9, 15), "bathroom": (5.5, 8.5), "study": (7.5, 12),
    "dining": (10, 15),
}  # fmt: skip
MAX_ASPECT = 2.1
OPEN_PAIRS = {frozenset(("living", "kitchen")), frozenset(("living", "dining")), frozenset(("kitchen", "dining"))}
"""Kinds that may share a wide opening."""
HOUSEHOLDS: dict[int, tuple[tuple[str, ...], ...]] = {
    2: (("living", "bedroom"), ("living", "kitchen"), ("bedroom", "bathroom"), ("study", "living")),
    3: (("living", "bedroom", "bathroom"), ("living", "kitchen", "bedroom"), ("living", "kitchen", "study")),
    4: (("living", "kitchen", "bedroom", "bathroom"), ("living", "dining", "kitchen", "bathroom")),
    5: (
        ("living", "kitchen", "bedroom", "bathroom", "bedroom"),
        ("living", "kitchen", "bedroom", "bathroom", "study"),
        ("living", "dining", "kitchen", "bedroom", "bathroom"),
    ),
    6: (
        ("living", "kitchen", "bedroom", "bathroom", "bedroom", "study"),
        ("living", "dining", "kitchen", "bedroom", "bathroom", "study"),
        ("living", "dining", "kitchen", "bedroom", "bedroom", "bathroom"),
    ),
}


@dataclass(frozen=True)
class Space:
    """One room of the plan: its kind and its rectangle to the middle of the walls."""

    kind: str
    x0: float
    z0: float
    x1: float
    z1: float

    def middle_m(self) -> tuple[float, float]:
        return (self.x0 + self.x1) / 2, (self.z0 + self.z1) / 2

    def inside_m(self) -> tuple[float, float]:
        """Width (x) and depth (z) between the walls."""
        return self.x1 - self.x0 - 2 * HALF_WALL_M, self.z1 - self.z0 - 2 * HALF_WALL_M


@dataclass(frozen=True)
class Doorway:
    """An open way between two rooms."""

    first: int
    second: int
    """Indices of the rooms."""
    place_m: tuple[float, float]
    """(x, z) of its middle, in the middle of the wall."""
    width_m: float
    along_x: bool
    """The wall runs along x, so one walks through along z."""


@dataclass(frozen=True)
class FloorPlan:
    """Rooms and the ways between them."""

    spaces: tuple[Space, ...]
    doorways: tuple[Doorway, ...]


def draw_floor_plan(rng: np.random.Generator) -> FloorPlan:
    """2 to 6 rooms; with 4 or more often a corridor beside them."""
    count = int(rng.choice([2, 3, 4, 5, 6], p=[0.1, 0.2, 0.25, 0.25, 0.2]))
    households = HOUSEHOLDS[count]
    kinds = households[int(rng.integers(len(households)))]
    # the corridor of a house of five or six keeps people out of each other's bedrooms
    corridor = rng.random() < {2: 0.0, 3: 0.25, 4: 0.55, 5: 0.8, 6: 0.9}[count]
    while True:
        spaces = _along_corridor(rng, kinds) if corridor else _cut_rectangle(rng, kinds)
        if spaces is None:
            continue
        spaces = _turned(rng, spaces)
        doorways = _connect(rng, spaces)
        if doorways is not None:
            return FloorPlan(spaces, doorways)


def shells_of(rng: np.random.Generator, plan: FloorPlan, height_m: float) -> tuple[Shell, ...]:
    """The shell of each room in its own frame (origin in its middle): doorways, windows, one door to the outside."""
    shells = [Shell(*space.inside_m(), height_m, (), thickness_m=HALF_WALL_M, slab_m=SLAB_M) for space in plan.spaces]
    for doorway in plan.doorways:
        for index in (doorway.first, doorway.second):
            shells[index] = _with_doorway(shells[index], plan.spaces[index], doorway)
    _add_entrance(rng, plan, shells)
    for index in range(len(shells)):
        shells[index] = _with_windows(rng, plan, index, shells[index])
    return tuple(shells)


def _along_corridor(rng: np.random.Generator, kinds: Sequence[str]) -> tuple[Space, ...] | None:
    """Rooms in two rows with a corridor between; None when a room came out too small or too long."""
    order = [kinds[int(k)] for k in rng.permutation(len(kinds))]
    half = (len(order) + int(rng.integers(2))) // 2
    areas = [rng.uniform(*AREA_M2[kind]) for kind in order]
    rows = (slice(0, half), slice(half, None))
    depths = [rng.uniform(3.0, 4.8) for _ in rows]
    widths = [sum(areas[row]) / depth for row, depth in zip(rows, depths, strict=True)]
    if max(widths) > 1.35 * min(widths):
        return None
    length = float(np.mean(widths))
    passage = rng.uniform(1.2, 1.7) + 2 * HALF_WALL_M
    spaces = [Space("corridor", 0.0, 0.0, length, float(passage))]
    for row, depth, side in zip(rows, depths, (-1, 1), strict=True):
        x = 0.0
        for kind, area in zip(order[row], areas[row], strict=True):
            wide = length * area / sum(areas[row])
            deep = depth - (rng.uniform(0.3, 0.9) if rng.random() < 0.35 else 0.0)
            z = (-deep, 0.0) if side < 0 else (passage, passage + deep)
            spaces.append(Space(kind, x, float(z[0]), x + wide, float(z[1])))
            x += wide
    return tuple(spaces) if all(_is_a_room(space) for space in spaces[1:]) else None


def _cut_rectangle(rng: np.random.Generator, kinds: Sequence[str]) -> tuple[Space, ...] | None:
    """Rooms cut from one rectangle, each cut across the longer side; None when one came out too small or too long."""
    order = [kinds[int(k)] for k in rng.permutation(len(kinds))]
    areas = [rng.uniform(*AREA_M2[kind]) for kind in order]
    aspect = rng.uniform(1.0, 1.7)
    depth = np.sqrt(sum(areas) / aspect)
    spaces: list[Space] = []

    def cut(x0: float, z0: float, x1: float, z1: float, rooms: list[int]) -> None:
        if len(rooms) == 1:
            spaces.append(Space(order[rooms[0]], x0, z0, x1, z1))
            return
        split = int(rng.integers(1, len(rooms)))
        part = sum(areas[k] for k in rooms[:split]) / sum(areas[k] for k in rooms)
        if x1 - x0 > z1 - z0:
            middle = x0 + part * (x1 - x0)
            cut(x0, z0, middle, z1, rooms[:split])
            cut(middle, z0, x1, z1, rooms[split:])
        else:
            middle = z0 + part * (z1 - z0)
            cut(x0, z0, x1, middle, rooms[:split])
            cut(x0, middle, x1, z1, rooms[split:])

    cut(0.0, 0.0, float(aspect * depth), float(depth), list(range(len(order))))
    return tuple(spaces) if all(_is_a_room(space) for space in spaces) else None


def _is_a_room(space: Space) -> bool:
    width, depth = space.inside_m()
    return min(width, depth) >= MIN_SIDE_M[space.kind] and max(width, depth) <= MAX_ASPECT * min(width, depth)


def _turned(rng: np.random.Generator, spaces: tuple[Space, ...]) -> tuple[Space, ...]:
    """The plan mirrored and turned at random, its middle at the origin."""
    if rng.random() < 0.5:
        spaces = tuple(replace(s, x0=s.z0, x1=s.z1, z0=s.x0, z1=s.x1) for s in spaces)
    if rng.random() < 0.5:
        spaces = tuple(replace(s, x0=-s.x1, x1=-s.x0) for s in spaces)
    if rng.random() < 0.5:
        spaces = tuple(replace(s, z0=-s.z1, z1=-s.z0) for s in spaces)
    x = (min(s.x0 for s in spaces) + max(s.x1 for s in spaces)) / 2
    z = (min(s.z0 for s in spaces) + max(s.z1 for s in spaces)) / 2
    return tuple(replace(s, x0=s.x0 - x, x1=s.x1 - x, z0=s.z0 - z, z1=s.z1 - z) for s in spaces)


def _shared(first: Space, second: Space) -> tuple[bool, float, float, float] | None:
    """The wall of two rooms: (runs along x, its other coordinate, start, stop); None when they do not touch."""
    x, z = (max(first.x0, second.x0), min(first.x1, second.x1)), (max(first.z0, second.z0), min(first.z1, second.z1))
    if abs(x[1] - x[0]) < 1e-9 and z[1] > z[0]:
        return False, x[0], z[0], z[1]
    if abs(z[1] - z[0]) < 1e-9 and x[1] > x[0]:
        return True, z[0], x[0], x[1]
    return None


def _connect(rng: np.random.Generator, spaces: tuple[Space, ...]) -> tuple[Doorway, ...] | None:
    """Doorways from a first room outwards; None when a room would be reached through a bathroom only."""
    kinds = [space.kind for space in spaces]
    hub = kinds.index("corridor" if "corridor" in kinds else "living" if "living" in kinds else kinds[0])
    reached = [hub]
    doorways: list[Doorway | None] = []
    while len(reached) < len(spaces):
        ways = [
            (near, far)
            for near in reached
            if kinds[near] != "bathroom"
            for far in range(len(spaces))
            if far not in reached and _has_room_for(spaces[near], spaces[far], DOORWAY_M[1])
        ]
        if not ways:
            return None
        # first whatever joins the hub: a house is no chain of rooms
        best = [way for way in ways if way[0] == hub] or ways
        near, far = best[int(rng.integers(len(best)))]
        doorways.append(_doorway(rng, spaces, near, far, doorways))
        reached.append(far)
    joined = {(d.first, d.second) for d in doorways if d is not None}
    for near in range(len(spaces)):
        for far in range(near + 1, len(spaces)):
            open_plan = frozenset((kinds[near], kinds[far])) in OPEN_PAIRS
            if open_plan and not joined & {(near, far), (far, near)} and rng.random() < 0.6:
                doorways.append(_doorway(rng, spaces, near, far, doorways))
    return tuple(doorway for doorway in doorways if doorway is not None)


def _has_room_for(first: Space, second: Space, width_m: float) -> bool:
    wall = _shared(first, second)
    return wall is not None and wall[3] - wall[2] >= width_m + 2 * (CORNER_M + HALF_WALL_M)


def _doorway(
    rng: np.random.Generator, spaces: tuple[Space, ...], near: int, far: int, others: list[Doorway | None]
) -> Doorway | None:
    """A place in the shared wall, towards one of its ends more often than not: walls are for furniture. None when
    the two rooms share too little wall."""
    wall = _shared(spaces[near], spaces[far])
    if wall is None or not _has_room_for(spaces[near], spaces[far], DOORWAY_M[0]):
        return None
    along_x, level, start, stop = wall
    width = rng.uniform(*DOORWAY_M)
    wide = rng.uniform(*WIDE_M)
    if frozenset((spaces[near].kind, spaces[far].kind)) in OPEN_PAIRS and rng.random() < 0.6:
        width = min(wide, 0.6 * (stop - start))
    if not _has_room_for(spaces[near], spaces[far], width):
        width = DOORWAY_M[0]
    reach = (stop - start - width) / 2 - CORNER_M - HALF_WALL_M
    offset = float(rng.choice([-reach, reach, rng.uniform(-reach, reach)], p=[0.35, 0.35, 0.3]))
    along = (start + stop) / 2 + offset
    place = (along, level) if along_x else (level, along)
    return Doorway(near, far, (float(place[0]), float(place[1])), float(width), along_x)


def _with_doorway(shell: Shell, space: Space, doorway: Doorway) -> Shell:
    x, z = np.asarray(doorway.place_m) - space.middle_m()
    wall = (0 if z < 0 else 2) if doorway.along_x else (1 if x > 0 else 3)
    u = float((x, z, -x, -z)[wall])
    opening = Opening(wall, u, doorway.width_m, 0.0, DOOR_HEIGHT_M, "doorway")
    return replace(shell, openings=(*shell.openings, opening))


def _add_entrance(rng: np.random.Generator, plan: FloorPlan, shells: list[Shell]) -> None:
    """A closed door to the outside, in the corridor if there is one, else where one would come in."""
    welcome = ("corridor", "living", "kitchen", "dining", "study", "bedroom", "bathroom")
    for index in sorted(range(len(shells)), key=lambda k: welcome.index(plan.spaces[k].kind)):
        for wall in (int(wall) for wall in rng.permutation(4)):
            gaps = [gap for gap in _outside(plan, index, wall, shells[index]) if gap[1] - gap[0] >= DOOR_WIDTH_M + 0.1]
            if gaps:
                start, stop = gaps[int(rng.integers(len(gaps)))]
                u = (start + stop) / 2 + (stop - start - DOOR_WIDTH_M) * float(rng.uniform(-0.5, 0.5))
                door = Opening(wall, u, DOOR_WIDTH_M, 0.0, DOOR_HEIGHT_M, "door")
                shells[index] = replace(shells[index], openings=(*shells[index].openings, door))
                return


def _with_windows(rng: np.random.Generator, plan: FloorPlan, index: int, shell: Shell) -> Shell:
    """At most one window a wall, on walls that stand outside; high in bathrooms, above worktops and the
    heads of beds."""
    kind = plan.spaces[index].kind
    wanted = 1 if kind in ("bathroom", "corridor") else int(rng.integers(1, 4))
    for wall in (int(wall) for wall in rng.permutation(4)):
        gaps = [gap for gap in _outside(plan, index, wall, shell) if gap[1] - gap[0] >= 0.8]
        if wanted == 0 or not gaps:
            continue
        start, stop = max(gaps, key=lambda gap: gap[1] - gap[0])
        width = min(rng.uniform(0.5, 0.9) if kind == "bathroom" else rng.uniform(1.0, 2.4), stop - start)
        sill = {"bathroom": 1.35, "kitchen": 1.05, "bedroom": 0.95}.get(kind, float(rng.choice([0.35, 0.85, 0.95])))
        top = min(shell.height_m - 0.25, rng.uniform(2.0, 2.3))
        u = (start + stop) / 2 + (stop - start - width) * float(rng.uniform(-0.5, 0.5))
        shell = replace(shell, openings=(*shell.openings, Opening(wall, u, float(width), sill, float(top), "window")))
        wanted -= 1
    return shell


def _outside(plan: FloorPlan, index: int, wall: int, shell: Shell) -> list[tuple[float, float]]:
    """Stretches [start, stop] of `u` on a wall where an opening to the outside fits: no room behind, no corner or other
    opening near."""
    space = plan.spaces[index]
    middle = np.asarray(space.middle_m())
    level = (space.z0, space.x1, space.z1, space.x0)[wall]
    length = shell.wall_length_m(wall)
    taken = [(-np.inf, -length / 2 + CORNER_M), (length / 2 - CORNER_M, np.inf)]
    for opening in shell.openings:
        if opening.wall == wall:
            half = opening.width_m / 2 + CORNER_M
            taken.append((opening.u_m - half, opening.u_m + half))
    for other in plan.spaces:
        shared = _shared(space, other) if other is not space else None
        if shared is None or shared[0] != (wall % 2 == 0) or abs(shared[1] - level) > 1e-9:
            continue
        ends = np.array(shared[2:]) - middle[0 if wall % 2 == 0 else 1]
        ends = ends if wall in (0, 1) else -ends[::-1]
        taken.append((ends[0] - HALF_WALL_M - CORNER_M, ends[1] + HALF_WALL_M + CORNER_M))
    gaps, reached = [], -np.inf
    for start, stop in sorted(taken):
        if start > reached > -np.inf:
            gaps.append((float(reached), float(start)))
        reached = max(reached, stop)
    return gaps
