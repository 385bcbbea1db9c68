"""The score that says whether depth and cameras agree. If it sleeps, wrong poses enter the training set."""

import numpy as np
import pytest

from tests.sim_scenes.helpers import cameras_at
from video4spatial.pipeline.core.camera import Cameras
from video4spatial.pipeline.core.consistency import covisibility, frame_pairs, geometry_error
from video4spatial.pipeline.core.geometry import look_at
from video4spatial.sim_scenes.render.embedded import EmbeddedRenderer
from video4spatial.sim_scenes.scene import Scene


@pytest.fixture
def walked(yard: Scene) -> tuple[np.ndarray, Cameras]:
    poses = [look_at([3 * np.cos(a), 1.5, 3 * np.sin(a)], [0.0, 0.3, 0.0]) for a in np.linspace(0, 1.2, 16)]
    cameras = cameras_at(poses, 64, 48)
    return EmbeddedRenderer(yard).render(cameras).depth_m, cameras


def test_true_geometry_has_an_error_near_zero(walked: tuple[np.ndarray, Cameras]) -> None:
    assert geometry_error(*walked) < 1e-3


def test_shaken_poses_raise_the_error(walked: tuple[np.ndarray, Cameras]) -> None:
    depth_m, cameras = walked
    rng = np.random.default_rng(0)
    shaken = cameras.world_from_camera.copy()
    shaken[:, :3, 3] += rng.normal(0, 0.1, size=(16, 3))
    of_shaken = geometry_error(depth_m, Cameras(**{**cameras.__dict__, "world_from_camera": shaken}))
    assert of_shaken > 0.01


def test_ray_length_in_place_of_z_depth_raises_the_error(walked: tuple[np.ndarray, Cameras]) -> None:
    depth_m, cameras = walked
    u, v = np.meshgrid(np.arange(64) + 0.5, np.arange(48) + 0.5)
    lens = cameras.image_from_camera[0]
    ray_m = np.sqrt(1 + ((u - lens[0, 2]) / lens[0, 0]) ** 2 + ((v - lens[1, 2]) / lens[1, 1]) ** 2)
    assert geometry_error((depth_m * ray_m).astype(np.float32), cameras) > 10 * geometry_error(depth_m, cameras) + 1e-3


def test_frames_that_share_nothing_have_the_worst_error(yard: Scene) -> None:
    cameras = cameras_at([look_at([0, 1, 3], [0, 0, 9]), look_at([0, 1, -3], [0, 0, -9])])
    assert geometry_error(EmbeddedRenderer(yard).render(cameras).depth_m, cameras) == 1.0


def test_covisibility_is_full_with_itself_and_falls_with_distance(walked: tuple[np.ndarray, Cameras]) -> None:
    depth_m, cameras = walked
    matrix = covisibility(depth_m, cameras, (0, 1, 15)).astype(float)
    assert matrix.shape == (3, 3)
    assert np.all(np.diag(matrix) > 0.95)
    assert matrix[0, 1] > matrix[0, 2]
    assert np.all((matrix >= 0) & (matrix <= 1))


def test_pairs_stay_within_the_sequence() -> None:
    for count in (2, 3, 7, 48):
        pairs = frame_pairs(count, 12)
        assert pairs
        assert all(0 <= i < j < count for i, j in pairs)
