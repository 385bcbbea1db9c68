"""The axes of everything: if these break, every pose in every shard is wrong and nothing else notices."""

import numpy as np
import pytest

from video4spatial.pipeline.core.camera import (
    Cameras,
    from_opengl,
    pinhole,
    project,
    rigid_inverse,
    to_opengl,
    unproject,
)
from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.pipeline.core.geometry import look_at, rotation_angle_rad, upright_pose


def test_a_point_straight_ahead_lands_in_the_image_centre() -> None:
    pose = look_at([1.0, 1.5, 2.0], [3.0, 0.5, -4.0])
    pixel, depth_m = project(np.array([[3.0, 0.5, -4.0]]), pinhole(1, 320, 240, 90.0)[0], pose)
    np.testing.assert_allclose(pixel[0], [160.0, 120.0], atol=1e-9)
    assert depth_m[0] == pytest.approx(np.sqrt(4 + 1 + 36))


def test_right_is_right_and_down_is_down() -> None:
    pose = upright_pose([0.0, 0.0, 0.0], yaw_rad=0.0)
    pixels, _ = project(np.array([[1.0, 0.0, -2.0], [0.0, -1.0, -2.0]]), pinhole(1, 100, 100, 90.0)[0], pose)
    assert pixels[0][0] > 50, "+x of the world is to the right when looking along -z"
    assert pixels[1][1] > 50, "-y of the world is down in the image"


def test_positive_yaw_turns_left_and_positive_pitch_looks_up() -> None:
    assert upright_pose([0, 0, 0], np.pi / 2)[:3, 2] == pytest.approx([-1.0, 0.0, 0.0])
    assert upright_pose([0, 0, 0], 0.0, np.pi / 6)[1, 2] == pytest.approx(0.5)


def test_unprojected_depth_projects_back_to_its_pixel_centres() -> None:
    rng = np.random.default_rng(0)
    depth_m = rng.uniform(1.0, 5.0, (6, 8)).astype(np.float32)
    depth_m[2, 3] = 0.0
    pose, matrix = look_at([0.3, 1.2, 2.0], [1.0, 0.0, -1.0]), pinhole(1, 8, 6, 70.0)[0]
    points = unproject(depth_m, matrix, pose)
    assert np.isnan(points[2, 3]).all(), "no depth, no point"
    pixels, depth_back = project(points, matrix, pose)
    seen = depth_m > 0
    u, v = np.meshgrid(np.arange(8) + 0.5, np.arange(6) + 0.5)
    np.testing.assert_allclose(pixels[seen], np.stack([u, v], -1)[seen], atol=1e-9)
    np.testing.assert_allclose(depth_back[seen], depth_m[seen], rtol=1e-6)


def test_opengl_cameras_survive_the_round_trip_and_look_along_minus_z() -> None:
    pose = look_at([1.0, 2.0, 3.0], [0.0, 0.0, 0.0])
    np.testing.assert_allclose(from_opengl(to_opengl(pose)), pose)
    np.testing.assert_allclose(-to_opengl(pose)[:3, 2], pose[:3, 2])


def test_the_rigid_inverse_undoes_the_transform() -> None:
    poses = np.stack([look_at([i, 1.0, 2.0], [0.0, 0.0, -i - 1.0]) for i in range(3)])
    np.testing.assert_allclose(rigid_inverse(poses) @ poses, np.tile(np.eye(4), (3, 1, 1)), atol=1e-12)


def test_cropping_and_resizing_move_the_intrinsics_with_the_pixels() -> None:
    pose = look_at([0.0, 1.0, 3.0], [0.2, 0.8, 0.0])[None]
    cameras = Cameras(world_from_camera=pose, image_from_camera=pinhole(1, 640, 480, 60.0), width_px=640, height_px=480)
    point = np.array([[0.4, 0.6, -1.0]])
    before, _ = project(point, cameras.image_from_camera[0], pose[0])
    small = cameras.cropped(100, 50, 400, 300).resized(200, 75)
    after, _ = project(point, small.image_from_camera[0], pose[0])
    np.testing.assert_allclose(after, (before - [100, 50]) * [0.5, 0.25])


def test_cameras_of_the_wrong_shape_are_refused_with_the_shape() -> None:
    with pytest.raises(ConfigError, match=r"\(N, 4, 4\), got \(2, 3, 4\)"):
        Cameras(world_from_camera=np.zeros((2, 3, 4)), image_from_camera=np.zeros((2, 3, 3)), width_px=4, height_px=4)


def test_the_angle_between_rotations_is_exact_for_small_and_large_turns() -> None:
    straight = upright_pose([0, 0, 0], 0.0)[:3, :3]
    for angle_rad in (1e-6, 0.3, 3.0):
        turned = upright_pose([0, 0, 0], angle_rad)[:3, :3]
        assert rotation_angle_rad(straight, turned) == pytest.approx(angle_rad, rel=1e-6)
