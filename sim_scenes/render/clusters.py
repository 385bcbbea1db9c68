"""Triangles in clusters, as the raster kernel reads them.

corners, which show one side only ─▶ [build_clusters] ─▶ raster.rasterise
"""

from typing import Any

import numpy as np
import warp as wp
from numpy.typing import NDArray

from video4spatial.sim_scenes.render.raster import CLUSTER, Clusters


def build_clusters(corners_m: NDArray[np.float32], single_sided: NDArray[np.bool_], device: str) -> Any:
    """A `Clusters` struct of triangles (F, 3, 3) in their order; neighbours in it should be neighbours in space."""
    count = len(corners_m)
    starts = np.arange(0, count, int(CLUSTER))
    low = np.minimum.reduceat(corners_m.min(axis=1), starts) if count else np.zeros((1, 3), np.float32)
    high = np.maximum.reduceat(corners_m.max(axis=1), starts) if count else np.zeros((1, 3), np.float32)
    mesh = Clusters()
    mesh.triangles = count
    mesh.corners = wp.array(corners_m.reshape(-1, 3), dtype=wp.vec3, device=device)
    mesh.single_sided = wp.array(single_sided.astype(np.uint8), dtype=wp.uint8, device=device)
    mesh.planes = wp.array(_planes(corners_m, single_sided), dtype=wp.vec4, device=device)
    mesh.centre = wp.array((low + high) / 2, dtype=wp.vec3, device=device)
    mesh.half = wp.array((high - low) / 2, dtype=wp.vec3, device=device)
    return mesh


def _planes(corners_m: NDArray[np.float32], single_sided: NDArray[np.bool_]) -> NDArray[np.float32]:
    corners = corners_m.astype(float)
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    length = np.linalg.norm(normal, axis=1, keepdims=True)
    normal = np.where(single_sided[:, None], normal / np.maximum(length, 1e-12), 0.0)
    return np.concatenate([normal, (normal * corners[:, 0]).sum(axis=1, keepdims=True)], axis=1).astype(np.float32)
