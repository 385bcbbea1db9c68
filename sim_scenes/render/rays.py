"""Visibility and shadows by rays: what a GPU does well, and the CPU too, slower.

Surfaces + mesh ─▶ [see] ─▶ uint64 per sample as raster.rasterise gives them ─▶ [shade_pixels] ─▶ pixels

The shading is that of facets.py, letter by letter: its `facet_colour` is compiled once more with a light that asks the
mesh for shadows instead of shadow maps. Shadows are therefore sharp here and soft-edged by a texel there; depth, ids
and unlit colour agree.
"""

# Warp compiles this file: its annotations are Warp's, and float(0.0) declares a variable that changes in a loop.
# mypy: ignore-errors
# ruff: noqa: UP018, RUF046
import types

import warp as wp

from video4spatial.sim_scenes.render import facets
from video4spatial.sim_scenes.render.cutout import alpha_at
from video4spatial.sim_scenes.render.facets import (
    Surfaces,
    depth_of,
    label_of,
    pixel_ray,
    triangle_of,
    write_colour,
)
from video4spatial.sim_scenes.render.incoming import FAINT, LIFT_M, Lights, sky_colour
from video4spatial.sim_scenes.render.lanes import float_at, int_at
from video4spatial.sim_scenes.render.records import DENSITY, FACET, TAG

FAR_M = wp.constant(1.0e6)
BULB_M = wp.constant(0.02)
"""What is closer to a lamp casts no shadow, as in its maps."""
LAYERS = wp.constant(256)
"""Surfaces that a ray may pass through: seen from their invisible side, or cut out."""


@wp.func
def incoming_by_rays(lights: Lights, point: wp.vec3, normal: wp.vec3, outward: wp.vec3):
    """As `incoming.incoming_light`."""
    light = lights.ambient * (0.86 + 0.14 * normal[1])
    lifted = point + outward * LIFT_M
    facing = -wp.dot(normal, lights.sun_direction)
    if facing > 0.0 and not wp.mesh_query_ray_anyhit(lights.casters, lifted, -lights.sun_direction, FAR_M):
        light += lights.sun_colour * facing
    for lamp in range(lights.lamps):
        to_lamp = lights.lamp_position[lamp] - point
        square = wp.dot(to_lamp, to_lamp)
        facing_lamp = wp.dot(normal, to_lamp)
        if facing_lamp > 0.0 and square < lights.lamp_reach[lamp]:
            slope = facing_lamp / wp.sqrt(square + 1.0e-9)
            strength = lights.lamp_colour[lamp] * (slope / (square + lights.lamp_softness[lamp]))
            if wp.max(strength) > FAINT:
                way = lights.lamp_position[lamp] - lifted
                length = wp.length(way)
                if not wp.mesh_query_ray_anyhit(lights.casters, lifted, way / length, wp.max(length - BULB_M, 0.0)):
                    light += strength
    return light


def _relinked(function, **names):
    """A Warp function compiled again with other things behind some of its names."""
    known = {**function.func.__globals__, **names, "__name__": __name__}
    again = types.FunctionType(function.func.__code__, known, function.func.__name__)
    again.__annotations__ = function.func.__annotations__
    return wp.func(again)


facet_colour_by_rays = _relinked(facets.facet_colour, incoming_light=incoming_by_rays)


@wp.kernel(enable_backward=False)
def see(
    mesh: wp.uint64,
    s: Surfaces,
    single_sided: wp.array(dtype=wp.uint8),
    cutoff: wp.array(dtype=wp.float32),
    world_from_camera: wp.array(dtype=wp.mat44),
    lenses: wp.array(dtype=wp.vec4),
    width: int,
    height: int,
    near: float,
    visible: wp.array(dtype=wp.uint64),
):
    """(views, rows, columns) threads. `cutoff`: per triangle, 0 to 255, below 0 for what is not cut out."""
    view, y, x = wp.tid()
    pose = world_from_camera[view]
    lens = lenses[view]
    origin = wp.vec3(pose[0, 3], pose[1, 3], pose[2, 3])
    ray = pixel_ray(pose, lens, float(x) + 0.5, float(y) + 0.5)
    start = float(near)
    found = wp.uint64(0)
    for _layer in range(LAYERS):
        hit = wp.mesh_query_ray(mesh, origin + ray * start, ray, FAR_M)
        if not hit.result:
            break
        p0, e1, e2 = triangle_of(s, hit.face)
        slope = wp.dot(wp.cross(e1, e2), ray)
        shown = not (single_sided[hit.face] == wp.uint8(1) and slope > 0.0)
        depth = start + hit.t  # more exact than the plane of a small triangle
        if shown and cutoff[hit.face] >= 0.0:
            across = wp.cross(origin - p0, ray)
            b1 = wp.clamp(-wp.dot(e2, across) / slope, 0.0, 1.0)
            b2 = wp.clamp(wp.dot(e1, across) / slope, 0.0, 1.0 - b1)
            texels_per_m = float_at(s.facets, hit.face * FACET + DENSITY)
            texels_per_pixel = texels_per_m * depth / wp.sqrt(lens[0] * lens[1])
            shown = alpha_at(s, hit.face, b1, b2, texels_per_pixel) >= cutoff[hit.face]
        if shown:
            found = (wp.uint64(wp.cast(1.0 / depth, wp.uint32)) << wp.uint64(32)) | wp.uint64(hit.face + 1)
            break
        start += hit.t + 2.0e-6 * (1.0 + start + hit.t)
    visible[(view * height + y) * width + x] = found


@wp.kernel(enable_backward=False)
def shade_pixels(
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
    """(views, rows, columns) threads: what `shading.shade_smooth` does, pixel by pixel; uses `samples` up."""
    view, y, x = wp.tid()
    pose = world_from_camera[view]
    lens = lenses[view]
    origin = wp.vec3(pose[0, 3], pose[1, 3], pose[2, 3])
    pixel_rad = 1.0 / wp.sqrt(lens[0] * lens[1])
    step = 1.0 / float(side)
    base = view * width * height * side * side
    out = (view * height + y) * width + x
    total = wp.vec3(0.0, 0.0, 0.0)
    for first in range(side * side):
        label = label_of(samples[base + (y * side + first // side) * width * side + x * side + first % side])
        if label >= 0:
            count = int(0)
            sum_x = float(0.0)
            sum_y = float(0.0)
            for other in range(first, side * side):
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
                total += facet_colour_by_rays(s, lights, label - 1, origin, ray, pixel_rad) * float(count)
            else:
                total += sky_colour(lights.lit, lights.sky, lights.ground, ray) * float(count)
    write_colour(rgb, out, lights.lit, total * (step * step))
    t = label_of(centres[out]) - 1
    depth_m[out] = 0.0
    object_id[out] = 0
    if t >= 0:
        depth_m[out] = depth_of(centres[out])
        object_id[out] = int_at(s.tags, t * TAG)
