"""The nearest place on a mesh, for many points at once.

corners + points ─▶ [nearest_places] ─▶ triangle and shares of its corners
"""

# Warp compiles this file: its annotations are Warp's.
# mypy: ignore-errors
import numpy as np
import warp as wp
from numpy.typing import NDArray

from video4spatial.sim_scenes.render.start import start_warp

FAR_M = 1.0e6


@wp.kernel(enable_backward=False)
def find_nearest(
    mesh: wp.uint64,
    points: wp.array(dtype=wp.vec3),
    face: wp.array(dtype=wp.int32),
    shares: wp.array(dtype=wp.vec3),
):
    """One thread a point."""
    i = wp.tid()
    query = wp.mesh_query_point_no_sign(mesh, points[i], FAR_M)
    face[i] = -1
    if query.result:
        face[i] = query.face
        shares[i] = wp.vec3(query.u, query.v, 1.0 - query.u - query.v)


def nearest_places(
    corners_m: NDArray[np.float32], points_m: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Of each point (N, 3) the nearest of the triangles (F, 3, 3), at least one, and its corners' shares (N, 3)."""
    start_warp()
    flat = np.ascontiguousarray(corners_m.reshape(-1, 3), dtype=np.float32)
    indices = wp.array(np.arange(len(flat), dtype=np.int32), dtype=wp.int32, device="cpu")
    mesh = wp.Mesh(points=wp.array(flat, dtype=wp.vec3, device="cpu"), indices=indices)
    points = wp.array(points_m.astype(np.float32), dtype=wp.vec3, device="cpu")
    face = wp.empty(len(points_m), dtype=wp.int32, device="cpu")
    shares = wp.zeros(len(points_m), dtype=wp.vec3, device="cpu")
    wp.launch(find_nearest, dim=len(points_m), inputs=[mesh.id, points], outputs=[face, shares], device="cpu")
    return np.maximum(face.numpy().astype(np.int64), 0), shares.numpy().astype(np.float64)
