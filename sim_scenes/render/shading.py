"""Visibility to pixels: one kernel writes colour, depth and object id.

visibility (samples, centres) ─▶ [shade] ─▶ rgb, depth_m, object_id

Colours are decoded by squaring and encoded by a square root (gamma 2 for sRGB's 2.2), so unlit textures pass through
unchanged. Each triangle seen by a pixel is shaded once, at the mean place of its samples there, and weighted by their
number; depth and id are those of the pixel's centre.
"""

# Warp compiles this file: its annotations are Warp's, and float(0.0) declares a variable that changes in a loop.
# mypy: ignore-errors
# ruff: noqa: UP018, RUF046
import warp as wp

Texel = wp.types.vector(4, wp.uint8)


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
    level_start: wp.array2d(dtype=wp.int32)
    texels: wp.array(dtype=Texel)


@wp.struct
class Lights:
    """One sun (black if none), lamps, ambient, sky; and the shadow maps of sun and lamps."""

    lit: int
    sun_direction: wp.vec3
    sun_colour: wp.vec3
    ambient: wp.vec3
    sky: wp.vec3
    ground: wp.vec3
    lamps: int
    lamp_position: wp.array(dtype=wp.vec3)
    lamp_colour: wp.array(dtype=wp.vec3)
    lamp_softness: wp.array(dtype=wp.float32)
    sun_map: wp.array(dtype=wp.float32)
    sun_from_world: wp.mat44
    sun_side: int
    sun_bias: float
    lamp_map: wp.array(dtype=wp.float32)
    lamp_side: int


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


@wp.func
def lit_share(shadow: wp.array(dtype=wp.float32), start: int, side: int, x: float, y: float, nearness: float):
    """Bilinear share of the four nearest shadow map texels that see the point."""
    fx = wp.clamp(x - 0.5, 0.0, float(side) - 1.001)
    fy = wp.clamp(y - 0.5, 0.0, float(side) - 1.001)
    x0 = int(fx)
    y0 = int(fy)
    ax = fx - float(x0)
    ay = fy - float(y0)
    i = start + y0 * side + x0
    a = float(nearness >= shadow[i])
    b = float(nearness >= shadow[i + 1])
    c = float(nearness >= shadow[i + side])
    d = float(nearness >= shadow[i + side + 1])
    return (a * (1.0 - ax) + b * ax) * (1.0 - ay) + (c * (1.0 - ax) + d * ax) * ay


@wp.func
def lamp_share(lamp_map: wp.array(dtype=wp.float32), side: int, lamp: int, v: wp.vec3):
    """`v` is the point seen from the lamp. Faces in the order +x -x +y -y +z -z, axes cyclic."""
    ax = wp.abs(v[0])
    ay = wp.abs(v[1])
    az = wp.abs(v[2])
    face = int(0)
    s = v[1]
    t = v[2]
    depth = ax
    if ax >= ay and ax >= az:
        if v[0] < 0.0:
            face = 1
    elif ay >= az:
        face = 2
        if v[1] < 0.0:
            face = 3
        s = v[2]
        t = v[0]
        depth = ay
    else:
        face = 4
        if v[2] < 0.0:
            face = 5
        s = v[0]
        t = v[1]
        depth = az
    half = float(side) * 0.5
    nearness = 1.0 / wp.max(depth, 1.0e-4)
    start = (lamp * 6 + face) * side * side
    x = half + s * nearness * half
    y = half + t * nearness * half
    return lit_share(lamp_map, start, side, x, y, nearness * 1.012)  # a texel of 256 covers 0.8 % of the depth


@wp.func
def incoming_light(lights: Lights, point: wp.vec3, normal: wp.vec3, outward: wp.vec3):
    """Linear light on a surface; `outward` is the flat normal towards the viewer, used to step off the surface."""
    light = lights.ambient * (0.86 + 0.14 * normal[1])
    lifted = point + outward * 0.008
    facing = -wp.dot(normal, lights.sun_direction)
    if facing > 0.0 and lights.sun_side > 0:
        q = lights.sun_from_world * wp.vec4(lifted[0], lifted[1], lifted[2], 1.0)
        share = lit_share(lights.sun_map, 0, lights.sun_side, q[0], q[1], q[2] + lights.sun_bias)
        light += lights.sun_colour * (facing * share)
    for lamp in range(lights.lamps):
        to_lamp = lights.lamp_position[lamp] - point
        square = wp.dot(to_lamp, to_lamp)
        slope = wp.dot(normal, to_lamp) / wp.sqrt(square + 1.0e-9)
        strength = lights.lamp_colour[lamp] * (slope / (square + lights.lamp_softness[lamp]))
        if wp.max(strength) > 0.003:  # less changes no 8-bit value; most of a far lamp's shadow lookups go
            seen = lifted - lights.lamp_position[lamp]
            light += strength * lamp_share(lights.lamp_map, lights.lamp_side, lamp, seen)
    return light


@wp.func
def shoulder(x: float):
    """Leaves 0 to 0.6 alone and bends what is brighter towards 1."""
    if x <= 0.6:
        return x
    return 0.6 + 0.4 * (1.0 - wp.exp((0.6 - x) * 2.5))


@wp.func
def surface_colour(s: Surfaces, lights: Lights, t: int, origin: wp.vec3, ray: wp.vec3, pixel_rad: float):
    """Linear colour of triangle `t` where `ray` (depth 1 along the optical axis) meets its plane."""
    p0 = s.corners[3 * t]
    e1 = s.corners[3 * t + 1] - p0
    e2 = s.corners[3 * t + 2] - p0
    flat = wp.cross(e1, e2)
    offset = origin - p0
    across = wp.cross(offset, ray)
    slope = wp.dot(flat, ray)
    if wp.abs(slope) < 1.0e-12:
        slope = 1.0e-12
    inverse = 1.0 / slope
    depth = -wp.dot(flat, offset) * inverse
    b1 = wp.clamp(-wp.dot(e2, across) * inverse, 0.0, 1.0)
    b2 = wp.clamp(wp.dot(e1, across) * inverse, 0.0, 1.0 - b1)
    b0 = 1.0 - b1 - b2
    material = s.material[t]
    colour = s.colours[3 * t] * b0 + s.colours[3 * t + 1] * b1 + s.colours[3 * t + 2] * b2
    length = wp.length(ray)
    levels = s.side_log2[material]
    if levels >= 0:
        uv = s.uv[3 * t] * b0 + s.uv[3 * t + 1] * b1 + s.uv[3 * t + 2] * b2
        tilt = wp.abs(slope) / (wp.length(flat) * length)
        per_pixel = depth * length * pixel_rad * s.texels_per_m[t] / wp.max(0.1, wp.sqrt(tilt))
        colour = wp.cw_mul(colour, texture_colour(s.texels, s.level_start, material, levels, uv, per_pixel))
    if lights.lit == 0:
        return colour
    normal = wp.normalize(s.normals[3 * t] * b0 + s.normals[3 * t + 1] * b1 + s.normals[3 * t + 2] * b2)
    outward = wp.normalize(flat)
    if slope > 0.0:
        outward = -outward
    if wp.dot(normal, outward) < 0.0:
        normal = -normal
    point = p0 + e1 * b1 + e2 * b2
    glow = s.glow[material]
    return wp.cw_mul(colour, incoming_light(lights, point, normal, outward) + wp.vec3(glow, glow, glow))


@wp.func
def sky_colour(lit: int, sky: wp.vec3, ground: wp.vec3, ray: wp.vec3):
    """Sky above, ground below, haze where they meet; black in an unlit scene, as in Habitat."""
    if lit == 0:
        return wp.vec3(0.0, 0.0, 0.0)
    height = ray[1] / wp.length(ray)
    up = wp.clamp(height * 6.0 + 0.5, 0.0, 1.0)
    haze = wp.exp(-wp.abs(height) * 5.0) * 0.35 * wp.max(sky)
    colour = ground * (1.0 - up) + sky * up
    return colour * (1.0 - haze) + wp.vec3(haze, haze, haze)


@wp.kernel(enable_backward=False)
def shade(
    s: Surfaces,
    lights: Lights,
    world_from_camera: wp.array(dtype=wp.mat44),
    lenses: wp.array(dtype=wp.vec4),
    width: int,
    height: int,
    side: int,
    samples: wp.array(dtype=wp.uint64),
    centres: wp.array(dtype=wp.uint64),
    rgb: wp.array(dtype=wp.uint8),
    depth_m: wp.array(dtype=wp.float32),
    object_id: wp.array(dtype=wp.int32),
):
    """(views, rows) threads. `lenses` holds (fx, fy, cx, cy); `side` samples per pixel side; clears both buffers.

    A thread does a whole row: on the CPU each thread copies its arguments first, which took longer than a pixel.
    """
    view, y = wp.tid()
    pose = world_from_camera[view]
    lens = lenses[view]
    origin = wp.vec3(pose[0, 3], pose[1, 3], pose[2, 3])
    pixel_rad = 1.0 / wp.sqrt(lens[0] * lens[1])
    step = 1.0 / float(side)
    base = view * width * height * side * side
    count_all = side * side
    for x in range(width):
        out = (view * height + y) * width + x
        total = wp.vec3(0.0, 0.0, 0.0)
        for first in range(count_all):
            j = base + (y * side + first // side) * width * side + x * side + first % side
            label = int(samples[j] & wp.uint64(0xFFFFFFFF))
            if label >= 0:
                count = int(0)
                sum_x = float(0.0)
                sum_y = float(0.0)
                for other in range(first, count_all):
                    k = base + (y * side + other // side) * width * side + x * side + other % side
                    if int(samples[k] & wp.uint64(0xFFFFFFFF)) == label:
                        count += 1
                        sum_x += float(other % side) + 0.5
                        sum_y += float(other // side) + 0.5
                        samples[k] = wp.uint64(0xFFFFFFFF)
                u = float(x) + sum_x * step / float(count)
                v = float(y) + sum_y * step / float(count)
                ray4 = pose * wp.vec4((u - lens[2]) / lens[0], (v - lens[3]) / lens[1], 1.0, 0.0)
                ray = wp.vec3(ray4[0], ray4[1], ray4[2])
                if label > 0:
                    total += surface_colour(s, lights, label - 1, origin, ray, pixel_rad) * float(count)
                else:
                    total += sky_colour(lights.lit, lights.sky, lights.ground, ray) * float(count)
            samples[j] = wp.uint64(0)
        total = total * (step * step)
        if lights.lit == 1:
            total = wp.vec3(shoulder(total[0]), shoulder(total[1]), shoulder(total[2]))
        rgb[out * 3] = wp.uint8(wp.min(wp.sqrt(total[0]), 1.0) * 255.0 + 0.5)
        rgb[out * 3 + 1] = wp.uint8(wp.min(wp.sqrt(total[1]), 1.0) * 255.0 + 0.5)
        rgb[out * 3 + 2] = wp.uint8(wp.min(wp.sqrt(total[2]), 1.0) * 255.0 + 0.5)
        centre = centres[out]
        centres[out] = wp.uint64(0)
        t = int(centre & wp.uint64(0xFFFFFFFF)) - 1
        depth = float(0.0)
        label_id = int(0)
        if t >= 0:
            depth = 1.0 / wp.cast(wp.uint32(centre >> wp.uint64(32)), wp.float32)
            label_id = s.object_id[t]
        depth_m[out] = depth
        object_id[out] = label_id
