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

from video4spatial.sim_scenes.render.blocks import base_colour, meet_block, texture_block
from video4spatial.sim_scenes.render.facets import (
    Surfaces,
    depth_of,
    emitted,
    facet_colour,
    label_of,
    pixel_ray,
    shoulder,
    write_colour,
)
from video4spatial.sim_scenes.render.incoming import Lights, sky_colour
from video4spatial.sim_scenes.render.lanes import LANES, Lane, Whole, int_at
from video4spatial.sim_scenes.render.lit_blocks import light_block, normal_block
from video4spatial.sim_scenes.render.records import EMITS, LEVELS, TAG, TRAITS


@wp.func
def triangles_at(s: Surfaces, centres: wp.array(dtype=wp.uint64), at: int, last: int):
    """Of a block: its triangles (0 where nothing is seen) and their traits, those of any, whether all pixels show the
    same, whether any shows a triangle and whether any shows nothing. Pixels after the `last` are taken for it."""
    triangle = Whole()
    traits = Whole()
    any_traits = int(0)
    lowest = int(1)
    highest = int(0)
    differ = int(0)
    label0 = label_of(centres[at])
    i = int(0)
    while i < LANES:
        label = label_of(centres[wp.min(at + i, last)])
        triangle[i] = wp.max(label - 1, 0)
        lowest = wp.min(lowest, label)
        highest = wp.max(highest, label)
        differ = differ | (label ^ label0)
        i += 1
    i = int(0)
    while i < LANES:
        traits[i] = int_at(s.tags, triangle[i] * TAG + TRAITS)
        any_traits = any_traits | traits[i]
        i += 1
    return triangle, traits, any_traits, wp.where(differ == 0, 1, 0), highest, lowest


@wp.func
def multiplied(red: Lane, green: Lane, blue: Lane, r: Lane, g: Lane, b: Lane):
    i = int(0)
    while i < LANES:
        red[i] = red[i] * r[i]
        green[i] = green[i] * g[i]
        blue[i] = blue[i] * b[i]
        i += 1
    return red, green, blue


@wp.func
def encoded(colour: Lane, lit: int):
    """Linear light to 0.5 to 255.5 of gamma 2."""
    i = int(0)
    if lit == 1:
        while i < LANES:
            colour[i] = shoulder(colour[i])
            i += 1
    i = int(0)
    while i < LANES:
        colour[i] = wp.min(wp.sqrt(colour[i]), 1.0) * 255.0 + 0.5
        i += 1
    return colour


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
    """(views, rows) threads, one sample per pixel, in blocks of LANES. `lenses` holds (fx, fy, cx, cy).

    A thread does a whole row: on the CPU each thread copies its arguments first, which took longer than a pixel. What
    a block computes past the end of the row or where nothing is seen is not used. Every pixel gets the bits that
    `facet_colour` would give it.
    """
    view, y = wp.tid()
    pose = world_from_camera[view]
    lens = lenses[view]
    base = (view * height + y) * width
    v = float(y) + 0.5
    at = int(0)
    while at < width:
        u = float(at) + 0.5
        count = wp.min(LANES, width - at)
        triangle, traits, any_traits, same, seen, unseen = triangles_at(s, centres, base + at, base + width - 1)
        if seen > 0:
            first, second, straight, density, px, py, pz, out_x, out_y, out_z = meet_block(
                s, triangle, same, pose, lens, u, v
            )
            red, green, blue = base_colour(s, triangle, same, any_traits, traits, first, second)
            if (any_traits & LEVELS) > 0:
                r, g, b = texture_block(s, triangle, same, traits, first, second, density)
                red, green, blue = multiplied(red, green, blue, r, g, b)
            if lights.lit == 1:
                nx, ny, nz = normal_block(s, triangle, same, any_traits, traits, first, second, out_x, out_y, out_z)
                r, g, b = light_block(s, lights, triangle, same, nx, ny, nz, px, py, pz, out_x, out_y, out_z)
                red, green, blue = multiplied(red, green, blue, r, g, b)
                if (any_traits & EMITS) > 0:
                    for i in range(count):
                        if (traits[i] & EMITS) > 0:
                            own = emitted(s, triangle[i], first[i], second[i], straight[i])
                            red[i] = red[i] + own[0]
                            green[i] = green[i] + own[1]
                            blue[i] = blue[i] + own[2]
            red = encoded(red, lights.lit)
            green = encoded(green, lights.lit)
            blue = encoded(blue, lights.lit)
            for i in range(count):
                x = base + at + i
                rgb[x * 3] = wp.uint8(red[i])
                rgb[x * 3 + 1] = wp.uint8(green[i])
                rgb[x * 3 + 2] = wp.uint8(blue[i])
                depth_m[x] = depth_of(centres[x])
                object_id[x] = int_at(s.tags, triangle[i] * TAG)
        if unseen == 0:
            for i in range(count):
                x = base + at + i
                if label_of(centres[x]) == 0:
                    ray = pixel_ray(pose, lens, u + float(i), v)
                    write_colour(rgb, x, lights.lit, sky_colour(lights.lit, lights.sky, lights.ground, ray))
                    depth_m[x] = 0.0
                    object_id[x] = 0
        at += LANES


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
                    total += facet_colour(s, lights, label - 1, origin, ray, pixel_rad) * float(count)
                else:
                    total += sky_colour(lights.lit, lights.sky, lights.ground, ray) * float(count)
        write_colour(rgb, out, lights.lit, total * (step * step))
        centre = centres[out]
        t = label_of(centre) - 1
        depth = float(0.0)
        label_id = int(0)
        if t >= 0:
            depth = depth_of(centre)
            label_id = int_at(s.tags, t * TAG)
        depth_m[out] = depth
        object_id[out] = label_id
