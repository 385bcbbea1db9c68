"""Textures as the shading kernel reads them: square, power of two, with all their smaller copies, in one array.

Material.texture ─▶ [Atlas] ─▶ shading.texture_colour
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import warp as wp
from numpy.typing import NDArray
from PIL import Image

from video4spatial.sim_scenes.render.texels import Texel
from video4spatial.sim_scenes.scene import Material

MAX_SIDE_LOG2 = 10
"""Textures above 1024 texels a side are shrunk: a frame of 512 cannot show more."""


Pyramid = tuple[NDArray[np.uint8], ...]


@dataclass(frozen=True, eq=False)
class Atlas:
    """The textures of some materials on one device."""

    materials: tuple[Material, ...]
    pyramids: tuple[Pyramid, ...]
    """One per material."""
    side_log2: NDArray[np.int32]
    """(M,) log2 of the side, -1 without a texture."""
    texels: Any
    level_start: Any


def build_atlas(materials: tuple[Material, ...], device: str, like: Atlas | None = None) -> Atlas:
    """Uploads the textures of `materials`. Those that `like` holds are taken from there, and all of it where it holds
    just these materials in this order, with others after them or not."""
    if like is not None and like.materials[: len(materials)] == materials:
        return like
    known = {} if like is None else dict(zip(map(id, like.materials), like.pyramids, strict=True))
    pyramids = tuple(known.get(id(material)) or build_pyramid(material) for material in materials)
    side_log2 = np.full(len(materials), -1, dtype=np.int32)
    level_start = np.zeros((max(1, len(materials)), MAX_SIDE_LOG2 + 1), dtype=np.int32)
    position = 1
    for index, pyramid in enumerate(pyramids):
        side_log2[index] = len(pyramid) - 1
        for level, texels in enumerate(pyramid):
            level_start[index, level] = position
            position += len(texels)
    joined = np.concatenate([np.zeros((1, 4), dtype=np.uint8), *(level for pyramid in pyramids for level in pyramid)])
    return Atlas(
        materials,
        pyramids,
        side_log2,
        wp.array(joined.view("<u4").ravel(), dtype=Texel, device=device),
        wp.array(level_start, dtype=wp.int32, device=device),
    )


def build_pyramid(material: Material) -> Pyramid:
    """(side^2, 4) texels per level, the finest first; empty without a texture. The fourth is the cut-out's alpha."""
    if material.texture is None:
        return ()
    levels = []
    for texels in mip_levels(squared(material.texture)):
        padded = np.full((texels.shape[0] ** 2, 4), 255, dtype=np.uint8)
        padded[:, :3] = texels.reshape(-1, 3)
        levels.append(padded)
    if material.alpha is not None:
        covers = squared(material.alpha, 1 << (len(levels) - 1)).astype(np.float32)
        for level in levels:
            level[:, 3] = (covers + 0.5).astype(np.uint8).ravel()
            if len(covers) > 1:
                four = covers[0::2, 0::2] + covers[0::2, 1::2] + covers[1::2, 0::2] + covers[1::2, 1::2]
                covers = four * np.float32(0.25)
    return tuple(levels)


def squared(texture: NDArray[np.uint8], side: int | None = None) -> NDArray[np.uint8]:
    """(S, S) or (S, S, 3) with S the power of two at or above the longer side, at most 2**MAX_SIDE_LOG2, or `side`."""
    side = side or 1 << min(MAX_SIDE_LOG2, int(np.ceil(np.log2(max(texture.shape[:2])))))
    if texture.shape[:2] == (side, side):
        return texture
    return np.asarray(Image.fromarray(texture).resize((side, side), Image.Resampling.BICUBIC))


def mip_levels(texture: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """The texture and its halvings down to one texel (box filter in linear light)."""
    levels = [texture]
    linear = (texture.astype(np.float32) / 255.0) ** 2
    while linear.shape[0] > 1:
        # four strided sums: numpy's mean over two axes takes five times as long
        linear = (linear[0::2, 0::2] + linear[0::2, 1::2] + linear[1::2, 0::2] + linear[1::2, 1::2]) * np.float32(0.25)
        levels.append((np.sqrt(linear) * 255.0 + 0.5).astype(np.uint8))
    return levels
