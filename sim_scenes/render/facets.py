"""One triangle as one view sees it, as Warp functions: its colour where a ray meets it.

Surfaces ─▶ [facet_of ─▶ facet_colour] ─▶ shading.shade
"""

# Warp compiles this file: its annotations are Warp's, and float(0.0) declares a variable that changes in a loop.
# mypy: ignore-errors
import warp as wp

from video4spatial.sim_scenes.render.incoming import Lights, incoming_light
from video4spatial.sim_scenes.render.texels import Texel, texture_colour


@wp.struct
class Surfaces:
    """Corners, three per triangle, and materials."""

    corners: wp.array(dtype=wp.vec3)
    normals: wp.array(dtype=wp.vec3)
    uv: wp.array(dtype=wp.vec2)
    colours: wp.array(dtype=wp.vec3)
    object_id: wp.array(dtype=wp.int32)
    material: wp.array(dtype=wp.int32)
    texels_per_m: wp.array(dtype=wp.float32)
    glow: wp.array(dtype=wp.float32)
    side_log2: wp.array(dtype=wp.int32)
    """Per material: log2 of the texture's side, -1 without a texture."""
    emission: wp.array(dtype=wp.int32)
    """Per material: which one it shows by itself, -1 for none."""
    tint: wp.array(dtype=wp.vec3)
    """Per material: linear factor on the texture, for emission; that of surfaces is in `colours`."""
    level_start: wp.array2d(dtype=wp.int32)
    texels: wp.array(dtype=Texel)
    log2_table: wp.array(dtype=wp.vec2d)


@wp.func
def shoulder(x: float):
    """Leaves 0 to 0.6 alone and bends what is brighter towards 1."""
    if x <= 0.6:
        return x
    return 0.6 + 0.4 * (1.0 - wp.exp((0.6 - x) * 2.5))


@wp.struct
class Facet:
    """What the pixels of one triangle in one view have in common, so that a run of them loads it once."""

    material: int
    levels: int
    texels_per_m: float
    glow: float
    p0: wp.vec3
    e1: wp.vec3
    e2: wp.vec3
    flat: wp.vec3
    offset: wp.vec3
    height: float
    """-dot(flat, offset)"""
    size: float
    """Length of `flat`."""
    colour0: wp.vec3
    colour1: wp.vec3
    colour2: wp.vec3
    uv0: wp.vec2
    uv1: wp.vec2
    uv2: wp.vec2
    normal0: wp.vec3
    normal1: wp.vec3
    normal2: wp.vec3
    outward: wp.vec3


@wp.func
def facet_of(s: Surfaces, t: int, origin: wp.vec3):
    """Triangle `t` as a camera at `origin` sees it."""
    f = Facet()
    f.p0 = s.corners[3 * t]
    f.e1 = s.corners[3 * t + 1] - f.p0
    f.e2 = s.corners[3 * t + 2] - f.p0
    f.flat = wp.cross(f.e1, f.e2)
    f.offset = origin - f.p0
    f.height = -wp.dot(f.flat, f.offset)
    f.size = wp.length(f.flat)
    f.outward = wp.normalize(f.flat)
    f.material = s.material[t]
    f.levels = s.side_log2[f.material]
    f.texels_per_m = s.texels_per_m[t]
    f.glow = s.glow[f.material]
    f.colour0 = s.colours[3 * t]
    f.colour1 = s.colours[3 * t + 1]
    f.colour2 = s.colours[3 * t + 2]
    f.uv0 = s.uv[3 * t]
    f.uv1 = s.uv[3 * t + 1]
    f.uv2 = s.uv[3 * t + 2]
    f.normal0 = s.normals[3 * t]
    f.normal1 = s.normals[3 * t + 1]
    f.normal2 = s.normals[3 * t + 2]
    return f


@wp.func
def emitted(s: Surfaces, f: Facet, b0: float, b1: float, b2: float, texels_per_pixel: float):
    """Linear colour of what the facet shows by itself; density is that of the base texture, seen straight on."""
    emission = s.emission[f.material]
    colour = s.tint[emission]
    levels = s.side_log2[emission]
    if levels >= 0:
        uv = f.uv0 * b0 + f.uv1 * b1 + f.uv2 * b2
        per_pixel = texels_per_pixel * (float(1 << levels) / float(1 << wp.max(f.levels, 0)))
        texel = texture_colour(s.texels, s.level_start, s.log2_table, emission, levels, uv, per_pixel)
        colour = wp.cw_mul(colour, texel)
    return colour


@wp.func
def facet_colour(s: Surfaces, lights: Lights, f: Facet, ray: wp.vec3, pixel_rad: float):
    """Linear colour of a triangle where `ray` (depth 1 along the optical axis) meets its plane."""
    across = wp.cross(f.offset, ray)
    slope = wp.dot(f.flat, ray)
    if wp.abs(slope) < 1.0e-12:
        slope = 1.0e-12
    inverse = 1.0 / slope
    depth = f.height * inverse
    b1 = wp.clamp(-wp.dot(f.e2, across) * inverse, 0.0, 1.0)
    b2 = wp.clamp(wp.dot(f.e1, across) * inverse, 0.0, 1.0 - b1)
    b0 = 1.0 - b1 - b2
    colour = f.colour0 * b0 + f.colour1 * b1 + f.colour2 * b2
    if f.levels >= 0:
        length = wp.length(ray)
        uv = f.uv0 * b0 + f.uv1 * b1 + f.uv2 * b2
        tilt = wp.abs(slope) / (f.size * length)
        per_pixel = depth * length * pixel_rad * f.texels_per_m / wp.max(0.1, wp.sqrt(tilt))
        colour = wp.cw_mul(
            colour, texture_colour(s.texels, s.level_start, s.log2_table, f.material, f.levels, uv, per_pixel)
        )
    if lights.lit == 0:
        return colour
    normal = wp.normalize(f.normal0 * b0 + f.normal1 * b1 + f.normal2 * b2)
    outward = f.outward
    if slope > 0.0:
        outward = -outward
    if wp.dot(normal, outward) < 0.0:
        normal = -normal
    point = f.p0 + f.e1 * b1 + f.e2 * b2
    colour = wp.cw_mul(colour, incoming_light(lights, point, normal, outward) + wp.vec3(f.glow, f.glow, f.glow))
    if s.emission[f.material] >= 0:
        colour += emitted(s, f, b0, b1, b2, depth * wp.length(ray) * pixel_rad * f.texels_per_m)
    return colour


@wp.func
def pixel_ray(pose: wp.mat44, lens: wp.vec4, u: float, v: float):
    """From the camera, depth 1 along its axis; `lens` is (fx, fy, cx, cy)."""
    ray = pose * wp.vec4((u - lens[2]) / lens[0], (v - lens[3]) / lens[1], 1.0, 0.0)
    return wp.vec3(ray[0], ray[1], ray[2])


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
