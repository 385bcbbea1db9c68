"""The renderer that comes with the package: no GPU, driver or system library.

Scene ─▶ TriangleSoup ─▶ [EmbeddedRenderer]: raster.py (visibility) ─▶ shading.py (pixels) ─▶ Frames

Runs on one CPU core (Warp launches are serial there): use one process per core. Output is bit-identical between
processes and machines of one CPU type.
"""

from typing import Any

import numpy as np
import warp as wp
from numpy.typing import NDArray

from video4spatial.pipeline.core.camera import Cameras
from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.sim_scenes.render.base import Frames
from video4spatial.sim_scenes.render.clusters import build_clusters
from video4spatial.sim_scenes.render.cutout import Cutouts, rasterise_cutouts
from video4spatial.sim_scenes.render.facets import Surfaces
from video4spatial.sim_scenes.render.lighting import build_lights
from video4spatial.sim_scenes.render.raster import NEAR_M, rasterise
from video4spatial.sim_scenes.render.shading import shade, shade_short, shade_smooth
from video4spatial.sim_scenes.render.start import start_warp
from video4spatial.sim_scenes.render.texels import LOG2_TABLE
from video4spatial.sim_scenes.render.textures import Atlas, build_atlas
from video4spatial.sim_scenes.scene import Scene, TriangleSoup, flatten

DEVICE = "cpu"
BATCH_SAMPLES = 1 << 21
"""Samples rendered by one launch; more gains nothing and costs 8 bytes each."""


class EmbeddedRenderer:
    """Renders one scene. `samples` visibility samples per pixel side smooth the edges of colour; depth and ids are
    always those of pixel centres."""

    def __init__(self, scene: Scene, samples: int = 1, like: "EmbeddedRenderer | None" = None) -> None:
        """`like`: a renderer whose textures are used again where the scenes share materials."""
        if not 1 <= samples <= 4:
            raise ConfigError(f"samples must lie in 1 to 4, got {samples}")
        start_warp()
        soup = flatten(scene.bodies)
        self._samples = samples
        shown = soup.materials + tuple(kept.emission for kept in soup.materials if kept.emission is not None)
        self._atlas: Atlas = build_atlas(shown, DEVICE, like._atlas if like else None)
        self._surfaces = _upload(soup, self._atlas)
        single_sided = np.array([not material.double_sided for material in soup.materials], dtype=bool)
        cut_out = np.array([kept.alpha is not None for kept in soup.materials], dtype=bool)[soup.material]
        self._cut_out = int(cut_out.sum())
        self._cutouts = _cutouts(soup, np.nonzero(cut_out)[0])
        # for the other kernel a cut-out triangle is a point
        solid = np.where(cut_out[:, None, None], soup.corners_m[:, :1], soup.corners_m) if self._cut_out else None
        self._mesh = build_clusters(soup.corners_m if solid is None else solid, single_sided[soup.material], DEVICE)
        corners = soup.corners_m.reshape(-1, 3).astype(float)
        bounds_m = corners.min(axis=0), corners.max(axis=0)
        # glowing surfaces are lamp shades: the light inside shines through them
        opaque = np.array([material.glow == 0.0 for material in soup.materials])[soup.material] & ~cut_out
        casters = build_clusters(soup.corners_m[opaque], np.zeros(int(opaque.sum()), dtype=bool), DEVICE)
        self._lights = build_lights(scene.lighting, casters, bounds_m, DEVICE)

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
        count, width, height, side = len(cameras), cameras.width_px, cameras.height_px, self._samples
        centres = self._visibility(cameras, 1)
        rgb = wp.empty(count * height * width * 3, dtype=wp.uint8, device=DEVICE)
        depth_m = wp.empty(count * height * width, dtype=wp.float32, device=DEVICE)
        object_id = wp.empty(count * height * width, dtype=wp.int32, device=DEVICE)
        poses: Any = wp.array(cameras.world_from_camera.astype(np.float32), dtype=wp.mat44, device=DEVICE)
        k = cameras.image_from_camera
        lenses = np.stack([k[:, 0, 0], k[:, 1, 1], k[:, 0, 2], k[:, 1, 2]], axis=1).astype(np.float32)
        inputs = [self._surfaces, self._lights, poses, wp.array(lenses, dtype=wp.vec4, device=DEVICE), width, height]
        kernels: tuple[Any, ...] = (shade, shade_short)
        if side > 1:
            kernels, inputs = (shade_smooth,), [*inputs, side, self._visibility(cameras, side)]
        outputs = [rgb, depth_m, object_id]
        for kernel in kernels:
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
        views: Any = wp.array(image_from_world(cameras, side), dtype=wp.mat44, device=DEVICE)
        eyes: Any = wp.array(cameras.world_from_camera[:, :3, 3].astype(np.float32), dtype=wp.vec3, device=DEVICE)
        inputs = [self._mesh, views, eyes, width, height, NEAR_M]
        dim = (len(cameras), len(self._mesh.centre))
        wp.launch(rasterise, dim=dim, inputs=inputs, outputs=[visible], device=DEVICE)
        if self._cut_out:
            k = cameras.image_from_camera
            focal_px: Any = wp.array(np.sqrt(k[:, 0, 0] * k[:, 1, 1]).astype(np.float32) * side, device=DEVICE)
            inputs = [self._surfaces, self._cutouts, views, focal_px, width, height, NEAR_M]
            dim = (len(cameras), self._cut_out)
            wp.launch(rasterise_cutouts, dim=dim, inputs=inputs, outputs=[visible], device=DEVICE)
        return visible


def image_from_world(cameras: Cameras, scale: int) -> NDArray[np.float32]:
    """(N, 4, 4): rows give (u depth, v depth, depth, 1) in an image enlarged `scale` times."""
    matrices = np.zeros((len(cameras), 4, 4))
    scaled = np.diag([scale, scale, 1.0]) @ cameras.image_from_camera
    matrices[:, :3] = scaled @ cameras.camera_from_world[:, :3]
    matrices[:, 3, 3] = 1.0
    return matrices.astype(np.float32)


def _upload(soup: TriangleSoup, atlas: Atlas) -> Any:
    surfaces = Surfaces()
    surfaces.corners = wp.array(soup.corners_m.reshape(-1, 3), dtype=wp.vec3, device=DEVICE)
    surfaces.normals = wp.array(soup.normals.reshape(-1, 3), dtype=wp.vec3, device=DEVICE)
    surfaces.uv = wp.array(soup.uv.reshape(-1, 2), dtype=wp.vec2, device=DEVICE)
    surfaces.colours = wp.array((soup.colours.reshape(-1, 3)), dtype=wp.vec3, device=DEVICE)
    surfaces.object_id = wp.array(soup.object_id, dtype=wp.int32, device=DEVICE)
    surfaces.material = wp.array(soup.material, dtype=wp.int32, device=DEVICE)
    surfaces.texels_per_m = wp.array(texels_per_m(soup, atlas.side_log2), dtype=wp.float32, device=DEVICE)
    glow = np.array([material.glow for material in soup.materials], dtype=np.float32)
    surfaces.glow = wp.array(glow, dtype=wp.float32, device=DEVICE)
    after = iter(range(len(soup.materials), len(atlas.materials)))
    emission = [-1 if material.emission is None else next(after) for material in soup.materials]
    surfaces.emission = wp.array(np.array(emission, dtype=np.int32), dtype=wp.int32, device=DEVICE)
    tint = np.array([material.colour for material in atlas.materials], dtype=np.float32)
    surfaces.tint = wp.array(tint, dtype=wp.vec3, device=DEVICE)
    surfaces.side_log2 = wp.array(atlas.side_log2, dtype=wp.int32, device=DEVICE)
    table = np.array([[float.fromhex(number) for number in row] for row in LOG2_TABLE])
    surfaces.log2_table = wp.array(table, dtype=wp.vec2d, device=DEVICE)
    surfaces.level_start, surfaces.texels = atlas.level_start, atlas.texels
    return surfaces


def _cutouts(soup: TriangleSoup, triangles: NDArray[np.intp]) -> Any:
    cut, materials = Cutouts(), [soup.materials[index] for index in soup.material[triangles]]
    cut.triangle = wp.array(triangles.astype(np.int32), dtype=wp.int32, device=DEVICE)
    single_sided = np.array([not material.double_sided for material in materials], dtype=np.uint8)
    cut.single_sided = wp.array(single_sided, dtype=wp.uint8, device=DEVICE)
    cutoff = np.array([255.0 * material.alpha_cutoff for material in materials], dtype=np.float32)
    cut.cutoff = wp.array(cutoff, dtype=wp.float32, device=DEVICE)
    return cut


def texels_per_m(soup: TriangleSoup, side_log2: NDArray[np.int32]) -> NDArray[np.float32]:
    """(F,) how densely each triangle's texture lies on it: sqrt(texel area / world area)."""
    e1, e2 = soup.corners_m[:, 1] - soup.corners_m[:, 0], soup.corners_m[:, 2] - soup.corners_m[:, 0]
    area_m2 = np.linalg.norm(np.cross(e1, e2), axis=1)
    t1, t2 = soup.uv[:, 1] - soup.uv[:, 0], soup.uv[:, 2] - soup.uv[:, 0]
    side = np.exp2(np.maximum(side_log2, 0))[soup.material]
    texel_area = np.abs(t1[:, 0] * t2[:, 1] - t1[:, 1] * t2[:, 0]) * side * side
    return np.sqrt(texel_area / np.maximum(area_m2, 1e-9)).astype(np.float32)
