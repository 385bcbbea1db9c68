"""The pictures of a glTF file: PNG, JPEG, WebP and KTX2, decoded once and no larger than can be seen.

GltfFile ─▶ [Pictures.texture] ─▶ Picture ─▶ gltf_materials.py
"""

import io
import struct
import warnings
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from video4spatial.sim_scenes.gltf_checks import index, record, records
from video4spatial.sim_scenes.gltf_file import GltfFile, bytes_of_uri

MAX_SIDE_PX = 2048
"""Larger pictures are shrunk as they are read: a scan of thirty textures of 8192 texels would take 6 GB."""
_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")
_KTX2 = b"\xabKTX 20\xbb\r\n\x1a\n"
_DAMAGE = (OSError, SyntaxError, ValueError, struct.error, EOFError, zlib.error, IndexError, KeyError, TypeError)
"""What Pillow raises on damaged pictures, beside its errors for huge ones."""


@dataclass(frozen=True, eq=False)
class Picture:
    rgb: NDArray[np.uint8]
    """(H, W, 3) sRGB."""
    alpha: NDArray[np.uint8] | None
    """(H, W), None for a picture without."""


class Pictures:
    """The pictures of one file by texture."""

    def __init__(self, file: GltfFile) -> None:
        self._file = file
        self._read: dict[int, Picture] = {}

    def texture(self, info: Any) -> Picture | None:
        """The picture of a `textureInfo` object; None where there is none. Raises ValueError for a damaged one."""
        document = self._file.document
        textures, images = records(document, "textures"), records(document, "images")
        if not isinstance(info, dict):
            return None
        texture = textures[index("a material", info.get("index"), len(textures), "texture")]
        source = texture.get("source")
        for name in ("KHR_texture_basisu", "EXT_texture_webp"):
            source = record(record(texture, "extensions"), name).get("source", source)
        if source is None:
            return None
        number = index("a texture", source, len(images), "image")
        if number not in self._read:
            self._read[number] = self._decode(number, images[number])
        return self._read[number]

    def _decode(self, number: int, image: dict[str, Any]) -> Picture:
        name = image.get("uri", "") if "bufferView" not in image else image.get("name", "")
        what = f"its picture {number}{f' ({name:.40})' if name and not name.startswith('data:') else ''}"
        try:
            if "bufferView" in image:
                data = bytes(self._file.view(image["bufferView"]))
            else:
                data = bytes_of_uri(self._file.path, image["uri"])
            return _from_ktx2(data) if data.startswith(_KTX2) else _from_pillow(data)
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            raise ValueError(f"{what} has too many pixels; shrink it") from None
        except _DAMAGE as error:
            raise ValueError(f"{what} does not decode: {error!s:.100}") from None


def _from_pillow(data: bytes) -> Picture:
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        picture = Image.open(io.BytesIO(data), formats=_FORMATS)
    picture.draft(None, (MAX_SIDE_PX, MAX_SIDE_PX))  # JPEG decodes at a half, a quarter or an eighth
    shown = _eight_bits(picture)
    shown.thumbnail((MAX_SIDE_PX, MAX_SIDE_PX), Image.Resampling.BOX)
    if shown.mode == "RGBA":
        return Picture(np.asarray(shown.convert("RGB")), np.asarray(shown.getchannel("A")))
    return Picture(np.asarray(shown), None)


def _eight_bits(picture: Image.Image) -> Image.Image:
    """RGB or RGBA. Pillow itself cuts 16-bit greys off at 255."""
    if picture.mode.startswith("I") or picture.mode == "F":
        grey = np.asarray(picture).astype(np.float64)
        top = 1.0 if picture.mode == "F" and grey.max(initial=0.0) <= 1.0 else 65535.0
        return Image.fromarray(np.clip(grey / top * 255.0 + 0.5, 0, 255).astype(np.uint8)).convert("RGB")
    see_through = "A" in picture.getbands() or "transparency" in picture.info
    return picture.convert("RGBA" if see_through else "RGB")


def _from_ktx2(data: bytes) -> Picture:
    """Basis Universal pictures; the largest level that is not larger than needed."""
    import opengl_basisu  # optional: open_gltf refuses such files without it

    texture = opengl_basisu.open(data)
    sides = [max(texture.width >> level, texture.height >> level) for level in range(texture.levels)]
    level = next((k for k, side in enumerate(sides) if side <= MAX_SIDE_PX), len(sides) - 1)
    if (texture.width >> level) * (texture.height >> level) > (Image.MAX_IMAGE_PIXELS or 1 << 26):
        raise Image.DecompressionBombError
    pixels = np.asarray(texture.transcode("rgba8", level).data)
    picture = Image.fromarray(pixels if texture.has_alpha else np.ascontiguousarray(pixels[..., :3]))
    picture.thumbnail((MAX_SIDE_PX, MAX_SIDE_PX), Image.Resampling.BOX)
    alpha = np.asarray(picture.getchannel("A")) if texture.has_alpha else None
    return Picture(np.asarray(picture.convert("RGB")), alpha)
