"""What colour a texture has at a place, as Warp functions: bilinear within a level, linear between two.

textures.Atlas ─▶ [texture_colour] ─▶ shading.facet_colour
"""

# Warp compiles this file: its annotations are Warp's, and float(0.0) declares a variable that changes in a loop.
# mypy: ignore-errors
import warp as wp

from video4spatial.sim_scenes.render.lanes import Texel, start_at, texel_at


@wp.func
def channel(texel: wp.uint32, shift: int):
    """One of the four bytes, 0 to 255."""
    return float(int((texel >> wp.uint32(shift)) & wp.uint32(255)))


@wp.func
def log2_of(x: float):
    """log2 of x >= 1 to 4e-7, exact for powers of two: without a call, which would not become vector instructions."""
    bits = wp.cast(x, wp.uint32)
    above = bits - wp.uint32(0x3F3504F3)
    whole = above >> wp.uint32(23)
    m = wp.cast(bits - (whole << wp.uint32(23)), wp.float32) - 1.0
    z = m / (m + 2.0)
    z2 = z * z
    return float(int(whole)) + z * (2.8853900818 + z2 * (0.9617966939 + z2 * (0.5770780164 + z2 * 0.4121985831)))


@wp.func
def level_of(texels_per_pixel: float, levels: int):
    """The finer of the two levels that are mixed, and how much of the coarser; `levels` is log2 of the side."""
    level = wp.clamp(log2_of(wp.max(texels_per_pixel, 1.0)), 0.0, float(levels))
    fine = wp.clamp(int(level), 0, levels)
    return fine, level - float(fine)


@wp.func
def bilinear(texels: wp.array(dtype=Texel), start: int, side: int, u: float, v: float):
    """Red, green, blue of one level, repeated; still gamma encoded, 0 to 1."""
    x = u * float(side) - 0.5
    y = v * float(side) - 0.5
    fx = wp.floor(x)
    fy = wp.floor(y)
    ax = x - fx
    ay = y - fy
    mask = side - 1
    x0 = int(fx) & mask
    y0 = int(fy) & mask
    x1 = (x0 + 1) & mask
    y1 = (y0 + 1) & mask
    a = texel_at(texels, start + y0 * side + x0)
    b = texel_at(texels, start + y0 * side + x1)
    c = texel_at(texels, start + y1 * side + x0)
    d = texel_at(texels, start + y1 * side + x1)
    wa = (1.0 - ax) * (1.0 - ay)
    wb = ax * (1.0 - ay)
    wc = (1.0 - ax) * ay
    wd = ax * ay
    red = channel(a, 0) * wa + channel(b, 0) * wb + channel(c, 0) * wc + channel(d, 0) * wd
    green = channel(a, 8) * wa + channel(b, 8) * wb + channel(c, 8) * wc + channel(d, 8) * wd
    blue = channel(a, 16) * wa + channel(b, 16) * wb + channel(c, 16) * wc + channel(d, 16) * wd
    return red * (1.0 / 255.0), green * (1.0 / 255.0), blue * (1.0 / 255.0)


@wp.func
def texture_colour(
    texels: wp.array(dtype=Texel),
    level_start: wp.array2d(dtype=wp.int32),
    material: int,
    levels: int,
    u: float,
    v: float,
    texels_per_pixel: float,
):
    """Trilinear lookup, decoded to linear light; `levels` is the log2 of the texture's side."""
    fine, part = level_of(texels_per_pixel, levels)
    red, green, blue = bilinear(texels, start_at(level_start, material, fine), 1 << (levels - fine), u, v)
    if part > 0.01 and fine < levels:
        start = start_at(level_start, material, fine + 1)
        r, g, b = bilinear(texels, start, 1 << (levels - fine - 1), u, v)
        red = red * (1.0 - part) + r * part
        green = green * (1.0 - part) + g * part
        blue = blue * (1.0 - part) + b * part
    return red * red, green * green, blue * blue
