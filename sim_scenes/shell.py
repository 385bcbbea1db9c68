"""The empty room: floor, ceiling, walls with thickness, a door and windows.

rng ─▶ [Shell] ─▶ furnish.py ─▶ rooms.py

The inside is x in [-w/2, w/2], z in [-d/2, d/2], y in [0, h]. Walls are numbered 0..3: -z, +x, +z, -x. A place on a
wall is `u` metres from its middle, to the right of somebody who stands in the room and faces it.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from video4spatial.sim_scenes import materials as surface
from video4spatial.sim_scenes.materials import hsv
from video4spatial.sim_scenes.palette import Palette, named_colour, wood_colour
from video4spatial.sim_scenes.scene import Material, Part
from video4spatial.sim_scenes.shapes import box, cylinder, joined, moved

WALL_YAW_RAD = (0.0, -np.pi / 2, np.pi, np.pi / 2)
"""Turns a piece whose back is -z so that it stands with its back to wall 0..3."""
THICKNESS_M = 0.16
DOOR_WIDTH_M, DOOR_HEIGHT_M = 0.9, 2.05


@dataclass(frozen=True)
class Opening:
    """A hole in a wall."""

    wall: int
    u_m: float
    """Its middle along the wall."""
    width_m: float
    sill_m: float
    top_m: float
    kind: str
    """`door` or `window`."""


@dataclass(frozen=True, eq=False)
class Shell:
    """Measures and holes of a room."""

    width_m: float
    depth_m: float
    height_m: float
    openings: tuple[Opening, ...]

    def wall_length_m(self, wall: int) -> float:
        return self.width_m if wall % 2 == 0 else self.depth_m

    def wall_place(self, wall: int, u_m: float, out_m: float = 0.0) -> tuple[float, float]:
        """(x, z) on the inner face of a wall; `out_m` metres into the room."""
        half = (self.depth_m if wall % 2 == 0 else self.width_m) / 2 - out_m
        return ((u_m, -half), (half, u_m), (-u_m, half), (-half, -u_m))[wall]

    def windows(self) -> tuple[Opening, ...]:
        return tuple(opening for opening in self.openings if opening.kind == "window")

    def door(self) -> Opening:
        return next(opening for opening in self.openings if opening.kind == "door")


def draw_shell(rng: np.random.Generator) -> Shell:
    """Measures, one door and one to three windows that do not meet."""
    width, depth, height = rng.uniform(3.8, 6.0), rng.uniform(3.6, 5.0), rng.uniform(2.45, 2.85)
    shell = Shell(width, depth, height, ())
    walls = [int(wall) for wall in rng.permutation(4)]
    openings = [_place(rng, shell, walls[0], DOOR_WIDTH_M, 0.0, DOOR_HEIGHT_M, "door")]
    for wall in walls[1 : 1 + int(rng.integers(1, 4))]:
        sill = float(rng.choice([0.35, 0.85, 0.95]))
        wide = min(rng.uniform(1.0, 2.4), shell.wall_length_m(wall) - 1.0)
        openings.append(_place(rng, shell, wall, wide, sill, min(height - 0.25, rng.uniform(2.0, 2.3)), "window"))
    return replace(shell, openings=tuple(openings))


def _place(
    rng: np.random.Generator, shell: Shell, wall: int, width: float, sill: float, top: float, kind: str
) -> Opening:
    reach = shell.wall_length_m(wall) / 2 - width / 2 - 0.3
    return Opening(wall, float(rng.uniform(-reach, reach)), float(width), sill, float(top), kind)


def build_shell(rng: np.random.Generator, shell: Shell, palette: Palette) -> tuple[Part, ...]:
    """The stage's triangles."""
    floor, ceiling, walls, accent = _finishes(rng)
    accent_wall = int(rng.integers(4))
    t = THICKNESS_M
    outer = (shell.width_m + 2 * t, shell.depth_m + 2 * t)
    parts = [_planar(box((outer[0], t, outer[1]), (0, -t, 0), floor), 1.6)]
    parts += [_planar(box((outer[0], t, outer[1]), (0, shell.height_m, 0), ceiling), 2.0)]
    for wall in range(4):
        parts += _wall(shell, wall, accent if wall == accent_wall else walls, palette.white)
    for opening in shell.openings:
        parts += _door(rng, shell, opening, palette) if opening.kind == "door" else _window(shell, opening, palette)
    return joined(parts)


def _finishes(rng: np.random.Generator) -> tuple[Material, Material, Material, Material]:
    """Floor, ceiling, three walls, and the fourth."""
    wood = wood_colour(rng, str(rng.choice(["pale", "oak", "walnut", "cherry"])))
    hue = rng.random()
    floors = {
        "planks": lambda: surface.planks(rng, wood, int(rng.choice([8, 16]))),
        "tiles": lambda: surface.tiles(
            rng, hsv(hue, 0.1, 0.85), hsv(hue, rng.uniform(0.05, 0.5), rng.uniform(0.35, 0.8))
        ),
        "carpet": lambda: surface.carpet(rng, hsv(hue, rng.uniform(0.1, 0.45), rng.uniform(0.4, 0.7))),
    }
    kind = str(rng.choice(list(floors), p=[0.55, 0.25, 0.2]))
    floor = Material(kind, texture=floors[kind]())
    tone = hsv(rng.random(), rng.uniform(0.04, 0.32), rng.uniform(0.78, 0.95))
    walls = Material("wall", texture=surface.plaster(rng, tone))
    accents = {
        "paint": lambda: surface.plaster(
            rng, named_colour(rng, str(rng.choice(["red", "green", "teal", "blue", "yellow", "purple"])))
        ),
        "wallpaper": lambda: surface.stripes(
            rng, tone, hsv(rng.random(), rng.uniform(0.15, 0.5), rng.uniform(0.5, 0.85))
        ),
        "brick": lambda: surface.brick(rng, hsv(rng.uniform(0.0, 0.06), rng.uniform(0.4, 0.65), rng.uniform(0.5, 0.7))),
        "same": lambda: surface.plaster(rng, tone),
    }
    accent_kind = str(rng.choice(list(accents)))
    accent = walls if accent_kind == "same" else Material(f"{accent_kind} wall", texture=accents[accent_kind]())
    return floor, Material("ceiling", texture=surface.plaster(rng, (0.93, 0.92, 0.90))), walls, accent


def _wall(shell: Shell, wall: int, finish: Material, skirting: Material) -> list[Part]:
    """Blocks around the openings of one wall, and a skirting board."""
    length = shell.wall_length_m(wall)
    side = THICKNESS_M if wall % 2 == 0 else 0.0  # walls 0 and 2 close the corners
    u, parts = -length / 2 - side, []
    for opening in sorted((o for o in shell.openings if o.wall == wall), key=lambda o: o.u_m):
        left, right = opening.u_m - opening.width_m / 2, opening.u_m + opening.width_m / 2
        parts.append(_block(shell, wall, u, left, 0.0, shell.height_m, finish))
        parts.append(_block(shell, wall, left, right, opening.top_m, shell.height_m, finish))
        if opening.sill_m > 0:
            parts.append(_block(shell, wall, left, right, 0.0, opening.sill_m, finish))
        if opening.kind == "door":
            parts.append(_board(shell, wall, -length / 2, left - 0.06, skirting))
            length_left = right + 0.06
        else:
            length_left = -length / 2
        u = right
    parts.append(_block(shell, wall, u, length / 2 + side, 0.0, shell.height_m, finish))
    door = [o for o in shell.openings if o.wall == wall and o.kind == "door"]
    parts.append(_board(shell, wall, length_left if door else -length / 2, length / 2, skirting))
    return parts


def _block(shell: Shell, wall: int, u0: float, u1: float, y0: float, y1: float, finish: Material) -> Part:
    x, z = shell.wall_place(wall, (u0 + u1) / 2, -THICKNESS_M / 2)
    size = (u1 - u0, y1 - y0, THICKNESS_M) if wall % 2 == 0 else (THICKNESS_M, y1 - y0, u1 - u0)
    return _planar(box(size, (x, y0, z), finish), 1.4)


def _board(shell: Shell, wall: int, u0: float, u1: float, material: Material) -> Part:
    x, z = shell.wall_place(wall, (u0 + u1) / 2, 0.007)
    length = max(u1 - u0, 0.01)
    return box((length, 0.08, 0.014) if wall % 2 == 0 else (0.014, 0.08, length), (x, 0, z), material)


def _on_wall(shell: Shell, opening: Opening, part: Part) -> Part:
    """A part made at the origin with its back at z = 0, brought to the middle of an opening's lower edge."""
    x, z = shell.wall_place(opening.wall, opening.u_m)
    return moved(part, (x, opening.sill_m, z), WALL_YAW_RAD[opening.wall])


def _window(shell: Shell, opening: Opening, palette: Palette) -> list[Part]:
    width, height, bar = opening.width_m, opening.top_m - opening.sill_m, 0.05
    middle = -THICKNESS_M / 2
    frame = [box((bar, height, 0.06), (s * (width / 2 - bar / 2), 0, middle), palette.white) for s in (-1, 1)]
    frame += [box((width, bar, 0.06), (0, y, middle), palette.white) for y in (0.0, height - bar)]
    count = max(1, round(width / 0.8))
    for k in range(1, count):
        frame.append(box((bar * 0.8, height, 0.05), (width * (k / count - 0.5), 0, middle), palette.white))
    frame.append(box((width + 0.16, 0.03, 0.14), (0, -0.03, 0.03), palette.white))
    return [_on_wall(shell, opening, part) for part in frame]


def _door(rng: np.random.Generator, shell: Shell, opening: Opening, palette: Palette) -> list[Part]:
    width, height = opening.width_m, opening.top_m
    leaf = palette.paint(rng).material if rng.random() < 0.4 else palette.wood(rng).material
    parts = [box((width, height, 0.05), (0, 0, -0.07), leaf, 0.8)]
    parts += [box((0.28, 0.75, 0.012), (s * 0.2, y, -0.041), leaf, 0.8) for s in (-1, 1) for y in (0.15, 1.1)]
    parts += [box((0.07, height + 0.07, 0.02), (s * (width / 2 + 0.03), 0, 0.01), palette.white) for s in (-1, 1)]
    parts += [box((width + 0.13, 0.07, 0.02), (0, height, 0.01), palette.white)]
    handle = moved(cylinder(0.012, 0.12, (0, 0, 0), palette.metal, 8), (0.32, 1.02, -0.01), 0.0, 0.0)
    return [_on_wall(shell, opening, part) for part in [*parts, handle]]


def _planar(part: Part, tile_m: float) -> Part:
    """The part with texture coordinates taken from the world, so that neighbouring blocks continue each other."""
    axis = np.abs(part.normals).argmax(axis=1)
    v = part.vertices_m.astype(float)
    choices: list[NDArray[np.float64]] = [
        np.stack([v[:, 2], -v[:, 1]], axis=1),
        np.stack([v[:, 0], v[:, 2]], axis=1),
        np.stack([v[:, 0], -v[:, 1]], axis=1),
    ]
    uv = np.select([axis[:, None] == k for k in range(3)], choices) / tile_m
    return replace(part, uv=uv.astype(np.float32))
