"""How much light arrives at a place, as Warp functions, and what is seen where nothing is.

lighting.build_lights ─▶ Lights ─▶ [incoming_light | sky_colour] ─▶ shading.facet_colour
"""

# Warp compiles this file: its annotations are Warp's, and float(0.0) declares a variable that changes in a loop.
# mypy: ignore-errors
# ruff: noqa: UP018, RUF046
import warp as wp

FAINT = wp.constant(0.003)
"""Lamp light below this is left out."""


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
        facing_lamp = wp.dot(normal, to_lamp)
        if facing_lamp > 0.0 and square < lights.lamp_reach[lamp]:  # the cheap half of the test below
            slope = facing_lamp / wp.sqrt(square + 1.0e-9)
            strength = lights.lamp_colour[lamp] * (slope / (square + lights.lamp_softness[lamp]))
            if wp.max(strength) > FAINT:  # less changes no 8-bit value; most of a far lamp's shadow lookups go
                seen = lifted - lights.lamp_position[lamp]
                light += strength * lamp_share(lights.lamp_map, lights.lamp_side, lamp, seen)
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
