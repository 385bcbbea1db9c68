"""Furniture: one function per piece.

(rng, Palette) ─▶ [sofa, table, bed, ...] ─▶ Piece ─▶ furnish.py

A piece stands on y = 0 around the origin, its front towards +z, its back (for the wall) towards -z.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from video4spatial.sim_scenes import materials as surface
from video4spatial.sim_scenes.palette import Palette
from video4spatial.sim_scenes.scene import Lamp, Material, Part
from video4spatial.sim_scenes.shapes import box, cushion, cylinder, joined, lathe, moved

TURN = np.pi / 2


@dataclass(frozen=True, eq=False)
class Piece:
    """One thing before it has a place."""

    category: str
    words: tuple[str, ...]
    parts: tuple[Part, ...]
    tops: tuple[tuple[float, float, float], ...] = ()
    """Surfaces that carry small things: (height, width, depth) in metres, centred on the piece."""
    lamp: Lamp | None = None
    """In the piece's frame."""
    file: str = ""
    """The user's file that it was read from."""
    carries: tuple[tuple["Piece", float, float], ...] = ()
    """What always stands on its top, and where: (piece, x, z)."""

    def full_height_m(self) -> float:
        """With what it carries."""
        loads = [self.tops[0][0] + load.size_m()[1] for load, _, _ in self.carries]
        return max(self.size_m()[1], *loads, 0.0)

    def size_m(self) -> tuple[float, float, float]:
        """Width (x), height (y), depth (z); width and depth as twice the larger half, so that they hold centred."""
        return self._size_m

    @cached_property
    def _size_m(self) -> tuple[float, float, float]:
        vertices = np.concatenate([part.vertices_m for part in self.parts])
        half = np.abs(vertices).max(axis=0)
        return float(2 * half[0]), float(vertices[:, 1].max()), float(2 * half[2])


def make_piece(
    category: str,
    word: str,
    parts: Sequence[Part],
    tops: Sequence[tuple[float, float, float]] = (),
    lamp: Lamp | None = None,
) -> Piece:
    words = (f"{word} {category}", category) if word else (category,)
    return Piece(category, words, joined(parts), tuple(tops), lamp)


def legs(width: float, depth: float, height: float, thick: float, material: Material) -> list[Part]:
    x, z = width / 2 - thick, depth / 2 - thick
    return [box((thick, height, thick), (sx * x, 0, sz * z), material, 0.6) for sx in (-1, 1) for sz in (-1, 1)]


def sofa(rng: np.random.Generator, palette: Palette) -> Piece:
    cloth, accent = palette.fabric(rng), palette.fabric(rng)
    seats = int(rng.integers(2, 4))
    width, depth, arm = 0.62 * seats + 0.36, rng.uniform(0.82, 0.95), 0.16
    seat, back = 0.26, rng.uniform(0.76, 0.90)
    parts = legs(width, depth, 0.10, 0.05, palette.dark)
    parts += [box((width, seat - 0.10, depth), (0, 0.10, 0), cloth.material, 0.5)]
    parts += [cushion((width, back - 0.12, 0.24), (0, 0.12, -depth / 2 + 0.12), cloth.material, 0.2)]
    for side in (-1, 1):
        x = side * (width / 2 - arm / 2)
        parts.append(cushion((arm, rng.uniform(0.46, 0.5), depth), (x, 0.10, 0), cloth.material, 0.25))
    for k in range(seats):
        x = (k - (seats - 1) / 2) * 0.62
        parts.append(cushion((0.61, 0.19, depth - 0.22), (x, seat - 0.01, 0.10), cloth.material, 0.3))
    for side in (-1, 1):
        pillow = cushion((0.42, 0.40, 0.15), (0, 0, 0), accent.material, 0.55)
        parts.append(moved(pillow, (side * (width / 2 - 0.42), seat + 0.17, -depth / 2 + 0.36), side * -0.25, -0.3))
    return make_piece("sofa", cloth.word, parts)


def armchair(rng: np.random.Generator, palette: Palette) -> Piece:
    cloth = palette.fabric(rng)
    width, depth = rng.uniform(0.74, 0.85), rng.uniform(0.76, 0.85)
    parts = legs(width, depth, 0.14, 0.05, palette.wood(rng).material)
    parts += [box((width - 0.06, 0.14, depth - 0.04), (0, 0.14, 0), cloth.material, 0.5)]
    parts += [cushion((width - 0.26, 0.18, depth - 0.18), (0, 0.27, 0.06), cloth.material, 0.3)]
    parts += [cushion((width, rng.uniform(0.68, 0.85), 0.22), (0, 0.14, -depth / 2 + 0.11), cloth.material, 0.3)]
    parts += [
        cushion((0.15, 0.46, depth - 0.04), (side * (width / 2 - 0.075), 0.14, 0), cloth.material, 0.3)
        for side in (-1, 1)
    ]
    return make_piece("armchair", cloth.word, parts)


def coffee_table(rng: np.random.Generator, palette: Palette) -> Piece:
    wood = palette.wood(rng)
    height = rng.uniform(0.36, 0.46)
    if rng.random() < 0.4:
        radius = rng.uniform(0.38, 0.48)
        parts = [cylinder(radius, 0.04, (0, height - 0.04, 0), wood.material, 24)]
        parts += [
            cylinder(0.05, height - 0.06, (0, 0.02, 0), palette.dark),
            cylinder(0.24, 0.03, (0, 0, 0), palette.dark),
        ]
        return make_piece("coffee table", wood.word, parts, [(height, radius * 1.2, radius * 1.2)])
    width, depth = rng.uniform(0.85, 1.15), rng.uniform(0.48, 0.6)
    parts = [box((width, 0.05, depth), (0, height - 0.05, 0), wood.material, 0.8)]
    parts += legs(width, depth, height - 0.05, 0.06, wood.material)
    parts += [box((width - 0.12, 0.02, depth - 0.12), (0, 0.14, 0), wood.material, 0.8)]
    return make_piece("coffee table", wood.word, parts, [(height, width - 0.1, depth - 0.1)])


def dining_table(rng: np.random.Generator, palette: Palette) -> Piece:
    wood = palette.wood(rng)
    width, depth, height = rng.uniform(1.2, 1.7), rng.uniform(0.8, 0.95), rng.uniform(0.72, 0.77)
    parts = [box((width, 0.045, depth), (0, height - 0.045, 0), wood.material, 0.8)]
    parts += legs(width - 0.06, depth - 0.06, height - 0.045, 0.07, wood.material)
    parts += [
        box((width - 0.2, 0.08, 0.025), (0, height - 0.125, s * (depth / 2 - 0.1)), wood.material, 0.8) for s in (-1, 1)
    ]
    return make_piece("dining table", wood.word, parts, [(height, width - 0.15, depth - 0.15)])


def chair(rng: np.random.Generator, palette: Palette) -> Piece:
    wood, cloth = palette.wood(rng), palette.fabric(rng)
    padded = rng.random() < 0.6
    width, depth, seat, back = 0.44, 0.45, rng.uniform(0.44, 0.47), rng.uniform(0.84, 0.98)
    parts = legs(width, depth, seat - 0.04, 0.04, wood.material)
    parts += [box((width, 0.04, depth), (0, seat - 0.04, 0), wood.material, 0.6)]
    posts = [(-1, -depth / 2 + 0.02), (1, -depth / 2 + 0.02)]
    parts += [box((0.04, back - seat, 0.035), (s * (width / 2 - 0.03), seat, z), wood.material, 0.6) for s, z in posts]
    if padded:
        parts += [cushion((width - 0.02, 0.07, depth - 0.04), (0, seat - 0.01, 0.01), cloth.material, 0.35)]
        parts += [
            cushion((width - 0.06, back - seat - 0.14, 0.06), (0, seat + 0.14, -depth / 2 + 0.03), cloth.material, 0.3)
        ]
    else:
        heights = np.linspace(seat + 0.12, back - 0.08, 3)
        parts += [box((width - 0.1, 0.06, 0.025), (0, y, -depth / 2 + 0.02), wood.material, 0.6) for y in heights]
    return make_piece("chair", cloth.word if padded else wood.word, parts)


def stool(rng: np.random.Generator, palette: Palette) -> Piece:
    paint = palette.paint(rng)
    height = rng.uniform(0.42, 0.5)
    parts = [cylinder(0.17, 0.05, (0, height - 0.05, 0), paint.material, 18)]
    parts += legs(0.30, 0.30, height - 0.05, 0.035, paint.material)
    return make_piece("stool", paint.word, parts, [(height, 0.18, 0.18)])


def bed(rng: np.random.Generator, palette: Palette) -> Piece:
    wood, cloth = palette.wood(rng), palette.fabric(rng)
    width, depth = float(rng.choice([0.98, 1.45, 1.65])), 2.05
    parts = [box((width, 0.16, depth), (0, 0.12, 0), wood.material, 0.8)]
    parts += legs(width, depth, 0.12, 0.08, wood.material)
    parts += [box((width, rng.uniform(0.85, 1.1), 0.06), (0, 0, -depth / 2 + 0.03), wood.material, 0.8)]
    parts += [cushion((width - 0.06, 0.22, depth - 0.12), (0, 0.27, 0.02), palette.white, 0.12)]
    parts += [cushion((width + 0.0, 0.16, depth * 0.66), (0, 0.36, depth * 0.155), cloth.material, 0.15)]
    pillows = 1 if width < 1.2 else 2
    for k in range(pillows):
        x = (k - (pillows - 1) / 2) * 0.68
        parts.append(
            moved(cushion((0.60, 0.15, 0.40), (0, 0, 0), palette.white, 0.5), (x, 0.46, -depth / 2 + 0.36), 0, -0.2)
        )
    return make_piece("bed", cloth.word, parts)


def nightstand(rng: np.random.Generator, palette: Palette) -> Piece:
    return _drawers(rng, palette, "nightstand", 0.45, rng.uniform(0.45, 0.58), 0.38, 1, 2)


def dresser(rng: np.random.Generator, palette: Palette) -> Piece:
    return _drawers(rng, palette, "dresser", rng.uniform(0.9, 1.25), rng.uniform(0.75, 0.95), 0.45, 2, 3)


def sideboard(rng: np.random.Generator, palette: Palette) -> Piece:
    return _drawers(rng, palette, "sideboard", rng.uniform(1.2, 1.6), rng.uniform(0.65, 0.8), 0.42, 3, 1)


def _drawers(
    rng: np.random.Generator,
    palette: Palette,
    category: str,
    width: float,
    height: float,
    depth: float,
    columns: int,
    rows: int,
) -> Piece:
    wood = palette.wood(rng)
    front = palette.paint(rng).material if rng.random() < 0.4 else wood.material
    foot = 0.08
    parts = [
        *legs(width, depth, foot, 0.04, palette.dark),
        box((width, height - foot, depth), (0, foot, 0), wood.material, 0.8),
    ]
    wide, high = (width - 0.04) / columns, (height - foot - 0.05) / rows
    for column in range(columns):
        for row in range(rows):
            x, y = (column - (columns - 1) / 2) * wide, foot + 0.025 + row * high
            parts.append(box((wide - 0.02, high - 0.02, 0.015), (x, y + 0.01, depth / 2 + 0.0075), front, 0.8))
            parts.append(box((0.10, 0.015, 0.02), (x, y + high * 0.62, depth / 2 + 0.025), palette.metal))
    return make_piece(category, wood.word, parts, [(height, width - 0.1, depth - 0.1)])


def wardrobe(rng: np.random.Generator, palette: Palette) -> Piece:
    wood = palette.wood(rng)
    width, depth, height = rng.uniform(1.0, 1.5), 0.58, rng.uniform(1.9, 2.15)
    front = palette.paint(rng).material if rng.random() < 0.5 else wood.material
    parts = [box((width, height, depth), (0, 0, 0), wood.material, 0.8)]
    for side in (-1, 1):
        parts.append(
            box((width / 2 - 0.03, height - 0.12, 0.02), (side * width / 4, 0.07, depth / 2 + 0.01), front, 0.8)
        )
        parts.append(box((0.02, 0.22, 0.025), (side * 0.05, height * 0.48, depth / 2 + 0.03), palette.metal))
    return make_piece("wardrobe", wood.word, parts)


def bookshelf(rng: np.random.Generator, palette: Palette) -> Piece:
    wood = palette.wood(rng)
    width, depth, height = rng.uniform(0.8, 1.2), 0.30, rng.uniform(1.5, 2.05)
    shelves = int(rng.integers(4, 6))
    parts = [box((0.03, height, depth), (s * (width / 2 - 0.015), 0, 0), wood.material, 0.8) for s in (-1, 1)]
    parts += [box((width - 0.06, height, 0.015), (0, 0, -depth / 2 + 0.0075), wood.material, 0.8)]
    spines = Material("books", texture=surface.books(rng))
    pitch = (height - 0.05) / shelves
    for k in range(shelves + 1):
        parts.append(
            box(
                (width - 0.06, 0.025, depth),
                (0, 0.02 + k * pitch - (0.02 if k == shelves else 0), 0),
                wood.material,
                0.8,
            )
        )
        if k < shelves and rng.random() < 0.85:
            long, tall = (width - 0.1) * rng.uniform(0.55, 0.98), pitch * rng.uniform(0.6, 0.8)
            x = -(width - 0.1 - long) / 2 * rng.choice([-1, 1])
            parts.append(box((long, tall, depth * 0.7), (x, 0.045 + k * pitch, -0.02), spines, 0.5))
    return make_piece("bookshelf", wood.word, parts)


def desk(rng: np.random.Generator, palette: Palette) -> Piece:
    wood = palette.wood(rng)
    width, depth, height = rng.uniform(1.1, 1.5), rng.uniform(0.55, 0.7), 0.74
    parts = [box((width, 0.035, depth), (0, height - 0.035, 0), wood.material, 0.8)]
    parts += legs(width, depth, height - 0.035, 0.045, palette.metal)
    parts += [box((0.4, 0.5, depth - 0.1), (width / 2 - 0.26, height - 0.535, 0), palette.paint(rng).material)]
    parts += [box((0.52, 0.32, 0.03), (-0.1, height + 0.1, -depth / 2 + 0.16), palette.screen)]
    parts += [box((0.05, 0.12, 0.03), (-0.1, height, -depth / 2 + 0.14), palette.metal)]
    parts += [box((0.22, 0.012, 0.16), (-0.1, height, -depth / 2 + 0.16), palette.metal)]
    parts += [box((0.42, 0.018, 0.14), (-0.1, height, 0.05), palette.dark)]
    return make_piece("desk", wood.word, parts)


def tv_stand(rng: np.random.Generator, palette: Palette) -> Piece:
    wood = palette.wood(rng)
    width, depth, height = rng.uniform(1.2, 1.7), 0.40, rng.uniform(0.42, 0.55)
    wide = width * rng.uniform(0.65, 0.85)
    tall = wide * 0.56
    parts = [
        box((width, height - 0.06, depth), (0, 0.06, 0), wood.material, 0.8),
        *legs(width, depth, 0.06, 0.05, palette.dark),
    ]
    parts += [
        box(
            (width / 3 - 0.03, height - 0.14, 0.015),
            (k * width / 3, 0.1, depth / 2 + 0.0075),
            palette.paint(rng).material,
        )
        for k in (-1, 1)
    ]
    parts += [box((wide, tall, 0.05), (0, height + 0.06, -0.05), palette.dark)]
    parts += [box((wide - 0.04, tall - 0.04, 0.012), (0, height + 0.08, -0.02), palette.screen)]
    parts += [box((wide * 0.3, 0.06, 0.16), (0, height, -0.05), palette.dark)]
    return make_piece("television", "", parts)


def kitchen_counter(rng: np.random.Generator, palette: Palette) -> Piece:
    wood, paint = palette.wood(rng), palette.paint(rng)
    units = int(rng.integers(3, 5))
    width, depth, height = 0.6 * units, 0.6, 0.9
    parts = [box((width, 0.78, depth - 0.05), (0, 0.08, -0.02), palette.white)]
    parts += [
        box((width, 0.08, depth - 0.12), (0, 0, -0.04), palette.dark),
        box((width + 0.02, 0.04, depth + 0.01), (0, height - 0.04, 0), wood.material, 0.8),
    ]
    for k in range(units):
        x = (k - (units - 1) / 2) * 0.6
        parts.append(box((0.57, 0.74, 0.018), (x, 0.1, depth / 2 - 0.035), paint.material))
        parts.append(box((0.14, 0.015, 0.02), (x, 0.76, depth / 2 - 0.015), palette.metal))
    parts += [box((0.5, 0.008, 0.42), (-0.3 * (units - 1), height, 0), palette.dark)]
    return make_piece("kitchen counter", paint.word, parts, [(height, width * 0.5, 0.4)])


def fridge(rng: np.random.Generator, palette: Palette) -> Piece:
    paint = palette.paint(rng)
    body = palette.white if rng.random() < 0.5 else paint.material
    word = "white" if body is palette.white else paint.word
    height = rng.uniform(1.6, 1.85)
    parts = [box((0.6, height, 0.6), (0, 0, 0), body)]
    for low, high in ((0.04, 0.58), (0.6, height - 0.03)):
        parts.append(box((0.59, high - low, 0.05), (0, low, 0.325), body))
        parts.append(box((0.02, (high - low) * 0.4, 0.03), (-0.24, low + (high - low) * 0.3, 0.36), palette.metal))
    return make_piece("fridge", word, parts)


def bench(rng: np.random.Generator, palette: Palette) -> Piece:
    wood, cloth = palette.wood(rng), palette.fabric(rng)
    width = rng.uniform(0.9, 1.3)
    parts = [*legs(width, 0.38, 0.38, 0.06, wood.material), box((width, 0.04, 0.40), (0, 0.38, 0), wood.material, 0.8)]
    parts += [cushion((width - 0.04, 0.08, 0.38), (0, 0.41, 0), cloth.material, 0.25)]
    return make_piece("bench", cloth.word, parts)


def ottoman(rng: np.random.Generator, palette: Palette) -> Piece:
    cloth = palette.fabric(rng)
    size = rng.uniform(0.45, 0.65)
    return make_piece(
        "ottoman", cloth.word, [cushion((size, rng.uniform(0.36, 0.45), size), (0, 0, 0), cloth.material, 0.3)]
    )


def bean_bag(rng: np.random.Generator, palette: Palette) -> Piece:
    cloth = palette.fabric(rng)
    size = rng.uniform(0.7, 0.9)
    return make_piece("bean bag", cloth.word, [cushion((size, size * 0.7, size), (0, 0, 0), cloth.material, 0.8)])


def floor_lamp(rng: np.random.Generator, palette: Palette) -> Piece:
    height = rng.uniform(1.45, 1.7)
    shade = [(0.20, height - 0.28), (rng.uniform(0.10, 0.16), height)]
    parts = [
        cylinder(0.15, 0.03, (0, 0, 0), palette.dark, 18),
        cylinder(0.015, height - 0.28, (0, 0.03, 0), palette.metal, 8),
    ]
    parts += [lathe(shade, (0, 0, 0), palette.lamp_glow, 18)]
    return make_piece("floor lamp", "", parts, lamp=Lamp((0.0, height - 0.12, 0.0), (0.85, 0.68, 0.45), 0.35))


def plant(rng: np.random.Generator, palette: Palette) -> Piece:
    paint = palette.paint(rng)
    radius, pot, height = rng.uniform(0.13, 0.2), rng.uniform(0.25, 0.4), rng.uniform(0.7, 1.3)
    parts = [
        lathe(
            [
                (0, 0),
                (radius * 0.7, 0),
                (radius, pot),
                (radius * 0.85, pot),
                (radius * 0.8, pot - 0.04),
                (0, pot - 0.04),
            ],
            (0, 0, 0),
            paint.material,
            16,
        )
    ]
    for k in range(int(rng.integers(10, 16))):
        parts += _leaf(
            2 * np.pi * k * 0.382,
            pot - 0.04,
            height * rng.uniform(0.5, 1.0),
            radius * rng.uniform(1.2, 2.6),
            palette.leaf,
        )
    return make_piece("plant", "", parts)


def _leaf(yaw: float, base: float, height: float, reach: float, material: Material) -> list[Part]:
    """A bent blade: three quads that rise and then fall outwards."""
    stations = [(0.0, 0.0, 0.02), (0.45, 0.65, 0.07), (0.8, 0.97, 0.08), (1.15, 0.9, 0.01)]
    vertices, faces = [], []
    for reach_part, rise, half in stations:
        for side in (-1, 1):
            vertices.append((side * half, base + rise * (height - base), reach * reach_part))
    for k in range(3):
        a = 2 * k
        faces += [(a, a + 1, a + 3), (a, a + 3, a + 2)]
    points = np.asarray(vertices, dtype=np.float32)
    normals = np.tile(np.array([[0.0, 0.8, 0.6]], dtype=np.float32), (len(points), 1))
    blade = Part(points, normals, np.zeros((len(points), 2), np.float32), np.asarray(faces, np.int32), material)
    return [moved(blade, (0, 0, 0), yaw)]
