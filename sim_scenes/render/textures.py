"""Textures as the shading kernel reads them: square, power of two, with all their smaller copies, in one array.

Material ─▶ [Atlas] ─▶ texels.texture_colour
"""

import logging
from collections.abc import Iterable
from typing import Any

import numpy as np
import warp as wp
from numpy.typing import NDArray
from PIL import Image

from video4spatial.sim_scenes.render.columns import Column
from video4spatial.sim_scenes.render.lanes import Texel
from video4spatial.sim_scenes.scene import Material

logger = logging.getLogger(__name__)

MAX_SIDE_LOG2 = 10
"""Textures above 1024 texels a side are shrunk: a frame of 512 cannot show more."""


Pyramid = tuple[NDArray[np.uint8], ...]


class Atlas:
    """Materials on one device. More are added at the end: what is there keeps its number and its place."""

    def __init__(self, device: str) -> None:
        self._device = device
        self.materials: list[Material] = []
        self.side_log2: NDArray[np.int32] = np.zeros(0, dtype=np.int32)
        """(M,) log2 of the side, -1 without a texture."""
        self._number: dict[int, int] = {}
        self._filled = -1
        self._level_start: list[NDArray[np.int32]] = []
        self._texels = Column((), np.uint32, Texel, device)
        self._texels.resize(1)

    def numbers(self, materials: Iterable[Material]) -> NDArray[np.int32]:
        """Which each of them is. Those that are new, and what they emit, are added."""
        asked = list(materials)
        shown = asked + [material.emission for material in asked if material.emission is not None]
        added = [material for material in dict.fromkeys(shown) if id(material) not in self._number]
        if added:
            self._add(added)
        return np.array([self._number[id(material)] for material in asked], dtype=np.int32)

    def wasted_texels(self, shown: Iterable[Material]) -> int:
        """Texels of materials that are not among `shown`."""
        used = {id(material) for material in shown}
        used |= {id(m.emission) for m in self.materials if id(m) in used and m.emission is not None}
        idle = [number for key, number in self._number.items() if key not in used]
        return sum((4 << 2 * int(self.side_log2[number])) // 3 for number in idle if self.side_log2[number] >= 0)

    def fill(self, surfaces: Any) -> None:
        """Puts the materials into a `Surfaces` struct, which is that of the last call."""
        if self._filled == len(self.materials):
            return
        self._filled = len(self.materials)
        emission = [-1 if m.emission is None else self._number[id(m.emission)] for m in self.materials]
        tint = np.array([material.colour for material in self.materials], dtype=np.float32).reshape(-1, 3)
        starts = np.array(self._level_start, dtype=np.int32).reshape(-1, MAX_SIDE_LOG2 + 1)
        surfaces.emission = self._upload(np.array(emission, dtype=np.int32), wp.int32)
        surfaces.tint = self._upload(tint, wp.vec3)
        surfaces.side_log2 = self._upload(self.side_log2, wp.int32)
        surfaces.level_start = self._upload(starts, wp.int32)
        surfaces.texels = self._texels.array

    def _add(self, materials: list[Material]) -> None:
        shapes = [material.texture.shape for material in materials if material.texture is not None]
        large = [shape for shape in shapes if max(shape) > 1 << MAX_SIDE_LOG2]
        if large:
            width, height = max(large, key=lambda shape: shape[0] * shape[1])[1::-1]
            logger.info(
                "%d of %d textures (the largest has %d x %d texels) are shown at %d a side",
                len(large),
                len(shapes),
                width,
                height,
                1 << MAX_SIDE_LOG2,
            )
        pyramids = [build_pyramid(material) for material in materials]
        position = start = len(self._texels.rows)
        for material, pyramid in zip(materials, pyramids, strict=True):
            starts = np.zeros(MAX_SIDE_LOG2 + 1, dtype=np.int32)
            for level, texels in enumerate(pyramid):
                starts[level] = position
                position += len(texels)
            self._number[id(material)] = len(self.materials)
            self.materials.append(material)
            self._level_start.append(starts)
        sides = np.array([len(pyramid) - 1 for pyramid in pyramids], dtype=np.int32)
        self.side_log2 = np.concatenate([self.side_log2, sides])
        self._texels.resize(position)
        for pyramid in pyramids:
            for texels in pyramid:
                self._texels.write(start, texels.view("<u4").ravel())
                start += len(texels)

    def _upload(self, values: NDArray, kind: Any) -> Any:
        """Warp arrays of length 0 have no address; one unused row has."""
        padded = values if len(values) else np.zeros((1, *values.shape[1:]), dtype=values.dtype)
        return wp.array(padded, dtype=kind, device=self._device)


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
