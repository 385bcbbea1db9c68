"""Small glTF files put together byte by byte, for what exporters do not write."""

import io
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

KINDS = {"int8": 5120, "uint8": 5121, "int16": 5122, "uint16": 5123, "uint32": 5125, "float32": 5126}
SQUARE = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], dtype=np.float32)
"""2 m wide, faces +z."""
SQUARE_UV = np.array([[0, 1], [1, 1], [1, 0], [0, 0]], dtype=np.float32)
SQUARE_FACES = np.array([0, 1, 2, 0, 2, 3], dtype=np.uint16)


class GltfMaker:
    """A document and its bytes."""

    def __init__(self) -> None:
        self.document: dict[str, Any] = {"asset": {"version": "2.0"}, "scene": 0, "scenes": [{"nodes": []}]}
        self.blob = bytearray()

    def add(self, key: str, entry: dict[str, Any]) -> int:
        self.document.setdefault(key, []).append(entry)
        return len(self.document[key]) - 1

    def view(self, data: bytes, **fields: Any) -> int:
        self.blob += b"\0" * (-len(self.blob) % 4)
        start = len(self.blob)
        self.blob += data
        return self.add("bufferViews", {"buffer": 0, "byteOffset": start, "byteLength": len(data), **fields})

    def accessor(self, values: np.ndarray, **fields: Any) -> int:
        wide = values.reshape(len(values), -1)
        shape = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4", 16: "MAT4"}[wide.shape[1]]
        entry = {"componentType": KINDS[values.dtype.name], "type": shape, "count": len(values)}
        return self.add("accessors", {"bufferView": self.view(wide.tobytes()), **entry, **fields})

    def picture(self, picture: Image.Image, form: str = "PNG") -> int:
        stream = io.BytesIO()
        picture.save(stream, format=form)
        image = self.add("images", {"bufferView": self.view(stream.getvalue()), "mimeType": f"image/{form.lower()}"})
        return self.add("textures", {"source": image})

    def material(self, texture: int | None = None, **fields: Any) -> int:
        pbr = {} if texture is None else {"baseColorTexture": {"index": texture}}
        return self.add("materials", {"pbrMetallicRoughness": pbr, **fields})

    def mesh(self, vertices: np.ndarray, faces: np.ndarray | None = None, **fields: Any) -> int:
        """`fields`: attributes in capitals (arrays), the rest of the primitive in small letters."""
        attributes = {name: self.accessor(values) for name, values in fields.items() if name.isupper()}
        primitive = {key: value for key, value in fields.items() if not key.isupper()}
        primitive["attributes"] = {"POSITION": self.accessor(vertices), **attributes}
        if faces is not None:
            primitive["indices"] = self.accessor(faces.ravel())
        return self.add("meshes", {"primitives": [primitive]})

    def square(self, **fields: Any) -> int:
        return self.mesh(SQUARE, SQUARE_FACES, TEXCOORD_0=SQUARE_UV, **fields)

    def node(self, parent: int | None = None, **fields: Any) -> int:
        number = self.add("nodes", fields)
        above = self.document["scenes"][0]["nodes"] if parent is None else None
        if parent is not None:
            above = self.document["nodes"][parent].setdefault("children", [])
        assert above is not None
        above.append(number)
        return number

    def glb(self) -> bytes:
        if self.blob:
            self.document["buffers"] = [{"byteLength": len(self.blob)}]
        text = json.dumps(self.document).encode()
        text += b" " * (-len(text) % 4)
        blob = bytes(self.blob) + b"\0" * (-len(self.blob) % 4)
        body = struct.pack("<II", len(text), 0x4E4F534A) + text + struct.pack("<II", len(blob), 0x004E4942) + blob
        return struct.pack("<4sII", b"glTF", 2, 12 + len(body)) + body

    def write(self, path: Path) -> Path:
        """A .glb; or a .gltf with its bytes beside it."""
        if path.suffix == ".gltf":
            path.with_suffix(".bin").write_bytes(bytes(self.blob))
            self.document["buffers"] = [{"byteLength": len(self.blob), "uri": path.with_suffix(".bin").name}]
            path.write_text(json.dumps(self.document))
        else:
            path.write_bytes(self.glb())
        return path


def house() -> GltfMaker:
    """A bit of everything: a textured floor of 4 x 4 m, a painted crate, a lamp, instances, sparse values."""
    made = GltfMaker()
    checks = Image.fromarray((np.indices((8, 8)).sum(axis=0) % 2 * 255).astype(np.uint8))
    floor = made.square(material=made.material(made.picture(checks), name="checks"))
    made.node(name="Floor", mesh=floor, rotation=[-0.70710678, 0, 0, 0.70710678], scale=[2, 2, 1])
    crate = made.mesh(
        np.concatenate([SQUARE, SQUARE * [1, 1, -1] - [0, 0, 0.5]]).astype(np.float32) * 0.2,
        np.concatenate([SQUARE_FACES, SQUARE_FACES[::-1] + 4]).astype(np.uint16),
        COLOR_0=np.full((8, 4), (200, 30, 30, 255), dtype=np.uint8),
        material=made.material(name="paint", emissiveFactor=[0.1, 0.0, 0.0], alphaMode="MASK"),
    )
    made.document["accessors"][-2]["normalized"] = True
    made.node(name="Crate", mesh=crate, translation=[0.5, 0.3, 0.5], children=[])
    light = {"lights": [{"type": "point", "intensity": 40.0, "color": [1.0, 0.9, 0.8]}]}
    made.document |= {"extensions": {"KHR_lights_punctual": light}, "extensionsUsed": ["KHR_lights_punctual"]}
    made.node(name="Lamp", translation=[0, 2.2, 0], extensions={"KHR_lights_punctual": {"light": 0}})
    offset = made.accessor(np.array([[0, 0, 0.1]], dtype=np.float32))
    values = made.document["accessors"].pop(offset)
    places = made.view(np.array([2], dtype=np.uint16).tobytes())
    sparse = {"count": 1, "indices": {"bufferView": places, "componentType": 5123}}
    sparse["values"] = {"bufferView": values["bufferView"]}
    positions = made.document["meshes"][0]["primitives"][0]["attributes"]["POSITION"]
    made.document["accessors"][positions]["sparse"] = sparse
    return made
