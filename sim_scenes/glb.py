"""A GLB file as a scene: checked before the run starts, read when its unit runs.

file ─▶ [check_glb] (plan) ... [load_glb] (worker) ─▶ Scene

Node instances become bodies. Kept of a material: base colour factor and texture, vertex colours, emissive factor and
texture, alpha masks, sidedness. What the renderer cannot show (normal maps, metal and roughness, occlusion, blending)
is left out and named in the log, one line for a file.
"""

import hashlib
import json
import logging
import re
import struct
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import trimesh
from numpy.typing import NDArray

from video4spatial.pipeline.core.errors import ConfigError, SourceError
from video4spatial.sim_scenes.scene import STAGE_ID, Body, Material, Part, Scene

logger = logging.getLogger(__name__)

_MAGIC, _JSON, _BIN = 0x46546C67, 0x4E4F534A, 0x004E4942
_STAGE_WORDS = ("wall", "floor", "ceiling", "roof", "stage", "ground")


def check_glb(path: Path) -> dict[str, Any]:
    """The JSON chunk of a well-formed GLB 2. Raises ConfigError, in one line, for anything else."""
    if not path.is_file():
        raise ConfigError(f"{path} is not a file; simulation.scenes takes paths of .glb files")
    data = path.read_bytes()

    def broken(why: str) -> ConfigError:
        return ConfigError(f"{path.name} is not a usable GLB ({why}); export the scene again as glTF binary 2.0")

    if len(data) < 20:
        raise broken(f"{len(data)} bytes, a header alone has 20")
    magic, version, length = struct.unpack_from("<III", data)
    if magic != _MAGIC:
        raise broken("it does not begin with the letters glTF")
    if version != 2:
        raise broken(f"version {version}, expected 2")
    if length != len(data):
        raise broken(f"its header says {length} bytes, the file has {len(data)}")
    chunks = _chunks(data, broken)
    if not chunks or chunks[0][0] != _JSON:
        raise broken("its first chunk is not JSON")
    try:
        document = json.loads(chunks[0][1])
    except ValueError as error:
        raise broken(f"its JSON chunk does not parse: {error}") from None
    if not isinstance(document, dict) or not document.get("meshes"):
        raise broken("it holds no mesh")
    try:
        _check_bounds(document, len(chunks[1][1]) if len(chunks) > 1 and chunks[1][0] == _BIN else 0, broken)
    except (TypeError, AttributeError, KeyError) as error:
        raise broken(f"its JSON is not that of glTF: {error}") from None
    return document


def _chunks(data: bytes, broken: Any) -> list[tuple[int, bytes]]:
    chunks, position = [], 12
    while position < len(data):
        if position + 8 > len(data):
            raise broken("it ends inside a chunk header")
        size, kind = struct.unpack_from("<II", data, position)
        if position + 8 + size > len(data):
            raise broken("a chunk is longer than the file")
        chunks.append((kind, data[position + 8 : position + 8 + size]))
        position += 8 + size
    return chunks


def _check_bounds(document: dict[str, Any], binary_bytes: int, broken: Any) -> None:
    """Buffers, views and accessors must lie inside each other."""
    buffers = document.get("buffers", [])
    for number, buffer in enumerate(buffers):
        if "uri" in buffer:
            raise broken(f"buffer {number} is an outside file or data URI; embed it")
        if buffer.get("byteLength", 0) > binary_bytes:
            raise broken(f"buffer {number} has {buffer.get('byteLength')} bytes, its chunk {binary_bytes}")
    views = document.get("bufferViews", [])
    for number, view in enumerate(views):
        index = view.get("buffer", -1)
        if not 0 <= index < len(buffers):
            raise broken(f"buffer view {number} names buffer {index}, which is not there")
        if view.get("byteOffset", 0) + view.get("byteLength", 0) > buffers[index]["byteLength"]:
            raise broken(f"buffer view {number} ends outside its buffer")
    for number, accessor in enumerate(document.get("accessors", [])):
        index = accessor.get("bufferView")
        if index is not None and not 0 <= index < len(views):
            raise broken(f"accessor {number} names buffer view {index}, which is not there")
    unknown = [name for name in document.get("extensionsRequired", []) if name not in _READABLE]
    if unknown:
        raise broken(f"it needs {', '.join(unknown)}, which is not read here")


_READABLE = ("KHR_texture_transform", "KHR_materials_unlit", "KHR_mesh_quantization")


class MaterialShelf:
    """One Material for each trimesh material, also for equal ones of several files: chairs share their textures."""

    def __init__(self) -> None:
        self._made: dict[str, Material] = {}
        self._left_out: Counter[str] = Counter()

    def take(self, source: Any) -> Material:
        """The material of `source`; None is white, for vertex colours."""
        made = Material("vertex colours") if source is None else _material(source)
        key = _fingerprint(made)
        if key not in self._made:
            self._made[key] = made
            self._left_out.update(_left_out(source))
        return self._made[key]

    def log_left_out(self, file: str) -> None:
        """Says in one line what `file` has that is not shown, and of how many materials; nothing if it all is."""
        if self._left_out:
            counts = ", ".join(f"{name} ({count} materials)" for name, count in sorted(self._left_out.items()))
            logger.info("%s is shown without: %s", file, counts)
        self._left_out.clear()


def _fingerprint(material: Material) -> str:
    """Equal for materials that look the same and have one name."""
    arrays = [array for array in (material.texture, material.alpha) if array is not None]
    plain = (material.name, material.colour, material.double_sided, material.glow, material.alpha_cutoff)
    digest = hashlib.sha256(repr((*plain, [array.shape for array in arrays])).encode())
    for array in arrays:
        digest.update(array.tobytes())
    if material.emission is not None:
        digest.update(_fingerprint(material.emission).encode())
    return digest.hexdigest()


def load_glb(path: Path, name: str) -> Scene:
    """The scene in a GLB, unlit. Raises SourceError(reason="unreadable_scene") when its meshes cannot be read."""
    groups: dict[str, list[Part]] = {}
    materials = MaterialShelf()
    try:
        check_glb(path)
        loaded: Any = trimesh.load(path, file_type="glb", process=False)
        for name_in_file, geometry, node in sorted(_named_nodes(loaded.graph)):
            mesh = loaded.geometry[geometry]
            if isinstance(mesh, trimesh.Trimesh) and len(mesh.faces):
                part = part_of_mesh(mesh, loaded.graph[node][0], materials)
                groups.setdefault(_group_of(name_in_file), []).append(part)
    except (ConfigError, ValueError, KeyError, IndexError, TypeError, NotImplementedError, OSError) as error:
        # what trimesh and Pillow raise on damaged meshes and pictures
        raise SourceError(f"{path.name} cannot be read ({error})", reason="unreadable_scene") from None
    if not groups:
        raise SourceError(f"{path.name} holds no triangles", reason="unreadable_scene")
    if not all(np.isfinite(part.vertices_m).all() for parts in groups.values() for part in parts):
        raise SourceError(f"{path.name} has vertices that are not numbers", reason="unreadable_scene")
    materials.log_left_out(path.name)
    return Scene(name, _bodies(groups))


def part_of_mesh(mesh: trimesh.Trimesh, transform: NDArray[np.float64], materials: MaterialShelf) -> Part:
    """A trimesh mesh placed by `transform`; `materials` shares equal ones."""
    visual: Any = mesh.visual
    vertices = np.asarray(mesh.vertices) @ transform[:3, :3].T + transform[:3, 3]
    normals = np.array(mesh.vertex_normals) @ np.linalg.inv(transform[:3, :3])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    uv, colours = np.zeros((len(vertices), 2)), None
    source = getattr(visual, "material", None)
    if visual.kind == "texture" and visual.uv is not None:
        uv = np.stack([visual.uv[:, 0], 1.0 - visual.uv[:, 1]], axis=1)  # trimesh turns v upside down
    elif visual.kind == "vertex":
        colours = (np.asarray(visual.vertex_colors)[:, :3].astype(np.float32) / 255.0) ** 2
        source = None
    if colours is None and "color" in getattr(visual, "vertex_attributes", {}):
        stored = np.asarray(visual.vertex_attributes["color"])
        top = 255.0 if stored.dtype == np.uint8 else 1.0
        colours = (stored[:, :3].astype(np.float32) / top) ** 2
    material = materials.take(source)
    faces = np.asarray(mesh.faces)[:, ::-1] if np.linalg.det(transform[:3, :3]) < 0 else np.asarray(mesh.faces)
    return Part(
        vertices.astype(np.float32),
        normals.astype(np.float32),
        uv.astype(np.float32),
        faces.astype(np.int32),
        material,
        None if colours is None else colours.astype(np.float32),
    )


def _left_out(source: Any) -> list[str]:
    """What a glTF material has and the renderer cannot show."""
    names = {
        "normalTexture": "normal map",
        "metallicRoughnessTexture": "metallic-roughness map",
        "occlusionTexture": "occlusion map",
    }
    found = [name for key, name in names.items() if getattr(source, key, None) is not None]
    if (getattr(source, "metallicFactor", None) or 0.0) > 0.0:
        found.append("metal")
    if getattr(source, "alphaMode", None) == "BLEND":
        found.append("alpha blending")
    return found


def _material(source: Any) -> Material:
    """What the renderer keeps of a glTF material."""
    name = str(getattr(source, "name", None) or "material")
    factor = getattr(source, "baseColorFactor", None)
    base = np.ones(4) if factor is None else np.append(np.asarray(factor, dtype=float) / 255.0, 1.0)[:4]
    picture = getattr(source, "baseColorTexture", None)
    texture = None if picture is None else np.asarray(picture.convert("RGB"))
    alpha, cutoff = None, getattr(source, "alphaCutoff", None)
    if getattr(source, "alphaMode", None) == "MASK" and picture is not None and "A" in picture.getbands():
        alpha = np.round(np.asarray(picture.getchannel("A")) * base[3]).astype(np.uint8)
    glow, emission = _emission(source, name, dark=texture is None and float(base[:3].max()) < 0.02)
    double_sided = bool(getattr(source, "doubleSided", False))
    cut = 0.5 if cutoff is None else float(cutoff)
    return Material(name, _colour(base[:3]), texture, double_sided, glow, emission, alpha, cut)


def _emission(source: Any, name: str, dark: bool) -> tuple[float, Material | None]:
    """The glow and the emission of a glTF material. A grey factor alone glows in the surface's own colour, as lamp
    shades do; a colour or a texture, or any light of a `dark` surface, is shown as it is."""
    factor, picture = getattr(source, "emissiveFactor", None), getattr(source, "emissiveTexture", None)
    emissive = np.zeros(3) if factor is None else np.asarray(factor, dtype=float)[:3]
    if not emissive.any():
        return 0.0, None
    if picture is None and not dark and np.ptp(emissive) < 1e-6:
        return min(float(emissive.max()), 1.0), None
    texture = None if picture is None else np.asarray(picture.convert("RGB"))
    return 0.0, Material(f"{name} emission", _colour(np.clip(emissive, 0.0, 1.0)), texture)


def _colour(linear: NDArray[np.float64]) -> tuple[float, float, float]:
    """glTF factors are linear; the renderer's gamma is 2 where sRGB's is about 2.2."""
    red, green, blue = (float(x) for x in _srgb(linear) ** 2)
    return red, green, blue


def _srgb(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * np.maximum(linear, 1e-9) ** (1 / 2.4) - 0.055)


def _named_nodes(graph: Any) -> list[tuple[str, str, str]]:
    """(name in the file, geometry, node) of all nodes with triangles. A mesh of several materials comes as one node for
    each, whose name trimesh ends in six random digits: they are that node of the file, and one thing."""
    named = []
    for node in graph.nodes_geometry:
        parent = graph.transforms.parents.get(node, "")
        drawn = re.fullmatch(re.escape(parent) + "_[0-9a-f]{6}", node) is not None
        named.append((parent if drawn else node, graph[node][1], node))
    return named


def _group_of(node: str) -> str:
    """Nodes `Sofa/0` and `Sofa/1` are two materials of one thing."""
    return node.rsplit("/", 1)[0]


def _bodies(groups: dict[str, list[Part]]) -> tuple[Body, ...]:
    """Walls, floors and ceilings form the stage; every other group is an object of its own."""
    stage: list[tuple[str, list[Part]]] = []
    objects: list[tuple[str, list[Part]]] = []
    for node, parts in sorted(groups.items()):
        (stage if _is_stage(node) else objects).append((node, parts))
    bodies = (
        [Body(STAGE_ID, "stage", "stage", ("stage",), tuple(p for _, parts in stage for p in parts))] if stage else []
    )
    for number, (node, parts) in enumerate(objects, start=1):
        category = category_of(node)
        bodies.append(Body(number, node, category, (category,), tuple(parts)))
    return tuple(bodies)


def _is_stage(node: str) -> bool:
    return any(word in category_of(node).split() for word in _STAGE_WORDS)


def category_of(node: str) -> str:
    """`CoffeeTable_01_001` reads `coffee table`: words of the node's name without numbers and single letters."""
    words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", node)
    return " ".join(word.lower() for word in words if len(word) > 1) or "thing"
