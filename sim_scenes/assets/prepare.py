"""A GLB of the user as a piece of furniture: upright, in metres, its front to +z, with words, and a top for things.

bytes + ObjectFile ─▶ [prepare_object] ─▶ Piece ─▶ library.py

Stands like the pieces of furniture.py: on y = 0 around the origin; what hangs on a wall has its back at z = 0, what
hangs from the ceiling lies below y = 0.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from video4spatial.pipeline.core.errors import SourceError
from video4spatial.sim_scenes.assets.colours import colour_word
from video4spatial.sim_scenes.assets.facing import front_yaw_rad, stands_better
from video4spatial.sim_scenes.assets.names import adjectives_of
from video4spatial.sim_scenes.assets.notes import AXES, ObjectNote
from video4spatial.sim_scenes.assets.pictures import fitted
from video4spatial.sim_scenes.assets.samples import Samples, heights, spread
from video4spatial.sim_scenes.assets.sizes import Reading, described, readings
from video4spatial.sim_scenes.assets.vocabulary import COLOUR_WORDS, Kind
from video4spatial.sim_scenes.furniture import Piece
from video4spatial.sim_scenes.glb import MaterialShelf, load_parts
from video4spatial.sim_scenes.palette import WOODS
from video4spatial.sim_scenes.scene import Lamp, Material, Part
from video4spatial.sim_scenes.shapes import joined, yaw_matrix

TEXTURE_PX = 512
"""Textures of objects are shrunk to this: a chair fills at most so much of a frame."""
TOPPED = frozenset(
    {"nightstand", "dresser", "sideboard", "cabinet", "kitchen unit", "tv stand", "shoe rack", "bookshelf", "desk",
     "coffee table", "console table", "dining table", "side table", "washing machine", "stool", "piano"}
)  # fmt: skip
"""Categories that carry things where they have a flat top."""
TOP_M = 1.45
"""Higher tops carry nothing."""
COLOURLESS = frozenset({"plant", "painting", "mirror", "television", "books", "computer", "laptop", "rug"})
"""Categories whose colour people do not name."""


def prepare_object(name: str, data: bytes, kind: Kind, kinds: tuple[tuple[Kind, ...], ...], note: ObjectNote) -> Piece:
    """The piece in the GLB `data`. Raises SourceError(reason="unusable_object") when it is none."""
    try:
        parts = _read_parts(name, data)
    except SourceError as error:
        raise _unusable(name, str(error).removeprefix(f"{Path(name).name} ")) from None
    if not all(np.isfinite(part.vertices_m).all() for part in parts):
        raise _unusable(name, "has vertices that are not numbers")
    samples = spread(parts) if parts else None
    if samples is None or not len(samples.points_m):
        raise _unusable(name, "has no surface")
    corners = np.concatenate([part.vertices_m[part.faces].reshape(-1, 3) for part in parts]).astype(float)
    extent = np.ptp(corners, axis=0)
    found = [reading for reading in readings(extent, kinds, note) if reading.kind == kind]
    if not found:
        raise _unusable(name, f"is {described(extent)}, which is not the size its header gives")
    reading, rotation = _upright(found, samples, note)
    turned = samples.turned(rotation)
    if not note.front:
        rotation = yaw_matrix(-front_yaw_rad(turned, kind.faces)) @ rotation
    upright = Samples(samples.points_m @ rotation.T * reading.scale, samples.normals @ rotation.T, samples.colours)
    offset = _offset(corners @ rotation.T * reading.scale, kind)
    placed = tuple(_placed(part, rotation, reading.scale, offset) for part in parts)
    made = Piece(kind.category, words_of(name, kind, note, samples), joined(placed), file=name)
    tops = _tops(upright, made) if kind.category in TOPPED else ()
    return replace(made, tops=tops, lamp=_light(kind, made))


def words_of(name: str, kind: Kind, note: ObjectNote, samples: Samples) -> tuple[str, ...]:
    """How people would say it: what the user says, else colour and material of the name, else the colour that is
    seen."""
    if note.words:
        return tuple(dict.fromkeys((*note.words, kind.category)))
    said = adjectives_of(name)
    if kind.category not in COLOURLESS and not any(word in COLOUR_WORDS or word in WOODS for word in said):
        said = (colour_word(samples.colours), *said)
    words = " ".join(word for word in (*said, kind.category) if word)
    return tuple(dict.fromkeys((words, kind.category)))


def _unusable(name: str, why: str) -> SourceError:
    return SourceError(f"{name} {why}", reason="unusable_object")


def _read_parts(name: str, data: bytes) -> tuple[Part, ...]:
    small: dict[int, tuple[Material, Material]] = {}
    parts = []
    for part in load_parts(Path(name), MaterialShelf(), data):
        if len(part.faces):
            key = id(part.material)
            small.setdefault(key, (part.material, _shrunk(part.material)))
            parts.append(replace(part, material=small[key][1], colours=_kept_colours(part)))
    return tuple(sorted(parts, key=lambda part: (part.material.name, len(part.faces), part.vertices_m.tobytes()[:64])))


def _kept_colours(part: Part) -> NDArray[np.float32] | None:
    return None if part.colours is None or np.all(part.colours == 1.0) else part.colours


def _shrunk(material: Material) -> Material:
    emission = None if material.emission is None else _shrunk(material.emission)
    texture = None if material.texture is None else fitted(material.texture, TEXTURE_PX)
    alpha = None if material.alpha is None else fitted(material.alpha, TEXTURE_PX)
    return replace(material, texture=texture, alpha=alpha, emission=emission)


def _upright(found: list[Reading], samples: Samples, note: ObjectNote) -> tuple[Reading, NDArray[np.float64]]:
    """The best reading, and the rotation from the file's axes to y up."""
    first = found[0]
    if first.kind.stands == "bed":
        return first, _rotation(first.up, note.front)  # a pillow stands on nothing firmly
    rival = next((each for each in found if each.up != first.up and each.scale == first.scale), None)
    if rival is not None:
        ways = [samples.turned(_rotation(each.up, note.front)) for each in (first, rival)]
        if stands_better(ways[0], ways[1], first.kind.faces):
            first = rival
    return first, _rotation(first.up, note.front)


def _rotation(up: str, front: str) -> NDArray[np.float64]:
    """From the file's axes to y up, z front. Without a front: what tools of that up axis mean by it."""
    front = front or ("-y" if up == "z" else "z" if "z" not in up else "y")
    upward, forward = np.array(AXES[up], dtype=float), np.array(AXES[front], dtype=float)
    return np.stack([np.cross(upward, forward), upward, forward])


def _offset(corners: NDArray[np.float64], kind: Kind) -> NDArray[np.float64]:
    """What brings the turned and scaled thing to its place."""
    low, high = corners.min(axis=0), corners.max(axis=0)
    middle = (low + high) / 2
    y = -high[1] if kind.stands == "ceiling" else -low[1]
    return np.array([-middle[0], y, -low[2] if kind.stands == "wall" else -middle[2]])


def _placed(part: Part, rotation: NDArray[np.float64], scale: float, offset: NDArray[np.float64]) -> Part:
    vertices = part.vertices_m.astype(float) @ rotation.T * scale + offset
    used = np.zeros(len(vertices), dtype=bool)
    used[part.faces] = True
    vertices[~used] = 0.0  # a stray vertex must not stretch the box that holds the thing
    normals = part.normals.astype(float) @ rotation.T
    return replace(part, vertices_m=vertices.astype(np.float32), normals=normals.astype(np.float32))


def _tops(samples: Samples, piece: Piece) -> tuple[tuple[float, float, float], ...]:
    """The largest flat rectangle around the middle of its top, if any: (height, width, depth)."""
    width, height, depth = piece.size_m()
    level = heights(samples)
    grid = len(level)
    flat = np.abs(level - np.nanmax(level)) < 0.006
    if height > TOP_M or flat.mean() < 0.3:
        return ()
    best, area = (0, 0), 0
    for rows in range(1, grid // 2):
        for columns in range(1, grid // 2):
            inside = flat[grid // 2 - rows : grid // 2 + rows, grid // 2 - columns : grid // 2 + columns]
            if inside.all() and inside.size > area:
                best, area = (rows, columns), inside.size
    deep, wide = 2 * best[0] / grid * depth - 0.02, 2 * best[1] / grid * width - 0.02
    return ((height, wide, deep),) if min(deep, wide) >= 0.12 else ()


def _light(kind: Kind, piece: Piece) -> Lamp | None:
    """Just outside the lamp: its shade casts shadows."""
    _, height, _ = piece.size_m()
    if kind.category == "floor lamp":
        return Lamp((0.0, height + 0.08, 0.0), (0.85, 0.68, 0.45), 0.35)
    if kind.category == "table lamp":
        return Lamp((0.0, height + 0.06, 0.0), (0.40, 0.31, 0.20), 0.25)
    if kind.category == "ceiling lamp":
        low = min(float(part.vertices_m[:, 1].min()) for part in piece.parts)
        return Lamp((0.0, low - 0.06, 0.0), (2.2, 2.0, 1.7), 0.6)
    return None
