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

from video4spatial.sim_scenes.render.facets import (
    Surfaces,
    depth_of,
    emitted,
    facet_colour,
    facet_of,
    label_of,
    pixel_ray,
    shoulder,
    write_colour,
)
from video4spatial.sim_scenes.render.incoming import Lights, incoming_light, sky_colour
from video4spatial.sim_scenes.render.texels import log2_of, texture_level

LANES = wp.constant(16)
"""Pixels of one block; 8 took 5 % longer."""
SHORT = wp.constant(9)
"""Runs below this are shaded pixel by pixel: a block costs as much as eight pixels."""
Lane = wp.types.vector(16, float)
Whole = wp.types.vector(16, wp.int32)


@wp.kernel(enable_backward=False)
def shade(
    s: Surfaces,
    lights: Lights,
    world_from_camera: wp.array(dtype=wp.mat44),
    lenses: wp.array(dtype=wp.vec4),
    width: int,
    height: int,
    centres: wp.array(dtype=wp.uint64),
    rgb: wp.array(dtype=wp.uint8),
    depth_m: wp.array(dtype=wp.float32),
    object_id: wp.array(dtype=wp.int32),
):
    """(views, rows) threads, one sample per pixel; runs of one triangle of SHORT pixels or more. `lenses` holds
    (fx, fy, cx, cy).

    A thread does a whole row: on the CPU each thread copies its arguments first, which took longer than a pixel. A run
    of pixels of one triangle is shaded in blocks of LANES, step by step: the plain `while` loops over a block have a
    fixed length and no branch, so the compiler turns them into vector instructions (it did not for `for`). What they
    compute past the end of a run is not used. Every pixel gets the bits that `facet_colour` would give it.
    """
    view, y = wp.tid()
    pose = world_from_camera[view]
    lens = lenses[view]
    origin = wp.vec3(pose[0, 3], pose[1, 3], pose[2, 3])
    pixel_rad = 1.0 / wp.sqrt(lens[0] * lens[1])
    base = (view * height + y) * width
    v = float(y) + 0.5
    start = int(0)
    while start < width:
        label = label_of(centres[base + start])
        stop = start + 1
        for other in range(start + 1, width):
            if label_of(centres[base + other]) != label:
                break
            stop = other + 1
        if label > 0 and stop - start >= SHORT:
            facet = facet_of(s, label - 1, origin)
            label_id = s.object_id[label - 1]
            at = int(start)
            while at < stop:
                count = wp.min(LANES, stop - at)
                first = Lane()
                second = Lane()
                slopes = Lane()
                density = Lane()
                straight = Lane()
                red = Lane()
                green = Lane()
                blue = Lane()
                i = int(0)
                while i < LANES:
                    ray = pixel_ray(pose, lens, float(at + i) + 0.5, v)
                    across = wp.cross(facet.offset, ray)
                    slope = wp.dot(facet.flat, ray)
                    if wp.abs(slope) < 1.0e-12:
                        slope = 1.0e-12
                    inverse = 1.0 / slope
                    depth = facet.height * inverse
                    b1 = wp.clamp(-wp.dot(facet.e2, across) * inverse, 0.0, 1.0)
                    b2 = wp.clamp(wp.dot(facet.e1, across) * inverse, 0.0, 1.0 - b1)
                    length = wp.length(ray)
                    tilt = wp.abs(slope) / (facet.size * length)
                    first[i] = b1
                    second[i] = b2
                    slopes[i] = slope
                    straight[i] = depth * length * pixel_rad * facet.texels_per_m
                    density[i] = depth * length * pixel_rad * facet.texels_per_m / wp.max(0.1, wp.sqrt(tilt))
                    i += 1
                i = int(0)
                while i < LANES:
                    b1 = first[i]
                    b2 = second[i]
                    b0 = 1.0 - b1 - b2
                    colour = facet.colour0 * b0 + facet.colour1 * b1 + facet.colour2 * b2
                    red[i] = colour[0]
                    green[i] = colour[1]
                    blue[i] = colour[2]
                    i += 1
                if facet.levels >= 0:
                    across_u = Lane()
                    down_v = Lane()
                    part = Lane()
                    fine = Whole()
                    fine_red = Lane()
                    fine_green = Lane()
                    fine_blue = Lane()
                    i = int(0)
                    while i < LANES:
                        b1 = first[i]
                        b2 = second[i]
                        b0 = 1.0 - b1 - b2
                        uv = facet.uv0 * b0 + facet.uv1 * b1 + facet.uv2 * b2
                        across_u[i] = uv[0]
                        down_v[i] = uv[1]
                        level = wp.clamp(log2_of(wp.max(density[i], 1.0), s.log2_table), 0.0, float(facet.levels))
                        whole = wp.min(int(level), facet.levels)
                        fine[i] = whole
                        part[i] = level - float(whole)
                        i += 1
                    i = int(0)
                    while i < LANES:
                        start_texel = s.level_start[facet.material, fine[i]]
                        texel = texture_level(
                            s.texels, start_texel, 1 << (facet.levels - fine[i]), wp.vec2(across_u[i], down_v[i])
                        )
                        fine_red[i] = texel[0]
                        fine_green[i] = texel[1]
                        fine_blue[i] = texel[2]
                        i += 1
                    i = int(0)
                    while i < LANES:
                        whole = wp.min(fine[i] + 1, facet.levels)
                        start_texel = s.level_start[facet.material, whole]
                        coarse = texture_level(
                            s.texels, start_texel, 1 << (facet.levels - whole), wp.vec2(across_u[i], down_v[i])
                        )
                        mixed = wp.vec3(fine_red[i], fine_green[i], fine_blue[i])
                        if part[i] > 0.01 and fine[i] < facet.levels:
                            mixed = mixed * (1.0 - part[i]) + coarse * part[i]
                        red[i] = red[i] * (mixed[0] * mixed[0])
                        green[i] = green[i] * (mixed[1] * mixed[1])
                        blue[i] = blue[i] * (mixed[2] * mixed[2])
                        i += 1
                if lights.lit == 1:
                    normal_x = Lane()
                    normal_y = Lane()
                    normal_z = Lane()
                    i = int(0)
                    while i < LANES:
                        b1 = first[i]
                        b2 = second[i]
                        b0 = 1.0 - b1 - b2
                        normal = wp.normalize(facet.normal0 * b0 + facet.normal1 * b1 + facet.normal2 * b2)
                        normal_x[i] = normal[0]
                        normal_y[i] = normal[1]
                        normal_z[i] = normal[2]
                        i += 1
                    for i in range(count):
                        b1 = first[i]
                        b2 = second[i]
                        colour = wp.vec3(red[i], green[i], blue[i])
                        normal = wp.vec3(normal_x[i], normal_y[i], normal_z[i])
                        outward = facet.outward
                        if slopes[i] > 0.0:
                            outward = -outward
                        if wp.dot(normal, outward) < 0.0:
                            normal = -normal
                        point = facet.p0 + facet.e1 * b1 + facet.e2 * b2
                        colour = wp.cw_mul(
                            colour,
                            incoming_light(lights, point, normal, outward)
                            + wp.vec3(facet.glow, facet.glow, facet.glow),
                        )
                        if s.emission[facet.material] >= 0:
                            colour += emitted(s, facet, 1.0 - b1 - b2, b1, b2, straight[i])
                        red[i] = shoulder(colour[0])
                        green[i] = shoulder(colour[1])
                        blue[i] = shoulder(colour[2])
                i = int(0)
                while i < LANES:
                    red[i] = wp.min(wp.sqrt(red[i]), 1.0) * 255.0 + 0.5
                    green[i] = wp.min(wp.sqrt(green[i]), 1.0) * 255.0 + 0.5
                    blue[i] = wp.min(wp.sqrt(blue[i]), 1.0) * 255.0 + 0.5
                    i += 1
                for i in range(count):
                    x = at + i
                    rgb[(base + x) * 3] = wp.uint8(red[i])
                    rgb[(base + x) * 3 + 1] = wp.uint8(green[i])
                    rgb[(base + x) * 3 + 2] = wp.uint8(blue[i])
                    depth_m[base + x] = depth_of(centres[base + x])
                    object_id[base + x] = label_id
                at += count
        start = stop


@wp.kernel(enable_backward=False)
def shade_short(
    s: Surfaces,
    lights: Lights,
    world_from_camera: wp.array(dtype=wp.mat44),
    lenses: wp.array(dtype=wp.vec4),
    width: int,
    height: int,
    centres: wp.array(dtype=wp.uint64),
    rgb: wp.array(dtype=wp.uint8),
    depth_m: wp.array(dtype=wp.float32),
    object_id: wp.array(dtype=wp.int32),
):
    """As `shade`, for what it leaves: short runs, and what no triangle covers. In one kernel with it, the compiler no
    longer turned the blocks into vector instructions.
    """
    view, y = wp.tid()
    pose = world_from_camera[view]
    lens = lenses[view]
    origin = wp.vec3(pose[0, 3], pose[1, 3], pose[2, 3])
    pixel_rad = 1.0 / wp.sqrt(lens[0] * lens[1])
    base = (view * height + y) * width
    v = float(y) + 0.5
    start = int(0)
    while start < width:
        label = label_of(centres[base + start])
        stop = start + 1
        for other in range(start + 1, width):
            if label_of(centres[base + other]) != label:
                break
            stop = other + 1
        if label > 0 and stop - start < SHORT:
            facet = facet_of(s, label - 1, origin)
            label_id = s.object_id[label - 1]
            for x in range(start, stop):
                ray = pixel_ray(pose, lens, float(x) + 0.5, v)
                write_colour(rgb, base + x, lights.lit, facet_colour(s, lights, facet, ray, pixel_rad))
                depth_m[base + x] = depth_of(centres[base + x])
                object_id[base + x] = label_id
        if label == 0:
            for x in range(start, stop):
                ray = pixel_ray(pose, lens, float(x) + 0.5, v)
                write_colour(rgb, base + x, lights.lit, sky_colour(lights.lit, lights.sky, lights.ground, ray))
                depth_m[base + x] = 0.0
                object_id[base + x] = 0
        start = stop


@wp.kernel(enable_backward=False)
def shade_smooth(
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
    """As `shade`, with `side` samples per pixel side; uses `samples` up."""
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
            label = label_of(samples[j])
            if label >= 0:
                count = int(0)
                sum_x = float(0.0)
                sum_y = float(0.0)
                for other in range(first, count_all):
                    k = base + (y * side + other // side) * width * side + x * side + other % side
                    if label_of(samples[k]) == label:
                        count += 1
                        sum_x += float(other % side) + 0.5
                        sum_y += float(other // side) + 0.5
                        samples[k] = wp.uint64(0xFFFFFFFF)
                u = float(x) + sum_x * step / float(count)
                v = float(y) + sum_y * step / float(count)
                ray = pixel_ray(pose, lens, u, v)
                if label > 0:
                    facet = facet_of(s, label - 1, origin)
                    total += facet_colour(s, lights, facet, ray, pixel_rad) * float(count)
                else:
                    total += sky_colour(lights.lit, lights.sky, lights.ground, ray) * float(count)
        write_colour(rgb, out, lights.lit, total * (step * step))
        centre = centres[out]
        t = label_of(centre) - 1
        depth = float(0.0)
        label_id = int(0)
        if t >= 0:
            depth = depth_of(centre)
            label_id = s.object_id[t]
        depth_m[out] = depth
        object_id[out] = label_id
