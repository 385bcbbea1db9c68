"""The things that a scanned stage is made of: which of its triangles are the sofa (HM3D, Habitat's stage semantics).

coloured mesh + list of names ─▶ [named_parts] ─▶ parts of the building, and of each thing

The coloured mesh has the stage's shape and a colour for each thing, at its vertices or in a texture; the list says
`id,RRGGBB,"name",region`. Each triangle of the stage looks up the nearest place of the coloured mesh at its middle and
near its corners, and belongs to the thing that most of these show. What belongs to the building stays stage.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.sim_scenes.glb import MaterialShelf, load_parts
from video4spatial.sim_scenes.habitat_config import upright_from_asset
from video4spatial.sim_scenes.names import is_structure
from video4spatial.sim_scenes.render.nearest import nearest_places
from video4spatial.sim_scenes.scene import Part

_LINE = re.compile(r'\s*(\d+)\s*,\s*#?([0-9A-Fa-f]{6})\s*,\s*"([^"]*)"')
_SPOTS = np.array([[1 / 3, 1 / 3, 1 / 3], [0.7, 0.15, 0.15], [0.15, 0.7, 0.15], [0.15, 0.15, 0.7]])
"""Places on a triangle that are asked, as shares of its corners."""


@dataclass(frozen=True)
class Named:
    """A line of the list."""

    semantic_id: int
    colour: int
    """0xRRGGBB."""
    name: str


def read_names(path: Path) -> tuple[Named, ...]:
    """The list of a "HM3D Semantic Annotations" file. Raises ConfigError for a line that is none."""
    lines = path.read_text(errors="replace").splitlines()[1:]
    found = []
    for number, line in enumerate(lines, start=2):
        matched = _LINE.match(line)
        if matched is None and line.strip():
            raise ConfigError(f'{path.name}: line {number} must read id,RRGGBB,"name",region, got {line!r:.60}')
        if matched is not None:
            found.append(Named(int(matched[1]), int(matched[2], 16), matched[3].strip().lower()))
    return tuple(found)


def named_parts(
    mesh: Path,
    listed: Path,
    values: Mapping[str, Any],
    stage: tuple[Part, ...],
    frame: NDArray[np.float64],
    scale: NDArray[np.float64],
) -> tuple[tuple[Part, ...], list[tuple[str, str, tuple[Part, ...]]]]:
    """The stage without its things, and of each thing its name, category and parts, by semantic id. `values`, `frame`
    (3, 3) and `scale` (3,) are those of the stage."""
    names = {entry.semantic_id: entry for entry in read_names(listed)}
    if any(f"semantic_{key}" in values for key in ("up", "front")):
        frame = upright_from_asset({key: values.get(f"semantic_{key}", default) for key, default in _UPRIGHT})
    ids = semantic_ids(stage, mesh, tuple(names.values()), np.diag(scale) @ frame)
    things = {k: entry for k, entry in names.items() if _is_thing(entry.name)}
    kept = [_cut(part, ~np.isin(of_part, list(things))) for part, of_part in zip(stage, ids, strict=True)]
    found = []
    for semantic_id, entry in sorted(things.items()):
        parts = [_cut(part, of_part == semantic_id) for part, of_part in zip(stage, ids, strict=True)]
        shown = tuple(part for part in parts if part is not None)
        if shown:
            found.append((f"{'_'.join(re.findall('[a-z0-9]+', entry.name))}_{semantic_id}", entry.name, shown))
    return tuple(part for part in kept if part is not None), found


def semantic_ids(
    stage: tuple[Part, ...], mesh: Path, names: tuple[Named, ...], frame: NDArray[np.float64]
) -> list[NDArray[np.int64]]:
    """Of each part the semantic id of its triangles, 0 where the list has no name for the colour."""
    shelf = MaterialShelf()
    coloured = load_parts(mesh, shelf)
    corners = np.concatenate([(part.vertices_m @ frame.T.astype(np.float32))[part.faces] for part in coloured])
    by_colour = {entry.colour: entry.semantic_id for entry in names}
    owner = np.repeat(np.arange(len(coloured)), [len(part.faces) for part in coloured])
    first = np.cumsum([0, *(len(part.faces) for part in coloured)])
    found = []
    for part in stage:
        places = np.einsum("sk,fkx->fsx", _SPOTS, part.vertices_m[part.faces].astype(float))
        faces, shares = nearest_places(corners, places.reshape(-1, 3))
        ids = np.zeros(len(faces), np.int64)
        for k, source in enumerate(coloured):
            here = owner[faces] == k
            ids[here] = _looked_up(source, faces[here] - first[k], shares[here], by_colour)
        found.append(_most(ids.reshape(-1, len(_SPOTS))))
    return found


_UPRIGHT = (("up", [0, 1, 0]), ("front", [0, 0, -1]))


def _is_thing(name: str) -> bool:
    return bool(name) and name not in ("unknown", "remove") and not is_structure(name)


def _looked_up(
    part: Part, faces: NDArray[np.int64], shares: NDArray[np.float64], by_colour: Mapping[int, int]
) -> NDArray[np.int64]:
    """Semantic ids at places of a coloured part: of its texture, else of the corner that has the largest share."""
    texture = part.material.texture
    if part.colours is None and texture is not None:
        uv = np.einsum("nk,nkx->nx", shares, part.uv[part.faces[faces]].astype(float)) % 1.0
        height, width = texture.shape[:2]
        x, y = (np.minimum((uv[:, k] * side).astype(int), side - 1) for k, side in ((0, width), (1, height)))
        rgb = texture[y, x].astype(np.int64)
    else:
        corner = part.faces[faces, shares.argmax(axis=1)]
        linear = np.ones((len(faces), 3)) if part.colours is None else part.colours[corner]
        rgb = np.round(np.sqrt(linear) * 255.0).astype(np.int64)
    colours = (rgb[:, 0] << 16) | (rgb[:, 1] << 8) | rgb[:, 2]
    shown, inverse = np.unique(colours, return_inverse=True)
    return np.array([by_colour.get(int(colour), 0) for colour in shown], np.int64)[inverse.ravel()]


def _most(ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """(F, S) to (F,): the id that most spots show; of equal ones the first."""
    votes = (ids[:, :, None] == ids[:, None, :]).sum(axis=2)
    return ids[np.arange(len(ids)), votes.argmax(axis=1)]


def _cut(part: Part, chosen: NDArray[np.bool_]) -> Part | None:
    """The chosen triangles and their vertices."""
    if not chosen.any():
        return None
    used, faces = np.unique(part.faces[chosen], return_inverse=True)
    return replace(
        part,
        vertices_m=part.vertices_m[used],
        normals=part.normals[used],
        uv=part.uv[used],
        faces=faces.reshape(-1, 3).astype(np.int32),
        colours=None if part.colours is None else part.colours[used],
    )
