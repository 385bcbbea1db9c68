"""Small things: what stands on tables, hangs on walls or lies on the floor.

(rng, Palette) ─▶ [vase, lamp, bowl, painting, ...] ─▶ Piece ─▶ furnish.py
"""

import numpy as np

from video4spatial.sim_scenes import materials as surface
from video4spatial.sim_scenes.furniture import Piece
from video4spatial.sim_scenes.palette import Palette
from video4spatial.sim_scenes.scene import Lamp, Material
from video4spatial.sim_scenes.shapes import ball, box, cylinder, joined, lathe, moved, panel


def vase(rng: np.random.Generator, palette: Palette) -> Piece:
    paint = palette.paint(rng)
    height, radius = rng.uniform(0.18, 0.36), rng.uniform(0.05, 0.09)
    profile = [
        (0.0, 0.0),
        (radius * 0.6, 0.0),
        (radius, height * 0.35),
        (radius * 0.45, height * 0.8),
        (radius * 0.6, height),
    ]
    inside = [(radius * 0.6, height), (radius * 0.4, height * 0.8), (0.0, height * 0.7)]
    return Piece(
        "vase", (f"{paint.word} vase", "vase"), joined([lathe([*profile, *inside[1:]], (0, 0, 0), paint.material, 16)])
    )


def bowl(rng: np.random.Generator, palette: Palette) -> Piece:
    paint, fruit = palette.paint(rng), palette.paint(rng)
    radius = rng.uniform(0.11, 0.16)
    profile = [
        (0.0, 0.0),
        (radius * 0.5, 0.0),
        (radius, 0.08),
        (radius * 0.93, 0.08),
        (radius * 0.45, 0.015),
        (0.0, 0.015),
    ]
    parts = [lathe(profile, (0, 0, 0), paint.material, 18)]
    parts += [
        ball(0.035, (radius * 0.4 * np.cos(a), 0.03, radius * 0.4 * np.sin(a)), fruit.material) for a in (0.3, 2.4, 4.5)
    ]
    return Piece("bowl", (f"{paint.word} bowl", "bowl"), joined(parts))


def table_lamp(rng: np.random.Generator, palette: Palette) -> Piece:
    paint = palette.paint(rng)
    height = rng.uniform(0.36, 0.48)
    parts = [
        lathe(
            [(0, 0), (0.07, 0), (0.08, 0.03), (0.03, height * 0.3), (0.02, height - 0.15)],
            (0, 0, 0),
            paint.material,
            14,
        )
    ]
    parts += [lathe([(0.13, height - 0.18), (0.08, height)], (0, 0, 0), palette.lamp_glow, 16)]
    lamp = Lamp((0.0, height - 0.06, 0.0), (0.40, 0.31, 0.20), 0.25)
    return Piece("table lamp", (f"{paint.word} table lamp", "table lamp", "lamp"), joined(parts), lamp=lamp)


def book_stack(rng: np.random.Generator, palette: Palette) -> Piece:
    parts, y = [], 0.0
    for _ in range(int(rng.integers(2, 5))):
        thick = rng.uniform(0.02, 0.045)
        cover = box((rng.uniform(0.2, 0.27), thick, rng.uniform(0.15, 0.2)), (0, 0, 0), palette.paint(rng).material)
        parts.append(moved(cover, (0, y, 0), rng.uniform(-0.3, 0.3)))
        y += thick
    return Piece("books", ("stack of books", "books"), joined(parts))


def box_crate(rng: np.random.Generator, palette: Palette) -> Piece:
    paint = palette.paint(rng)
    width, height, depth = rng.uniform(0.2, 0.32), rng.uniform(0.12, 0.22), rng.uniform(0.18, 0.26)
    parts = [
        box((width, height, depth), (0, 0, 0), paint.material),
        box((width + 0.012, 0.03, depth + 0.012), (0, height - 0.01, 0), palette.white),
    ]
    return Piece("box", (f"{paint.word} box", "box"), joined(parts))


def globe(rng: np.random.Generator, palette: Palette) -> Piece:
    paint = palette.paint(rng)
    parts = [cylinder(0.07, 0.02, (0, 0, 0), palette.dark, 16), cylinder(0.01, 0.06, (0, 0.02, 0), palette.metal, 8)]
    parts += [ball(rng.uniform(0.09, 0.13), (0, 0.07, 0), paint.material)]
    return Piece("globe", (f"{paint.word} globe", "globe"), joined(parts))


def small_plant(rng: np.random.Generator, palette: Palette) -> Piece:
    paint = palette.paint(rng)
    parts = [
        lathe([(0, 0), (0.05, 0), (0.07, 0.1), (0.055, 0.1), (0.05, 0.08), (0, 0.08)], (0, 0, 0), paint.material, 14)
    ]
    parts += [
        ball(0.05, (0.04 * np.cos(a), 0.08 + 0.02 * (k % 3), 0.04 * np.sin(a)), palette.leaf)
        for k, a in enumerate(np.arange(0, 6.2, 1.05))
    ]
    return Piece("plant", ("small plant", "plant"), joined(parts))


def floor_rug(rng: np.random.Generator, palette: Palette, width_m: float, depth_m: float) -> Piece:
    """Lies under other things: 1 cm high, never in the way."""
    hue = rng.random() if palette.scheme is None else palette.scheme.rug_hue(rng)
    material = Material("rug", texture=surface.rug(rng, hue, muted=palette.scheme is not None))
    top = panel((-width_m / 2, 0.01, depth_m / 2), (width_m, 0, 0), (0, 0, -depth_m), material, None, cells=4)
    edge = box((width_m, 0.0095, depth_m), (0, 0, 0), surface.plain("rug edge", (0.3, 0.25, 0.22)))
    return Piece("rug", ("rug", "carpet"), joined([top, edge]))


def painting(rng: np.random.Generator, palette: Palette) -> Piece:
    """Hangs: its back is z = 0, its lower edge y = 0."""
    width, height = rng.uniform(0.45, 1.0), rng.uniform(0.4, 0.75)
    frame = palette.wood(rng).material
    canvas = Material("painting", texture=surface.painting(rng))
    parts = [box((width + 0.08, height + 0.08, 0.025), (0, 0, 0.0125), frame, 0.6)]
    parts += [panel((-width / 2, 0.04, 0.027), (width, 0, 0), (0, height, 0), canvas)]
    return Piece("painting", ("painting", "picture"), joined(parts))


def clock(rng: np.random.Generator, palette: Palette) -> Piece:
    """Hangs like a painting."""
    paint, radius = palette.paint(rng), rng.uniform(0.14, 0.2)
    disc = moved(cylinder(radius, 0.03, (0, 0, 0), paint.material, 24), (0, radius, 0), 0.0, np.pi / 2)
    face = moved(cylinder(radius * 0.86, 0.034, (0, 0, 0), palette.white, 24), (0, radius, 0), 0.0, np.pi / 2)
    hands = [
        box((0.012, radius * 0.6, 0.006), (0, radius, 0.036), palette.dark),
        box((radius * 0.45, 0.014, 0.006), (radius * 0.2, radius, 0.036), palette.dark),
    ]
    return Piece("clock", (f"{paint.word} clock", "clock"), joined([disc, face, *hands]))


def pendant(rng: np.random.Generator, palette: Palette, drop_m: float) -> Piece:
    """Hangs from the ceiling: y = 0 is the ceiling, everything lies below."""
    paint = palette.paint(rng)
    radius = rng.uniform(0.16, 0.26)
    parts = [
        cylinder(0.008, drop_m, (0, -drop_m, 0), palette.dark, 6),
        cylinder(0.05, 0.02, (0, -0.02, 0), palette.metal, 12),
    ]
    parts += [lathe([(radius, -drop_m - 0.16), (radius * 0.4, -drop_m), (0.0, -drop_m)], (0, 0, 0), paint.material, 18)]
    parts += [ball(0.07, (0, -drop_m - 0.16, 0), palette.lamp_glow)]
    lamp = Lamp((0.0, -drop_m - 0.2, 0.0), (2.1, 1.9, 1.55), 0.6)
    return Piece("ceiling lamp", (f"{paint.word} ceiling lamp", "ceiling lamp", "lamp"), joined(parts), lamp=lamp)


def ceiling_disc(rng: np.random.Generator, palette: Palette) -> Piece:
    """A flat lamp on the ceiling; y = 0 is the ceiling."""
    radius = rng.uniform(0.18, 0.28)
    parts = [
        cylinder(radius, 0.03, (0, -0.03, 0), palette.metal, 20),
        cylinder(radius * 0.9, 0.05, (0, -0.08, 0), palette.lamp_glow, 20),
    ]
    return Piece(
        "ceiling lamp", ("ceiling lamp", "lamp"), joined(parts), lamp=Lamp((0.0, -0.14, 0.0), (2.3, 2.15, 1.9), 0.7)
    )
