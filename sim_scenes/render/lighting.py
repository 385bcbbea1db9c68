"""Lights as the shading kernel reads them, with their shadow maps.

Lighting + triangles ─▶ [build_lights] ─▶ shading.incoming_light

A sun gets one orthographic map around the scene, each lamp six square faces. Maps are built once per lighting; a frame
only reads them.
"""

from typing import Any

import numpy as np
import warp as wp
from numpy.typing import NDArray

from video4spatial.sim_scenes.render.incoming import FAINT, Lights
from video4spatial.sim_scenes.render.raster import rasterise, rasterise_parallel, take_nearness
from video4spatial.sim_scenes.scene import Lighting

SUN_MAP_SIDE = 1024
LAMP_MAP_SIDE = 256
LAMP_NEAR_M = 0.02


def build_lights(
    lighting: Lighting | None, casters: Any, bounds_m: tuple[NDArray[np.float64], NDArray[np.float64]], device: str
) -> Any:
    """A `Lights` struct; `casters`: the clusters of what casts shadows, `bounds_m`: the scene's box."""
    lights = Lights()
    lights.lit = 0 if lighting is None else 1
    lamps = () if lighting is None else lighting.lamps
    lights.lamps = len(lamps)
    positions = np.array([lamp.position_m for lamp in lamps], dtype=np.float32).reshape(-1, 3)
    lights.lamp_position = wp.array(_at_least_one(positions), dtype=wp.vec3, device=device)
    colours = np.array([lamp.colour for lamp in lamps], dtype=np.float32).reshape(-1, 3)
    lights.lamp_colour = wp.array(_at_least_one(colours), dtype=wp.vec3, device=device)
    softness = np.array([lamp.radius_m**2 for lamp in lamps], dtype=np.float32)
    lights.lamp_softness = wp.array(_at_least_one(softness), dtype=wp.float32, device=device)
    reach = np.maximum(colours.max(axis=1, initial=0.0), 0.0) / FAINT * 1.001  # slope <= 1; the rest is rounding
    lights.lamp_reach = wp.array(_at_least_one(reach.astype(np.float32)), dtype=wp.float32, device=device)
    lights.lamp_side = LAMP_MAP_SIDE
    lights.lamp_map = wp.zeros(max(1, len(lamps) * 6 * LAMP_MAP_SIDE**2), dtype=wp.float32, device=device)
    lights.sun_map = wp.zeros(1, dtype=wp.float32, device=device)
    if lighting is None:
        return lights
    lights.ambient, lights.sky = wp.vec3(*lighting.ambient), wp.vec3(*lighting.sky)
    lights.ground = wp.vec3(*lighting.ground)
    if lamps:
        _draw_lamp_maps(lights, positions, casters, device)
    if lighting.sun is not None:
        lights.sun_direction = wp.vec3(*lighting.sun.direction)
        lights.sun_colour = wp.vec3(*lighting.sun.colour)
        _draw_sun_map(lights, np.asarray(lighting.sun.direction), casters.corners, bounds_m, device)
    return lights


def _draw_sun_map(
    lights: Any,
    direction: NDArray[np.float64],
    corners: Any,
    bounds_m: tuple[NDArray[np.float64], NDArray[np.float64]],
    device: str,
) -> None:
    low, high = bounds_m
    centre, radius_m = (low + high) / 2, float(np.linalg.norm(high - low)) / 2 + 0.1
    toward_sun = -direction / np.linalg.norm(direction)
    across = np.cross([0.0, 1.0, 0.0] if abs(toward_sun[1]) < 0.99 else [1.0, 0.0, 0.0], toward_sun)
    across /= np.linalg.norm(across)
    scale = SUN_MAP_SIDE / (2.0 * radius_m)
    matrix = np.eye(4)
    matrix[0, :3], matrix[1, :3], matrix[2, :3] = across * scale, np.cross(toward_sun, across) * scale, toward_sun
    matrix[:3, 3] = -matrix[:3, :3] @ centre
    matrix[:2, 3] += SUN_MAP_SIDE / 2
    matrix[2, 3] += 2.0 * radius_m  # nearness stays above 0, so that its bits keep their order
    lights.sun_side = SUN_MAP_SIDE
    lights.sun_bias = 0.004 + 0.6 * radius_m * 2.0 / SUN_MAP_SIDE  # about one texel's slope
    lights.sun_from_world = wp.mat44(*matrix.ravel().tolist())
    lights.sun_map = wp.zeros(SUN_MAP_SIDE**2, dtype=wp.float32, device=device)
    visible = wp.zeros(SUN_MAP_SIDE**2, dtype=wp.uint64, device=device)
    inputs = [corners, lights.sun_from_world, SUN_MAP_SIDE]
    wp.launch(rasterise_parallel, dim=len(corners) // 3, inputs=inputs, outputs=[visible], device=device)
    wp.launch(take_nearness, dim=len(visible), inputs=[visible], outputs=[lights.sun_map], device=device)


def _draw_lamp_maps(lights: Any, positions: NDArray[np.float32], casters: Any, device: str) -> None:
    side, half, axes = LAMP_MAP_SIDE, LAMP_MAP_SIDE / 2, np.eye(3)
    matrices = []
    for position in positions:
        for forward in range(3):
            s, t = axes[(forward + 1) % 3], axes[(forward + 2) % 3]
            for sign in (1.0, -1.0):
                matrix = np.eye(4)
                depth = axes[forward] * sign
                matrix[0, :3], matrix[1, :3], matrix[2, :3] = half * (s + depth), half * (t + depth), depth
                matrix[:3, 3] = -matrix[:3, :3] @ position
                matrices.append(matrix)
    maps: Any = wp.array(np.array(matrices, dtype=np.float32), dtype=wp.mat44, device=device)
    visible = wp.zeros(len(matrices) * side * side, dtype=wp.uint64, device=device)
    eyes: Any = wp.array(np.repeat(positions, 6, axis=0), dtype=wp.vec3, device=device)
    inputs = [casters, maps, eyes, side, side, LAMP_NEAR_M]
    wp.launch(rasterise, dim=(len(matrices), len(casters.centre)), inputs=inputs, outputs=[visible], device=device)
    wp.launch(take_nearness, dim=len(visible), inputs=[visible], outputs=[lights.lamp_map], device=device)


def _at_least_one(array: NDArray[np.float32]) -> NDArray[np.float32]:
    """Warp arrays of length 0 have no address; one unused row has."""
    return array if len(array) else np.zeros((1, *array.shape[1:]), dtype=np.float32)
