"""The empty room: floor, ceiling, walls with thickness, doors and windows.

rng ─▶ [Shell] ─▶ furnish.py ─▶ rooms.py, houses.py

The inside is x in [-w/2, w/2], z in [-d/2, d/2], y in [0, h]. Walls are numbered 0..3: -z, +x, +z, -x. A place on a
wall is `u` metres from its middle, to the right of somebody who stands in the room and faces it.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from video4spatial.sim_scenes.finishes import Finishes, Tile
from video4spatial.sim_scenes.palette import Palette
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
    """`door` (closed), `doorway` (open, into the next room) or `window`."""


@dataclass(frozen=True, eq=False)
class Shell:
    """Measures and holes of a room."""

    width_m: float
    depth_m: float
    height_m: float
    openings: tuple[Opening, ...]
    thickness_m: float = THICKNESS_M
    """Of the walls. Two rooms that share a wall build half of it each."""
    slab_m: float = THICKNESS_M
    """Of the floor, downwards."""

    def wall_length_m(self, wall: int) -> float:
        return self.width_m if wall % 2 == 0 else self.depth_m

    def wall_place(self, wall: int, u_m: float, out_m: float = 0.0) -> tuple[float, float]:
        """(x, z) on the inner face of a wall; `out_m` metres into the room."""
        half = (self.depth_m if wall % 2 == 0 else self.width_m) / 2 - out_m
        return ((u_m, -half), (half, u_m), (-u_m, half), (-half, -u_m))[wall]

    def windows(self) -> tuple[Opening, ...]:
        return tuple(opening for opening in self.openings if opening.kind == "window")

    def doors(self) -> tuple[Opening, ...]:
        """Closed doors and open doorways."""
        return tuple(opening for opening in self.openings if opening.kind != "window")

    def door(self) -> Opening:
        """The first closed door."""
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


def build_shell(rng: np.random.Generator, shell: Shell, palette: Palette, finishes: Finishes) -> tuple[Part, ...]:
    """The stage's triangles."""
    accent_wall = int(rng.integers(4))
    t = shell.thickness_m
    outer = (shell.width_m + 2 * t, shell.depth_m + 2 * t)
    parts = [
        _planar(box((outer[0], shell.slab_m, outer[1]), (0, -shell.slab_m, 0), finishes.floor), finishes.floor_tile_m)
    ]
    parts += [_planar(box((outer[0], t, outer[1]), (0, shell.height_m, 0), finishes.ceiling), finishes.ceiling_tile_m)]
    for wall in range(4):
        finish = (finishes.accent, finishes.accent_tile_m)
        parts += _wall(
            shell, wall, *(finish if wall == accent_wall else (finishes.walls, finishes.walls_tile_m)), palette.white
        )
    for opening in shell.openings:
        if opening.kind == "door":
            parts += _door(rng, shell, opening, palette)
        elif opening.kind == "doorway":
            parts += _doorway(shell, opening, palette)
        else:
            parts += _window(shell, opening, palette)
    return joined(parts)


def _wall(shell: Shell, wall: int, finish: Material, tile_m: Tile, skirting: Material) -> list[Part]:
    """Blocks around the openings of one wall, and a skirting board between its doors."""
    length = shell.wall_length_m(wall)
    side = shell.thickness_m if wall % 2 == 0 else 0.0  # walls 0 and 2 close the corners
    openings = sorted((o for o in shell.openings if o.wall == wall), key=lambda o: o.u_m)
    u, parts = -length / 2 - side, []
    for opening in openings:
        left, right = opening.u_m - opening.width_m / 2, opening.u_m + opening.width_m / 2
        parts.append(_block(shell, wall, u, left, 0.0, shell.height_m, finish, tile_m))
        parts.append(_block(shell, wall, left, right, opening.top_m, shell.height_m, finish, tile_m))
        if opening.sill_m > 0:
            parts.append(_block(shell, wall, left, right, 0.0, opening.sill_m, finish, tile_m))
        u = right
    parts.append(_block(shell, wall, u, length / 2 + side, 0.0, shell.height_m, finish, tile_m))
    u = -length / 2
    for door in (opening for opening in openings if opening.kind != "window"):
        parts.append(_board(shell, wall, u, door.u_m - door.width_m / 2 - 0.06, skirting))
        u = door.u_m + door.width_m / 2 + 0.06
    parts.append(_board(shell, wall, u, length / 2, skirting))
    return parts


def _block(shell: Shell, wall: int, u0: float, u1: float, y0: float, y1: float, finish: Material, tile_m: Tile) -> Part:
    t = shell.thickness_m
    x, z = shell.wall_place(wall, (u0 + u1) / 2, -t / 2)
    size = (u1 - u0, y1 - y0, t) if wall % 2 == 0 else (t, y1 - y0, u1 - u0)
    return _planar(box(size, (x, y0, z), finish), tile_m)


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
    middle = -shell.thickness_m / 2
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
    parts += _casing(opening, palette)
    handle = moved(cylinder(0.012, 0.12, (0, 0, 0), palette.metal, 8), (0.32, 1.02, -0.01), 0.0, 0.0)
    return [_on_wall(shell, opening, part) for part in [*parts, handle]]


def _doorway(shell: Shell, opening: Opening, palette: Palette) -> list[Part]:
    """This room's half of an open doorway: casing, lining and threshold."""
    width, height, t = opening.width_m, opening.top_m, shell.thickness_m
    parts = _casing(opening, palette)
    parts += [box((0.02, height, t), (s * (width / 2 - 0.01), 0, -t / 2), palette.white) for s in (-1, 1)]
    parts += [box((width - 0.04, 0.02, t), (0, height - 0.02, -t / 2), palette.white)]
    parts += [box((width - 0.04, 0.006, t), (0, 0, -t / 2), palette.woods[0].material)]
    return [_on_wall(shell, opening, part) for part in parts]


def _casing(opening: Opening, palette: Palette) -> list[Part]:
    width, height = opening.width_m, opening.top_m
    parts = [box((0.07, height + 0.07, 0.02), (s * (width / 2 + 0.03), 0, 0.01), palette.white) for s in (-1, 1)]
    return [*parts, box((width + 0.13, 0.07, 0.02), (0, height, 0.01), palette.white)]


def _planar(part: Part, tile_m: Tile) -> Part:
    """The part with texture coordinates taken from the world, so that neighbouring blocks continue each other."""
    axis = np.abs(part.normals).argmax(axis=1)
    v = part.vertices_m.astype(float)
    choices: list[NDArray[np.float64]] = [
        np.stack([v[:, 2], -v[:, 1]], axis=1),
        np.stack([v[:, 0], v[:, 2]], axis=1),
        np.stack([v[:, 0], -v[:, 1]], axis=1),
    ]
    uv = np.select([axis[:, None] == k for k in range(3)], choices) / np.array(tile_m)
    return replace(part, uv=uv.astype(np.float32))
