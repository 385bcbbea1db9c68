"""How much light arrives at a place, as Warp functions, and what is seen where nothing is.

lighting.build_lights ─▶ Lights ─▶ [sun_share, lamp_power, lamp_share | sky_colour] ─▶ facets.py, blocks.py
"""

# Warp compiles this file: its annotations are Warp's, and float(0.0) declares a variable that changes in a loop.
# mypy: ignore-errors
import warp as wp

from video4spatial.sim_scenes.render.lanes import float_at

FAINT = wp.constant(0.003)
"""Lamp light below this is left out."""
LIFT_M = wp.constant(0.008)
"""Shadows are looked up this far off the surface, towards the viewer."""


@wp.struct
class Lights:
    """One sun (black if none), lamps, ambient, sky; and what tells their shadows: maps, or a mesh for rays."""

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
    lamp_reach: wp.array(dtype=wp.float32)
    """Square of the distance beyond which a lamp is fainter than FAINT."""
    sun_map: wp.array(dtype=wp.float32)
    sun_from_world: wp.mat44
    sun_side: int
    sun_bias: float
    lamp_map: wp.array(dtype=wp.float32)
    lamp_side: int
    casters: wp.uint64
    """Mesh of what casts shadows, for rays.py; 0 where maps are used."""


@wp.func
def lit_share(shadow: wp.array(dtype=wp.float32), start: int, side: int, x: float, y: float, nearness: float):
    """Bilinear share of the four nearest shadow map texels that see the point."""
    fx = wp.clamp(x - 0.5, 0.0, float(side) - 1.001)
    fy = wp.clamp(y - 0.5, 0.0, float(side) - 1.001)
    x0 = wp.clamp(int(fx), 0, side - 2)
    y0 = wp.clamp(int(fy), 0, side - 2)
    ax = fx - float(x0)
    ay = fy - float(y0)
    i = start + y0 * side + x0
    a = wp.where(nearness >= float_at(shadow, i), 1.0, 0.0)
    b = wp.where(nearness >= float_at(shadow, i + 1), 1.0, 0.0)
    c = wp.where(nearness >= float_at(shadow, i + side), 1.0, 0.0)
    d = wp.where(nearness >= float_at(shadow, i + side + 1), 1.0, 0.0)
    return (a * (1.0 - ax) + b * ax) * (1.0 - ay) + (c * (1.0 - ax) + d * ax) * ay


@wp.func
def sun_share(shadow: wp.array(dtype=wp.float32), m: wp.mat44, side: int, bias: float, x: float, y: float, z: float):
    """How much of the sun reaches a place; rows of `m` give its place on the map and its nearness."""
    u = m[0, 0] * x + m[0, 1] * y + m[0, 2] * z + m[0, 3]
    v = m[1, 0] * x + m[1, 1] * y + m[1, 2] * z + m[1, 3]
    nearness = m[2, 0] * x + m[2, 1] * y + m[2, 2] * z + m[2, 3]
    return lit_share(shadow, 0, side, u, v, nearness + bias)


@wp.func
def lamp_power(square: float, facing: float, reach: float, softness: float, brightest: float):
    """What a lamp's colour is multiplied with at a place in the open, 0 where that would be FAINT: less changes no
    8-bit value. `square`: of the distance, `facing`: the way there times the normal."""
    power = facing / wp.sqrt(square + 1.0e-9) / (square + softness)
    return wp.where(facing > 0.0 and square < reach and power * brightest > FAINT, power, 0.0)


@wp.func
def lamp_share(lamp_map: wp.array(dtype=wp.float32), side: int, lamp: int, x: float, y: float, z: float):
    """How much of a lamp reaches a place, seen from the lamp. Faces in the order +x -x +y -y +z -z, axes cyclic."""
    ax = wp.abs(x)
    ay = wp.abs(y)
    az = wp.abs(z)
    of_x = ax >= ay and ax >= az
    of_y = ay >= az
    depth = wp.where(of_x, ax, wp.where(of_y, ay, az))
    s = wp.where(of_x, y, wp.where(of_y, z, x))
    t = wp.where(of_x, z, wp.where(of_y, x, y))
    signed = wp.where(of_x, x, wp.where(of_y, y, z))
    face = wp.where(of_x, 0, wp.where(of_y, 2, 4)) + wp.where(signed < 0.0, 1, 0)
    half = float(side) * 0.5
    nearness = 1.0 / wp.max(depth, 1.0e-4)
    start = (lamp * 6 + face) * side * side
    u = half + s * nearness * half
    v = half + t * nearness * half
    return lit_share(lamp_map, start, side, u, v, nearness * 1.012)  # a texel of 256 covers 0.8 % of the depth


@wp.func
def incoming_light(lights: Lights, point: wp.vec3, normal: wp.vec3, outward: wp.vec3):
    """Linear light on a surface; `outward` is the flat normal towards the viewer, used to step off the surface."""
    light = lights.ambient * (0.86 + 0.14 * normal[1])
    lifted = point + outward * LIFT_M
    facing = -wp.dot(normal, lights.sun_direction)
    if facing > 0.0 and lights.sun_side > 0:
        m = lights.sun_from_world
        share = sun_share(lights.sun_map, m, lights.sun_side, lights.sun_bias, lifted[0], lifted[1], lifted[2])
        light += lights.sun_colour * (facing * share)
    for lamp in range(lights.lamps):
        there = lights.lamp_position[lamp]
        colour = lights.lamp_colour[lamp]
        way = there - point
        square = wp.dot(way, way)
        facing_lamp = wp.dot(normal, way)
        reach = lights.lamp_reach[lamp]
        power = lamp_power(square, facing_lamp, reach, lights.lamp_softness[lamp], wp.max(colour))
        if power > 0.0:
            seen = lifted - there
            share = lamp_share(lights.lamp_map, lights.lamp_side, lamp, seen[0], seen[1], seen[2])
            light += colour * (power * share)
    return light


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
