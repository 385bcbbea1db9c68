"""Textures as the shading kernel reads them: square, power of two, with all their smaller copies, in one array.

Material.texture ─▶ [Atlas] ─▶ shading.texture_colour
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import warp as wp
from numpy.typing import NDArray
from PIL import Image

from video4spatial.sim_scenes.render.shading import Texel
from video4spatial.sim_scenes.scene import Material

MAX_SIDE_LOG2 = 10
"""Textures above 1024 texels a side are shrunk: a frame of 512 cannot show more."""


@dataclass(frozen=True, eq=False)
class Atlas:
    """The textures of some materials on one device."""

    materials: tuple[Material, ...]
    side_log2: NDArray[np.int32]
    """(M,) log2 of the side, -1 without a texture."""
    texels: Any
    level_start: Any

    def covers(self, materials: tuple[Material, ...]) -> bool:
        """Do these materials stand here, in this order, from the start?"""
        return len(materials) <= len(self.materials) and all(
            ours is theirs for ours, theirs in zip(self.materials, materials, strict=False)
        )


def build_atlas(materials: tuple[Material, ...], device: str) -> Atlas:
    """Uploads the textures of `materials` with all mip levels (box filter in linear light)."""
    side_log2 = np.full(len(materials), -1, dtype=np.int32)
    level_start = np.zeros((max(1, len(materials)), MAX_SIDE_LOG2 + 1), dtype=np.int32)
    levels: list[NDArray[np.uint8]] = [np.zeros((1, 4), dtype=np.uint8)]
    position = 1
    for index, material in enumerate(materials):
        if material.texture is None:
            continue
        for level, texels in enumerate(mip_levels(squared(material.texture))):
            if level == 0:
                side_log2[index] = int(np.log2(texels.shape[0]))
            level_start[index, level] = position
            levels.append(np.concatenate([texels, np.full_like(texels[..., :1], 255)], axis=-1).reshape(-1, 4))
            position += len(levels[-1])
    return Atlas(
        materials,
        side_log2,
        wp.array(np.concatenate(levels), dtype=Texel, device=device),
        wp.array(level_start, dtype=wp.int32, device=device),
    )


def squared(texture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(S, S, 3) with S the power of two at or above the longer side, at most 2**MAX_SIDE_LOG2."""
    side = 1 << min(MAX_SIDE_LOG2, int(np.ceil(np.log2(max(texture.shape[:2])))))
    if texture.shape[:2] == (side, side):
        return texture
    return np.asarray(Image.fromarray(texture).resize((side, side), Image.Resampling.BICUBIC))


def mip_levels(texture: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """The texture and its halvings down to one texel."""
    levels = [texture]
    linear = (texture.astype(np.float32) / 255.0) ** 2
    while linear.shape[0] > 1:
        linear = linear.reshape(linear.shape[0] // 2, 2, linear.shape[1] // 2, 2, 3).mean(axis=(1, 3))
        levels.append((np.sqrt(linear) * 255.0 + 0.5).astype(np.uint8))
    return levels
