"""The renderer that comes with the package: no GPU, driver or system library needed.

Scene ─▶ HeldTriangles ─▶ [EmbeddedRenderer]: raster.py (visibility) ─▶ shading.py (pixels) ─▶ Frames

Runs on one CPU core (Warp launches are serial there): use one process per core. Output is bit-identical between
processes and machines of one CPU type. On a CUDA device tracing.py takes the place of raster kernels and shadow maps.
"""

from typing import Any, Literal

import numpy as np
import warp as wp
from numpy.typing import NDArray

from video4spatial.pipeline.core.camera import Cameras
from video4spatial.pipeline.core.errors import ConfigError, NotAvailable
from video4spatial.sim_scenes.render.base import Frames
from video4spatial.sim_scenes.render.cutout import rasterise_cutouts
from video4spatial.sim_scenes.render.held import HeldTriangles, shown_materials
from video4spatial.sim_scenes.render.lighting import build_lights
from video4spatial.sim_scenes.render.raster import NEAR_M, rasterise
from video4spatial.sim_scenes.render.shading import shade, shade_smooth
from video4spatial.sim_scenes.render.shadows import ShadowMaps
from video4spatial.sim_scenes.render.start import start_warp
from video4spatial.sim_scenes.render.tracing import RayTracer
from video4spatial.sim_scenes.scene import Scene

DEVICE = "cpu"
"""Of the raster kernels, which would be the wrong shape for a GPU."""
Device = Literal["cpu", "cuda"]
Way = Literal["raster", "rays"]
BATCH_SAMPLES = 1 << 21
"""Samples rendered by one launch; more gains nothing and costs 8 bytes each."""
MOST_WASTED_TEXELS = 1 << 24
"""Texels (4 bytes each) of materials no longer shown, above which everything is held anew."""


class EmbeddedRenderer:
    """Renders one scene. `samples` visibility samples per pixel side smooth the edges of colour; depth and ids are
    always those of pixel centres."""

    def __init__(self, scene: Scene, samples: int = 1, device: Device = "cpu", way: Way | None = None) -> None:
        """`way`: how it is found what is seen; by default raster kernels on the CPU and rays on a GPU.

        Raises NotAvailable for `cuda` where there is no CUDA device, ConfigError for raster kernels on one.
        """
        if not 1 <= samples <= 4:
            raise ConfigError(f"samples must lie in 1 to 4, got {samples}")
        start_warp()
        check_device(device)
        if (device, way) == ("cuda", "raster"):
            raise ConfigError("the raster kernels run on the CPU; use rays on a CUDA device")
        self._samples, self._device = samples, device
        self._by_rays = way == "rays" or device == "cuda"
        self._scene: Scene | None = None
        self._lights: Any = None
        self._begin()
        self.show(scene)

    def show(self, scene: Scene) -> None:
        """Renders this scene from now on. Only what differs from the last one is done again."""
        if scene is self._scene:
            return
        if self._held.atlas.wasted_texels(shown_materials(scene.bodies)) > MOST_WASTED_TEXELS:
            self._begin()
        same_light = self._scene is not None and scene.lighting == self._scene.lighting
        moved = self._held.show(scene.bodies)
        self._scene = scene
        if not moved and same_light:
            return
        self._lights = build_lights(scene.lighting, self._device)
        if self._by_rays:
            self._tracer.show(self._lights, self._held, moved)
        else:
            self._shadows.show(self._lights, scene.lighting, self._held)

    def _begin(self) -> None:
        """Holds nothing."""
        self._scene = None
        self._held = HeldTriangles(self._device)
        self._shadows, self._tracer = ShadowMaps(), RayTracer(self._device)

    def render(self, cameras: Cameras) -> Frames:
        """All views at once. The result is the caller's."""
        batch = max(1, BATCH_SAMPLES // (cameras.width_px * cameras.height_px * self._samples**2))
        parts = [self._render_batch(cameras[i : i + batch]) for i in range(0, len(cameras), batch)]
        if len(parts) == 1:
            return parts[0]
        height, width = cameras.height_px, cameras.width_px
        empty = Frames(
            np.zeros((0, height, width, 3), np.uint8),
            np.zeros((0, height, width), np.float32),
            np.zeros((0, height, width), np.int32),
        )
        parts = parts or [empty]
        return Frames(
            np.concatenate([part.rgb for part in parts]),
            np.concatenate([part.depth_m for part in parts]),
            np.concatenate([part.object_id for part in parts]),
        )

    def close(self) -> None:
        """Frees nothing by hand: Warp arrays go with the object."""

    def _render_batch(self, cameras: Cameras) -> Frames:
        if self._by_rays:
            return self._tracer.render(self._held, self._lights, cameras, self._samples)
        count, width, height, side = len(cameras), cameras.width_px, cameras.height_px, self._samples
        centres = self._visibility(cameras, 1)
        rgb = wp.empty(count * height * width * 3, dtype=wp.uint8, device=DEVICE)
        depth_m = wp.empty(count * height * width, dtype=wp.float32, device=DEVICE)
        object_id = wp.empty(count * height * width, dtype=wp.int32, device=DEVICE)
        poses: Any = wp.array(cameras.world_from_camera.astype(np.float32), dtype=wp.mat44, device=DEVICE)
        k = cameras.image_from_camera
        lenses = np.stack([k[:, 0, 0], k[:, 1, 1], k[:, 0, 2], k[:, 1, 2]], axis=1).astype(np.float32)
        inputs = [
            self._held.surfaces,
            self._lights,
            poses,
            wp.array(lenses, dtype=wp.vec4, device=DEVICE),
            width,
            height,
        ]
        kernel: Any = shade
        if side > 1:
            kernel, inputs = shade_smooth, [*inputs, side, self._visibility(cameras, side)]
        outputs = [rgb, depth_m, object_id]
        wp.launch(kernel, dim=(count, height), inputs=[*inputs, centres], outputs=outputs, device=DEVICE)
        return Frames(
            rgb.numpy().reshape(count, height, width, 3),
            depth_m.numpy().reshape(count, height, width),
            object_id.numpy().reshape(count, height, width),
        )

    def _visibility(self, cameras: Cameras, side: int) -> Any:
        """The packed buffer of one sample grid, `side` samples per pixel side."""
        width, height = cameras.width_px * side, cameras.height_px * side
        visible = wp.zeros(len(cameras) * width * height, dtype=wp.uint64, device=DEVICE)
        views: Any = wp.array(image_from_world(cameras, side), dtype=wp.mat44d, device=DEVICE)
        eyes: Any = wp.array(cameras.world_from_camera[:, :3, 3].astype(np.float32), dtype=wp.vec3, device=DEVICE)
        inputs = [self._held.clusters, views, eyes, width, height, NEAR_M]
        dim = (len(cameras), self._held.cluster_count)
        wp.launch(rasterise, dim=dim, inputs=inputs, outputs=[visible], device=DEVICE)
        if self._held.cut_out:
            k = cameras.image_from_camera
            focal_px: Any = wp.array(np.sqrt(k[:, 0, 0] * k[:, 1, 1]).astype(np.float32) * side, device=DEVICE)
            inputs = [self._held.surfaces, self._held.cutouts, views, focal_px, width, height, NEAR_M]
            dim = (len(cameras), self._held.cut_out)
            wp.launch(rasterise_cutouts, dim=dim, inputs=inputs, outputs=[visible], device=DEVICE)
        return visible


def check_device(device: Device) -> None:
    """Raises NotAvailable, with what to do, for a CUDA device that is not there."""
    if device == "cpu":
        return
    start_warp()
    if not wp.is_cuda_available():
        raise NotAvailable("sim.device is cuda, but Warp finds no CUDA device here; use device: cpu")


def image_from_world(cameras: Cameras, scale: int) -> NDArray[np.float64]:
    """(N, 4, 4): rows give (u depth, v depth, depth, 1) in an image enlarged `scale` times."""
    matrices = np.zeros((len(cameras), 4, 4))
    scaled = np.diag([scale, scale, 1.0]) @ cameras.image_from_camera
    matrices[:, :3] = scaled @ cameras.camera_from_world[:, :3]
    matrices[:, 3, 3] = 1.0
    return matrices
