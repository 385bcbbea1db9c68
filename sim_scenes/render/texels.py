"""What colour a texture has at a place, as Warp functions: bilinear within a level, linear between two.

textures.Atlas ─▶ [texture_colour] ─▶ shading.facet_colour
"""

# Warp compiles this file: its annotations are Warp's, and float(0.0) declares a variable that changes in a loop.
# mypy: ignore-errors
import warp as wp

Texel = wp.types.vector(4, wp.uint8)


@wp.func
def texture_level(texels: wp.array(dtype=Texel), start: int, side: int, uv: wp.vec2):
    """Bilinear, repeated; still gamma encoded, 0 to 1."""
    x = uv[0] * float(side) - 0.5
    y = uv[1] * float(side) - 0.5
    fx = wp.floor(x)
    fy = wp.floor(y)
    ax = x - fx
    ay = y - fy
    mask = side - 1
    x0 = int(fx) & mask
    y0 = int(fy) & mask
    x1 = (x0 + 1) & mask
    y1 = (y0 + 1) & mask
    a = texels[start + y0 * side + x0]
    b = texels[start + y0 * side + x1]
    c = texels[start + y1 * side + x0]
    d = texels[start + y1 * side + x1]
    wa = (1.0 - ax) * (1.0 - ay)
    wb = ax * (1.0 - ay)
    wc = (1.0 - ax) * ay
    wd = ax * ay
    return wp.vec3(
        float(a[0]) * wa + float(b[0]) * wb + float(c[0]) * wc + float(d[0]) * wd,
        float(a[1]) * wa + float(b[1]) * wb + float(c[1]) * wc + float(d[1]) * wd,
        float(a[2]) * wa + float(b[2]) * wb + float(c[2]) * wc + float(d[2]) * wd,
    ) * (1.0 / 255.0)


@wp.func
def texture_colour(
    texels: wp.array(dtype=Texel),
    level_start: wp.array2d(dtype=wp.int32),
    material: int,
    levels: int,
    uv: wp.vec2,
    texels_per_pixel: float,
):
    """Trilinear lookup, decoded to linear light; `levels` is the log2 of the texture's side."""
    level = wp.clamp(wp.log2(wp.max(texels_per_pixel, 1.0)), 0.0, float(levels))
    fine = wp.min(int(level), levels)
    part = level - float(fine)
    colour = texture_level(texels, level_start[material, fine], 1 << (levels - fine), uv)
    if part > 0.01 and fine < levels:
        coarse = texture_level(texels, level_start[material, fine + 1], 1 << (levels - fine - 1), uv)
        colour = colour * (1.0 - part) + coarse * part
    return wp.cw_mul(colour, colour)
