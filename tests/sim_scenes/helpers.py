"""Poses and cameras in one line, for the tests of sim_scenes."""

import numpy as np

from video4spatial.pipeline.core.camera import Cameras, pinhole


def placed(x: float, y: float, z: float) -> np.ndarray:
    pose = np.eye(4)
    pose[:3, 3] = x, y, z
    return pose


def cameras_at(poses: list[np.ndarray], width: int = 64, height: int = 48, fov_deg: float = 70.0) -> Cameras:
    return Cameras(
        world_from_camera=np.stack(poses),
        image_from_camera=pinhole(len(poses), width, height, fov_deg),
        width_px=width,
        height_px=height,
    )
