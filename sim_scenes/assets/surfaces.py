"""What a texture file is for and how large it is, from its name.

`polyhaven_brick_wall_10` ─▶ [surface_of] ─▶ Surface (uses, metres of one repeat) ─▶ catalogue.py
"""

import itertools
import re
from dataclasses import dataclass

from video4spatial.sim_scenes.glb import category_of


@dataclass(frozen=True)
class Surface:
    """A kind of surface."""

    words: frozenset[str]
    uses: tuple[str, ...]
    """Where it may be; `tiles`, `wall tiles`: floors and walls that get wet. Narrowed by a place in a name."""
    metres: float
    """Of one repeat of a typical photographed texture."""


def _surface(words: str, uses: str, metres: float) -> Surface:
    return Surface(frozenset(words.split()), tuple(use.replace("_", " ") for use in uses.split()), metres)


SURFACES = (
    _surface("carpet rug", "floor fabric", 1.0),
    _surface("fabric cloth textile denim linen velvet wool leather tweed jersey canvas cotton corduroy knit weave "
             "burlap upholstery curtain", "fabric", 0.5),
    _surface("wallpaper", "wall", 1.0),
    _surface("tile tiles terrazzo mosaic ceramic porcelain", "floor tiles wall_tiles", 1.5),
    _surface("parquet laminate floorboard floorboards woodfloor hardwood herringbone", "floor", 2.0),
    _surface("planks plank boards panelling paneling panels", "floor wall", 2.0),
    _surface("veneer rosewood oak walnut cherry mahogany plywood wood wooden timber bamboo birch maple pine teak",
             "wood", 1.0),
    _surface("brick bricks", "wall", 1.5),
    _surface("plaster stucco paint painted drywall gypsum", "wall ceiling", 2.0),
    _surface("concrete cement screed", "wall floor", 2.5),
    _surface("marble granite slate travertine limestone stone sandstone", "floor tiles wall_tiles", 2.0),
    _surface("ceiling", "ceiling", 2.0),
    _surface("wall", "wall", 2.0),
    _surface("floor flooring", "floor", 2.0),
)  # fmt: skip
"""Tried in this order."""

_PLACES = {"floor": "floor", "flooring": "floor", "floors": "floor", "wall": "wall", "walls": "wall",
           "ceiling": "ceiling"}  # fmt: skip
_MAPS = frozenset(
    {"normal", "nor", "nrm", "norm", "roughness", "rough", "rgh", "metalness", "metallic", "displacement", "disp"}
    | {"height", "bump", "ao", "ambientocclusion", "occlusion", "opacity", "mask", "specular", "spec", "gloss"}
    | {"glossiness", "arm", "orm", "emissive", "emission", "thumbnail", "preview"}
)
"""Words that end the names of maps that are no colours."""
_NOT_LAST = frozenset({"gl", "dx", "opengl", "directx", "map", "tex", "texture", "jpg", "png", "px", "color", "colour"})


def surface_of(name: str) -> Surface | None:
    """The surface that a name tells, with the uses narrowed by a place in the name; None when no word is known."""
    words = category_of(name).split()
    if words and words[-1] == "shape":
        words.pop()
    joined = {*words, *(first + second for first, second in itertools.pairwise(words))}
    for surface in SURFACES:
        if any(word in surface.words or _compound(word, surface.words) for word in joined):
            place = next((_PLACES[word] for word in words if word in _PLACES), "")
            if place and surface.uses != ("fabric",):
                wet = tuple(use for use in surface.uses if (place, use) in (("floor", "tiles"), ("wall", "wall tiles")))
                return Surface(surface.words, (place, *wet), max(surface.metres, 1.0))
            return surface
    return None


def map_of(name: str) -> str:
    """The kind of map that a file is by its last words (`normal`, `rough` ...); empty for a colour map."""
    stem = re.sub(r"[_\- ]?\d+[kK]?(?=[_\- .]|$)", "_", name)
    words = category_of(stem).split()
    while words and words[-1] in _NOT_LAST:
        words.pop()
    if not words or len(words) < 2:
        return ""
    last, pair = words[-1], "".join(words[-2:])
    return pair if pair in _MAPS else last if last in _MAPS and words[-1] != "painted" else ""


def _compound(word: str, known: frozenset[str]) -> bool:
    return any(len(each) >= 4 and (word.endswith(each) or word.startswith(each)) for each in known)
