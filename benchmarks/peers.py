"""Two renderers that install from PyPI without a system library, behind the interface of ours, to be timed beside it.

Scene ─▶ [EmbreeRenderer | TinyRenderer] ─▶ Frames

They show the same triangles and textures, but only as well as they can: nearest texels without mip maps, and
TinyRenderer has one light. Not part of the package; `pip install -r benchmarks/requirements.txt` installs them.
"""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from video4spatial.pipeline.core.camera import Cameras
from video4spatial.sim_scenes.render.base import Frames
from video4spatial.sim_scenes.scene import Part, Scene, flatten

NEAR_M, FAR_M = 0.02, 100.0


class EmbreeRenderer:
    """Embree rays for visibility and shadows, shading in NumPy."""

    def __init__(self, scene: Scene, shadows: bool) -> None:
        from embreex import rtcore_scene
        from embreex.mesh_construction import TriangleMesh

        self._soup = flatten(scene.bodies)
        self._lighting = scene.lighting if shadows else None
        self._embree = rtcore_scene.EmbreeScene()
        TriangleMesh(self._embree, self._soup.corners_m)
        e1 = self._soup.corners_m[:, 1] - self._soup.corners_m[:, 0]
        e2 = self._soup.corners_m[:, 2] - self._soup.corners_m[:, 0]
        flat = np.cross(e1, e2)
        self._flat = flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-12)

    def render(self, cameras: Cameras) -> Frames:
        """One view after the other."""
        parts = [self._view(pose, k, cameras.width_px, cameras.height_px) for pose, k in cameras]
        return Frames(*(np.stack(column) for column in zip(*parts, strict=True)))

    def close(self) -> None:
        """Embree frees its scene with the object."""

    def _view(self, pose: NDArray[np.float64], k: NDArray[np.float64], width: int, height: int) -> tuple[Any, ...]:
        v, u = np.mgrid[0:height, 0:width] + 0.5
        ray = np.stack([(u - k[0, 2]) / k[0, 0], (v - k[1, 2]) / k[1, 1], np.ones_like(u)], axis=-1).reshape(-1, 3)
        ray = (ray @ pose[:3, :3].T).astype(np.float32)  # depth 1 along the axis, so tfar is the z-depth
        origin = np.broadcast_to(pose[:3, 3].astype(np.float32), ray.shape).copy()
        hit = self._embree.run(origin, ray, output=1)
        triangle, depth_m = hit["primID"].astype(np.int64), hit["tfar"]
        seen = triangle >= 0
        t = triangle[seen]
        w = np.stack([1.0 - hit["u"][seen] - hit["v"][seen], hit["u"][seen], hit["v"][seen]], axis=1)[..., None]
        colour = self._albedo(t, w)
        if self._lighting is not None:
            colour = colour * self._light(t, w, origin[seen] + ray[seen] * depth_m[seen, None], ray[seen])
        rgb = np.zeros((height * width, 3), np.uint8)
        rgb[seen] = np.minimum(np.sqrt(colour), 1.0) * 255.0 + 0.5
        ids = np.where(seen, self._soup.object_id[triangle], 0).astype(np.int32)
        depth = np.where(seen, depth_m, 0.0).astype(np.float32)
        return rgb.reshape(height, width, 3), depth.reshape(height, width), ids.reshape(height, width)

    def _albedo(self, t: NDArray[np.int64], w: NDArray[np.float32]) -> NDArray[np.float32]:
        colour = (self._soup.colours[t] * w).sum(axis=1)
        uv = (self._soup.uv[t] * w).sum(axis=1)
        material = self._soup.material[t]
        for index in np.unique(material):
            texture = self._soup.materials[index].texture
            if texture is not None:
                own = material == index
                x, y = (
                    (np.floor(uv[own, i] * texture.shape[1 - i]).astype(np.int64) % texture.shape[1 - i])
                    for i in (0, 1)
                )
                colour[own] *= (texture[y, x].astype(np.float32) / 255.0) ** 2
        return colour

    def _light(
        self, t: NDArray[np.int64], w: NDArray[np.float32], point: NDArray[np.float32], ray: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        assert self._lighting is not None
        normal = (self._soup.normals[t] * w).sum(axis=1)
        normal *= np.where((normal * ray).sum(axis=1, keepdims=True) > 0, -1.0, 1.0)
        outward = self._flat[t] * np.where((self._flat[t] * ray).sum(axis=1, keepdims=True) > 0, -1.0, 1.0)
        start = (point + outward * 0.008).astype(np.float32)
        light = np.broadcast_to(np.float32(self._lighting.ambient), point.shape).copy()
        if self._lighting.sun is not None:
            towards = -np.float32(self._lighting.sun.direction)
            way = np.broadcast_to(towards, point.shape).copy()
            slope = np.maximum(normal @ towards, 0.0) * (self._embree.run(start, way, query="OCCLUDED") < 0)
            light += slope[:, None] * np.float32(self._lighting.sun.colour)
        for lamp in self._lighting.lamps:
            way = np.float32(lamp.position_m) - start
            square = (way * way).sum(axis=1)
            slope = np.maximum((normal * way).sum(axis=1), 0.0) / np.sqrt(square) / (square + lamp.radius_m**2)
            clear = self._embree.run(start, way, np.ones(len(way), np.float32), query="OCCLUDED") < 0
            light += (slope * clear)[:, None] * np.float32(lamp.colour)
        return light


class TinyRenderer:
    """pybullet's software rasteriser: nearest texels, at most one light (the sun) with a shadow map."""

    def __init__(self, scene: Scene, shadows: bool) -> None:
        import pybullet

        self._bullet = pybullet
        self._client = pybullet.connect(pybullet.DIRECT)
        self._shadows = shadows
        sun = scene.lighting.sun if scene.lighting else None
        self._towards_sun = [0.3, 1.0, 0.2] if sun is None else [-x for x in sun.direction]
        self._id_of: dict[int, int] = {}
        with tempfile.TemporaryDirectory() as folder:
            for body in scene.bodies:
                for part in body.parts:
                    made = self._add(part, body.world_from_body, Path(folder) / f"part-{len(self._id_of)}")
                    self._id_of[made] = body.object_id

    def _add(self, part: Part, pose: NDArray[np.float64], stem: Path) -> int:
        bullet, client = self._bullet, {"physicsClientId": self._client}
        vertices = part.vertices_m @ pose[:3, :3].T + pose[:3, 3]
        lines = [f"v {x:.5f} {y:.5f} {z:.5f}" for x, y, z in vertices]
        lines += [f"vt {u:.5f} {1 - v:.5f}" for u, v in part.uv] + [
            f"vn {x:.4f} {y:.4f} {z:.4f}" for x, y, z in part.normals
        ]
        lines += ["f " + " ".join(f"{i}/{i}/{i}" for i in face) for face in part.faces + 1]
        stem.with_suffix(".obj").write_text("\n".join(lines) + "\n")
        colour = [float(np.sqrt(c)) for c in part.material.colour] + [1.0]
        shape = bullet.createVisualShape(
            bullet.GEOM_MESH, fileName=str(stem.with_suffix(".obj")), rgbaColor=colour, **client
        )
        made: int = bullet.createMultiBody(baseVisualShapeIndex=shape, **client)
        if part.material.texture is not None:
            Image.fromarray(part.material.texture).save(stem.with_suffix(".png"))
            texture = bullet.loadTexture(str(stem.with_suffix(".png")), **client)
            bullet.changeVisualShape(made, -1, textureUniqueId=texture, rgbaColor=colour, **client)
        return made

    def render(self, cameras: Cameras) -> Frames:
        """One view after the other."""
        parts = [self._view(pose, k, cameras.width_px, cameras.height_px) for pose, k in cameras]
        return Frames(*(np.stack(column) for column in zip(*parts, strict=True)))

    def close(self) -> None:
        """Ends the bullet client; twice is safe."""
        if self._client >= 0:
            self._bullet.disconnect(self._client)
            self._client = -1

    def _view(self, pose: NDArray[np.float64], k: NDArray[np.float64], width: int, height: int) -> tuple[Any, ...]:
        view = np.linalg.inv(pose @ np.diag([1.0, -1.0, -1.0, 1.0]))
        scale = -(FAR_M + NEAR_M) / (FAR_M - NEAR_M), -2 * FAR_M * NEAR_M / (FAR_M - NEAR_M)
        projection = np.zeros((4, 4))
        projection[0, 0], projection[1, 1] = 2 * k[0, 0] / width, 2 * k[1, 1] / height
        projection[2, 2:], projection[3, 2] = scale, -1.0
        _, _, rgba, buffer, ids = self._bullet.getCameraImage(
            width,
            height,
            view.T.ravel().tolist(),
            projection.T.ravel().tolist(),
            lightDirection=self._towards_sun,
            shadow=int(self._shadows),
            renderer=self._bullet.ER_TINY_RENDERER,
            flags=self._bullet.ER_SEGMENTATION_MASK_OBJECT_AND_LINKINDEX,
            physicsClientId=self._client,
        )
        depth = np.asarray(buffer, np.float32).reshape(height, width)
        depth_m = FAR_M * NEAR_M / (FAR_M - (FAR_M - NEAR_M) * depth)
        own = np.zeros(max(self._id_of) + 2, np.int32)
        own[list(self._id_of)] = list(self._id_of.values())
        rgb = np.asarray(rgba, np.uint8).reshape(height, width, 4)[..., :3]
        return rgb, depth_m.astype(np.float32), own[np.asarray(ids).reshape(height, width)]
