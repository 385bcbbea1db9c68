"""Rotations and poses as plain functions. Axes: see camera.py."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

WORLD_UP = np.array([0.0, 1.0, 0.0])


def look_at(eye_m: ArrayLike, target_m: ArrayLike) -> NDArray[np.float64]:
    """(4, 4) `world_from_camera` at `eye_m`, looking at `target_m`, upright. The two must not share a vertical line."""
    eye = np.asarray(eye_m, dtype=float)
    forward = np.asarray(target_m, dtype=float) - eye
    return _frame(eye, forward / np.linalg.norm(forward))


def upright_pose(eye_m: ArrayLike, yaw_rad: float, pitch_rad: float = 0.0) -> NDArray[np.float64]:
    """(4, 4) `world_from_camera`: yaw 0 looks along -z, positive yaw turns left, positive pitch looks up."""
    forward = np.array([-np.sin(yaw_rad) * np.cos(pitch_rad), np.sin(pitch_rad), -np.cos(yaw_rad) * np.cos(pitch_rad)])
    return _frame(np.asarray(eye_m, dtype=float), forward)


def upright_poses(
    eyes_m: NDArray[np.float64], yaw_rad: NDArray[np.float64], pitch_rad: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(N, 4, 4) `upright_pose` of many: eyes (N, 3), yaw (N,), pitch (N,)."""
    sin_yaw, cos_yaw, zero = np.sin(yaw_rad), np.cos(yaw_rad), np.zeros(len(yaw_rad))
    sin_pitch, cos_pitch = np.sin(pitch_rad), np.cos(pitch_rad)
    poses = np.zeros((len(yaw_rad), 4, 4))
    poses[:, :3, 0] = np.stack([cos_yaw, zero, -sin_yaw], axis=1)
    poses[:, :3, 1] = np.stack([-sin_yaw * sin_pitch, -cos_pitch, -cos_yaw * sin_pitch], axis=1)
    poses[:, :3, 2] = np.stack([-sin_yaw * cos_pitch, sin_pitch, -cos_yaw * cos_pitch], axis=1)
    poses[:, :3, 3] = eyes_m
    poses[:, 3, 3] = 1.0
    return poses


def rotation_angle_rad(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """Geodesic angle between rotations (..., 3, 3), stable near 0 and pi: 2 asin(|R1 - R2|_F / (2 sqrt 2))."""
    chord = np.linalg.norm(first - second, axis=(-2, -1)) / (2.0 * np.sqrt(2.0))
    return 2.0 * np.arcsin(np.clip(chord, 0.0, 1.0))


def _frame(eye: NDArray[np.float64], forward: NDArray[np.float64]) -> NDArray[np.float64]:
    right = np.cross(forward, WORLD_UP)
    right /= np.linalg.norm(right)
    pose = np.eye(4)
    pose[:3, 0], pose[:3, 1], pose[:3, 2], pose[:3, 3] = right, np.cross(forward, right), forward, eye
    return pose
