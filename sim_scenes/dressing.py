"""What hangs at openings and stands under windows: curtains, blinds, open door leaves, radiators.

Shell + what stands in the room + rng ─▶ [dress] ─▶ Parts of the stage ─▶ houses.py

Comes after the furniture and takes only what that left: nothing here touches a piece, narrows a doorway or reaches
further into a room than a hand's breadth.
"""

from collections.abc import Sequence

import numpy as np

from video4spatial.sim_scenes.furnish import Placed, rectangles_meet
from video4spatial.sim_scenes.palette import Palette
from video4spatial.sim_scenes.scene import Material, Part
from video4spatial.sim_scenes.shapes import box, moved
from video4spatial.sim_scenes.shell import WALL_YAW_RAD, Opening, Shell

OVERHANG_M = 0.12
"""Of a curtain, beside its window."""
CURTAIN_M = 0.10
"""It reaches so far into the room."""
LEAF_M = 0.08
RADIATOR_M = 0.12
BEFORE_RADIATOR_M = 0.8
"""Free floor before a radiator, so that it narrows no way."""


def dress(
    rng: np.random.Generator, shell: Shell, placed: Sequence[Placed], palette: Palette, leaves: Sequence[Opening]
) -> list[Part]:
    """Parts in the room's frame. `leaves`: the doorways whose door belongs to this room."""
    parts: list[Part] = []
    cloth = palette.fabric(rng).material
    style = rng.random()
    for window in shell.windows():
        if style < 0.5 and _is_free(shell, placed, window.wall, *_span(window, OVERHANG_M), CURTAIN_M + 0.05):
            parts += _curtains(shell, window, cloth, palette.metal)
        elif style < 0.8:
            parts += _blind(rng, shell, window, cloth)
        if window.sill_m >= 0.75 and rng.random() < 0.6:
            parts += _radiator(shell, placed, window, palette.white)
    door = palette.wood(rng).material if rng.random() < 0.5 else palette.white
    for doorway in leaves:
        parts += _leaf(rng, shell, placed, doorway, door, palette.metal)
    return parts


def _span(opening: Opening, margin_m: float) -> tuple[float, float]:
    half = opening.width_m / 2 + margin_m
    return opening.u_m - half, opening.u_m + half


def _is_free(shell: Shell, placed: Sequence[Placed], wall: int, start_m: float, stop_m: float, deep_m: float) -> bool:
    """Does nothing stand, lie or hang along [start, stop] of a wall, from floor to ceiling?"""
    x, z = shell.wall_place(wall, (start_m + stop_m) / 2, deep_m / 2)
    half = np.array([(stop_m - start_m) / 2, deep_m / 2] if wall % 2 == 0 else [deep_m / 2, (stop_m - start_m) / 2])
    zone = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half + (x, z)
    things = (item for item in placed if item.piece.category != "rug" and item.support != "ceiling")
    return not any(rectangles_meet(zone, item.footprint_m()) for item in things)


def _at(shell: Shell, wall: int, u_m: float, part: Part) -> Part:
    """A part made at the origin, its back at z = 0 and x to the right, brought to a place of a wall's inner face."""
    x, z = shell.wall_place(wall, u_m)
    return moved(part, (x, 0.0, z), WALL_YAW_RAD[wall])


def _curtains(shell: Shell, window: Opening, cloth: Material, metal: Material) -> list[Part]:
    """Two lengths of cloth to the floor, drawn aside, on a rod."""
    half, top = window.width_m / 2 + OVERHANG_M, min(window.top_m + 0.12, shell.height_m - 0.03)
    wide, folds = min(0.45, 0.22 * window.width_m + OVERHANG_M), 6
    parts = [box((2 * half, 0.02, 0.02), (0, top - 0.01, 0.055), metal)]
    for side in (-1, 1):
        for k in range(folds):
            x = side * (half - (k + 0.5) * wide / folds)
            parts.append(box((wide / folds, top - 0.06, 0.025), (x, 0.03, 0.045 + 0.022 * (k % 2)), cloth, 0.5))
    return [_at(shell, window.wall, window.u_m, part) for part in parts]


def _blind(rng: np.random.Generator, shell: Shell, window: Opening, cloth: Material) -> list[Part]:
    """A roller blind within the window, let down part of the way."""
    drop = (window.top_m - window.sill_m) * rng.uniform(0.15, 0.5)
    width = window.width_m - 0.06
    parts = [
        box((width, drop, 0.006), (0, window.top_m - drop - 0.02, -0.02), cloth, 0.5),
        box((width, 0.05, 0.04), (0, window.top_m - 0.055, -0.02), cloth, 0.5),
    ]
    return [_at(shell, window.wall, window.u_m, part) for part in parts]


def _radiator(shell: Shell, placed: Sequence[Placed], window: Opening, white: Material) -> list[Part]:
    width = min(window.width_m, 1.4)
    start, stop = window.u_m - width / 2 - 0.1, window.u_m + width / 2 + 0.1
    height = min(0.55, window.sill_m - 0.2)
    if not _is_free(shell, placed, window.wall, start, stop, BEFORE_RADIATOR_M) or _meets_opening(
        shell, window, window.wall, start, stop, BEFORE_RADIATOR_M
    ):
        return []
    parts = [box((width, height, 0.03), (0, 0.12, 0.05), white)]
    count = max(4, round(width / 0.09))
    for k in range(count):
        x = ((k + 0.5) / count - 0.5) * width
        parts.append(box((0.05, height + 0.03, 0.02), (x, 0.105, 0.075), white))
    parts += [box((0.03, 0.12, 0.03), (s * (width / 2 - 0.06), 0.0, 0.05), white) for s in (-1, 1)]
    return [_at(shell, window.wall, window.u_m, part) for part in parts]


def _leaf(
    rng: np.random.Generator,
    shell: Shell,
    placed: Sequence[Placed],
    doorway: Opening,
    material: Material,
    metal: Material,
) -> list[Part]:
    """A door that stands wide open, flat along the wall on one side of its doorway, where that is empty."""
    width = doorway.width_m - 0.06
    for side in (-1, 1) if rng.random() < 0.5 else (1, -1):
        hinge = doorway.u_m + side * doorway.width_m / 2
        start, stop = sorted((hinge, hinge + side * (width + 0.05)))
        reach = shell.wall_length_m(doorway.wall) / 2 - 0.02
        fits = max(abs(start), abs(stop)) < reach and _is_free(shell, placed, doorway.wall, start, stop, LEAF_M + 0.04)
        if fits and not _meets_opening(shell, doorway, doorway.wall, start, stop, LEAF_M):
            middle = hinge + side * (width / 2 + 0.01)
            height = doorway.top_m - 0.02
            parts = [box((width, height, 0.04), (0, 0.01, 0.03), material, 0.8)]
            parts += [
                box((width * 0.3, height * 0.36, 0.01), (s * width * 0.21, y, 0.07), material, 0.8)
                for s in (-1, 1)
                for y in (0.15, 0.15 + height * 0.46)
            ]
            parts += [box((0.12, 0.018, 0.03), (side * (width / 2 - 0.11), 1.02, 0.07), metal)]
            return [_at(shell, doorway.wall, middle, part) for part in parts]
    return []


def _meets_opening(shell: Shell, own: Opening, wall: int, start_m: float, stop_m: float, deep_m: float) -> bool:
    """Is another opening along [start, stop] of the wall, or a door round the corner within reach?"""
    for other in shell.openings:
        if other is not own and other.wall == wall:
            low, high = _span(other, 0.08)
            if low < stop_m and high > start_m:
                return True
        if other.wall != wall and other.kind != "window":
            mine = np.array(shell.wall_place(wall, (start_m + stop_m) / 2, deep_m / 2))
            theirs = np.array(shell.wall_place(other.wall, other.u_m))
            if np.linalg.norm(mine - theirs) < (stop_m - start_m) / 2 + other.width_m / 2 + 0.3:
                return True
    return False
