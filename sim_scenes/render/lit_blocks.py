"""What `incoming.incoming_light` does for one pixel, done for a block of them in steps: the bits are the same.

blocks.py ─▶ [normal_block ─▶ light_block] ─▶ shading.shade

A light that reaches no pixel of a block costs no shadow look-up.
"""

# Warp compiles this file: its annotations are Warp's, and int(0) declares a variable that changes in a loop.
# mypy: ignore-errors
# ruff: noqa: UP018, RUF046
import warp as wp

from video4spatial.sim_scenes.render.blocks import number_of, of_corners
from video4spatial.sim_scenes.render.facets import Surfaces, facing_viewer
from video4spatial.sim_scenes.render.incoming import LIFT_M, Lights, lamp_power, lamp_share, sun_share
from video4spatial.sim_scenes.render.lanes import LANES, Lane, Whole
from video4spatial.sim_scenes.render.records import GLOW, NORMAL, NORMALS_VARY


@wp.func
def normal_block(
    s: Surfaces,
    triangle: Whole,
    same: int,
    any_traits: int,
    traits: Whole,
    first: Lane,
    second: Lane,
    out_x: Lane,
    out_y: Lane,
    out_z: Lane,
):
    """Unit normals on the viewer's side."""
    x = number_of(s.facets, triangle, same, NORMAL)
    y = number_of(s.facets, triangle, same, NORMAL + 1)
    z = number_of(s.facets, triangle, same, NORMAL + 2)
    i = int(0)
    if (any_traits & NORMALS_VARY) > 0:
        nx, ny, nz = of_corners(s.normals, triangle, first, second)
        while i < LANES:
            varies = (traits[i] & NORMALS_VARY) > 0
            x[i] = wp.where(varies, nx[i], x[i])
            y[i] = wp.where(varies, ny[i], y[i])
            z[i] = wp.where(varies, nz[i], z[i])
            i += 1
    i = int(0)
    while i < LANES:
        ax, ay, az = facing_viewer(x[i], y[i], z[i], out_x[i], out_y[i], out_z[i])
        x[i] = ax
        y[i] = ay
        z[i] = az
        i += 1
    return x, y, z


@wp.func
def add_light(red: Lane, green: Lane, blue: Lane, colour: wp.vec3, power: Lane):
    """The light there is and `colour` times `power`."""
    r = colour[0]
    g = colour[1]
    b = colour[2]
    i = int(0)
    while i < LANES:
        red[i] = red[i] + r * power[i]
        green[i] = green[i] + g * power[i]
        blue[i] = blue[i] + b * power[i]
        i += 1
    return red, green, blue


@wp.func
def sun_block(lights: Lights, nx: Lane, ny: Lane, nz: Lane, x: Lane, y: Lane, z: Lane):
    """What the sun's colour is multiplied with at the lifted places (x, y, z), and whether that is above 0 anywhere."""
    sx = lights.sun_direction[0]
    sy = lights.sun_direction[1]
    sz = lights.sun_direction[2]
    power = Lane()
    sunny = int(0)
    i = int(0)
    while i < LANES:
        power[i] = wp.max(-(nx[i] * sx + ny[i] * sy + nz[i] * sz), 0.0)
        sunny = sunny | wp.where(power[i] > 0.0, 1, 0)
        i += 1
    if sunny == 1:
        i = int(0)
        while i < LANES:
            share = sun_share(lights.sun_map, lights.sun_from_world, lights.sun_side, lights.sun_bias, x[i], y[i], z[i])
            power[i] = power[i] * share
            i += 1
    return sunny, power


@wp.func
def lamp_block(
    lights: Lights,
    lamp: int,
    nx: Lane,
    ny: Lane,
    nz: Lane,
    px: Lane,
    py: Lane,
    pz: Lane,
    x: Lane,
    y: Lane,
    z: Lane,
):
    """The same of a lamp, at the places (px, py, pz), which lifted are (x, y, z)."""
    there = lights.lamp_position[lamp]
    brightest = wp.max(lights.lamp_colour[lamp])
    reach = lights.lamp_reach[lamp]
    softness = lights.lamp_softness[lamp]
    lx = there[0]
    ly = there[1]
    lz = there[2]
    power = Lane()
    strong = int(0)
    i = int(0)
    while i < LANES:
        ax = lx - px[i]
        ay = ly - py[i]
        az = lz - pz[i]
        facing = nx[i] * ax + ny[i] * ay + nz[i] * az
        power[i] = lamp_power(ax * ax + ay * ay + az * az, facing, reach, softness, brightest)
        strong = strong | wp.where(power[i] > 0.0, 1, 0)
        i += 1
    if strong == 1:
        i = int(0)
        while i < LANES:
            share = lamp_share(lights.lamp_map, lights.lamp_side, lamp, x[i] - lx, y[i] - ly, z[i] - lz)
            power[i] = power[i] * share
            i += 1
    return strong, power


@wp.func
def light_block(
    s: Surfaces,
    lights: Lights,
    triangle: Whole,
    same: int,
    nx: Lane,
    ny: Lane,
    nz: Lane,
    px: Lane,
    py: Lane,
    pz: Lane,
    out_x: Lane,
    out_y: Lane,
    out_z: Lane,
):
    """`incoming.incoming_light` and glow."""
    x = Lane()
    y = Lane()
    z = Lane()
    red = Lane()
    green = Lane()
    blue = Lane()
    ambient = lights.ambient
    i = int(0)
    while i < LANES:
        share = 0.86 + 0.14 * ny[i]
        red[i] = ambient[0] * share
        green[i] = ambient[1] * share
        blue[i] = ambient[2] * share
        x[i] = px[i] + out_x[i] * LIFT_M
        y[i] = py[i] + out_y[i] * LIFT_M
        z[i] = pz[i] + out_z[i] * LIFT_M
        i += 1
    if lights.sun_side > 0:
        sunny, power = sun_block(lights, nx, ny, nz, x, y, z)
        if sunny == 1:
            red, green, blue = add_light(red, green, blue, lights.sun_colour, power)
    for lamp in range(lights.lamps):
        strong, power = lamp_block(lights, lamp, nx, ny, nz, px, py, pz, x, y, z)
        if strong == 1:
            red, green, blue = add_light(red, green, blue, lights.lamp_colour[lamp], power)
    glow = number_of(s.facets, triangle, same, GLOW)
    return add_light(red, green, blue, wp.vec3(1.0, 1.0, 1.0), glow)
