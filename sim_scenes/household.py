"""Furniture of kitchens, bathrooms and corridors: one function per piece.

(rng, Palette) ─▶ [cooker, bathtub, coat stand, ...] ─▶ Piece ─▶ programmes.py

As in furniture.py, a piece stands on y = 0 around the origin, its front towards +z.
"""

from dataclasses import replace

import numpy as np

from video4spatial.sim_scenes.furniture import Piece, legs, make_piece
from video4spatial.sim_scenes.materials import hsv, plain
from video4spatial.sim_scenes.palette import Palette
from video4spatial.sim_scenes.scene import Material, Part
from video4spatial.sim_scenes.shapes import ball, box, cushion, cylinder, lathe, moved

STEEL = plain("steel", (0.66, 0.67, 0.69))
MIRROR = plain("mirror", (0.70, 0.78, 0.82))


def kitchen_unit(rng: np.random.Generator, palette: Palette) -> Piece:
    """Base cupboards with a sink, and mostly cupboards on the wall above them."""
    wood, paint = palette.wood(rng), palette.paint(rng)
    units = int(rng.integers(2, 5))
    width, depth, height = 0.6 * units, 0.6, 0.9
    parts = [
        box((width, 0.08, depth - 0.12), (0, 0, -0.04), palette.dark),
        box((width, 0.78, depth - 0.05), (0, 0.08, -0.02), palette.white),
        box((width + 0.02, 0.04, depth + 0.01), (0, height - 0.04, 0), wood.material, 0.8),
    ]
    places = [(k - (units - 1) / 2) * 0.6 for k in range(units)]
    for x in places:
        parts += _front(x, 0.1, 0.74, depth / 2 - 0.035, paint.material, palette.metal)
    parts += _sink(places[0], height, palette)
    if rng.random() < 0.7:
        parts += [box((width, 0.65, 0.32), (0, 1.45, -depth / 2 + 0.16), palette.white)]
        for x in places:
            parts += _front(x, 1.46, 0.63, -depth / 2 + 0.33, paint.material, palette.metal)
    return make_piece("kitchen unit", paint.word, parts, [(height, width - 1.1, 0.3)] if units > 2 else ())


def cooker(rng: np.random.Generator, palette: Palette) -> Piece:
    body = palette.white if rng.random() < 0.5 else STEEL
    parts = [box((0.6, 0.88, 0.58), (0, 0, 0), body), box((0.6, 0.02, 0.6), (0, 0.88, 0), palette.dark)]
    for x in (-0.14, 0.14):
        for z in (-0.14, 0.14):
            parts.append(cylinder(0.085, 0.008, (x, 0.90, z), palette.metal, 16))
    parts += [box((0.5, 0.42, 0.012), (0, 0.2, 0.294), palette.screen)]
    parts += [box((0.46, 0.02, 0.03), (0, 0.65, 0.31), palette.metal)]
    for x in np.linspace(-0.22, 0.22, 5):
        knob = cylinder(0.02, 0.025, (0, 0, 0), palette.dark, 10)
        parts.append(moved(knob, (float(x), 0.78, 0.29), 0.0, np.pi / 2))
    return make_piece("cooker", "white" if body is palette.white else "grey", parts)


def washing_machine(rng: np.random.Generator, palette: Palette) -> Piece:
    parts = [box((0.6, 0.85, 0.55), (0, 0, 0), palette.white)]
    ring = cylinder(0.2, 0.03, (0, 0, 0), STEEL, 24)
    glass = cylinder(0.15, 0.036, (0, 0, 0), palette.screen, 24)
    parts += [moved(part, (0, 0.42, 0.275), 0.0, np.pi / 2) for part in (ring, glass)]
    parts += [box((0.2, 0.06, 0.01), (-0.17, 0.74, 0.28), palette.dark)]
    return make_piece("washing machine", "white", parts, [(0.85, 0.45, 0.4)] if rng.random() < 0.5 else ())


def washbasin(rng: np.random.Generator, palette: Palette) -> Piece:
    """A basin on a cupboard, with a mirror behind."""
    wood, paint = palette.wood(rng), palette.paint(rng)
    front = paint.material if rng.random() < 0.5 else wood.material
    width, depth, height = rng.uniform(0.55, 0.85), 0.46, 0.84
    parts = [
        box((width - 0.06, 0.5, depth - 0.06), (0, 0.22, -0.02), wood.material, 0.8),
        box((width - 0.3, 0.22, depth - 0.2), (0, 0, -0.04), palette.dark),
    ]
    for k in (-1, 1):
        parts += _front(k * (width - 0.08) / 4, 0.24, 0.46, depth / 2 - 0.04, front, palette.metal, (width - 0.1) / 2)
    parts += _basin(width, depth, 0.72, height, palette.white)
    tap = box((0.025, 0.14, 0.025), (0, height, -depth / 2 + 0.05), palette.metal)
    parts += [tap, box((0.022, 0.02, 0.13), (0, height + 0.13, -depth / 2 + 0.105), palette.metal)]
    tall = rng.uniform(0.6, 0.8)
    parts += [box((width, tall + 0.04, 0.015), (0, 1.08, -depth / 2 + 0.0075), wood.material, 0.8)]
    parts += [box((width - 0.05, tall, 0.01), (0, 1.10, -depth / 2 + 0.018), MIRROR)]
    return make_piece("washbasin", "", parts)


def toilet(rng: np.random.Generator, palette: Palette) -> Piece:
    lid = palette.white if rng.random() < 0.7 else palette.wood(rng).material
    profile = [(0.0, 0.0), (0.12, 0.0), (0.11, 0.14), (0.19, 0.36), (0.0, 0.36)]
    parts = [lathe(profile, (0, 0, 0.1), palette.white, 20), box((0.24, 0.36, 0.28), (0, 0, -0.12), palette.white)]
    parts += [cylinder(0.2, 0.035, (0, 0.36, 0.1), lid, 20), box((0.36, 0.035, 0.2), (0, 0.36, 0.0), lid)]
    parts += [box((0.40, 0.42, 0.17), (0, 0.36, -0.22), palette.white)]
    parts += [
        box((0.42, 0.025, 0.19), (0, 0.78, -0.22), palette.white),
        cylinder(0.025, 0.012, (0, 0.805, -0.22), STEEL),
    ]
    return make_piece("toilet", "", parts)


def bath(rng: np.random.Generator, palette: Palette) -> Piece:
    """A bathtub or a shower."""
    return bathtub(rng, palette) if rng.random() < 0.55 else shower(rng, palette)


def bathtub(rng: np.random.Generator, palette: Palette) -> Piece:
    width, depth, height = rng.uniform(1.45, 1.75), rng.uniform(0.68, 0.78), rng.uniform(0.52, 0.6)
    parts = _basin(width, depth, 0.0, height, palette.white, rim_m=0.07)
    water = plain("water", hsv(0.52, 0.25, 0.8))
    if rng.random() < 0.3:
        parts.append(box((width - 0.14, 0.01, depth - 0.14), (0, height * 0.6, 0), water))
    tap = box((0.03, 0.12, 0.03), (-width / 2 + 0.035, height, 0), palette.metal)
    parts += [tap, box((0.12, 0.02, 0.025), (-width / 2 + 0.08, height + 0.11, 0), palette.metal)]
    return make_piece("bathtub", "white", parts)


def shower(rng: np.random.Generator, palette: Palette) -> Piece:
    """A tray with a curtain on one side, a rail and a head."""
    cloth = palette.fabric(rng)
    side = rng.uniform(0.8, 0.92)
    parts = _basin(side, side, 0.0, 0.1, palette.white)
    parts += [box((0.03, 1.1, 0.03), (0, 0.95, -side / 2 + 0.02), palette.metal)]
    parts += [box((0.02, 0.02, 0.3), (0, 2.03, -side / 2 + 0.15), palette.metal)]
    parts += [cylinder(0.09, 0.015, (0, 2.01, -side / 2 + 0.28), palette.metal, 16)]
    parts += [box((side, 0.025, 0.025), (0, 2.0, side / 2 - 0.0125), palette.metal)]
    folds = 8
    for k in range(folds):
        x = -side / 2 + (k + 0.5) * side * 0.5 / folds
        parts.append(
            box((side * 0.5 / folds, 1.85, 0.012), (x, 0.15, side / 2 - 0.02 - 0.012 * (k % 2)), cloth.material)
        )
    return make_piece("shower", "", parts)


def towel_shelf(rng: np.random.Generator, palette: Palette) -> Piece:
    """Open shelves with folded towels."""
    wood = palette.wood(rng)
    width, depth, height = rng.uniform(0.4, 0.6), 0.32, rng.uniform(0.9, 1.5)
    parts = [box((0.025, height, depth), (s * (width / 2 - 0.0125), 0, 0), wood.material, 0.8) for s in (-1, 1)]
    count = int(height / 0.32)
    for k in range(count + 1):
        y = 0.04 + k * (height - 0.065) / count
        parts.append(box((width - 0.05, 0.025, depth), (0, y, 0), wood.material, 0.8))
        if k < count:
            cloth = palette.fabric(rng)
            high = rng.uniform(0.08, 0.18)
            parts.append(cushion((width - 0.12, high, depth - 0.06), (0, y + 0.025, 0), cloth.material, 0.25))
    return make_piece("towel shelf", wood.word, parts)


def coat_stand(rng: np.random.Generator, palette: Palette) -> Piece:
    wood, cloth = palette.wood(rng), palette.fabric(rng)
    height = rng.uniform(1.6, 1.8)
    parts = [cylinder(0.16, 0.03, (0, 0, 0), wood.material, 18)]
    parts += [cylinder(0.02, height - 0.03, (0, 0.03, 0), wood.material, 10)]
    for k in range(5):
        peg = box((0.02, 0.02, 0.14), (0, 0, 0.07), wood.material)
        parts.append(moved(peg, (0, height - 0.15, 0), 2 * np.pi * k / 5, -0.5))
    coat = cushion((0.16, 0.85, 0.10), (0, 0, 0), cloth.material, 0.5)
    for k in range(int(rng.integers(1, 4))):
        turn = 2 * np.pi * k / 5
        parts.append(moved(coat, (0.11 * np.sin(turn), height - 1.02, 0.11 * np.cos(turn)), turn))
    return make_piece("coat stand", wood.word, parts)


def shoe_rack(rng: np.random.Generator, palette: Palette) -> Piece:
    wood = palette.wood(rng)
    width, depth, height = rng.uniform(0.6, 0.9), 0.30, 0.48
    parts = [*legs(width, depth, height - 0.03, 0.03, wood.material)]
    parts += [box((width, 0.025, depth), (0, y, 0), wood.material, 0.8) for y in (0.1, height - 0.025)]
    for k in range(int(rng.integers(2, 4))):
        paint = palette.paint(rng)
        for side in (-1, 1):
            x = -width / 2 + 0.16 + 0.22 * k + side * 0.045
            parts.append(cushion((0.085, 0.09, 0.25), (x, 0.125, 0), paint.material, 0.5))
    return make_piece("shoe rack", wood.word, parts, [(height, width - 0.1, depth - 0.06)])


def folding_screen(rng: np.random.Generator, palette: Palette) -> Piece:
    """Three panels of cloth in frames that stand in a zigzag."""
    wood, cloth = palette.wood(rng), palette.fabric(rng)
    panel, height, fold = rng.uniform(0.38, 0.5), rng.uniform(1.4, 1.75), rng.uniform(0.3, 0.6)
    parts = []
    for k in (-1, 0, 1):
        frame = [box((0.03, height, 0.025), (s * (panel / 2 - 0.015), 0, 0), wood.material, 0.8) for s in (-1, 1)]
        frame += [box((panel - 0.06, 0.03, 0.025), (0, y, 0), wood.material, 0.8) for y in (0.08, height - 0.03)]
        frame += [box((panel - 0.06, height - 0.14, 0.012), (0, 0.11, 0), cloth.material, 0.5)]
        # the middle one slopes the other way, so that neighbours meet at their edges
        parts += [moved(part, (k * panel * np.cos(fold), 0.0, 0.0), fold if k else -fold) for part in frame]
    return make_piece("folding screen", cloth.word, parts)


def console_table(rng: np.random.Generator, palette: Palette) -> Piece:
    wood = palette.wood(rng)
    width, depth, height = rng.uniform(0.8, 1.1), 0.28, rng.uniform(0.75, 0.85)
    parts = [box((width, 0.03, depth), (0, height - 0.03, 0), wood.material, 0.8)]
    parts += legs(width, depth, height - 0.03, 0.035, wood.material)
    return make_piece("console table", wood.word, parts, [(height, width - 0.1, depth - 0.04)])


def bottle(rng: np.random.Generator, palette: Palette) -> Piece:
    paint = palette.paint(rng)
    height, radius = rng.uniform(0.16, 0.3), rng.uniform(0.028, 0.042)
    profile = [(0.0, 0.0), (radius, 0.0), (radius, height * 0.6), (radius * 0.4, height * 0.78), (radius * 0.4, height)]
    return make_piece("bottle", paint.word, [lathe([*profile, (0.0, height)], (0, 0, 0), paint.material, 12)])


def pot(rng: np.random.Generator, palette: Palette) -> Piece:
    paint = palette.paint(rng)
    body = STEEL if rng.random() < 0.5 else paint.material
    radius, height = rng.uniform(0.09, 0.13), rng.uniform(0.09, 0.15)
    parts = [cylinder(radius, height, (0, 0, 0), body, 18), cylinder(radius + 0.005, 0.012, (0, height, 0), body, 18)]
    parts += [ball(0.018, (0, height + 0.012, 0), palette.dark)]
    parts += [box((0.05, 0.015, 0.03), (s * (radius + 0.02), height * 0.75, 0), palette.dark) for s in (-1, 1)]
    return make_piece("pot", "grey" if body is STEEL else paint.word, parts)


def tv_bench(like: Piece, width_m: float) -> Piece:
    """A low cupboard for a television, of the material of the generated television's own."""
    wood, width, depth, height = like.parts[0].material, max(width_m, 0.9), 0.42, 0.48
    parts = [box((width, height - 0.06, depth), (0, 0.06, 0), wood, 0.8)]
    parts += legs(width, depth, 0.06, 0.05, plain("dark", (0.10, 0.10, 0.11)))
    parts += [
        box((width / 2 - 0.04, height - 0.14, 0.012), (s * width / 4, 0.1, depth / 2 + 0.006), wood) for s in (-1, 1)
    ]
    return make_piece("tv stand", "", parts, [(height, width - 0.02, depth - 0.02)])


def flat_tv(width_m: float) -> Piece:
    """A television to be put on something."""
    dark, tall = plain("dark", (0.10, 0.10, 0.11)), width_m * 0.56
    parts = [box((width_m, tall, 0.05), (0, 0.06, 0), dark), box((width_m * 0.3, 0.06, 0.16), (0, 0, 0), dark)]
    screen = plain("screen", (0.05, 0.06, 0.08))
    return make_piece("television", "", [*parts, box((width_m - 0.04, tall - 0.04, 0.01), (0, 0.08, 0.027), screen)])


def bed_with(like: Piece, pillow: Piece) -> Piece:
    """A bed of the materials of a generated one that carries this pillow, or two of them, in the place of its own."""
    wood, white, cloth = (part.material for part in like.parts[:3])
    wide, _, deep = pillow.size_m()
    width, depth, head = max(like.size_m()[0], wide + 0.06), 2.05, 0.95
    parts = [box((width, 0.16, depth), (0, 0.12, 0), wood, 0.8), *legs(width, depth, 0.12, 0.08, wood)]
    parts += [box((width, head, 0.06), (0, 0, -depth / 2 + 0.03), wood, 0.8)]
    parts += [cushion((width - 0.06, 0.22, depth - 0.12), (0, 0.27, 0.02), white, 0.12)]
    parts += [cushion((width, 0.16, depth * 0.66), (0, 0.36, depth * 0.155), cloth, 0.15)]
    z = -depth / 2 + 0.07 + deep / 2
    places = (-width / 4, width / 4) if width > 2 * wide + 0.1 else (0.0,)
    made = make_piece("bed", "", parts, [(0.49, width - 0.1, depth - 0.2)])
    return replace(made, words=like.words, carries=tuple((pillow, x, z) for x in places))


def _front(
    x: float, base: float, height: float, z: float, material: Material, metal: Material, width: float = 0.58
) -> list[Part]:
    """The door of a cupboard with its handle."""
    door = box((width - 0.01, height, 0.018), (x, base, z), material)
    return [door, box((0.14, 0.015, 0.02), (x, base + height * 0.88, z + 0.018), metal)]


def _basin(width: float, depth: float, base: float, top: float, material: Material, rim_m: float = 0.04) -> list[Part]:
    """Four walls and a bottom: open above."""
    high = top - base
    parts = [box((width, high, rim_m), (0, base, s * (depth - rim_m) / 2), material) for s in (-1, 1)]
    parts += [box((rim_m, high, depth - 2 * rim_m), (s * (width - rim_m) / 2, base, 0), material) for s in (-1, 1)]
    return [*parts, box((width - 2 * rim_m, 0.03, depth - 2 * rim_m), (0, base, 0), material)]


def _sink(x: float, top: float, palette: Palette) -> list[Part]:
    parts = [
        box((0.46, 0.006, 0.40), (x, top, 0.02), STEEL),
        box((0.40, 0.004, 0.34), (x, top + 0.006, 0.02), palette.dark),
    ]
    parts += [box((0.025, 0.2, 0.025), (x, top, -0.22), palette.metal)]
    return [*parts, box((0.02, 0.02, 0.16), (x, top + 0.19, -0.14), palette.metal)]
