"""Depth of the raster kernels beside that of exact rays: large surfaces, seen at grazing angles, lose no digits.

If this breaks, points unprojected from floors and corridors lie centimetres off, and no picture shows it.
"""

import numpy as np
import pytest

from tests.sim_scenes.helpers import cameras_at
from video4spatial.pipeline.core.camera import Cameras
from video4spatial.pipeline.core.geometry import upright_pose
from video4spatial.sim_scenes.place import load_place
from video4spatial.sim_scenes.render.embedded import EmbeddedRenderer
from video4spatial.sim_scenes.scene import Body, Material, Part, Scene
from video4spatial.sim_scenes.shapes import panel
from video4spatial.sim_scenes.sources import house_source

LONG_M = 60.0
WIDE_M, HIGH_M = 2.0, 2.5


def assert_as_exact(depth_m: np.ndarray, exact_m: np.ndarray) -> None:
    np.testing.assert_allclose(depth_m, exact_m, rtol=1e-5, atol=1e-4)


def scene_of(*parts: Part) -> Scene:
    return Scene("s", (Body(1, "walls", "wall", ("wall",), parts),))


def rays_of(cameras: Cameras) -> np.ndarray:
    """(N, H, W, 3) in double precision, depth 1 along the axis."""
    v, u = np.mgrid[: cameras.height_px, : cameras.width_px] + 0.5
    at = np.stack([u, v, np.ones_like(u)], axis=-1)
    in_world = cameras.world_from_camera[:, :3, :3] @ np.linalg.inv(cameras.image_from_camera)
    return np.einsum("nij,hwj->nhwi", in_world, at)


def to_planes_m(cameras: Cameras, axis: int, at_m: tuple[float, ...]) -> np.ndarray:
    """(N, H, W) z-depth of the nearest of the planes ahead where x, y or z has one of these values; inf without one."""
    rays, eyes = rays_of(cameras), cameras.world_from_camera[:, None, None, axis, 3]
    with np.errstate(divide="ignore"):
        depths = np.stack([(m - eyes) / rays[..., axis] for m in at_m])
    return np.where(depths > 0, depths, np.inf).min(axis=0)


@pytest.mark.parametrize("half_m", [50.0, 1000.0])
@pytest.mark.parametrize("eye_m", [0.05, 0.4, 1.6])
def test_the_ground_is_exact_up_to_the_horizon(half_m: float, eye_m: float) -> None:
    ground = panel((-half_m, 0, half_m), (2 * half_m, 0, 0), (0, 0, -2 * half_m), Material("grass"))
    poses = [upright_pose([0.3, eye_m, -0.2], yaw, pitch) for yaw in (0.0, 0.3, 1.1, 2.5) for pitch in (0.0, -0.5)]
    cameras = cameras_at(poses, 256, 192, 85.0)
    depth_m = EmbeddedRenderer(scene_of(ground)).render(cameras).depth_m
    exact_m = to_planes_m(cameras, 1, (0.0,))
    reached = np.abs(cameras.world_from_camera[:, None, None, :3, 3] + exact_m[..., None] * rays_of(cameras))
    on_ground = (exact_m < np.inf) & np.all(reached[..., [0, 2]] < half_m * 0.999, axis=-1)
    assert on_ground.mean() > 0.4
    assert_as_exact(depth_m[on_ground], exact_m[on_ground])


@pytest.mark.parametrize("samples", [1, 2])
def test_a_long_corridor_is_exact_from_close_to_its_wall(samples: int) -> None:
    grey = Material("wall", double_sided=True)
    floor, ceiling = (panel((0, y, 0), (WIDE_M, 0, 0), (0, 0, -LONG_M), grey) for y in (0.0, HIGH_M))
    left, right = (panel((x, 0, 0), (0, HIGH_M, 0), (0, 0, -LONG_M), grey) for x in (0.0, WIDE_M))
    back, end = (panel((0, 0, z), (WIDE_M, 0, 0), (0, HIGH_M, 0), grey) for z in (0.0, -LONG_M))
    scene = scene_of(floor, ceiling, left, right, back, end)
    stands = [(x, z) for x in (0.08, 1.0, 1.9) for z in (-0.3, -30.0)]
    poses = [upright_pose([x, 1.5, z], yaw) for x, z in stands for yaw in (0.0, 0.02, 0.8, -1.6, 3.1)]
    cameras = cameras_at(poses, 256, 192, 85.0)
    exact_m = np.minimum(to_planes_m(cameras, 0, (0.0, WIDE_M)), to_planes_m(cameras, 1, (0.0, HIGH_M)))
    exact_m = np.minimum(exact_m, to_planes_m(cameras, 2, (0.0, -LONG_M)))
    assert_as_exact(EmbeddedRenderer(scene, samples).render(cameras).depth_m, exact_m)


@pytest.mark.parametrize("seed", [0, 2])
def test_in_houses_depth_is_that_of_rays(seed: int) -> None:
    place = load_place(house_source(seed), radius_m=0.25, eye_height_m=1.65)
    draw = np.random.default_rng(seed)
    free = place.space.places_m(place.space.walkable(0.25))
    poses = [
        upright_pose([x, 1.5, z], draw.uniform(-3, 3), draw.uniform(-0.5, 0.3))
        for x, z in free[draw.integers(len(free), size=8)]
    ]
    cameras = cameras_at(poses, 128, 96, 85.0)
    raster, traced = (EmbeddedRenderer(place.scene, way=way).render(cameras) for way in ("raster", "rays"))
    apart = np.abs(raster.depth_m - traced.depth_m) > 1e-4 + 1e-5 * traced.depth_m
    assert np.mean(raster.object_id != traced.object_id) <= 4e-5
    assert np.mean(apart) <= 4e-5  # a pixel whose centre lies on an edge shows one side of it or the other


def test_a_fence_that_is_cut_out_is_exact_at_a_grazing_angle() -> None:
    alpha = np.zeros((16, 16), dtype=np.uint8)
    alpha[:, :8] = 255
    lattice = Material("lattice", texture=np.full((16, 16, 3), 90, dtype=np.uint8), alpha=alpha, double_sided=True)
    fence = panel((0.07, -20, 20), (0, 0, -200), (0, 40, 0), lattice, tile_m=1.0)
    cameras = cameras_at([upright_pose([0, 1.5, 0], yaw) for yaw in (0.0, -0.2, -0.7)], 256, 192, 85.0)
    frames = EmbeddedRenderer(scene_of(fence)).render(cameras)
    hit = frames.object_id == 1
    assert 0.1 < hit.mean() < 0.7
    assert_as_exact(frames.depth_m[hit], to_planes_m(cameras, 0, (0.07,))[hit])


def test_a_sliver_is_no_nearer_and_no_farther_than_its_corners() -> None:
    """Seen edge-on in a column of pixel centres, where its nearness changes without bound from pixel to pixel."""
    draw = np.random.default_rng(7)
    depth, y = draw.uniform(2, 8, size=(500, 3)), draw.uniform(-2, 2, size=(500, 3))
    column = draw.integers(-200, 200, size=(500, 1)) + 0.5
    off_px = draw.normal(size=(500, 3)) * 10.0 ** draw.uniform(-8, -4, size=(500, 1))
    corners = np.stack([(column + off_px) / 256 * depth, y, -depth], axis=-1).astype(np.float32)
    wire, up, uv = Material("wire", double_sided=True), np.float32([[0, 0, 1]] * 3), np.zeros((3, 2), np.float32)
    wires = [Part(triangle, up, uv, np.int32([[0, 1, 2]]), wire) for triangle in corners]
    scene = Scene("s", tuple(Body(k + 1, f"w{k}", "wire", ("wire",), (part,)) for k, part in enumerate(wires)))
    frames = EmbeddedRenderer(scene).render(cameras_at([upright_pose([0, 0, 0], 0.0)], 512, 512, 90.0))
    depth_m, shown = frames.depth_m[frames.object_id > 0], frames.object_id[frames.object_id > 0] - 1
    assert len(np.unique(shown)) > 100
    assert np.all(depth_m >= -corners[shown, :, 2].max(axis=1) * (1 - 1e-6))
    assert np.all(depth_m <= -corners[shown, :, 2].min(axis=1) * (1 + 1e-6))
