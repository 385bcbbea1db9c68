"""Clusters of triangles. If one is passed over that is in view, depth and ids share the hole, and no check sees it."""

from dataclasses import replace

import numpy as np
import pytest

from tests.sim_scenes.helpers import cameras_at
from video4spatial.pipeline.core.geometry import upright_pose
from video4spatial.sim_scenes.render.clusters import build_clusters
from video4spatial.sim_scenes.render.embedded import EmbeddedRenderer
from video4spatial.sim_scenes.rooms import GeneratedRoom
from video4spatial.sim_scenes.scene import Lighting, Scene


def _shuffled(scene: Scene, seed: int) -> Scene:
    """The same triangles, neighbours no more: their clusters fill the room, so none is ever passed over."""
    draw = np.random.default_rng(seed)
    bodies = [
        replace(body, parts=tuple(replace(part, faces=draw.permutation(part.faces)) for part in body.parts))
        for body in scene.bodies
    ]
    return replace(scene, bodies=tuple(bodies))


def test_what_is_seen_does_not_hang_on_the_order_of_triangles(room: GeneratedRoom) -> None:
    draw = np.random.default_rng(3)
    low, high = room.scene.bounds_m()
    poses = [
        upright_pose(list(draw.uniform(low, high)), draw.uniform(-np.pi, np.pi), draw.uniform(-0.6, 0.6))
        for _ in range(12)
    ]
    cameras = cameras_at(poses, 96, 72, 85.0)
    scene = replace(room.scene, lighting=None)
    tidy, mixed = (EmbeddedRenderer(made).render(cameras) for made in (scene, _shuffled(scene, 1)))
    np.testing.assert_array_equal(tidy.depth_m, mixed.depth_m)
    assert np.mean(tidy.object_id != mixed.object_id) < 1e-4  # equal depths go to the later triangle


def test_boxes_hold_their_triangles_and_planes_their_corners() -> None:
    corners = np.random.default_rng(0).normal(size=(77, 3, 3)).astype(np.float32)
    single_sided = np.arange(77) % 3 != 0
    mesh = build_clusters(corners, single_sided, "cpu")
    centre, half, planes = mesh.centre.numpy(), mesh.half.numpy(), mesh.planes.numpy()
    assert len(centre) == 3
    for cluster in range(3):
        own = corners[cluster * 32 : (cluster + 1) * 32].reshape(-1, 3)
        assert np.all(np.abs(own - centre[cluster]) <= half[cluster] + 1e-5)
    distance = np.einsum("fk,fck->fc", planes[:, :3], corners) - planes[:, 3:]
    np.testing.assert_allclose(distance, 0.0, atol=1e-5)
    assert not planes[~single_sided].any()
    np.testing.assert_allclose(np.linalg.norm(planes[single_sided, :3], axis=1), 1.0, rtol=1e-5)


@pytest.mark.parametrize("lighting", [None, Lighting(ambient=(0.3, 0.3, 0.3))])
def test_a_scene_that_casts_no_shadow_is_rendered(yard: Scene, lighting: Lighting | None) -> None:
    glowing = [
        replace(body, parts=tuple(replace(part, material=replace(part.material, glow=1.0)) for part in body.parts))
        for body in yard.bodies
    ]
    frames = EmbeddedRenderer(Scene("glowing", tuple(glowing), lighting)).render(
        cameras_at([upright_pose([0, 1.5, 4], 0.0)])
    )
    assert frames.rgb.mean() > 20
