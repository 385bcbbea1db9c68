"""Lights as the shading kernels read them.

Lighting ─▶ [build_lights] ─▶ incoming.Lights, without shadows: those come from shadows.py or rays.py
"""

from typing import Any

import numpy as np
import warp as wp
from numpy.typing import NDArray

from video4spatial.sim_scenes.render.incoming import FAINT, Lights
from video4spatial.sim_scenes.scene import Lighting


def build_lights(lighting: Lighting | None, device: str) -> Any:
    """A `Lights` struct."""
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
    lights.lamp_map = lights.sun_map = wp.zeros(1, dtype=wp.float32, device=device)
    if lighting is None:
        return lights
    lights.ambient, lights.sky = wp.vec3(*lighting.ambient), wp.vec3(*lighting.sky)
    lights.ground = wp.vec3(*lighting.ground)
    if lighting.sun is not None:
        lights.sun_direction = wp.vec3(*lighting.sun.direction)
        lights.sun_colour = wp.vec3(*lighting.sun.colour)
    return lights


def _at_least_one(array: NDArray[np.float32]) -> NDArray[np.float32]:
    """Warp arrays of length 0 have no address; one unused row has."""
    return array if len(array) else np.zeros((1, *array.shape[1:]), dtype=np.float32)
