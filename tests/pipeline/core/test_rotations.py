"""Rotations survive every spelling, and poses between two known ones lie between them."""

import numpy as np
import pytest

from video4spatial.pipeline.core.geometry import rotation_angle_rad, upright_pose
from video4spatial.pipeline.core.rotations import (
    interpolated_poses,
    quaternion_from_rotation,
    rotation_from_quaternion,
    rotation_from_vector,
)


@pytest.fixture
def quaternions() -> np.ndarray:
    drawn = np.random.default_rng(0).normal(size=(200, 4))
    axes = np.concatenate([np.eye(4), -np.eye(4), [[0, 0.6, 0.8, 0], [1e-9, 1, 0, 0]]])
    drawn = np.concatenate([drawn, axes])
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def test_a_quaternion_and_its_rotation_are_one(quaternions: np.ndarray) -> None:
    rotations = rotation_from_quaternion(quaternions)
    assert np.abs(rotations @ rotations.swapaxes(1, 2) - np.eye(3)).max() < 1e-12
    assert np.linalg.det(rotations).min() > 0.999
    back = quaternion_from_rotation(rotations)
    assert (back[:, 0] >= 0).all()
    assert np.abs(rotation_from_quaternion(back) - rotations).max() < 1e-12


def test_a_quarter_turn_about_z_turns_x_into_y() -> None:
    half = np.sqrt(0.5)
    assert np.allclose(rotation_from_quaternion(np.array([half, 0, 0, half])) @ [1, 0, 0], [0, 1, 0])
    assert np.allclose(rotation_from_vector(np.array([0, 0, np.pi / 2])) @ [1, 0, 0], [0, 1, 0])
    assert np.allclose(rotation_from_vector(np.zeros(3)), np.eye(3))


def poses_at(seconds: np.ndarray) -> np.ndarray:
    return np.stack([upright_pose([t, 1.5, 2 * t], 0.5 * t, 0.1 * t) for t in seconds])


def test_between_two_poses_the_camera_goes_straight_and_turns_evenly() -> None:
    known = np.array([0.0, 1.0])
    poses = poses_at(known)
    found, trusted = interpolated_poses(known, poses, np.array([0.25, 0.5, 1.0]), max_gap_s=1.0)
    assert trusted.all()
    assert np.allclose(found[:, :3, 3], [[0.25, 1.5, 0.5], [0.5, 1.5, 1.0], [1.0, 1.5, 2.0]])
    whole = rotation_angle_rad(poses[0, :3, :3], poses[1, :3, :3])
    assert np.isclose(rotation_angle_rad(poses[0, :3, :3], found[0, :3, :3]), whole / 4)
    assert np.isclose(rotation_angle_rad(found[1, :3, :3], poses[1, :3, :3]), whole / 2)


def test_gaps_and_what_lies_outside_are_not_trusted() -> None:
    known = np.array([1.0, 1.1, 1.2, 2.0, 2.1])
    wanted = np.array([0.9, 1.0, 1.15, 1.2, 1.5, 2.0, 2.05, 2.2])
    found, trusted = interpolated_poses(known, poses_at(known), wanted, max_gap_s=0.2)
    assert trusted.tolist() == [False, True, True, True, False, True, True, False]
    assert np.isfinite(found).all()


def test_a_single_pose_is_trusted_at_its_time_alone() -> None:
    found, trusted = interpolated_poses(np.array([1.0]), poses_at(np.ones(1)), np.array([1.0, 1.5]), max_gap_s=9.0)
    assert trusted.tolist() == [True, False]
    assert found.shape == (2, 4, 4)
