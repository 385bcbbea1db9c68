"""The score that says whether depth and cameras agree. If it sleeps, wrong poses enter the training set."""

from dataclasses import replace

import numpy as np
import pytest

from tests.sim_scenes.helpers import cameras_at
from video4spatial.pipeline.core.camera import Cameras, project, unproject
from video4spatial.pipeline.core.consistency import (
    covisibility,
    covisibility_frames,
    frame_pairs,
    geometry_error,
    grid_error,
)
from video4spatial.pipeline.core.geometry import look_at
from video4spatial.sim_scenes.render.embedded import EmbeddedRenderer
from video4spatial.sim_scenes.scene import Scene
from video4spatial.sim_scenes.verified import rendered_error


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


def test_one_wrong_frame_among_many_is_caught(walked: tuple[np.ndarray, Cameras]) -> None:
    depth_m, cameras = walked
    wrong = cameras.world_from_camera.copy()
    wrong[7, :3, 3] += 0.03 * wrong[7, :3, 2]
    of_wrong = geometry_error(depth_m, Cameras(**{**cameras.__dict__, "world_from_camera": wrong}))
    assert of_wrong > 5 * geometry_error(depth_m, cameras)
    assert of_wrong > 0.003


def test_a_coarse_grid_is_checked_by_the_full_frames_and_against_them(
    walked: tuple[np.ndarray, Cameras], yard: Scene
) -> None:
    """A grid of 16 x 12 alone is blind to one wrong frame."""
    depth_m, cameras = walked
    small = cameras.resized(16, 12)
    renderer = EmbeddedRenderer(yard)
    full, grid = renderer.render(cameras), renderer.render(small)
    assert rendered_error(full, cameras, grid, small, ()) < 1e-3
    wrong = cameras.world_from_camera.copy()
    wrong[7, :3, 3] += 0.03 * wrong[7, :3, 2]
    shifted = Cameras(**{**cameras.__dict__, "world_from_camera": wrong})
    assert rendered_error(full, shifted, grid, shifted.resized(16, 12), ()) > 0.003
    stored_m = grid.depth_m.copy()
    stored_m[7] *= np.float32(1.01)
    assert rendered_error(full, cameras, replace(grid, depth_m=stored_m), small, ()) == pytest.approx(0.0099, abs=0.001)
    assert grid_error(np.zeros_like(stored_m), small, depth_m, cameras) == 1.0
    fine = cameras.resized(48, 36)
    other = renderer.render(fine)
    assert rendered_error(full, cameras, other, fine, ()) == geometry_error(other.depth_m, fine)


def test_covisibility_is_what_a_fine_rendering_shows_and_what_is_hidden_does_not_count(yard: Scene) -> None:
    """Truth: points of 256 px frames, looked up in the nearest pixel of 256 px frames."""
    poses = [look_at([4 * np.cos(a), 1.2, 4 * np.sin(a)], [0.0, 0.3, 0.0]) for a in np.linspace(0, 2.5, 5)]
    coarse, fine = cameras_at(poses, 48, 48), cameras_at(poses, 256, 256)
    renderer = EmbeddedRenderer(yard)
    found = covisibility(renderer.render(coarse).depth_m, coarse, tuple(range(5))).astype(float)
    depth_m = renderer.render(fine).depth_m
    for i in range(5):
        points = unproject(depth_m[i], fine.image_from_camera[i], fine.world_from_camera[i])[depth_m[i] > 0]
        for j in range(5):
            pixels, expected = project(points, fine.image_from_camera[j], fine.world_from_camera[j])
            inside = (expected > 0.01) & np.all((pixels >= 0) & (pixels < 256), axis=1)
            column, row = np.floor(pixels[inside]).astype(int).T
            shown = np.abs(depth_m[j][row, column] - expected[inside]) < 0.02 * expected[inside] + 0.02
            assert abs(found[i, j] - shown.sum() / len(points)) < 0.08


def test_the_grid_of_frames_grows_with_the_sequence_and_is_bounded() -> None:
    assert covisibility_frames(5) == (0, 1, 2, 3, 4)
    assert len(covisibility_frames(48)) == 8
    assert len(covisibility_frames(240)) == 20
    long = covisibility_frames(6000)
    assert (len(long), long[0], long[-1]) == (32, 0, 5999)
