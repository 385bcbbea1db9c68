"""Triangles as the shading kernels read them: one row of floats and one of integers each.

TriangleSoup ─▶ [facet_rows] ─▶ Surfaces.facets, Surfaces.tags ─▶ facets.meet ...

A row lies within two cache lines, so a pixel whose neighbour shows another triangle waits for few of them.
"""

import numpy as np
import warp as wp
from numpy.typing import NDArray

from video4spatial.sim_scenes.scene import TriangleSoup

FACET = wp.constant(24)
"""Floats per triangle: from 0 on its first corner and the edges to the second and third, then what follows."""
UV = wp.constant(9)
"""Three times (u, v)."""
DENSITY = wp.constant(15)
"""Texels per metre."""
COLOUR = wp.constant(16)
"""Linear, at the first corner."""
NORMAL = wp.constant(19)
"""At the first corner."""
GLOW = wp.constant(22)

TAG = wp.constant(3)
"""Integers per triangle: object id, material, traits."""
TRAITS = wp.constant(2)

LEVELS = wp.constant(15)
"""Trait: log2 of the texture's side + 1, 0 without a texture."""
COLOURS_VARY = wp.constant(16)
"""Trait: the corners have different colours."""
NORMALS_VARY = wp.constant(32)
EMITS = wp.constant(64)
"""Trait: its material shows another one by itself."""


def facet_rows(
    soup: TriangleSoup, numbers: NDArray[np.int32], side_log2: NDArray[np.int32]
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """(F, FACET) and (F, TAG). `numbers`: what the kernels call each material of the soup; `side_log2`: log2 of its
    texture's side, -1 without one."""
    corners = soup.corners_m
    facets = np.zeros((len(corners), int(FACET)), dtype=np.float32)
    facets[:, 0:3] = corners[:, 0]
    np.subtract(corners[:, 1:], corners[:, :1], out=facets[:, 3:9].reshape(-1, 2, 3))
    facets[:, UV:DENSITY] = soup.uv.reshape(-1, 6)
    facets[:, DENSITY] = texels_per_m(soup, side_log2)
    facets[:, COLOUR:NORMAL] = soup.colours[:, 0]
    facets[:, NORMAL:GLOW] = soup.normals[:, 0]
    facets[:, GLOW] = np.array([material.glow for material in soup.materials], dtype=np.float32)[soup.material]
    emits = np.array([material.emission is not None for material in soup.materials])
    traits = np.where(emits, int(EMITS), 0) + side_log2 + 1
    tags = np.empty((len(corners), int(TAG)), dtype=np.int32)
    tags[:, 0], tags[:, 1], tags[:, 2] = soup.object_id, numbers[soup.material], traits[soup.material]
    tags[:, 2] |= _vary(soup.colours) * int(COLOURS_VARY) | _vary(soup.normals) * int(NORMALS_VARY)
    return facets, tags


def texels_per_m(soup: TriangleSoup, side_log2: NDArray[np.int32]) -> NDArray[np.float32]:
    """(F,) how densely each triangle's texture lies on it: sqrt(texel area / world area). `side_log2`: per material."""
    e1, e2 = soup.corners_m[:, 1] - soup.corners_m[:, 0], soup.corners_m[:, 2] - soup.corners_m[:, 0]
    area_m2 = np.linalg.norm(np.cross(e1, e2), axis=1)
    t1, t2 = soup.uv[:, 1] - soup.uv[:, 0], soup.uv[:, 2] - soup.uv[:, 0]
    side = np.exp2(np.maximum(side_log2, 0))[soup.material]
    texel_area = np.abs(t1[:, 0] * t2[:, 1] - t1[:, 1] * t2[:, 0]) * side * side
    return np.sqrt(texel_area / np.maximum(area_m2, 1e-9)).astype(np.float32)


def _vary(corners: NDArray[np.float32]) -> NDArray[np.int32]:
    """(F,) 1 where the three corners differ."""
    return (corners != corners[:, :1]).any(axis=(1, 2)).astype(np.int32)
