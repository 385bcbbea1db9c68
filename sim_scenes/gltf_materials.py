"""The surfaces of a glTF file as the renderer knows them, and the names of what it cannot show.

GltfFile + Pictures ─▶ [MaterialShelf.take] ─▶ Surface (Material, where its texture lies) ─▶ glb.py

Kept: base colour factor and texture, emissive factor and texture, alpha masks, sidedness, unlit. Normal maps, metal and
roughness, occlusion, coats and glass are left out by name; blended surfaces are cut out where their picture is more
than half see-through, and shown whole where it is everywhere alike.
"""

import hashlib
import logging
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from video4spatial.sim_scenes.gltf_checks import number, numbers, record, records, whole
from video4spatial.sim_scenes.gltf_file import GltfFile
from video4spatial.sim_scenes.gltf_images import Picture, Pictures
from video4spatial.sim_scenes.scene import Material

logger = logging.getLogger(__name__)

PLAIN = Material("vertex colours")
"""White: of meshes without a material."""
_MAPS = {"normalTexture": "normal map", "occlusionTexture": "occlusion map"}
_SHOWN = frozenset(
    {
        "KHR_materials_unlit",
        "KHR_materials_emissive_strength",
        "KHR_materials_pbrSpecularGlossiness",
        "KHR_materials_ior",
        "KHR_materials_variants",
    }
)
_REPEAT = 10497


@dataclass(frozen=True, eq=False)
class Surface:
    """A material and which texture coordinates it is laid on with."""

    material: Material
    uv_set: int = 0
    uv_from_stored: NDArray[np.float64] | None = None
    """(2, 3) affine map of stored coordinates (KHR_texture_transform)."""
    repeats: bool = True
    """False: its sampler clamps or mirrors, which is not shown."""


class MaterialShelf:
    """One Material for all that look alike, also those of several files: chairs share their textures."""

    def __init__(self) -> None:
        self._made: dict[str, Material] = {}
        self.left_out: Counter[str] = Counter()
        """What the file being read has that is not shown, and how often."""

    def take(self, file: GltfFile, pictures: Pictures, index: int | None) -> Surface | None:
        """The surface of a material; None for one that nobody can see. Raises ValueError for a damaged one."""
        if index is None:
            return Surface(self.shared(PLAIN))
        entry = records(file.document, "materials")[index]
        base, info = _base(entry)
        if entry.get("alphaMode") == "BLEND" and base[3] < 0.02:
            self.left_out["invisible materials"] += 1
            return None
        emissive = entry.get("emissiveTexture")
        laid = info if isinstance(info, dict) else emissive
        picture = pictures.texture(info)
        glowing = pictures.texture(emissive) if any(_emissive_factor(entry)) else None
        made = _material(entry, f"material {index}", base, picture, glowing)
        uv_set, transform = _coordinates(laid)
        if glowing is not None and picture is not None and _coordinates(emissive)[0] != uv_set:
            self.left_out["emission on other texture coordinates"] += 1
        for name in _not_shown(entry, made):
            self.left_out[name] += 1
        return Surface(self.shared(made), uv_set, transform, _repeats(file, laid))

    def shared(self, made: Material) -> Material:
        """The material on the shelf that looks like `made`, which is put there if there is none."""
        return self._made.setdefault(_fingerprint(made), made)

    def log_left_out(self, file: str) -> None:
        """Says in one line what `file` has that is not shown, and how often; nothing if it all is."""
        if self.left_out:
            counts = ", ".join(f"{name} ({count})" for name, count in sorted(self.left_out.items()))
            logger.info("%s is shown without: %s", file, counts)
        self.left_out.clear()


def srgb(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * np.maximum(linear, 1e-9) ** (1 / 2.4) - 0.055)


def _base(entry: dict[str, Any]) -> tuple[list[float], Any]:
    """Base colour factor (linear rgb, alpha) and texture."""
    old = record(record(entry, "extensions"), "KHR_materials_pbrSpecularGlossiness")
    if old:
        return numbers(old, "diffuseFactor", [1.0] * 4), old.get("diffuseTexture")
    pbr = record(entry, "pbrMetallicRoughness")
    return numbers(pbr, "baseColorFactor", [1.0] * 4), pbr.get("baseColorTexture")


def _material(
    entry: dict[str, Any], unnamed: str, base: list[float], picture: Picture | None, glowing: Picture | None
) -> Material:
    name = str(entry.get("name") or unnamed)
    cutoff = number("alphaCutoff", entry.get("alphaCutoff", 0.5))
    alpha = None if picture is None or picture.alpha is None else np.round(picture.alpha * base[3]).astype(np.uint8)
    if entry.get("alphaMode") == "BLEND":
        cutoff = 0.5
        alpha = alpha if alpha is not None and alpha.min() < 128 <= alpha.max() else None
    elif entry.get("alphaMode") != "MASK":
        alpha = None
    colour = np.clip(base[:3], 0.0, 1.0)
    unlit = "KHR_materials_unlit" in record(entry, "extensions")
    glow, emission = _emission(entry, name, glowing, dark=picture is None and float(colour.max()) < 0.02)
    return Material(
        name,
        _colour(colour),
        None if picture is None else picture.rgb,
        bool(entry.get("doubleSided", False)),
        1.0 if unlit else glow,
        None if unlit else emission,
        alpha,
        cutoff,
    )


def _emissive_factor(entry: dict[str, Any]) -> list[float]:
    strength = record(record(entry, "extensions"), "KHR_materials_emissive_strength").get("emissiveStrength", 1.0)
    factor = number("emissiveStrength", strength)
    return [min(max(value * factor, 0.0), 1.0) for value in numbers(entry, "emissiveFactor", [0.0] * 3)]


def _emission(entry: dict[str, Any], name: str, picture: Picture | None, dark: bool) -> tuple[float, Material | None]:
    """The glow and the emission of a material. A grey factor alone glows in the surface's own colour, as lamp shades
    do; a colour or a texture, or any light of a `dark` surface, is shown as it is."""
    factor = np.array(_emissive_factor(entry))
    if not factor.any():
        return 0.0, None
    if picture is None and not dark and np.ptp(factor) < 1e-6:
        return float(factor.max()), None
    return 0.0, Material(f"{name} emission", _colour(factor), None if picture is None else picture.rgb)


def _colour(linear: NDArray[np.float64]) -> tuple[float, float, float]:
    """glTF factors are linear; the renderer's gamma is 2 where sRGB's is about 2.2."""
    red, green, blue = (float(x) for x in srgb(linear) ** 2)
    return red, green, blue


def _coordinates(info: Any) -> tuple[int, NDArray[np.float64] | None]:
    """Set and affine map of the texture coordinates of a `textureInfo` object."""
    if not isinstance(info, dict):
        return 0, None
    extension = record(record(info, "extensions"), "KHR_texture_transform")
    uv_set = whole("texCoord", extension.get("texCoord", info.get("texCoord", 0)))
    if not extension:
        return uv_set, None
    (u, v), (width, height) = numbers(extension, "offset", [0.0] * 2), numbers(extension, "scale", [1.0] * 2)
    angle = number("rotation", extension.get("rotation", 0.0))
    cos, sin = np.cos(angle), np.sin(angle)
    return uv_set, np.array([[cos * width, sin * height, u], [-sin * width, cos * height, v]])


def _repeats(file: GltfFile, info: Any) -> bool:
    if not isinstance(info, dict):
        return True
    samplers = records(file.document, "samplers")
    number_ = records(file.document, "textures")[info["index"]].get("sampler")
    sampler = samplers[number_] if isinstance(number_, int) and 0 <= number_ < len(samplers) else {}
    return all(sampler.get(way, _REPEAT) == _REPEAT for way in ("wrapS", "wrapT"))


def _not_shown(entry: dict[str, Any], made: Material) -> list[str]:
    """What a material has and the renderer cannot show."""
    found = [name for key, name in _MAPS.items() if key in entry]
    pbr = record(entry, "pbrMetallicRoughness")
    if "metallicRoughnessTexture" in pbr:
        found.append("metallic-roughness map")
    if number("metallicFactor", pbr.get("metallicFactor", 0.0)) > 0.0:
        found.append("metal")
    if entry.get("alphaMode") == "BLEND":
        found.append("alpha blending (opaque)" if made.alpha is None else "alpha blending (cut out at a half)")
    extensions = record(entry, "extensions")
    if "KHR_materials_unlit" in extensions:
        found.append("unlit (glowing)")
    if "KHR_materials_pbrSpecularGlossiness" in extensions:
        found.append("specular-glossiness")
    known = sorted(str(name) for name in extensions if name not in _SHOWN)
    return found + [name.removeprefix("KHR_materials_").removeprefix("EXT_") for name in known]


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
