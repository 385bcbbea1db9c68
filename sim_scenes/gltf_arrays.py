"""The numbers of a glTF file as NumPy arrays: accessors, the triangles of its meshes, the poses of its nodes.

GltfFile ─▶ [read_meshes] ─▶ Mesh of each mesh     GltfFile ─▶ [placed_meshes] ─▶ where they stand

Vertices are those of the file, in the frame of their mesh. Morph targets are left at rest; a skinned mesh is bent as
its joints stand.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from video4spatial.sim_scenes.gltf_checks import (
    COMPONENTS,
    FAN,
    STRIP,
    TRIANGLES,
    WIDTHS,
    children,
    index,
    numbers,
    record,
    records,
    roots,
    whole,
)
from video4spatial.sim_scenes.gltf_file import GltfFile

Array = NDArray[Any]
Path = tuple[tuple[int, str], ...]


@dataclass(frozen=True, eq=False)
class Mesh:
    """Triangles of one material."""

    vertices: NDArray[np.float64]
    """(V, 3)."""
    faces: NDArray[np.int64]
    """(F, 3)."""
    normals: NDArray[np.float64]
    """(V, 3); those of the facets where the file has none."""
    uv: tuple[NDArray[np.float64] | None, ...]
    """(V, 2) per set of texture coordinates, None for sets that are not there."""
    colours: NDArray[np.float32] | None
    """(V, 3) 0 to 1, as stored."""
    material: int | None
    joints: NDArray[np.int64] | None = None
    """(V, 4) into the joints of the node's skin."""
    weights: NDArray[np.float64] | None = None
    """(V, 4)."""


@dataclass(frozen=True, eq=False)
class PlacedMesh:
    """A mesh where a node puts it."""

    path: tuple[tuple[int, str], ...]
    """(number, name) of the node and those it hangs from, outermost first; a name may be empty. Instances of one node
    have a last entry of their own."""
    mesh: int
    world_from_mesh: NDArray[np.float64]
    """(4, 4)."""
    world_from_bound: NDArray[np.float64] | None = None
    """(J, 4, 4) of each joint of its skin; then `world_from_mesh` does not count."""


def read_accessor(file: GltfFile, number: int) -> Array:
    """(count, width); normalised integers as numbers in -1 to 1."""
    accessor = file.document["accessors"][number]
    values = _read(file, accessor)
    sparse = record(accessor, "sparse")
    if sparse:
        count = sparse["count"]
        indices = _read(file, {**sparse["indices"], "type": "SCALAR", "count": count})[:, 0].astype(np.int64)
        if count and indices.max() >= len(values):
            raise ValueError(f"accessor {number} changes value {int(indices.max())} of {len(values)}")
        values = values.copy()
        kind = {"componentType": accessor["componentType"], "type": accessor["type"], "count": count}
        values[indices] = _read(file, {**sparse["values"], **kind})
    if accessor.get("normalized") and values.dtype.kind in "iu":
        values = np.maximum(values / np.float32(np.iinfo(values.dtype).max), np.float32(-1.0))
    return values


def read_meshes(file: GltfFile, left_out: Counter[str]) -> list[list[Mesh]]:
    """Of each mesh of the file its primitives. What has no triangles is counted in `left_out`."""
    found = []
    if records(file.document, "animations"):
        left_out["animations (at rest)"] += len(file.document["animations"])
    for number, entry in enumerate(records(file.document, "meshes")):
        meshes = []
        for primitive in records(entry, "primitives"):
            if primitive.get("targets"):
                left_out["morph targets (at rest)"] += 1
            mode = primitive.get("mode", TRIANGLES)
            if mode not in (TRIANGLES, STRIP, FAN):
                left_out["points" if mode == 0 else "lines"] += 1
            elif "POSITION" in record(primitive, "attributes"):
                mesh = _mesh(file, f"mesh {number}", primitive)
                meshes += [mesh] if len(mesh.faces) else []
        found.append(meshes)
    return found


def placed_meshes(file: GltfFile) -> Iterator[PlacedMesh]:
    """Every instance of a mesh in the scene, in the order of the tree."""
    nodes = records(file.document, "nodes")
    placed = placed_nodes(file)
    poses = {number: pose for number, pose, _ in placed}
    for number, _, path in placed:
        if "mesh" in nodes[number]:
            yield from _instances(file, nodes[number], path, poses, number)


def placed_nodes(file: GltfFile) -> list[tuple[int, NDArray[np.float64], Path]]:
    """(number, world from node, path from the root down) of each node of the scene, parents first."""
    nodes = records(file.document, "nodes")
    found = []
    waiting: list[tuple[int, NDArray[np.float64], Path]]
    waiting = [(number, np.eye(4), ()) for number in reversed(roots(file.document))]
    while waiting:
        number, above, path = waiting.pop()
        node = nodes[number]
        pose, path = above @ _pose(node), (*path, (number, str(node.get("name", ""))))
        found.append((number, pose, path))
        waiting += [(child, pose, path) for child in reversed(children(nodes, number))]
    return found


def _instances(
    file: GltfFile, node: dict[str, Any], path: Path, poses: dict[int, NDArray[np.float64]], number: int
) -> Iterator[PlacedMesh]:
    if "skin" in node:
        yield PlacedMesh(path, node["mesh"], poses[number], _bound(file, node["skin"], poses))
        return
    extension = record(record(node, "extensions"), "EXT_mesh_gpu_instancing")
    attributes = record(extension, "attributes")
    if not attributes:
        yield PlacedMesh(path, node["mesh"], poses[number])
        return
    read = {name: read_accessor(file, accessor).astype(float) for name, accessor in attributes.items()}
    count = min(len(values) for values in read.values())
    for k in range(count):
        entry = {"translation": read.get("TRANSLATION"), "rotation": read.get("ROTATION"), "scale": read.get("SCALE")}
        local = _pose({key: values[k].tolist() for key, values in entry.items() if values is not None})
        yield PlacedMesh((*path, (k, f"{path[-1][1]}_{k}")), node["mesh"], poses[number] @ local)


def _pose(node: dict[str, Any]) -> NDArray[np.float64]:
    """(4, 4) parent from node."""
    if "matrix" in node:
        return np.array(numbers(node, "matrix", [0.0] * 16)).reshape(4, 4).T
    x, y, z, w = numbers(node, "rotation", [0.0, 0.0, 0.0, 1.0])
    norm = x * x + y * y + z * z + w * w
    if norm < 1e-12:
        raise ValueError("a node has a rotation of length 0")
    s = 2.0 / norm
    pose = np.eye(4)
    pose[:3, :3] = [
        [1 - s * (y * y + z * z), s * (x * y - z * w), s * (x * z + y * w)],
        [s * (x * y + z * w), 1 - s * (x * x + z * z), s * (y * z - x * w)],
        [s * (x * z - y * w), s * (y * z + x * w), 1 - s * (x * x + y * y)],
    ]
    pose[:3, :3] *= numbers(node, "scale", [1.0, 1.0, 1.0])
    pose[:3, 3] = numbers(node, "translation", [0.0, 0.0, 0.0])
    return pose


def _bound(file: GltfFile, number: Any, poses: dict[int, NDArray[np.float64]]) -> NDArray[np.float64]:
    skins = records(file.document, "skins")
    skin = skins[index("a node", number, len(skins), "skin")]
    joints = skin.get("joints", [])
    if not isinstance(joints, list) or not joints or any(joint not in poses for joint in joints):
        raise ValueError("a skin has joints outside the scene")
    inverse = np.broadcast_to(np.eye(4), (len(joints), 4, 4))
    if "inverseBindMatrices" in skin:
        accessors = records(file.document, "accessors")
        stored = read_accessor(file, index("a skin", skin["inverseBindMatrices"], len(accessors), "accessor"))
        if stored.shape[1] != 16 or len(stored) < len(joints):
            raise ValueError("a skin has fewer matrices than joints")
        inverse = stored[: len(joints)].astype(float).reshape(-1, 4, 4).transpose(0, 2, 1)
    return np.stack([poses[joint] for joint in joints]) @ inverse


def _read(file: GltfFile, accessor: dict[str, Any]) -> Array:
    dtype, width, count = COMPONENTS[accessor["componentType"]], WIDTHS[accessor["type"]], accessor["count"]
    if accessor.get("bufferView") is None:
        return np.zeros((count, width), dtype)
    view = file.document["bufferViews"][accessor["bufferView"]]
    size = dtype.itemsize * width
    strides = (view.get("byteStride", 0) or size, dtype.itemsize)
    start = accessor.get("byteOffset", 0)
    if not count:
        return np.zeros((0, width), dtype)
    return np.ndarray((count, width), dtype, file.view(accessor["bufferView"]), start, strides)


def _mesh(file: GltfFile, owner: str, primitive: dict[str, Any]) -> Mesh:
    attributes = dict(primitive["attributes"])
    packed = record(record(primitive, "extensions"), "KHR_draco_mesh_compression")
    read = _unpacked(file, packed, attributes) if packed else {}
    columns = {name: read[name] if name in read else read_accessor(file, number) for name, number in attributes.items()}
    vertices = columns["POSITION"].astype(float)
    if vertices.shape[1] != 3 or not np.isfinite(vertices).all():
        raise ValueError(f"{owner} has vertices that are not numbers")
    for name, column in columns.items():
        if len(column) != len(vertices):
            raise ValueError(f"{owner} has {len(column)} values of {name:.20} for {len(vertices)} vertices")
    if packed:
        corners = read["indices"]
    elif "indices" in primitive:
        corners = read_accessor(file, primitive["indices"])[:, 0].astype(np.int64)
    else:
        corners = np.arange(len(vertices))
    if len(corners) and not 0 <= int(corners.min()) <= int(corners.max()) < len(vertices):
        raise ValueError(f"{owner} names vertex {int(corners.max())} of {len(vertices)}")
    faces = _faces(corners, TRIANGLES if packed else primitive.get("mode", TRIANGLES))
    normals = columns.get("NORMAL")
    if normals is None or normals.shape[1] != 3:
        # without normals a mesh has flat facets: no two of them share a vertex
        columns = {name: column[faces.ravel()] for name, column in columns.items()}
        vertices = vertices[faces.ravel()]
        faces = np.arange(len(vertices)).reshape(-1, 3)
        normals = np.repeat(_facet_normals(vertices, faces), 3, axis=0)
    uv = tuple(_pair(columns.get(f"TEXCOORD_{k}")) for k in range(4))
    joints, weights = columns.get("JOINTS_0"), columns.get("WEIGHTS_0")
    return Mesh(
        vertices,
        faces,
        np.nan_to_num(normals.astype(float)),
        uv,
        _colours(columns.get("COLOR_0")),
        primitive.get("material"),
        None if joints is None else joints.astype(np.int64),
        None if weights is None else weights.astype(float),
    )


def _faces(corners: NDArray[np.int64], mode: int) -> NDArray[np.int64]:
    if mode == TRIANGLES:
        return corners[: len(corners) // 3 * 3].reshape(-1, 3)
    if len(corners) < 3:
        return np.zeros((0, 3), np.int64)
    if mode == FAN:
        return np.stack([np.full(len(corners) - 2, corners[0]), corners[1:-1], corners[2:]], axis=1)
    faces = np.stack([corners[:-2], corners[1:-1], corners[2:]], axis=1)
    faces[1::2] = faces[1::2, ::-1]  # every other triangle of a strip turns the other way
    return faces


def _facet_normals(vertices: NDArray[np.float64], faces: NDArray[np.int64]) -> NDArray[np.float64]:
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    across = np.cross(b - a, c - a)
    return across / np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-30)


def _pair(column: Array | None) -> NDArray[np.float64] | None:
    """Texture coordinates; nobody repeats a picture a hundred thousand times."""
    if column is None or column.shape[1] != 2:
        return None
    return np.clip(np.nan_to_num(column.astype(float)), -1e5, 1e5)


def _colours(column: Array | None) -> NDArray[np.float32] | None:
    if column is None or column.shape[1] not in (3, 4):
        return None
    top = 1.0 if column.dtype.kind == "f" else float(np.iinfo(column.dtype).max)
    return np.clip(np.nan_to_num(column[:, :3].astype(np.float32) / np.float32(top)), 0.0, 1.0)


def _unpacked(file: GltfFile, packed: dict[str, Any], attributes: dict[str, Any]) -> dict[str, Array]:
    """A primitive's columns and indices out of its Draco blob."""
    import DracoPy  # optional: open_gltf refuses such files without it

    view = packed.get("bufferView")
    blob = bytes(file.view(index("a compressed mesh", view, len(records(file.document, "bufferViews")), "buffer view")))
    try:
        mesh = DracoPy.decode(blob)
    except (ValueError, DracoPy.FileTypeException) as error:
        raise ValueError(f"its compressed mesh does not decode ({error})") from None
    if not isinstance(mesh, DracoPy.DracoMesh):
        raise ValueError("its compressed mesh is a cloud of points")
    read: dict[str, Array] = {"indices": np.asarray(mesh.faces, dtype=np.int64).ravel()}
    for name, number in record(packed, "attributes").items():
        found = mesh.get_attribute_by_unique_id(whole("a draco id", number))
        if name in attributes and found is not None:
            values = np.asarray(found["data"])
            accessor = file.document["accessors"][attributes[name]]
            if accessor.get("normalized") and values.dtype.kind in "iu":
                values = values / np.float32(np.iinfo(values.dtype).max)
            read[name] = values.reshape(len(values), -1)
    return read
