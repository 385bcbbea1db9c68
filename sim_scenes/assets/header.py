"""How large a GLB says it is, from its JSON alone: thousands of files are surveyed before anything starts.

JSON chunk ─▶ [extent_of, words_inside] ─▶ catalogue.py

glTF asks for the bounds of every position accessor. They are a promise, not the truth: prepare.py measures.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

_DEEPEST = 64
"""Levels of nodes; deeper is a loop."""


def extent_of(document: Mapping[str, Any]) -> NDArray[np.float64] | None:
    """(3,) size along x, y, z of the file's default scene in its own units; None when its JSON does not tell."""
    corners: list[NDArray[np.float64]] = []
    try:
        for node, world_from_node in _nodes(document):
            for primitive in document["meshes"][node["mesh"]]["primitives"]:
                accessor = document["accessors"][primitive["attributes"]["POSITION"]]
                box = np.array([accessor["min"], accessor["max"]], dtype=float) / _whole(accessor)
                places = np.stack(np.meshgrid(*box.T), axis=-1).reshape(-1, 3)
                corners.append(places @ world_from_node[:3, :3].T + world_from_node[:3, 3])
    except (KeyError, IndexError, TypeError, ValueError, AttributeError):
        return None
    if not corners:
        return None
    joined = np.concatenate(corners)
    return np.ptp(joined, axis=0) if np.isfinite(joined).all() else None


def words_inside(document: Mapping[str, Any]) -> list[str]:
    """Names of nodes, meshes and scenes: what the thing may be called where its file's name says nothing."""
    found = []
    for part in ("nodes", "meshes", "scenes"):
        entries = document.get(part, [])
        found += [entry.get("name") for entry in entries if isinstance(entry, dict)]
    return [name for name in found if isinstance(name, str)]


def triangles_of(document: Mapping[str, Any]) -> int:
    """How many triangles the meshes have, each counted once."""
    total = 0
    try:
        for mesh in document["meshes"]:
            for primitive in mesh["primitives"]:
                index = primitive.get("indices", primitive["attributes"]["POSITION"])
                total += int(document["accessors"][index]["count"]) // 3
    except (KeyError, IndexError, TypeError, AttributeError):
        return 0
    return total


def _whole(accessor: Mapping[str, Any]) -> float:
    """What a normalised integer is divided by."""
    tops = {5120: 127.0, 5121: 255.0, 5122: 32767.0, 5123: 65535.0}
    return tops.get(accessor.get("componentType", 5126), 1.0) if accessor.get("normalized") else 1.0


def _nodes(document: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], NDArray[np.float64]]]:
    """Every node with a mesh in the default scene, with its transform."""
    nodes = document["nodes"]
    scenes = document.get("scenes") or [{"nodes": range(len(nodes))}]
    waiting = [(index, np.eye(4), 0) for index in scenes[document.get("scene", 0)].get("nodes", [])]
    while waiting:
        index, world_from_parent, depth = waiting.pop()
        node = nodes[index]
        world_from_node = world_from_parent @ _transform(node)
        if "mesh" in node:
            yield node, world_from_node
        if depth > _DEEPEST:
            raise ValueError("nodes form a loop")
        waiting += [(child, world_from_node, depth + 1) for child in node.get("children", [])]


def _transform(node: Mapping[str, Any]) -> NDArray[np.float64]:
    if "matrix" in node:
        return np.array(node["matrix"], dtype=float).reshape(4, 4).T
    x, y, z, w = node.get("rotation", (0.0, 0.0, 0.0, 1.0))
    matrix = np.eye(4)
    matrix[:3, :3] = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    matrix[:3, :3] *= np.asarray(node.get("scale", (1.0, 1.0, 1.0)), dtype=float)
    matrix[:3, 3] = node.get("translation", (0.0, 0.0, 0.0))
    return matrix
