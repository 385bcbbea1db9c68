"""Triangles in clusters, as the raster kernel reads them.

corners, which show one side only ─▶ [build_clusters, boxes_of, planes_of] ─▶ raster.rasterise
"""

from typing import Any

import numpy as np
import warp as wp
from numpy.typing import NDArray

from video4spatial.sim_scenes.render.raster import CLUSTER, Clusters

SIDE = int(CLUSTER)
CHUNK = 1 << 16
"""Triangles whose planes are made at once: in double precision each takes 250 bytes on the way."""
NEVER = np.array([0.0, 0.0, 0.0, 1e30], dtype=np.float32)
"""A plane that every eye is behind: its triangle is passed over."""


def build_clusters(corners_m: NDArray[np.float32], single_sided: NDArray[np.bool_], device: str) -> Any:
    """A `Clusters` struct of triangles (F, 3, 3) in their order; neighbours in it should be neighbours in space."""
    centre, half = boxes_of(corners_m)
    mesh = Clusters()
    mesh.triangles = len(corners_m)
    mesh.corners = wp.array(corners_m.reshape(-1, 3), dtype=wp.vec3, device=device)
    mesh.single_sided = wp.array(single_sided.astype(np.uint8), dtype=wp.uint8, device=device)
    mesh.planes = wp.array(planes_of(corners_m, single_sided), dtype=wp.vec4, device=device)
    mesh.centre = wp.array(centre, dtype=wp.vec3, device=device)
    mesh.half = wp.array(half, dtype=wp.vec3, device=device)
    return mesh


def boxes_of(corners_m: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Middle and half size (C, 3) of each cluster's box; one of no size where there is no triangle."""
    starts = np.arange(0, len(corners_m), SIDE)
    if not len(starts):
        return np.zeros((1, 3), np.float32), np.zeros((1, 3), np.float32)
    low: NDArray[np.float32] = np.minimum.reduceat(corners_m.min(axis=1), starts)
    high: NDArray[np.float32] = np.maximum.reduceat(corners_m.max(axis=1), starts)
    return (low + high) * np.float32(0.5), (high - low) * np.float32(0.5)


def planes_of(corners_m: NDArray[np.float32], single_sided: NDArray[np.bool_]) -> NDArray[np.float32]:
    """(F, 4) unit normal and distance from the origin; zero for what shows both sides."""
    planes = np.zeros((len(corners_m), 4), dtype=np.float32)
    for start in range(0, len(corners_m) if single_sided.any() else 0, CHUNK):
        rows = slice(start, start + CHUNK)
        corners = corners_m[rows].astype(float)
        normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        length = np.linalg.norm(normal, axis=1, keepdims=True)
        normal = np.where(single_sided[rows, None], normal / np.maximum(length, 1e-12), 0.0)
        planes[rows, :3], planes[rows, 3] = normal, (normal * corners[:, 0]).sum(axis=1)
    return planes
