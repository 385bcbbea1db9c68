"""Furnished houses of several rooms from a seed.

seed ─▶ floor_plan ─▶ shell + furnish for each room ─▶ [House scene] + its fixtures ─▶ habitat_dataset and render

`VERSION` is part of a generated house's identity: raise it when the same seed gives another house.
"""

from dataclasses import dataclass

import numpy as np

from video4spatial.pipeline.core.seeds import rng
from video4spatial.sim_scenes.assets.stock import Stock
from video4spatial.sim_scenes.finishes import Finishes, draw_finishes, draw_room_finishes, papered
from video4spatial.sim_scenes.floor_plan import Doorway, FloorPlan, draw_floor_plan, shells_of
from video4spatial.sim_scenes.furnish import NO_STOCK, Placed, furnish
from video4spatial.sim_scenes.lights import MOODS, Fixtures, Window, draw_lighting
from video4spatial.sim_scenes.palette import Palette, draw_palette, redyed
from video4spatial.sim_scenes.programmes import HOUSE_ROOMS
from video4spatial.sim_scenes.rooms import body_of, lamps_of, windows_of
from video4spatial.sim_scenes.scene import STAGE_ID, Body, Lamp, Part, Scene
from video4spatial.sim_scenes.shapes import joined, moved
from video4spatial.sim_scenes.shell import Shell, build_shell

VERSION = 1
HOUSE_FLOORS = (0.9, 0.0, 0.1)
"""Planks, tiles or carpet through the whole house; kitchens and bathrooms choose for themselves."""
ATTEMPTS = 8
"""A room is furnished again, at most so often, until it has what makes it that room; then another plan is drawn."""

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


def generate_house(seed: int, stock: Stock = NO_STOCK) -> GeneratedHouse:
    """The house of `seed`, furnished from `stock` too: the same on every machine."""
    draw = rng(seed, "house", f"version {VERSION}")
    house_palette, house_finishes = draw_palette(draw), draw_finishes(draw, HOUSE_FLOORS)
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
    bodies = [Body(STAGE_ID, "stage", "stage", ("house",), _stage(draw, rooms, palettes, house_finishes, stock))]
    for room in rooms:
        bodies += [body_of(k, item, room.middle_m) for k, item in zip(room.object_ids, room.placed, strict=True)]
    fixtures = _fixtures(rooms)
    mood = str(draw.choice(MOODS, p=[0.6, 0.2, 0.2]))
    scene = Scene(f"house-{seed}", tuple(bodies), draw_lighting(draw, fixtures, mood))
    return GeneratedHouse(scene, mood, tuple(rooms), plan.doorways, fixtures)


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


def _stage(
    rng: np.random.Generator, rooms: list[HouseRoom], palettes: list[Palette], house: Finishes, stock: Stock
) -> tuple[Part, ...]:
    """The shells of all rooms at their places."""
    parts: list[Part] = []
    for room, palette in zip(rooms, palettes, strict=True):
        finishes = draw_room_finishes(rng, room.kind, house)
        if room.kind != "corridor":
            finishes = papered(rng, finishes, stock, room.kind, whole=False)
        built = build_shell(rng, room.shell, palette, finishes)
        parts += [moved(part, (room.middle_m[0], 0.0, room.middle_m[1])) for part in built]
    return joined(parts)


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
