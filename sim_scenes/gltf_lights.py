"""The lights that a glTF file brings (KHR_lights_punctual), as lamps and a sun.

GltfFile ─▶ [lights_of] ─▶ Lighting

Files give candela and lux, or watts that an exporter took for them, and no exposure: what is kept is how the lights
compare. The strongest lamp gets the strength of a ceiling lamp, the strongest sun that of a clear day.
"""

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from video4spatial.sim_scenes.gltf_arrays import placed_nodes
from video4spatial.sim_scenes.gltf_checks import index, number, numbers, record, records
from video4spatial.sim_scenes.gltf_file import GltfFile
from video4spatial.sim_scenes.scene import Lamp, Lighting, Sun

MAX_LAMPS = 24
"""Each casts shadows from maps of its own; the weakest are left out."""
_LAMP_STRENGTH, _SUN_STRENGTH = 2.4, 2.2
_AMBIENT = (0.22, 0.22, 0.22)


def lights_of(file: GltfFile, left_out: Counter[str], world_from_file: NDArray[np.float64]) -> Lighting | None:
    """None for a file without lights."""
    known = records(record(record(file.document, "extensions"), "KHR_lights_punctual"), "lights")
    nodes = records(file.document, "nodes")
    lamps: list[tuple[NDArray[np.float64], NDArray[np.float64]]] = []
    suns: list[tuple[NDArray[np.float64], NDArray[np.float64]]] = []
    for node, local, _ in placed_nodes(file):
        extension = record(record(nodes[node], "extensions"), "KHR_lights_punctual")
        if not extension:
            continue
        pose = world_from_file @ local
        light = known[index("a node", extension.get("light"), len(known), "light")]
        colour = np.clip(numbers(light, "color", [1.0] * 3), 0.0, None) * number(
            "intensity", light.get("intensity", 1.0)
        )
        if colour.max() <= 0.0:
            continue
        if light.get("type") == "directional":
            suns.append((-pose[:3, 2], colour))
        else:
            lamps.append((pose[:3, 3], colour))
            if light.get("type") == "spot":
                left_out["cones of spot lights"] += 1
    return lighting_of(lamps, suns, left_out) if lamps or suns else None


def lighting_of(
    lamps: list[tuple[NDArray[np.float64], NDArray[np.float64]]],
    suns: list[tuple[NDArray[np.float64], NDArray[np.float64]]],
    left_out: Counter[str],
) -> Lighting:
    """Lamps as (place, colour), suns as (way the light travels, colour)."""
    lamps = sorted(lamps, key=lambda lamp: -float(lamp[1].max()))
    suns = sorted(suns, key=lambda sun: -float(sun[1].max()))
    if len(lamps) > MAX_LAMPS:
        left_out["weak lamps"] += len(lamps) - MAX_LAMPS
    if len(suns) > 1:
        left_out["further suns"] += len(suns) - 1
    strongest = max((float(colour.max()) for _, colour in lamps), default=1.0)
    made = tuple(Lamp(_triple(place), _triple(c / strongest * _LAMP_STRENGTH), 0.5) for place, c in lamps[:MAX_LAMPS])
    sun = None
    if suns:
        way, colour = suns[0]
        sun = Sun(_triple(way / np.linalg.norm(way)), _triple(colour / colour.max() * _SUN_STRENGTH))
    return Lighting(ambient=_AMBIENT, lamps=made, sun=sun)


def _triple(values: NDArray[np.float64]) -> tuple[float, float, float]:
    x, y, z = (float(value) for value in values)
    return x, y, z
