"""Which triangles an alpha mask cuts holes into. Most masks of real files cut nothing, and cutting is slow.

TriangleSoup ─▶ [cut_triangles] ─▶ cutout.rasterise_cutouts; all others ─▶ raster.rasterise
"""

import numpy as np
from numpy.typing import NDArray

from video4spatial.sim_scenes.scene import Material, TriangleSoup


def cut_triangles(soup: TriangleSoup) -> NDArray[np.bool_]:
    """(F,) True where the mask of the triangle's material has a hole in the box around its texture coordinates."""
    cut = np.zeros(len(soup.corners_m), dtype=bool)
    for number, material in enumerate(soup.materials):
        if material.alpha is not None and _holes(material).any():
            own = soup.material == number
            cut[own] = _boxes_with_holes(_holes(material), soup.uv[own])
    return cut


def _holes(material: Material) -> NDArray[np.bool_]:
    assert material.alpha is not None
    return material.alpha < np.float32(255.0 * material.alpha_cutoff)


def _boxes_with_holes(holes: NDArray[np.bool_], uv: NDArray[np.float32]) -> NDArray[np.bool_]:
    """`uv`: (F, 3, 2), one texel of margin. A box that reaches over the texture's edge counts as all of that axis."""
    before = np.zeros((holes.shape[0] + 1, holes.shape[1] + 1), dtype=np.int64)
    before[1:, 1:] = holes.cumsum(axis=0, dtype=np.int64).cumsum(axis=1)
    left, right = _span(uv[:, :, 0].astype(float) * holes.shape[1], holes.shape[1])
    top, bottom = _span(uv[:, :, 1].astype(float) * holes.shape[0], holes.shape[0])
    inside = before[bottom, right] - before[top, right] - before[bottom, left] + before[top, left]
    return np.asarray(inside > 0)


def _span(texels: NDArray[np.float64], side: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Half-open (F,) ranges of texels within [0, side)."""
    first = np.floor(texels.min(axis=1)).astype(np.int64) - 1
    last = np.floor(texels.max(axis=1)).astype(np.int64) + 2
    start = first % side
    over = start + (last - first) > side
    return np.where(over, 0, start), np.where(over, side, start + last - first)
