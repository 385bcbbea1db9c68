"""Furnished houses of several rooms from a seed.

seed ─▶ floor_plan ─▶ shell + furnish for each room ─▶ [House scene] + its fixtures ─▶ habitat_dataset and render

`VERSION` is part of a generated house's identity: raise it when the same seed gives another house.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from video4spatial.pipeline.core.seeds import rng
from video4spatial.sim_scenes.assets.stock import Stock
from video4spatial.sim_scenes.dressing import dress
from video4spatial.sim_scenes.finishes import Finishes, albedo, draw_finishes, draw_room_finishes, papered
from video4spatial.sim_scenes.floor_plan import Doorway, FloorPlan, draw_floor_plan, shells_of
from video4spatial.sim_scenes.furnish import NO_STOCK, Placed, furnish
from video4spatial.sim_scenes.furniture import Piece
from video4spatial.sim_scenes.lights import MOODS, Fixtures, Window, draw_lighting
from video4spatial.sim_scenes.palette import Palette, draw_palette, redyed
from video4spatial.sim_scenes.programmes import HOUSE_ROOMS
from video4spatial.sim_scenes.rooms import body_of, lamps_of, windows_of
from video4spatial.sim_scenes.scene import STAGE_ID, Body, Lamp, Part, Scene
from video4spatial.sim_scenes.scheme import Scheme, draw_scheme
from video4spatial.sim_scenes.shapes import joined, moved
from video4spatial.sim_scenes.shell import Opening, Shell, build_shell

VERSION = 2
HOUSE_FLOORS = (0.9, 0.0, 0.1)
"""Planks, tiles or carpet through the whole house; kitchens and bathrooms choose for themselves."""
ATTEMPTS = 8
"""A room is furnished again, at most so often, until it has what makes it that room; then another plan is drawn."""

WIDEST_LEAF_M = 1.15
"""Wider doorways have no door."""
PLANS_WITH_STOCK = 24
"""After so many plans whose rooms lacked something, the user's things go unused: none of them fits."""


@dataclass(frozen=True, eq=False)
class HouseRoom:
    """One row of a house's room table."""

    name: str
    """"bedroom 2"."""
    kind: str
    """`corridor` or a key of floor_plan.MIN_SIDE_M."""
    middle_m: tuple[float, float]
    """(x, z) in the house."""
    shell: Shell
    """In the room's own frame: the house's axes, origin in the middle of the room's floor."""
    placed: tuple[Placed, ...]
    """In the room's own frame."""
    object_ids: range
    """Of the bodies of `placed`, in the same order."""


@dataclass(frozen=True, eq=False)
class GeneratedHouse:
    """A house as it was made: the scene, and what the scene alone does not say."""

    scene: Scene
    mood: str
    rooms: tuple[HouseRoom, ...]
    doorways: tuple[Doorway, ...]
    """Between `rooms`, by index."""
    fixtures: Fixtures
    offered: Mapping[str, Piece] = field(default_factory=dict)
    """Things of the user's that were drawn for it, by file; those that stand nowhere in it found no place."""


def generate_house(seed: int, stock: Stock = NO_STOCK) -> GeneratedHouse:
    """The house of `seed`, furnished from `stock` too: the same on every machine."""
    draw = rng(seed, "house", f"version {VERSION}")
    stock = stock.for_scene()
    offered = stock.offered
    scheme = draw_scheme(draw)
    house_palette, house_finishes = draw_palette(draw, scheme), draw_finishes(draw, HOUSE_FLOORS, scheme)
    house_palette, house_finishes = stock.dyed(draw, house_palette), papered(draw, house_finishes, stock)
    lacking, plans = 1, 0
    while lacking:
        plans += 1
        if plans > PLANS_WITH_STOCK:
            stock = NO_STOCK
        plan = draw_floor_plan(draw)
        shells = shells_of(draw, plan, float(draw.uniform(2.45, 2.85)))
        palettes = [redyed(draw, house_palette) for _ in shells]
        palettes = [stock.dyed(draw, palette) for palette in palettes]
        furnished = []
        for space, shell, palette in zip(plan.spaces, shells, palettes, strict=True):
            placed, lacking = _furnished(draw, shell, palette, space.kind, stock)
            furnished.append(placed)
            if lacking:
                break
    rooms = _room_table(plan, shells, furnished)
    covered = [_room_finishes(draw, room.kind, house_finishes, scheme, stock) for room in rooms]
    stage = _stage(draw, rooms, plan.doorways, palettes, covered)
    bodies = [Body(STAGE_ID, "stage", "stage", ("house",), stage)]
    for room in rooms:
        bodies += [body_of(k, item, room.middle_m) for k, item in zip(room.object_ids, room.placed, strict=True)]
    fixtures = replace(_fixtures(rooms), bounce=_bounce(rooms, covered))
    mood = str(draw.choice(MOODS, p=[0.6, 0.2, 0.2]))
    scene = Scene(f"house-{seed}", tuple(bodies), draw_lighting(draw, fixtures, mood))
    return GeneratedHouse(scene, mood, tuple(rooms), plan.doorways, fixtures, offered)


def _furnished(
    rng: np.random.Generator, shell: Shell, palette: Palette, kind: str, stock: Stock
) -> tuple[list[Placed], int]:
    """Of up to ATTEMPTS furnishings, the first that has all that its programme needs; and how much the last lacks."""
    programme = HOUSE_ROOMS[kind]
    for _ in range(ATTEMPTS):
        placed = furnish(rng, shell, palette, programme, stock.in_room(kind))
        lacking = programme.lacks({item.piece.category for item in placed})
        if not lacking:
            break
    return placed, lacking


def _room_table(plan: FloorPlan, shells: tuple[Shell, ...], furnished: list[list[Placed]]) -> list[HouseRoom]:
    rooms: list[HouseRoom] = []
    first = STAGE_ID + 1
    for space, shell, placed in zip(plan.spaces, shells, furnished, strict=True):
        number = 1 + sum(room.kind == space.kind for room in rooms)
        ids = range(first, first + len(placed))
        rooms.append(HouseRoom(f"{space.kind} {number}", space.kind, space.middle_m(), shell, tuple(placed), ids))
        first = ids.stop
    return rooms


def _room_finishes(rng: np.random.Generator, kind: str, house: Finishes, scheme: Scheme, stock: Stock) -> Finishes:
    finishes = draw_room_finishes(rng, kind, house, scheme)
    return finishes if kind == "corridor" else papered(rng, finishes, stock, kind, whole=False)


def _stage(
    rng: np.random.Generator,
    rooms: list[HouseRoom],
    doorways: tuple[Doorway, ...],
    palettes: list[Palette],
    finishes: list[Finishes],
) -> tuple[Part, ...]:
    """The shells of all rooms at their places, dressed where the furniture leaves room."""
    parts: list[Part] = []
    for index, (room, palette, covered) in enumerate(zip(rooms, palettes, finishes, strict=True)):
        built = [*build_shell(rng, room.shell, palette, covered)]
        built += dress(rng, room.shell, room.placed, palette, _leaves(rng, room, index, doorways))
        parts += [moved(part, (room.middle_m[0], 0.0, room.middle_m[1])) for part in built]
    return joined(parts)


def _leaves(rng: np.random.Generator, room: HouseRoom, index: int, doorways: tuple[Doorway, ...]) -> list[Opening]:
    """The openings of this room whose door hangs here: those of the doorways that name it first, if they have one."""
    own = [np.asarray(d.place_m) - room.middle_m for d in doorways if d.first == index and d.width_m <= WIDEST_LEAF_M]
    hung = []
    for opening in room.shell.openings:
        place = np.array(room.shell.wall_place(opening.wall, opening.u_m))
        if opening.kind == "doorway" and any(np.linalg.norm(place - other) < 0.3 for other in own):
            hung += [opening] if rng.random() < 0.7 else []
    return hung


def _bounce(rooms: list[HouseRoom], finishes: list[Finishes]) -> float:
    """Light from everywhere for each unit of one lamp in every room: what its walls throw back, again and again.

    A lamp that lights a white surface at 1 m fully gives 4 pi; of what meets the room's surfaces of area A they return
    the share r, r^2 ...: 4 pi r / ((1 - r) A).
    """
    found = []
    for room, covered in zip(rooms, finishes, strict=True):
        floor = room.shell.width_m * room.shell.depth_m
        walls = 2 * room.shell.height_m * (room.shell.width_m + room.shell.depth_m)
        whole = 2 * floor + walls
        back = floor * (albedo(covered.floor) + albedo(covered.ceiling)) + walls * albedo(covered.walls)
        share = min(back / whole, 0.8)
        found.append(4 * np.pi * share / ((1 - share) * whole))
    return float(np.mean(found)) / len(rooms)


def _fixtures(rooms: list[HouseRoom]) -> Fixtures:
    """One lamp and one source of daylight a room: the strongest and the largest. Each costs shading time."""
    windows: list[Window] = []
    daylight: list[Window] = []
    lamps: list[Lamp] = []
    always: list[Lamp] = []
    for room in rooms:
        found = windows_of(room.shell, room.middle_m)
        windows += found
        daylight += sorted(found, key=lambda window: -window[2])[:1]
        (lamps if found else always).extend(lamps_of(list(room.placed), 1, room.middle_m))
    return Fixtures(tuple(windows), tuple(lamps), tuple(daylight), tuple(always))
