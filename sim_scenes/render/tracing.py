"""The embedded renderer's other half: views by rays, on a CUDA device or on the CPU.

HeldTriangles + Lights ─▶ [RayTracer.show, render] ─▶ Frames, by the kernels of rays.py

Many views share a launch: one of 256 x 256 cannot fill a GPU.
"""

from typing import Any

import numpy as np
import warp as wp
from numpy.typing import NDArray

from video4spatial.pipeline.core.camera import Cameras
from video4spatial.sim_scenes.render.base import Frames
from video4spatial.sim_scenes.render.held import HeldTriangles
from video4spatial.sim_scenes.render.raster import NEAR_M
from video4spatial.sim_scenes.render.rays import see, shade_pixels


class RayTracer:
    """Finds what rays hit in the triangles that a renderer holds."""

    def __init__(self, device: str) -> None:
        self._device = device
        self._mesh: Any = None
        self._casters: Any = None

    def show(self, lights: Any, held: HeldTriangles, moved: bool) -> None:
        """Builds the search trees again where something moved, and puts the casters into the lights.

        A tree that was only refitted could answer ties otherwise than a new one does.
        """
        if moved or self._mesh is None:
            casts = held.casts
            self._mesh = self._tree(held.corners_m)
            self._casters = self._mesh if casts.all() else self._tree(held.corners_m[casts])
        lights.casters = self._casters.id

    def render(self, held: HeldTriangles, lights: Any, cameras: Cameras, side: int) -> Frames:
        """All views in one launch each of visibility and shading."""
        count, width, height, device = len(cameras), cameras.width_px, cameras.height_px, self._device
        pixels = count * width * height
        rgb: Any = wp.empty(pixels * 3, dtype=wp.uint8, device=device)
        depth_m: Any = wp.empty(pixels, dtype=wp.float32, device=device)
        object_id: Any = wp.empty(pixels, dtype=wp.int32, device=device)
        poses: Any = wp.array(cameras.world_from_camera.astype(np.float32), dtype=wp.mat44, device=device)
        centres = self._visibility(held, cameras, poses, 1)
        samples = wp.clone(centres) if side == 1 else self._visibility(held, cameras, poses, side)
        lenses: Any = wp.array(_lenses(cameras, 1), dtype=wp.vec4, device=device)
        inputs = [held.surfaces, lights, poses, lenses, width, height, side, samples, centres]
        outputs = [rgb, depth_m, object_id]
        wp.launch(shade_pixels, dim=(count, height, width), inputs=inputs, outputs=outputs, device=device)
        return Frames(
            rgb.numpy().reshape(count, height, width, 3),
            depth_m.numpy().reshape(count, height, width),
            object_id.numpy().reshape(count, height, width),
        )

    def _visibility(self, held: HeldTriangles, cameras: Cameras, poses: Any, side: int) -> Any:
        count, width, height = len(cameras), cameras.width_px * side, cameras.height_px * side
        visible = wp.empty(count * width * height, dtype=wp.uint64, device=self._device)
        lenses: Any = wp.array(_lenses(cameras, side), dtype=wp.vec4, device=self._device)
        single_sided, cutoff = held.columns["single_sided"].array, held.columns["cutoff"].array
        inputs = [self._mesh.id, held.surfaces, single_sided, cutoff, poses, lenses, width, height, NEAR_M]
        wp.launch(see, dim=(count, height, width), inputs=inputs, outputs=[visible], device=self._device)
        return visible

    def _tree(self, corners_m: NDArray[np.float32]) -> Any:
        """A mesh of triangles (F, 3, 3); of one without size where there are none."""
        corners = corners_m.reshape(-1, 3) if len(corners_m) else np.zeros((3, 3), dtype=np.float32)
        points: Any = wp.array(corners, dtype=wp.vec3, device=self._device)
        indices: Any = wp.array(np.arange(len(corners), dtype=np.int32), dtype=wp.int32, device=self._device)
        return wp.Mesh(points=points, indices=indices)


def _lenses(cameras: Cameras, side: int) -> NDArray[np.float32]:
    """(N, 4) fx, fy, cx, cy in an image enlarged `side` times."""
    k = cameras.image_from_camera
    return (np.stack([k[:, 0, 0], k[:, 1, 1], k[:, 0, 2], k[:, 1, 2]], axis=1) * side).astype(np.float32)
