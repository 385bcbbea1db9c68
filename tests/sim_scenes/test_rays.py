"""Views by rays beside raster kernels: if they differ, data rendered on a GPU is not the data rendered without one."""

from dataclasses import replace

import numpy as np
import pytest
import warp as wp

from tests.sim_scenes.helpers import cameras_at
from video4spatial.pipeline.core.camera import Cameras
from video4spatial.pipeline.core.errors import ConfigError, NotAvailable
from video4spatial.pipeline.core.geometry import upright_pose
from video4spatial.sim_scenes.place import Place
from video4spatial.sim_scenes.render import rays
from video4spatial.sim_scenes.render.embedded import EmbeddedRenderer
from video4spatial.sim_scenes.render.start import start_warp
from video4spatial.sim_scenes.scene import Body, Material, Scene
from video4spatial.sim_scenes.shapes import panel


def inside(place: Place, count: int = 8) -> Cameras:
    """Where a walker may stand."""
    draw = np.random.default_rng(2)
    free = place.space.places_m(place.space.walkable(0.25))
    stands = free[draw.integers(len(free), size=count)]
    poses = [upright_pose([x, 1.5, z], draw.uniform(-3, 3), draw.uniform(-0.6, 0.4)) for x, z in stands]
    return cameras_at(poses, 96, 72, 85.0)


@pytest.mark.parametrize("samples", [1, 2])
def test_rays_see_what_the_raster_kernels_see(place: Place, samples: int) -> None:
    cameras = inside(place)
    raster = EmbeddedRenderer(place.scene, samples).render(cameras)
    traced = EmbeddedRenderer(place.scene, samples, way="rays").render(cameras)
    assert np.mean(raster.object_id == traced.object_id) >= 0.9999
    same = (raster.object_id == traced.object_id) & (raster.depth_m > 0)
    apart = np.abs(raster.depth_m - traced.depth_m)[same]
    assert np.median(apart) < 1e-6
    assert np.mean(apart < 1e-5) > 0.999
    difference = np.abs(raster.rgb.astype(int) - traced.rgb)
    assert difference.mean() < 0.6
    assert np.mean(difference.max(axis=-1) > 8) < 0.03  # edges of shadows


def test_unlit_colour_is_the_same_to_the_bit_where_the_triangle_is(place: Place) -> None:
    scene = replace(place.scene, lighting=None)
    cameras = inside(place, 4)
    raster, traced = EmbeddedRenderer(scene).render(cameras), EmbeddedRenderer(scene, way="rays").render(cameras)
    assert np.mean(np.all(raster.rgb == traced.rgb, axis=-1)) > 0.999


def test_depth_by_rays_is_exact_on_a_wall_seen_at_a_grazing_angle() -> None:
    grey = Material("grey")
    floor = panel((-50, 0, 50), (100, 0, 0), (0, 0, -100), grey)
    cameras = cameras_at([upright_pose([0, 1.5, 0], 0.3)])
    scene = Scene("floor", (Body(1, "floor", "floor", ("floor",), (floor,)),))
    depth_m = EmbeddedRenderer(scene, way="rays").render(cameras).depth_m[0, 30:]
    v = np.arange(30, 48) + 0.5
    k = cameras.image_from_camera[0]
    expected = 1.5 * k[1, 1] / (v - k[1, 2])
    np.testing.assert_allclose(depth_m, np.repeat(expected[:, None], 64, axis=1), rtol=2e-6)


def test_holes_that_are_cut_out_let_rays_through() -> None:
    alpha = np.zeros((16, 16), dtype=np.uint8)
    alpha[:8] = 255
    leaf = Material("leaf", texture=np.full((16, 16, 3), 90, dtype=np.uint8), alpha=alpha)
    near = panel((-1, -1, -2), (2, 0, 0), (0, 2, 0), leaf)
    far = panel((-9, -9, -5), (18, 0, 0), (0, 18, 0), Material("wall"))
    scene = Scene("s", (Body(1, "near", "n", ("n",), (near,)), Body(2, "far", "f", ("f",), (far,))))
    cameras = cameras_at([upright_pose([0, 0, 0], 0.0)], 64, 64, 40.0)
    raster, traced = EmbeddedRenderer(scene).render(cameras), EmbeddedRenderer(scene, way="rays").render(cameras)
    assert 0.3 < np.mean(traced.object_id == 1) < 0.7
    assert np.mean(raster.object_id == traced.object_id) > 0.999


def test_many_surfaces_seen_from_their_invisible_side_are_passed() -> None:
    sheets = tuple(panel((-5, -5, -0.01 * k - 1), (10, 0, 0), (0, 10, 0), Material("sheet")) for k in range(40))
    behind = panel((5, -5, 2), (-10, 0, 0), (0, 10, 0), Material("wall"))
    scene = Scene("s", (Body(1, "sheets", "s", ("s",), sheets), Body(2, "wall", "w", ("w",), (behind,))))
    frames = EmbeddedRenderer(scene, way="rays").render(cameras_at([upright_pose([0, 0, -3], np.pi)]))
    assert np.all(frames.object_id == 2)
    np.testing.assert_allclose(frames.depth_m, 5.0, rtol=1e-6)


def test_raster_kernels_on_a_gpu_and_a_gpu_that_is_not_there_are_refused(yard: Scene) -> None:
    start_warp()
    if not wp.is_cuda_available():
        with pytest.raises(NotAvailable, match=r"no CUDA device here; use device: cpu"):
            EmbeddedRenderer(yard, device="cuda")
    else:
        with pytest.raises(ConfigError, match="raster kernels run on the CPU"):
            EmbeddedRenderer(yard, device="cuda", way="raster")


def test_the_kernels_compile_for_a_gpu(tmp_path) -> None:  # type: ignore[no-untyped-def]
    start_warp()
    (code,) = wp.compile_aot_module(rays, arch=80, module_dir=tmp_path, use_ptx=True)
    assert ".target sm_80" in code.read_text()
