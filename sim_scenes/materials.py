"""Surfaces made from numbers: wood, tiles, wallpaper, brick, fabric, pictures.

rng ─▶ [textures] ─▶ Material ─▶ rooms.py, furniture.py

Textures tile without a seam, are (S, S, 3) sRGB and pure functions of the generator they are given.
"""

import colorsys

import numpy as np
from numpy.typing import NDArray

from video4spatial.sim_scenes.scene import Material

Colour = tuple[float, float, float]
"""sRGB, 0 to 1."""

LARGE_PX, SMALL_PX = 256, 128


def plain(name: str, colour: Colour, glow: float = 0.0, double_sided: bool = False) -> Material:
    """One colour. The renderer's gamma is 2, so linear is the square."""
    red, green, blue = (channel**2 for channel in colour)
    return Material(name, (red, green, blue), None, double_sided, glow)


def hsv(hue: float, saturation: float, value: float) -> Colour:
    return colorsys.hsv_to_rgb(hue % 1.0, min(1.0, max(0.0, saturation)), min(1.0, max(0.0, value)))


def noise(rng: np.random.Generator, side: int, coarse: int = 4, octaves: int = 5) -> NDArray[np.float32]:
    """(side, side) seamless value noise, 0 to 1: `octaves` grids from `coarse` cells on, each half as strong."""
    total, weight = np.zeros((side, side), dtype=np.float32), 1.0
    for octave in range(octaves):
        cells = coarse * 2**octave
        if cells > side:
            break
        grid = rng.random((cells, cells), dtype=np.float32)
        place = np.arange(side, dtype=np.float32) * cells / side
        low = place.astype(int)
        part = place - low
        part, high = part * part * (3 - 2 * part), (low + 1) % cells
        along = grid[:, low] * (1 - part) + grid[:, high] * part
        total += weight * (along[low] * (1 - part[:, None]) + along[high] * part[:, None])
        weight *= 0.5
    return (total - total.min()) / (total.max() - total.min() + 1e-9)


def planks(rng: np.random.Generator, colour: Colour, boards: int = 8, side: int = LARGE_PX) -> NDArray[np.uint8]:
    """Floor boards along u with a grain, in shades of `colour`."""
    y, x = np.mgrid[0:side, 0:side]
    board = y * boards // side
    shade = rng.uniform(0.78, 1.15, boards)[board]
    grain = noise(rng, side, 4, 5)
    offset = rng.integers(0, side, boards)
    rings = 0.5 + 0.5 * np.sin(
        2 * np.pi * (y * boards / side * 2.0 + 3.0 * grain[(y * 3) % side, (x // 4 + offset[board]) % side])
    )
    picture = _scaled(colour, shade * (0.90 + 0.12 * rings) * (0.95 + 0.10 * grain))
    picture[(y % (side // boards)) == 0] *= 0.55
    picture[((x + offset[board]) % side) < 1] *= 0.55
    return _bytes(picture)


def wood(rng: np.random.Generator, colour: Colour, side: int = SMALL_PX) -> NDArray[np.uint8]:
    """Furniture wood: fine rings along u."""
    y, x = np.mgrid[0:side, 0:side]
    wave = noise(rng, side, 2, 4)
    rings = 0.5 + 0.5 * np.sin(2 * np.pi * (y * 6 / side + 2.5 * wave[y, (x // 3) % side]))
    return _bytes(_scaled(colour, 0.90 + 0.10 * rings + 0.08 * (noise(rng, side, 8, 4) - 0.5)))


def tiles(
    rng: np.random.Generator, first: Colour, second: Colour, count: int = 4, side: int = LARGE_PX
) -> NDArray[np.uint8]:
    """A checkerboard of `count` x `count` tiles (even) with joints."""
    y, x = np.mgrid[0:side, 0:side]
    row, column = y * count // side, x * count // side
    shade = rng.uniform(0.9, 1.05, (count, count))[row, column] * (0.93 + 0.1 * noise(rng, side, 4, 5))
    picture = np.where(((row + column) % 2)[..., None] == 0, _scaled(first, shade), _scaled(second, shade))
    width = side // count
    picture[((y % width) < 2) | ((x % width) < 2)] = 0.55
    return _bytes(picture)


def carpet(rng: np.random.Generator, colour: Colour, side: int = LARGE_PX) -> NDArray[np.uint8]:
    return _bytes(_scaled(colour, 0.75 + 0.25 * rng.random((side, side)) + 0.15 * noise(rng, side, 4, 3)))


def plaster(rng: np.random.Generator, colour: Colour, side: int = LARGE_PX) -> NDArray[np.uint8]:
    return _bytes(_scaled(colour, 0.965 + 0.05 * noise(rng, side, 8, 5)))


def stripes(
    rng: np.random.Generator, first: Colour, second: Colour, count: int = 6, side: int = LARGE_PX
) -> NDArray[np.uint8]:
    """Vertical wallpaper stripes with a small motif on every other one."""
    y, x = np.mgrid[0:side, 0:side]
    band = x * count * 2 // side
    picture = np.where(
        (band % 2)[..., None] == 0, _scaled(first, np.ones((side, side))), _scaled(second, np.ones((side, side)))
    )
    pitch = side // count
    motif = (abs(x % pitch - pitch // 4) + abs((y + band * pitch // 4) % pitch - pitch // 2)) < pitch // 9
    picture[motif] = np.asarray(second) * 0.7
    return _bytes(picture * (0.95 + 0.06 * noise(rng, side, 4, 5))[..., None])


def brick(rng: np.random.Generator, colour: Colour, side: int = LARGE_PX) -> NDArray[np.uint8]:
    y, x = np.mgrid[0:side, 0:side]
    height, width = side // 8, side // 4
    row = y // height
    shifted = (x + (row % 2) * width // 2) % side
    shade = rng.uniform(0.7, 1.15, (8, 4))[row, shifted // width] * (0.85 + 0.25 * noise(rng, side, 8, 5))
    picture = _scaled(colour, shade)
    picture[((y % height) < 3) | ((shifted % width) < 3)] = (0.74, 0.72, 0.68)
    return _bytes(picture)


def fabric(rng: np.random.Generator, colour: Colour, side: int = SMALL_PX) -> NDArray[np.uint8]:
    """A weave."""
    y, x = np.mgrid[0:side, 0:side]
    weave = 0.5 + 0.25 * np.sin(x * np.pi / 4) + 0.25 * np.sin(y * np.pi / 4)
    return _bytes(_scaled(colour, 0.74 + 0.18 * weave + 0.2 * noise(rng, side, 4, 4)))


def check(
    rng: np.random.Generator, first: Colour, second: Colour, count: int = 4, side: int = SMALL_PX
) -> NDArray[np.uint8]:
    """Woven bands that cross: a plaid."""
    y, x = np.mgrid[0:side, 0:side]
    mix = ((x * count * 2 // side) % 2 * 0.5 + (y * count * 2 // side) % 2 * 0.5)[..., None]
    picture = np.asarray(first) * (1 - mix) + np.asarray(second) * mix
    return _bytes(picture * (0.85 + 0.2 * rng.random((side, side)))[..., None])


def rug(rng: np.random.Generator, hue: float, side: int = LARGE_PX, muted: bool = False) -> NDArray[np.uint8]:
    """A carpet with borders and a field of lozenges; not to be repeated. `muted`: its motif in the pale of the hue."""
    y, x = np.mgrid[0:side, 0:side]
    edge = np.minimum(np.minimum(x, side - 1 - x), np.minimum(y, side - 1 - y)) / side
    field, motif = np.asarray(hsv(hue, 0.6, 0.55)), np.asarray(hsv(hue + rng.uniform(0.3, 0.6), 0.45, 0.8))
    if muted:
        field = np.asarray(hsv(hue, rng.uniform(0.25, 0.5), rng.uniform(0.35, 0.6)))
        motif = np.asarray(hsv(rng.uniform(0.08, 0.13), rng.uniform(0.08, 0.25), rng.uniform(0.7, 0.85)))
    count = int(rng.integers(3, 6))
    u, v = (x * count / side) % 1 - 0.5, (y * count / side) % 1 - 0.5
    picture = np.where(((abs(u) + abs(v)) < 0.33)[..., None], motif, field)
    picture = np.where(((abs(u) + abs(v)) < 0.16)[..., None], field * 0.6, picture)
    picture = np.where((edge < 0.12)[..., None], motif * 0.8, picture)
    picture = np.where(((edge < 0.05) | ((edge > 0.1) & (edge < 0.12)))[..., None], field * 0.5, picture)
    return _bytes(picture * (0.85 + 0.2 * rng.random((side, side)))[..., None])


def painting(rng: np.random.Generator, side: int = SMALL_PX) -> NDArray[np.uint8]:
    """A picture for the wall: a landscape or blocks of colour."""
    y, x = np.mgrid[0:side, 0:side] / side
    hue = rng.random()
    if rng.random() < 0.5:
        picture = _mix(hsv(hue, 0.5, 0.85), hsv(hue + 0.15, 0.35, 0.95), y)
        radius = np.hypot(x - rng.uniform(0.2, 0.8), y - rng.uniform(0.15, 0.35))
        picture[radius < rng.uniform(0.06, 0.12)] = hsv(rng.uniform(0.05, 0.15), 0.5, 1.0)
        for k in range(4):
            ridge = 0.45 + 0.13 * k + 0.07 * np.sin(x * rng.uniform(4, 14) + rng.uniform(0, 6))
            picture[y > ridge] = hsv(hue + 0.5 + 0.05 * k, 0.5, 0.62 - 0.12 * k)
    else:
        picture = np.zeros((side, side, 3)) + np.asarray(hsv(hue, 0.1, 0.93))
        for _ in range(int(rng.integers(4, 9))):
            left, top = rng.uniform(0, 0.8, 2)
            wide, high = rng.uniform(0.1, 0.5, 2)
            inside = (x > left) & (x < left + wide) & (y > top) & (y < top + high)
            picture[inside] = hsv(rng.random(), rng.uniform(0.4, 0.9), rng.uniform(0.25, 0.95))
    return _bytes(picture)


def books(rng: np.random.Generator, side: int = SMALL_PX) -> NDArray[np.uint8]:
    """Spines of books side by side along u, standing on the lower edge."""
    picture = np.zeros((side, side, 3)) + 0.06
    x = 0
    while x < side:
        width, height = int(rng.integers(5, 13)), int(side * rng.uniform(0.72, 0.97))
        colour = np.asarray(hsv(rng.random(), rng.uniform(0.2, 0.8), rng.uniform(0.25, 0.85)))
        spine = slice(x, min(side, x + width))
        picture[side - height :, spine] = colour
        picture[side - height :, x : x + 1] = colour * 0.5
        band = side - int(height * rng.uniform(0.6, 0.9))
        picture[band : band + 5, spine] = np.minimum(1.0, colour + 0.35)
        x += width
    return _bytes(picture)


def _mix(top: Colour, bottom: Colour, part: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(top) * (1 - part[..., None]) + np.asarray(bottom) * part[..., None]


def _scaled(colour: Colour, factor: NDArray) -> NDArray[np.float64]:
    return np.asarray(colour, dtype=float) * np.asarray(factor)[..., None]


def _bytes(picture: NDArray) -> NDArray[np.uint8]:
    return (np.clip(picture, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)
