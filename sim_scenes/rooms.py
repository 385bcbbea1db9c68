"""Furnished rooms from a seed.

seed ─▶ shell ─▶ furnish ─▶ [Room scene] + its fixtures ─▶ habitat_dataset (written) and render

`VERSION` is part of a generated scene's identity: raise it when the same seed gives another room.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from video4spatial.pipeline.core.seeds import rng
from video4spatial.sim_scenes.assets.stock import Stock
from video4spatial.sim_scenes.finishes import draw_finishes, papered
from video4spatial.sim_scenes.furnish import NO_STOCK, Placed, furnish
from video4spatial.sim_scenes.furniture import Piece
from video4spatial.sim_scenes.lights import MOODS, Fixtures, Window, draw_lighting
from video4spatial.sim_scenes.palette import draw_palette
from video4spatial.sim_scenes.programmes import ROOMS
from video4spatial.sim_scenes.scene import STAGE_ID, Body, Lamp, Scene
from video4spatial.sim_scenes.shapes import yaw_matrix
from video4spatial.sim_scenes.shell import Shell, build_shell, draw_shell

VERSION = 1


@dataclass(frozen=True, eq=False)
class GeneratedRoom:
    """A room as it was made: the scene, and what the scene alone does not say."""

    scene: Scene
    kind: str
    mood: str
    shell: Shell
    placed: tuple[Placed, ...]
    fixtures: Fixtures
    offered: Mapping[str, Piece] = field(default_factory=dict)
    """Things of the user's that were drawn for it, by file; those that do not stand in it found no place."""


def generate_room(seed: int, stock: Stock = NO_STOCK) -> GeneratedRoom:
    """The room of `seed`, furnished from `stock` too: the same on every machine."""
    name = f"room-{seed}"
    draw = rng(seed, "room", f"version {VERSION}")
    stock = stock.for_scene()
    kind = str(draw.choice(list(ROOMS)))
    shell = draw_shell(draw)
    palette = stock.dyed(draw, draw_palette(draw))
    finishes = papered(draw, draw_finishes(draw), stock)
    stage = Body(STAGE_ID, "stage", "stage", ("room",), build_shell(draw, shell, palette, finishes))
    placed = furnish(draw, shell, palette, ROOMS[kind], stock.in_room(kind))
    bodies = tuple(body_of(index, item) for index, item in enumerate(placed, start=1))
    fixtures = Fixtures(windows_of(shell), lamps_of(placed, 2))
    mood = str(draw.choice(MOODS, p=[0.6, 0.2, 0.2]))
    scene = Scene(name, (stage, *bodies), draw_lighting(draw, fixtures, mood))
    return GeneratedRoom(scene, kind, mood, shell, tuple(placed), fixtures, stock.offered)


def body_of(object_id: int, placed: Placed, room_m: tuple[float, float] = (0.0, 0.0)) -> Body:
    """The placed piece in the world; `room_m`: (x, z) of the middle of its room."""
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = yaw_matrix(placed.yaw_rad), placed.position_m
    pose[[0, 2], 3] += room_m
    category = placed.piece.category
    return Body(
        object_id,
        f"{category.replace(' ', '_')}_{object_id:03d}",
        category,
        placed.piece.words,
        placed.piece.parts,
        pose,
    )


def windows_of(shell: Shell, room_m: tuple[float, float] = (0.0, 0.0)) -> tuple[Window, ...]:
    """The windows in the world; `room_m` as in `body_of`."""
    inward = ((0.0, 0.0, 1.0), (-1.0, 0.0, 0.0), (0.0, 0.0, -1.0), (1.0, 0.0, 0.0))
    found = []
    for window in shell.windows():
        x, z = shell.wall_place(window.wall, window.u_m)
        area = window.width_m * (window.top_m - window.sill_m)
        centre = (x + room_m[0], (window.sill_m + window.top_m) / 2, z + room_m[1])
        found.append((centre, inward[window.wall], area))
    return tuple(found)


def lamps_of(placed: list[Placed], count: int, room_m: tuple[float, float] = (0.0, 0.0)) -> tuple[Lamp, ...]:
    """The strongest lamps at their places in the room, at most `count`: each costs shading time."""
    lamps = []
    for item in placed:
        if item.piece.lamp is not None:
            x, y, z = yaw_matrix(item.yaw_rad) @ np.asarray(item.piece.lamp.position_m) + np.asarray(item.position_m)
            place = (float(x) + room_m[0], float(y), float(z) + room_m[1])
            lamps.append(Lamp(place, item.piece.lamp.colour, item.piece.lamp.radius_m))
    return tuple(sorted(lamps, key=lambda lamp: -sum(lamp.colour))[:count])
