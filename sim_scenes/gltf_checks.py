"""The numbers of a glTF document, checked before anything is made of them.

open_gltf ─▶ [check_document] ─▶ gltf_arrays, gltf_materials, glb

A file can say that four numbers are four billion, that a node is its own child, that a list is a word. Whatever passes
here can be read without running past a buffer, for ever, or out of memory. Raises ValueError with the reason alone.
"""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from video4spatial.sim_scenes.scene import MAX_TRIANGLES

COMPONENTS: dict[int, Any] = {
    5120: np.dtype("<i1"),
    5121: np.dtype("<u1"),
    5122: np.dtype("<i2"),
    5123: np.dtype("<u2"),
    5125: np.dtype("<u4"),
    5126: np.dtype("<f4"),
}
WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT3": 9, "MAT4": 16}
MAX_EMPTY = 1 << 24
"""Longest accessor that stands in no buffer: its zeros are made up here."""
TRIANGLES, STRIP, FAN = 4, 5, 6

Record = dict[str, Any]


def check_document(document: Record, buffer_bytes: list[int]) -> None:
    """`buffer_bytes`: how long each buffer really is."""
    views = _checked_views(document, buffer_bytes)
    accessors = records(document, "accessors")
    for number, accessor in enumerate(accessors):
        _check_accessor(f"accessor {number}", accessor, views)
    for number, image in enumerate(records(document, "images")):
        if "bufferView" in image:
            index(f"image {number}", image["bufferView"], len(views), "buffer view")
        elif not isinstance(image.get("uri"), str):
            raise ValueError(f"image {number} has neither a buffer view nor a uri")
    materials = len(records(document, "materials"))
    drawn = [
        sum(_check_primitive(f"mesh {number}", entry, accessors, materials) for entry in records(mesh, "primitives"))
        for number, mesh in enumerate(records(document, "meshes"))
    ]
    total = 0
    for node in drawn_nodes(document):
        if "mesh" in node:
            mesh = index("a node", node["mesh"], len(drawn), "mesh")
            total += drawn[mesh] * instance_count(node, accessors)
    if total > MAX_TRIANGLES:
        raise ValueError(f"it draws {total} triangles, at most {MAX_TRIANGLES} are read; split it or simplify it")


def records(owner: Record, key: str) -> list[Record]:
    """`owner[key]`, which must be a list of objects; empty where it is not there."""
    value = owner.get(key, [])
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise ValueError(f"{key} must be a list of objects, got {value!r:.40}")
    return value


def record(owner: Record, key: str) -> Record:
    """`owner[key]`, which must be an object; empty where it is not there."""
    value = owner.get(key, {})
    if not isinstance(value, dict):
        raise ValueError(f"{key} must be an object, got {value!r:.40}")
    return value


def whole(what: str, value: Any) -> int:
    """A number of things or bytes."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 48:
        raise ValueError(f"{what} is {value!r:.40}")
    return value


def index(owner: str, value: Any, length: int, what: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < length:
        raise ValueError(f"{owner} names {what} {value!r:.40}, which is not there")
    return value


def numbers(owner: Record, key: str, default: list[float]) -> list[float]:
    """`owner[key]`: as many finite numbers as the default has."""
    value = owner.get(key, default)
    if not isinstance(value, list) or len(value) != len(default):
        raise ValueError(f"{key} must be {len(default)} numbers, got {value!r:.60}")
    return [number(key, entry) for entry in value]


def number(what: str, value: Any) -> float:
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not math.isfinite(value) or abs(value) > 1e30:
        raise ValueError(f"{what} is {value!r:.40}, not a number")
    return float(value)


def drawn_nodes(document: Record) -> Iterator[Record]:
    """The nodes of the scene that is shown, each once, parents first. Raises ValueError where they form no tree."""
    nodes = records(document, "nodes")
    seen: set[int] = set()
    waiting = list(reversed(roots(document)))
    while waiting:
        number_ = waiting.pop()
        if number_ in seen:
            raise ValueError(f"node {number_} is reached twice; nodes must form a tree")
        seen.add(number_)
        yield nodes[number_]
        waiting += reversed(children(nodes, number_))


def roots(document: Record) -> list[int]:
    """Root nodes of the scene that is shown: the default one, else the first, else all nodes that are no child."""
    nodes, scenes = records(document, "nodes"), records(document, "scenes")
    if not scenes:
        inner = {child for number_ in range(len(nodes)) for child in children(nodes, number_)}
        return [number_ for number_ in range(len(nodes)) if number_ not in inner]
    scene = scenes[index("the file", document.get("scene", 0), len(scenes), "scene")]
    return _indices("a scene", scene.get("nodes", []), len(nodes))


def children(nodes: list[Record], number_: int) -> list[int]:
    return _indices(f"node {number_}", nodes[number_].get("children", []), len(nodes))


def instance_count(node: Record, accessors: list[Record]) -> int:
    """How often a node's mesh stands in the scene (EXT_mesh_gpu_instancing)."""
    instancing = record(record(node, "extensions"), "EXT_mesh_gpu_instancing")
    attributes = record(instancing, "attributes")
    used = [accessors[index("a node", value, len(accessors), "accessor")] for value in attributes.values()]
    return min((accessor["count"] for accessor in used), default=1)


def _indices(owner: str, value: Any, length: int) -> list[int]:
    if not isinstance(value, list):
        raise ValueError(f"{owner} must list nodes, got {value!r:.40}")
    return [index(owner, entry, length, "node") for entry in value]


def _checked_views(document: Record, buffer_bytes: list[int]) -> list[Record]:
    views = records(document, "bufferViews")
    for number_, view in enumerate(views):
        owner = f"buffer view {number_}"
        buffer = index(owner, view.get("buffer"), len(buffer_bytes), "buffer")
        start, length = whole(f"{owner} byteOffset", view.get("byteOffset", 0)), whole(owner, view.get("byteLength"))
        if start + length > buffer_bytes[buffer]:
            raise ValueError(f"{owner} ends outside its buffer")
        if whole(f"{owner} byteStride", view.get("byteStride", 0)) > 4096:
            raise ValueError(f"{owner} has byteStride {view['byteStride']}")
    return views


def _check_accessor(owner: str, accessor: Record, views: list[Record]) -> None:
    """Every value it speaks of must lie inside its view."""
    count = whole(f"{owner} count", accessor.get("count"))
    if accessor.get("componentType") not in COMPONENTS or accessor.get("type") not in WIDTHS:
        kind = f"{accessor.get('componentType')!r:.20} {accessor.get('type')!r:.20}"
        raise ValueError(f"{owner} is of the unknown kind {kind}")
    size = COMPONENTS[accessor["componentType"]].itemsize * WIDTHS[accessor["type"]]
    start = whole(f"{owner} byteOffset", accessor.get("byteOffset", 0))
    if accessor.get("bufferView") is None:
        if count > MAX_EMPTY:
            raise ValueError(f"{owner} has {count} values and no buffer view")
    else:
        view = views[index(owner, accessor["bufferView"], len(views), "buffer view")]
        stride = view.get("byteStride", 0) or size
        if count and start + (count - 1) * stride + size > view["byteLength"]:
            raise ValueError(f"{owner} has {count} values, more than its buffer view holds")
    sparse = record(accessor, "sparse")
    if sparse:
        changed = whole(f"{owner} sparse count", sparse.get("count"))
        _check_accessor(
            f"{owner} sparse indices", {**record(sparse, "indices"), "type": "SCALAR", "count": changed}, views
        )
        values = {**record(sparse, "values"), "count": changed}
        _check_accessor(f"{owner} sparse values", {**values, **_kind_of(accessor)}, views)
        if changed > count:
            raise ValueError(f"{owner} changes {changed} of its {count} values")


def _kind_of(accessor: Record) -> Record:
    return {"componentType": accessor["componentType"], "type": accessor["type"]}


def _check_primitive(owner: str, primitive: Record, accessors: list[Record], materials: int) -> int:
    """How many triangles it draws."""
    attributes = record(primitive, "attributes")
    for name, accessor in attributes.items():
        index(f"{owner} {name:.20}", accessor, len(accessors), "accessor")
    if "material" in primitive:
        index(owner, primitive["material"], materials, "material")
    if "POSITION" not in attributes:
        return 0
    positions = accessors[attributes["POSITION"]]
    if positions["type"] != "VEC3":
        raise ValueError(f"{owner} has positions of type {positions['type']}")
    corners = positions["count"]
    if "indices" in primitive:
        corners = accessors[index(owner, primitive["indices"], len(accessors), "accessor")]["count"]
    mode = primitive.get("mode", TRIANGLES)
    return corners // 3 if mode == TRIANGLES else max(corners - 2, 0) if mode in (STRIP, FAN) else 0
