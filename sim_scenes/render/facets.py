"""One triangle as one view sees it, as Warp functions: its colour where a ray meets it.

Surfaces ─▶ [meet, blend, facing_viewer] ─▶ [facet_colour] | blocks.py ─▶ shading.py

`facet_colour` says what a pixel is; `blocks.py` does the same for a block of them and gives the same bits.
"""

# Warp compiles this file: its annotations are Warp's, and float(0.0) declares a variable that changes in a loop.
# mypy: ignore-errors
import warp as wp

from video4spatial.sim_scenes.render.incoming import Lights, incoming_light
from video4spatial.sim_scenes.render.lanes import Texel, corner_at, exp_of, float_at, int_at
from video4spatial.sim_scenes.render.records import (
    COLOUR,
    COLOURS_VARY,
    DENSITY,
    EMITS,
    FACET,
    GLOW,
    LEVELS,
    NORMAL,
    NORMALS_VARY,
    TAG,
    TRAITS,
    UV,
)
from video4spatial.sim_scenes.render.texels import texture_colour


@wp.struct
class Surfaces:
    """Triangles and materials."""

    facets: wp.array(dtype=float)
    """A row of records.FACET numbers per triangle."""
    tags: wp.array(dtype=wp.int32)
    """A row of records.TAG numbers per triangle."""
    normals: wp.array(dtype=wp.vec3)
    """Three per triangle, read where NORMALS_VARY."""
    colours: wp.array(dtype=wp.vec3)
    """Three per triangle, read where COLOURS_VARY."""
    side_log2: wp.array(dtype=wp.int32)
    """Per material: log2 of the texture's side, -1 without a texture."""
    emission: wp.array(dtype=wp.int32)
    """Per material: which one it shows by itself, -1 for none."""
    tint: wp.array(dtype=wp.vec3)
    """Per material: linear factor on the texture, for emission; that of surfaces is in `colours`."""
    level_start: wp.array2d(dtype=wp.int32)
    texels: wp.array(dtype=Texel)


@wp.func
def meet(
    p0x: float,
    p0y: float,
    p0z: float,
    e1x: float,
    e1y: float,
    e1z: float,
    e2x: float,
    e2y: float,
    e2z: float,
    texels_per_m: float,
    ox: float,
    oy: float,
    oz: float,
    rx: float,
    ry: float,
    rz: float,
    pixel_rad: float,
):
    """Where a ray r (depth 1 along the optical axis) from o meets the plane of the triangle with edges e1 and e2.

    Weights of the second and third corner; texels per pixel seen straight on, and as it is seen; place; unit normal
    towards the viewer.
    """
    flat_x = e1y * e2z - e1z * e2y
    flat_y = e1z * e2x - e1x * e2z
    flat_z = e1x * e2y - e1y * e2x
    size = wp.sqrt(flat_x * flat_x + flat_y * flat_y + flat_z * flat_z)
    dx = ox - p0x
    dy = oy - p0y
    dz = oz - p0z
    across_x = dy * rz - dz * ry
    across_y = dz * rx - dx * rz
    across_z = dx * ry - dy * rx
    slope = flat_x * rx + flat_y * ry + flat_z * rz
    if wp.abs(slope) < 1.0e-12:
        slope = 1.0e-12
    inverse = 1.0 / slope
    depth = -(flat_x * dx + flat_y * dy + flat_z * dz) * inverse
    b1 = wp.clamp(-(e2x * across_x + e2y * across_y + e2z * across_z) * inverse, 0.0, 1.0)
    b2 = wp.clamp((e1x * across_x + e1y * across_y + e1z * across_z) * inverse, 0.0, 1.0 - b1)
    length = wp.sqrt(rx * rx + ry * ry + rz * rz)
    tilt = wp.abs(slope) / (size * length)
    straight = depth * length * pixel_rad * texels_per_m
    density = straight / wp.max(0.1, wp.sqrt(tilt))
    px = p0x + e1x * b1 + e2x * b2
    py = p0y + e1y * b1 + e2y * b2
    pz = p0z + e1z * b1 + e2z * b2
    scale = wp.where(slope > 0.0, -1.0, 1.0) / wp.max(size, 1.0e-30)
    return b1, b2, straight, density, px, py, pz, flat_x * scale, flat_y * scale, flat_z * scale


@wp.func
def triangle_of(s: Surfaces, t: int):
    """First corner, and the edges to the second and third."""
    k = t * FACET
    p0 = wp.vec3(float_at(s.facets, k), float_at(s.facets, k + 1), float_at(s.facets, k + 2))
    e1 = wp.vec3(float_at(s.facets, k + 3), float_at(s.facets, k + 4), float_at(s.facets, k + 5))
    e2 = wp.vec3(float_at(s.facets, k + 6), float_at(s.facets, k + 7), float_at(s.facets, k + 8))
    return p0, e1, e2


@wp.func
def blend(a: float, b: float, c: float, b1: float, b2: float):
    """What the corners have, weighted."""
    return a * (1.0 - b1 - b2) + b * b1 + c * b2


@wp.func
def facing_viewer(x: float, y: float, z: float, out_x: float, out_y: float, out_z: float):
    """(x, y, z) of unit length, on the viewer's side of the surface whose flat normal towards them is `out`."""
    length = wp.sqrt(x * x + y * y + z * z)
    scale = wp.where(x * out_x + y * out_y + z * out_z < 0.0, -1.0, 1.0) / wp.max(length, 1.0e-30)
    return x * scale, y * scale, z * scale


@wp.func
def shoulder(x: float):
    """Leaves 0 to 0.6 alone and bends what is brighter towards 1."""
    return wp.where(x <= 0.6, x, 0.6 + 0.4 * (1.0 - exp_of(wp.min((0.6 - x) * 2.5, 0.0))))


@wp.func
def emitted(s: Surfaces, t: int, b1: float, b2: float, texels_per_pixel: float):
    """Linear colour of what a facet shows by itself; density is that of the base texture, seen straight on."""
    tag = t * TAG
    emission = s.emission[int_at(s.tags, tag + 1)]
    colour = s.tint[emission]
    levels = s.side_log2[emission]
    if levels >= 0:
        k = t * FACET + UV
        u = blend(float_at(s.facets, k), float_at(s.facets, k + 2), float_at(s.facets, k + 4), b1, b2)
        v = blend(float_at(s.facets, k + 1), float_at(s.facets, k + 3), float_at(s.facets, k + 5), b1, b2)
        own = wp.max((int_at(s.tags, tag + TRAITS) & LEVELS) - 1, 0)
        per_pixel = texels_per_pixel * (float(1 << levels) / float(1 << own))
        r, g, b = texture_colour(s.texels, s.level_start, emission, levels, u, v, per_pixel)
        colour = wp.cw_mul(colour, wp.vec3(r, g, b))
    return colour


@wp.func
def corner_blend(vectors: wp.array(dtype=wp.vec3), t: int, b1: float, b2: float):
    """The three components of what the corners of triangle t have, weighted."""
    k = t * 9
    x = blend(corner_at(vectors, k), corner_at(vectors, k + 3), corner_at(vectors, k + 6), b1, b2)
    y = blend(corner_at(vectors, k + 1), corner_at(vectors, k + 4), corner_at(vectors, k + 7), b1, b2)
    z = blend(corner_at(vectors, k + 2), corner_at(vectors, k + 5), corner_at(vectors, k + 8), b1, b2)
    return x, y, z


@wp.func
def facet_colour(s: Surfaces, lights: Lights, t: int, origin: wp.vec3, ray: wp.vec3, pixel_rad: float):
    """Linear colour of triangle t where `ray` (depth 1 along the optical axis) from a camera at `origin` meets it."""
    k = t * FACET
    material = int_at(s.tags, t * TAG + 1)
    traits = int_at(s.tags, t * TAG + TRAITS)
    b1, b2, straight, density, px, py, pz, out_x, out_y, out_z = meet(
        float_at(s.facets, k),
        float_at(s.facets, k + 1),
        float_at(s.facets, k + 2),
        float_at(s.facets, k + 3),
        float_at(s.facets, k + 4),
        float_at(s.facets, k + 5),
        float_at(s.facets, k + 6),
        float_at(s.facets, k + 7),
        float_at(s.facets, k + 8),
        float_at(s.facets, k + DENSITY),
        origin[0],
        origin[1],
        origin[2],
        ray[0],
        ray[1],
        ray[2],
        pixel_rad,
    )
    red = float_at(s.facets, k + COLOUR)
    green = float_at(s.facets, k + COLOUR + 1)
    blue = float_at(s.facets, k + COLOUR + 2)
    if (traits & COLOURS_VARY) > 0:
        red, green, blue = corner_blend(s.colours, t, b1, b2)
    levels = (traits & LEVELS) - 1
    if levels >= 0:
        u = blend(float_at(s.facets, k + UV), float_at(s.facets, k + UV + 2), float_at(s.facets, k + UV + 4), b1, b2)
        v = blend(
            float_at(s.facets, k + UV + 1), float_at(s.facets, k + UV + 3), float_at(s.facets, k + UV + 5), b1, b2
        )
        r, g, b = texture_colour(s.texels, s.level_start, material, levels, u, v, density)
        red *= r
        green *= g
        blue *= b
    colour = wp.vec3(red, green, blue)
    if lights.lit == 0:
        return colour
    x = float_at(s.facets, k + NORMAL)
    y = float_at(s.facets, k + NORMAL + 1)
    z = float_at(s.facets, k + NORMAL + 2)
    if (traits & NORMALS_VARY) > 0:
        x, y, z = corner_blend(s.normals, t, b1, b2)
    x, y, z = facing_viewer(x, y, z, out_x, out_y, out_z)
    glow = float_at(s.facets, k + GLOW)
    light = incoming_light(lights, wp.vec3(px, py, pz), wp.vec3(x, y, z), wp.vec3(out_x, out_y, out_z))
    colour = wp.cw_mul(colour, light + wp.vec3(glow, glow, glow))
    if (traits & EMITS) > 0:
        colour += emitted(s, t, b1, b2, straight)
    return colour


@wp.func
def pixel_ray(pose: wp.mat44, lens: wp.vec4, u: float, v: float):
    """From the camera, depth 1 along its axis; `lens` is (fx, fy, cx, cy)."""
    x = (u - lens[2]) / lens[0]
    y = (v - lens[3]) / lens[1]
    return wp.vec3(
        pose[0, 0] * x + pose[0, 1] * y + pose[0, 2],
        pose[1, 0] * x + pose[1, 1] * y + pose[1, 2],
        pose[2, 0] * x + pose[2, 1] * y + pose[2, 2],
    )


@wp.func
def write_colour(rgb: wp.array(dtype=wp.uint8), out: int, lit: int, total: wp.vec3):
    """Linear light to 8 bits of gamma 2."""
    if lit == 1:
        total = wp.vec3(shoulder(total[0]), shoulder(total[1]), shoulder(total[2]))
    rgb[out * 3] = wp.uint8(wp.min(wp.sqrt(total[0]), 1.0) * 255.0 + 0.5)
    rgb[out * 3 + 1] = wp.uint8(wp.min(wp.sqrt(total[1]), 1.0) * 255.0 + 0.5)
    rgb[out * 3 + 2] = wp.uint8(wp.min(wp.sqrt(total[2]), 1.0) * 255.0 + 0.5)


@wp.func
def label_of(packed: wp.uint64):
    """Triangle + 1, or 0 for nothing."""
    return int(packed & wp.uint64(0xFFFFFFFF))


@wp.func
def depth_of(packed: wp.uint64):
    """The z-depth in a visibility value that has a triangle."""
    return 1.0 / wp.cast(wp.uint32(packed >> wp.uint64(32)), wp.float32)
