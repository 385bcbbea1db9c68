"""What `facets.facet_colour` does for one pixel, done for a block of them in steps: the bits are the same.

lanes.py ─▶ [meet_block ─▶ base_colour ─▶ texture_block] ─▶ lit_blocks.py ─▶ shading.shade

Each step is one loop or a few over the block. Steps that no pixel of a block needs are left out.
"""

# Warp compiles this file: its annotations are Warp's, and int(0) declares a variable that changes in a loop.
# mypy: ignore-errors
# ruff: noqa: UP018, RUF046
import warp as wp

from video4spatial.sim_scenes.render.facets import (
    Surfaces,
    blend,
    corner_blend,
    meet,
)
from video4spatial.sim_scenes.render.lanes import LANES, Lane, Whole, float_at, int_at, start_at
from video4spatial.sim_scenes.render.records import (
    COLOUR,
    COLOURS_VARY,
    DENSITY,
    FACET,
    LEVELS,
    TAG,
    UV,
)
from video4spatial.sim_scenes.render.texels import bilinear, level_of


@wp.func
def number_of(facets: wp.array(dtype=float), triangle: Whole, same: int, number: int):
    """One number of each pixel's triangle; loaded once where the whole block shows the `same`."""
    numbers = Lane()
    i = int(0)
    if same == 1:
        one = float_at(facets, triangle[0] * FACET + number)
        while i < LANES:
            numbers[i] = one
            i += 1
    else:
        while i < LANES:
            numbers[i] = float_at(facets, triangle[i] * FACET + number)
            i += 1
    return numbers


@wp.func
def meet_block(s: Surfaces, triangle: Whole, same: int, pose: wp.mat44, lens: wp.vec4, u: float, v: float):
    """`facets.meet` for the pixels from (u, v) on."""
    p0x = number_of(s.facets, triangle, same, 0)
    p0y = number_of(s.facets, triangle, same, 1)
    p0z = number_of(s.facets, triangle, same, 2)
    e1x = number_of(s.facets, triangle, same, 3)
    e1y = number_of(s.facets, triangle, same, 4)
    e1z = number_of(s.facets, triangle, same, 5)
    e2x = number_of(s.facets, triangle, same, 6)
    e2y = number_of(s.facets, triangle, same, 7)
    e2z = number_of(s.facets, triangle, same, 8)
    texels_per_m = number_of(s.facets, triangle, same, DENSITY)
    first = Lane()
    second = Lane()
    straight = Lane()
    density = Lane()
    px = Lane()
    py = Lane()
    pz = Lane()
    out_x = Lane()
    out_y = Lane()
    out_z = Lane()
    pixel_rad = 1.0 / wp.sqrt(lens[0] * lens[1])
    ox = pose[0, 3]
    oy = pose[1, 3]
    oz = pose[2, 3]
    y = (v - lens[3]) / lens[1]
    i = int(0)
    while i < LANES:
        x = (u + float(i) - lens[2]) / lens[0]
        rx = pose[0, 0] * x + pose[0, 1] * y + pose[0, 2]
        ry = pose[1, 0] * x + pose[1, 1] * y + pose[1, 2]
        rz = pose[2, 0] * x + pose[2, 1] * y + pose[2, 2]
        b1, b2, st, de, ax, ay, az, nx, ny, nz = meet(
            p0x[i],
            p0y[i],
            p0z[i],
            e1x[i],
            e1y[i],
            e1z[i],
            e2x[i],
            e2y[i],
            e2z[i],
            texels_per_m[i],
            ox,
            oy,
            oz,
            rx,
            ry,
            rz,
            pixel_rad,
        )
        first[i] = b1
        second[i] = b2
        straight[i] = st
        density[i] = de
        px[i] = ax
        py[i] = ay
        pz[i] = az
        out_x[i] = nx
        out_y[i] = ny
        out_z[i] = nz
        i += 1
    return first, second, straight, density, px, py, pz, out_x, out_y, out_z


@wp.func
def of_corners(vectors: wp.array(dtype=wp.vec3), triangle: Whole, first: Lane, second: Lane):
    """`facets.corner_blend`."""
    x = Lane()
    y = Lane()
    z = Lane()
    i = int(0)
    while i < LANES:
        ax, ay, az = corner_blend(vectors, triangle[i], first[i], second[i])
        x[i] = ax
        y[i] = ay
        z[i] = az
        i += 1
    return x, y, z


@wp.func
def base_colour(s: Surfaces, triangle: Whole, same: int, any_traits: int, traits: Whole, first: Lane, second: Lane):
    """Colour without texture."""
    red = number_of(s.facets, triangle, same, COLOUR)
    green = number_of(s.facets, triangle, same, COLOUR + 1)
    blue = number_of(s.facets, triangle, same, COLOUR + 2)
    if (any_traits & COLOURS_VARY) > 0:
        r, g, b = of_corners(s.colours, triangle, first, second)
        i = int(0)
        while i < LANES:
            varies = (traits[i] & COLOURS_VARY) > 0
            red[i] = wp.where(varies, r[i], red[i])
            green[i] = wp.where(varies, g[i], green[i])
            blue[i] = wp.where(varies, b[i], blue[i])
            i += 1
    return red, green, blue


@wp.func
def texture_block(
    s: Surfaces,
    triangle: Whole,
    same: int,
    traits: Whole,
    first: Lane,
    second: Lane,
    density: Lane,
):
    """`texels.texture_colour`; white where there is no texture."""
    u0 = number_of(s.facets, triangle, same, UV)
    v0 = number_of(s.facets, triangle, same, UV + 1)
    u1 = number_of(s.facets, triangle, same, UV + 2)
    v1 = number_of(s.facets, triangle, same, UV + 3)
    u2 = number_of(s.facets, triangle, same, UV + 4)
    v2 = number_of(s.facets, triangle, same, UV + 5)
    material = Whole()
    fine = Whole()
    part = Lane()
    red = Lane()
    green = Lane()
    blue = Lane()
    i = int(0)
    while i < LANES:
        levels = wp.max((traits[i] & LEVELS) - 1, 0)
        level, rest = level_of(density[i], levels)
        material[i] = int_at(s.tags, triangle[i] * TAG + 1)
        fine[i] = level
        part[i] = rest
        u0[i] = blend(u0[i], u1[i], u2[i], first[i], second[i])
        v0[i] = blend(v0[i], v1[i], v2[i], first[i], second[i])
        i += 1
    i = int(0)
    while i < LANES:
        levels = wp.max((traits[i] & LEVELS) - 1, 0)
        start = start_at(s.level_start, material[i], fine[i])
        r, g, b = bilinear(s.texels, start, 1 << (levels - fine[i]), u0[i], v0[i])
        red[i] = r
        green[i] = g
        blue[i] = b
        i += 1
    i = int(0)
    while i < LANES:
        levels = wp.max((traits[i] & LEVELS) - 1, 0)
        coarse = wp.min(fine[i] + 1, levels)
        start = start_at(s.level_start, material[i], coarse)
        r, g, b = bilinear(s.texels, start, 1 << (levels - coarse), u0[i], v0[i])
        mixed = part[i] > 0.01 and fine[i] < levels
        textured = (traits[i] & LEVELS) > 0
        r = wp.where(mixed, red[i] * (1.0 - part[i]) + r * part[i], red[i])
        g = wp.where(mixed, green[i] * (1.0 - part[i]) + g * part[i], green[i])
        b = wp.where(mixed, blue[i] * (1.0 - part[i]) + b * part[i], blue[i])
        red[i] = wp.where(textured, r * r, 1.0)
        green[i] = wp.where(textured, g * g, 1.0)
        blue[i] = wp.where(textured, b * b, 1.0)
        i += 1
    return red, green, blue
