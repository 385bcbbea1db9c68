"""What colour a texture has at a place, as Warp functions: bilinear within a level, linear between two.

textures.Atlas ─▶ [texture_colour] ─▶ shading.facet_colour
"""

# Warp compiles this file: its annotations are Warp's, and float(0.0) declares a variable that changes in a loop.
# mypy: ignore-errors
import warp as wp

Texel = wp.uint32
"""Red, green, blue and a cut-out's alpha, red lowest: four bytes read at once."""


LOG2_TABLE = (
    ("0x1.661ec79f8f3bep+0", "-0x1.efec65b963019p-2"),
    ("0x1.571ed4aaf883dp+0", "-0x1.b0b6832d4fca4p-2"),
    ("0x1.49539f0f010bp+0", "-0x1.7418b0a1fb77bp-2"),
    ("0x1.3c995b0b80385p+0", "-0x1.39de91a6dcf7bp-2"),
    ("0x1.30d190c8864a5p+0", "-0x1.01d9bf3f2b631p-2"),
    ("0x1.25e227b0b8eap+0", "-0x1.97c1d1b3b7afp-3"),
    ("0x1.1bb4a4a1a343fp+0", "-0x1.2f9e393af3c9fp-3"),
    ("0x1.12358f08ae5bap+0", "-0x1.960cbbf788d5cp-4"),
    ("0x1.0953f419900a7p+0", "-0x1.a6f9db6475fcep-5"),
    ("0x1p+0", "0x0p+0"),
    ("0x1.e608cfd9a47acp-1", "0x1.338ca9f24f53dp-4"),
    ("0x1.ca4b31f026aap-1", "0x1.476a9543891bap-3"),
    ("0x1.b2036576afce6p-1", "0x1.e840b4ac4e4d2p-3"),
    ("0x1.9c2d163a1aa2dp-1", "0x1.40645f0c6651cp-2"),
    ("0x1.886e6037841edp-1", "0x1.88e9c2c1b9ff8p-2"),
    ("0x1.767dcf5534862p-1", "0x1.ce0a44eb17bccp-2"),
)
"""(1/c, log2 c) for the middle c of each sixteenth of an octave."""
LOG2_A = wp.constant(wp.float64(float.fromhex("-0x1.712b6f70a7e4dp-2")))
LOG2_B = wp.constant(wp.float64(float.fromhex("0x1.ecabf496832ep-2")))
LOG2_C = wp.constant(wp.float64(float.fromhex("-0x1.715479ffae3dep-1")))
LOG2_D = wp.constant(wp.float64(float.fromhex("0x1.715475f35c8b8p0")))


@wp.func
def channel(texel: wp.uint32, shift: int):
    """One of the four bytes, 0 to 255."""
    return float(int((texel >> wp.uint32(shift)) & wp.uint32(255)))


@wp.func
def log2_of(x: float, table: wp.array(dtype=wp.vec2d)):
    """log2 of x >= 1, the float32 that glibc gives (the method of ARM's optimized routines), without a call."""
    above = wp.cast(x, wp.uint32) - wp.uint32(0x3F330000)
    row = table[int((above >> wp.uint32(19)) & wp.uint32(15))]
    octave = (above >> wp.uint32(23)) << wp.uint32(23)
    r = wp.float64(wp.cast(wp.cast(x, wp.uint32) - octave, wp.float32)) * row[0] - wp.float64(1.0)
    whole = row[1] + wp.float64(int(above >> wp.uint32(23)))
    r2 = r * r
    return wp.float32((LOG2_A * r2 + (LOG2_B * r + LOG2_C)) * r2 + (LOG2_D * r + whole))


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
        channel(a, 0) * wa + channel(b, 0) * wb + channel(c, 0) * wc + channel(d, 0) * wd,
        channel(a, 8) * wa + channel(b, 8) * wb + channel(c, 8) * wc + channel(d, 8) * wd,
        channel(a, 16) * wa + channel(b, 16) * wb + channel(c, 16) * wc + channel(d, 16) * wd,
    ) * (1.0 / 255.0)


@wp.func
def texture_colour(
    texels: wp.array(dtype=Texel),
    level_start: wp.array2d(dtype=wp.int32),
    log2_table: wp.array(dtype=wp.vec2d),
    material: int,
    levels: int,
    uv: wp.vec2,
    texels_per_pixel: float,
):
    """Trilinear lookup, decoded to linear light; `levels` is the log2 of the texture's side."""
    level = wp.clamp(log2_of(wp.max(texels_per_pixel, 1.0), log2_table), 0.0, float(levels))
    fine = wp.min(int(level), levels)
    part = level - float(fine)
    colour = texture_level(texels, level_start[material, fine], 1 << (levels - fine), uv)
    if part > 0.01 and fine < levels:
        coarse = texture_level(texels, level_start[material, fine + 1], 1 << (levels - fine - 1), uv)
        colour = colour * (1.0 - part) + coarse * part
    return wp.cw_mul(colour, colour)
