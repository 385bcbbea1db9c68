"""One variant of a path, of the kind that is asked for.

kind + Place + Walk + View + rng ─▶ [draw_variant] ─▶ Variant ─▶ stage.py
"""

import numpy as np

from video4spatial.sim_scenes.config import View
from video4spatial.sim_scenes.jitter import jitter_variant
from video4spatial.sim_scenes.passersby import passerby_variant
from video4spatial.sim_scenes.paths import Walk
from video4spatial.sim_scenes.place import Place
from video4spatial.sim_scenes.variants import (
    Variant,
    VariantKind,
    dials_variant,
    lighting_variant,
    occluder_variant,
)


def draw_variant(kind: VariantKind, place: Place, walk: Walk, view: View, draw: np.random.Generator) -> Variant | None:
    """None where the scene has no room for it."""
    if kind == "lighting":
        return dials_variant(place, draw) if view.light == "dials" else lighting_variant(place, draw)
    if kind == "occluder":
        return occluder_variant(place, walk, view.walk.radius_m, draw)
    if kind == "passerby":
        return passerby_variant(place, walk, view, draw)
    return jitter_variant(place, walk, view.walk, draw)
