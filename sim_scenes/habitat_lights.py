"""Habitat's light setups as lamps and a sun.

light setup + user data of the scene ─▶ [lighting_of_setup] ─▶ Lighting

Habitat's lights reach through walls; ours cast shadows. Its point lights fall off with 1 / (1 + d^2), which is a lamp
of 1 m radius here. Lights of negative strength (shadows put in by hand), lights that go with the camera, and all suns
but the strongest have no counterpart: the first two are left out, further suns become ambient light.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from video4spatial.sim_scenes.scene import Lamp, Lighting, Sun

MAX_LAMPS = 32
AMBIENT_KEY = "ambient_"
"""How the names of the suns begin that `write_dataset` puts in for ambient light."""
AMBIENT = 0.2
SUN_SHARE = 0.25
"""Light of a sun that is made ambient: the mean of its cosine over all directions."""
DEFAULT_SUNS = 4 * 0.5
"""Strength of Habitat's default lights together."""


def default_lighting() -> Lighting:
    """Habitat's default lights are four suns without shadows: light from everywhere."""
    strength = AMBIENT + DEFAULT_SUNS * SUN_SHARE
    return Lighting(ambient=(strength, strength, strength))


def lighting_of_setup(setup: Mapping[str, Any], extra: Mapping[str, Any], left_out: Counter[str]) -> Lighting:
    """`extra`: the scene's user data, in which `write_dataset` keeps what Habitat has no word for."""
    radii = extra.get("lamp_radius_m", [])
    lamps: list[Lamp] = []
    suns: list[tuple[NDArray[np.float64], NDArray[np.float64]]] = []
    for key in sorted(setup.get("lights", {}), key=lambda name: (len(name), name)):
        if key.startswith(AMBIENT_KEY) and "ambient" in extra:
            continue
        light = setup["lights"][key]
        strength = float(light.get("intensity", 1.0))
        scale = setup.get("positive_intensity_scale" if strength > 0 else "negative_intensity_scale", 1.0)
        colour = np.asarray(light.get("color", [1, 1, 1]), dtype=float) * strength * float(scale)
        if light.get("position_model", "global").lower() != "global":
            left_out["lights that go with the camera or with objects"] += 1
        elif colour.min() < 0.0:
            left_out["lights of negative strength"] += 1
        elif _is_sun(light):
            way = np.asarray(light.get("direction", light.get("position")), dtype=float)
            if np.linalg.norm(way) > 0.0:
                suns.append((way / np.linalg.norm(way), colour))
        else:
            radius = float(radii[len(lamps)]) if len(lamps) < len(radii) else 1.0
            lamps.append(
                Lamp(_triple(np.asarray(light.get("position", light.get("direction")))), _triple(colour), radius)
            )
            if light.get("type") == "spot":
                left_out["cones of spot lights"] += 1
    return _lighting(lamps, suns, extra, left_out)


def _lighting(
    lamps: list[Lamp],
    suns: list[tuple[NDArray[np.float64], NDArray[np.float64]]],
    extra: Mapping[str, Any],
    left_out: Counter[str],
) -> Lighting:
    if len(lamps) > MAX_LAMPS:
        left_out["weak lamps"] += len(lamps) - MAX_LAMPS
        kept = sorted(sorted(range(len(lamps)), key=lambda k: -max(lamps[k].colour))[:MAX_LAMPS])
        lamps = [lamps[k] for k in kept]
    if not suns and isinstance(extra.get("sun"), dict):
        suns = [(np.asarray(extra["sun"]["direction"], dtype=float), np.asarray(extra["sun"]["colour"], dtype=float))]
    suns.sort(key=lambda sun: -float(sun[1].max()))
    ambient = np.asarray(extra.get("ambient", [AMBIENT] * 3), dtype=float)
    for _, colour in suns[1:]:
        left_out["further suns (made ambient light)"] += 1
        ambient = ambient + SUN_SHARE * colour
    named = {key: _triple(np.asarray(extra[key])) for key in ("sky", "ground") if key in extra}
    sun = Sun(_triple(suns[0][0]), _triple(suns[0][1])) if suns else None
    return Lighting(ambient=_triple(ambient), lamps=tuple(lamps), sun=sun, **named)


def _is_sun(light: Mapping[str, Any]) -> bool:
    """By its type, else by whether it has a direction and no position."""
    return bool(light.get("type") == "directional" or ("type" not in light and "position" not in light))


def _triple(values: NDArray[Any]) -> tuple[float, float, float]:
    x, y, z = (float(value) for value in values)
    return x, y, z
