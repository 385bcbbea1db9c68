"""A glTF file (.glb or .gltf): its document and its bytes, checked.

path ─▶ [open_gltf] ─▶ GltfFile ─▶ gltf_arrays (numbers), gltf_images (pictures), glb (the scene)

Files are read here rather than by trimesh, which leaves out what it cannot read without a word (pictures, lights, other
texture coordinates, what hangs below a camera) and believes every number that a file says. What is beside the file
(buffers, pictures) must lie in its folder or below: a downloaded scene reads nothing else of this machine.
"""

import base64
import binascii
import json
import struct
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote

from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.sim_scenes.gltf_checks import check_document, record, records, whole

SUFFIXES = (".glb", ".gltf")
_MAGIC, _JSON, _BIN = 0x46546C67, 0x4E4F534A, 0x004E4942
_READ = frozenset(
    {
        "KHR_texture_transform",
        "KHR_materials_unlit",
        "KHR_mesh_quantization",
        "KHR_lights_punctual",
        "KHR_materials_pbrSpecularGlossiness",
        "KHR_materials_emissive_strength",
        "EXT_mesh_gpu_instancing",
        "EXT_texture_webp",
        "KHR_materials_ior",
        "KHR_materials_specular",
        "KHR_materials_clearcoat",
        "KHR_materials_sheen",
        "KHR_materials_transmission",
        "KHR_materials_volume",
        "KHR_materials_variants",
    }
)
"""Extensions that a file may require; of some only a part is shown (docs/scenes.md)."""
_DECODED = {
    "KHR_texture_basisu": ("opengl_basisu", "KTX2 textures"),
    "KHR_draco_mesh_compression": ("DracoPy", "compressed meshes"),
}
"""Extension: the package that decodes it, and what it is."""
_REMEDIES = {
    "EXT_meshopt_compression": "run gltfpack without -c, or `gltf-transform copy` the file",
    "KHR_texture_ktx": "convert its KTX2 textures to PNG or JPEG",
}


@dataclass(frozen=True, eq=False)
class GltfFile:
    """A file whose numbers were checked."""

    path: Path
    document: dict[str, Any]
    buffers: tuple[memoryview, ...]

    def view(self, number: int) -> memoryview:
        """The bytes of a buffer view."""
        entry = self.document["bufferViews"][number]
        start = entry.get("byteOffset", 0)
        return self.buffers[entry["buffer"]][start : start + entry["byteLength"]]


def open_gltf(path: Path, data: bytes | None = None) -> GltfFile:
    """`data`: what the file holds, where it was read already. Raises ConfigError, in one line, for anything that is no
    sound glTF 2 file."""
    data = _bytes_of(path) if data is None else data
    try:
        document, binary = _parse(path, memoryview(data))
        if not records(document, "meshes"):
            raise ValueError("it holds no mesh")
        _check_extensions(document)
        buffers = tuple(
            _buffer(path, number, entry, binary) for number, entry in enumerate(records(document, "buffers"))
        )
        check_document(document, [len(buffer) for buffer in buffers])
        for beside in _image_uris(document):
            if not (path.parent / beside).is_file():
                raise ValueError(f"its texture {beside} is not there; put it back or remove it from the material")
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError, OSError) as error:
        why = "its JSON is nested too deep" if isinstance(error, RecursionError) else error
        raise ConfigError(f"{path.name} is not a usable GLB ({why}); export the scene again as glTF 2.0") from None
    return GltfFile(path, document, buffers)


def check_glb(path: Path) -> dict[str, Any]:
    """The document of a sound file. Raises ConfigError, in one line, for anything else."""
    return open_gltf(path).document


def files_of(path: Path, document: dict[str, Any]) -> list[Path]:
    """The file and what it names beside it, in a fixed order."""
    beside = {_beside(entry["uri"]) for entry in records(document, "buffers") if _is_file_uri(entry.get("uri"))}
    return [path, *(path.parent / name for name in sorted(beside | set(_image_uris(document))))]


def bytes_of_uri(path: Path, uri: str) -> bytes:
    """What a uri of the file holds: base64, or a file beside it."""
    if _is_file_uri(uri):
        return (path.parent / _beside(uri)).read_bytes()
    try:
        return base64.b64decode(uri.partition("base64,")[2], validate=True)
    except binascii.Error:
        raise ValueError("a data uri is not base64") from None


def _bytes_of(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise ConfigError(f"{path} is a folder, not a scene; name a .glb or .gltf file")
        if not path.is_file():
            raise ConfigError(f"{path} is not a file; simulation.scenes takes paths of .glb and .gltf files")
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"cannot read {path.name}: {error.strerror}; check its permissions") from None


def _parse(path: Path, data: memoryview) -> tuple[dict[str, Any], memoryview | None]:
    """The document and the binary chunk."""
    binary = None
    text: Any = data
    if path.suffix.lower() != ".gltf":
        text, binary = _chunks(data)
    try:
        document = json.loads(bytes(text))
    except ValueError as error:
        raise ValueError(f"its JSON chunk does not parse: {error}") from None
    if not isinstance(document, dict):
        raise ValueError("its JSON is no object")
    version = record(document, "asset").get("version", "2.0")
    if not str(version).startswith("2"):
        raise ValueError(f"it is of glTF version {version!r:.20}, expected 2")
    return document, binary


def _chunks(data: memoryview) -> tuple[memoryview, memoryview | None]:
    if len(data) < 20:
        raise ValueError(f"{len(data)} bytes, a header alone has 20")
    magic, version, length = struct.unpack_from("<III", data)
    if magic != _MAGIC:
        raise ValueError("it does not begin with the letters glTF")
    if version != 2:
        raise ValueError(f"version {version}, expected 2")
    if length != len(data):
        raise ValueError(f"its header says {length} bytes, the file has {len(data)}")
    chunks, position = [], 12
    while position < len(data):
        if position + 8 > len(data):
            raise ValueError("it ends inside a chunk header")
        size, kind = struct.unpack_from("<II", data, position)
        if position + 8 + size > len(data):
            raise ValueError("a chunk is longer than the file")
        chunks.append((kind, data[position + 8 : position + 8 + size]))
        position += 8 + size
    if not chunks or chunks[0][0] != _JSON:
        raise ValueError("its first chunk is not JSON")
    return chunks[0][1], next((chunk for kind, chunk in chunks[1:] if kind == _BIN), None)


def _buffer(path: Path, number: int, entry: dict[str, Any], binary: memoryview | None) -> memoryview:
    length, uri = whole(f"buffer {number} byteLength", entry.get("byteLength")), entry.get("uri")
    if uri is None:
        held = binary if number == 0 and binary is not None else memoryview(b"")
        where = "chunk"
    elif isinstance(uri, str):
        if _is_file_uri(uri) and not (path.parent / _beside(uri)).is_file():
            raise ValueError(f"its buffer {_beside(uri)} is not there; put it beside the file")
        held, where = memoryview(bytes_of_uri(path, uri)), "file"
    else:
        raise ValueError(f"buffer {number} has uri {uri!r:.20}")
    if length > len(held):
        raise ValueError(f"buffer {number} has {length} bytes, its {where} {len(held)}")
    return held[:length]


def _check_extensions(document: dict[str, Any]) -> None:
    """What the file needs must be readable here; of what it merely uses, that which there is no substitute for."""
    required, used = document.get("extensionsRequired", []), document.get("extensionsUsed", [])
    if not isinstance(required, list) or not isinstance(used, list):
        raise ValueError("its lists of extensions are no lists")
    if "KHR_texture_basisu" in used and any("source" not in entry for entry in records(document, "textures")):
        required = [*required, "KHR_texture_basisu"]
    for name in dict.fromkeys(str(entry) for entry in required):
        if name in _DECODED:
            package, what = _DECODED[name]
            if find_spec(package) is None:
                raise ValueError(f"it needs {name} ({what}): pip install 'video4spatial[scenes]', or convert it")
        elif name not in _READ:
            raise ValueError(f"it needs {name}, which is not read here; {_REMEDIES.get(name, 'export without it')}")


def _image_uris(document: dict[str, Any]) -> list[str]:
    return sorted({_beside(entry["uri"]) for entry in records(document, "images") if _is_file_uri(entry.get("uri"))})


def _is_file_uri(uri: Any) -> bool:
    return isinstance(uri, str) and not uri.startswith("data:")


def _beside(uri: str) -> str:
    """The relative path of a uri. Raises ValueError when it leaves the file's folder."""
    name = unquote(uri).replace("\\", "/")
    path = PurePosixPath(name)
    if not path.parts or "\0" in name or ":" in path.parts[0] or path.is_absolute() or ".." in path.parts:
        raise ValueError(f"it names {uri!r:.80}, which is no path below its own folder")
    return str(path)
