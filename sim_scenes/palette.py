"""The colours and materials one room is made of, with the words people use for them.

rng ─▶ [Palette] ─▶ furniture.py, rooms.py
"""

from dataclasses import dataclass, replace

import numpy as np

from video4spatial.sim_scenes import materials as surface
from video4spatial.sim_scenes.materials import Colour, hsv
from video4spatial.sim_scenes.scene import Material
from video4spatial.sim_scenes.scheme import Scheme

# name: hue range, saturation range, value range
COLOURS: dict[str, tuple[tuple[float, float], tuple[float, float], tuple[float, float]]] = {
    "red": ((-0.02, 0.02), (0.70, 0.85), (0.60, 0.78)),
    "orange": ((0.06, 0.09), (0.70, 0.85), (0.80, 0.92)),
    "yellow": ((0.12, 0.15), (0.65, 0.80), (0.85, 0.95)),
    "green": ((0.28, 0.38), (0.45, 0.65), (0.40, 0.60)),
    "teal": ((0.48, 0.52), (0.55, 0.75), (0.40, 0.58)),
    "blue": ((0.58, 0.64), (0.55, 0.75), (0.45, 0.70)),
    "purple": ((0.74, 0.80), (0.35, 0.55), (0.45, 0.62)),
    "pink": ((0.92, 0.96), (0.35, 0.50), (0.80, 0.92)),
    "grey": ((0.55, 0.65), (0.02, 0.08), (0.42, 0.62)),
    "beige": ((0.09, 0.12), (0.20, 0.30), (0.78, 0.88)),
    "brown": ((0.05, 0.08), (0.50, 0.65), (0.38, 0.50)),
    "white": ((0.10, 0.14), (0.02, 0.06), (0.90, 0.95)),
}

WOODS: dict[str, tuple[Colour, Colour]] = {
    "pale": ((0.80, 0.66, 0.48), (0.90, 0.78, 0.60)),
    "oak": ((0.62, 0.44, 0.26), (0.72, 0.53, 0.33)),
    "walnut": ((0.36, 0.23, 0.14), (0.46, 0.30, 0.18)),
    "cherry": ((0.52, 0.24, 0.14), (0.62, 0.31, 0.18)),
    "white": ((0.86, 0.85, 0.82), (0.93, 0.92, 0.90)),
    "black": ((0.14, 0.13, 0.12), (0.22, 0.20, 0.19)),
}


@dataclass(frozen=True, eq=False)
class Dyed:
    """A material and its colour word."""

    word: str
    material: Material


@dataclass(frozen=True, eq=False)
class Palette:
    """What is shared by the pieces of one room."""

    woods: tuple[Dyed, ...]
    fabrics: tuple[Dyed, ...]
    paints: tuple[Dyed, ...]
    metal: Material
    white: Material
    dark: Material
    leaf: Material
    lamp_glow: Material
    screen: Material
    scheme: Scheme | None = None
    """Of the house, whose colours go together; None: any colours."""

    def wood(self, rng: np.random.Generator) -> Dyed:
        return self.woods[int(rng.integers(len(self.woods)))]

    def fabric(self, rng: np.random.Generator) -> Dyed:
        return self.fabrics[int(rng.integers(len(self.fabrics)))]

    def paint(self, rng: np.random.Generator) -> Dyed:
        return self.paints[int(rng.integers(len(self.paints)))]


def named_colour(rng: np.random.Generator, name: str) -> Colour:
    """A colour that people would call `name`."""
    hue, saturation, value = (rng.uniform(*bounds) for bounds in COLOURS[name])
    return hsv(hue, saturation, value)


def wood_colour(rng: np.random.Generator, name: str) -> Colour:
    low, high = (np.asarray(colour) for colour in WOODS[name])
    red, green, blue = low + (high - low) * rng.random()
    return float(red), float(green), float(blue)


def draw_palette(rng: np.random.Generator, scheme: Scheme | None = None) -> Palette:
    """Two woods, four fabrics and four paints that differ within the room, and the materials every room has."""
    woods = [Dyed(str(name), _wood(rng, str(name))) for name in rng.choice(list(WOODS), size=2, replace=False)]
    fabrics, paints = _draw_dyes(rng, scheme)
    warm = 0.08 + 0.04 * rng.random()
    return Palette(
        woods=tuple(woods),
        fabrics=fabrics,
        paints=paints,
        metal=surface.plain("metal", hsv(0.6, 0.05, rng.uniform(0.45, 0.75))),
        white=surface.plain("white", (0.93, 0.92, 0.90)),
        dark=surface.plain("dark", (0.10, 0.10, 0.11)),
        leaf=surface.plain("leaf", hsv(rng.uniform(0.25, 0.38), 0.6, rng.uniform(0.35, 0.55)), double_sided=True),
        lamp_glow=surface.plain("lamp", hsv(warm, 0.18, 1.0), glow=0.9, double_sided=True),
        screen=surface.plain("screen", (0.05, 0.06, 0.08)),
        scheme=scheme,
    )


def redyed(rng: np.random.Generator, palette: Palette) -> Palette:
    """Other fabrics and paints with the same woods and metals: the next room of a house."""
    fabrics, paints = _draw_dyes(rng, palette.scheme)
    return replace(palette, fabrics=fabrics, paints=paints)


def _draw_dyes(rng: np.random.Generator, scheme: Scheme | None) -> tuple[tuple[Dyed, ...], tuple[Dyed, ...]]:
    """Four fabrics and four paints; in eight colours without a scheme."""
    if scheme is None:
        names = [str(name) for name in rng.choice(list(COLOURS), size=8, replace=False)]
        cloths, coats = names[:4], names[4:]
    else:
        cloths, coats = scheme.names_of_room(rng)
    fabrics = [Dyed(name, _fabric(rng, name)) for name in cloths]
    paints = [Dyed(name, surface.plain(f"{name} paint", named_colour(rng, name))) for name in coats]
    return tuple(fabrics), tuple(paints)


def _wood(rng: np.random.Generator, name: str) -> Material:
    return Material(f"{name} wood", texture=surface.wood(rng, wood_colour(rng, name)))


def _fabric(rng: np.random.Generator, name: str) -> Material:
    colour = named_colour(rng, name)
    if rng.random() < 0.25:
        lighter = tuple(0.5 * channel + 0.45 for channel in colour)
        return Material(f"{name} plaid", texture=surface.check(rng, colour, (lighter[0], lighter[1], lighter[2])))
    return Material(f"{name} fabric", texture=surface.fabric(rng, colour))
