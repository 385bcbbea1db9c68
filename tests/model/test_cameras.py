"""Unseen, rays in the wrong frame would teach the network geometry that is not there."""

from collections.abc import Callable

import numpy as np
import torch

from video4spatial.model.cameras import camera_condition, fourier, pluecker, relative_to, without_pose
from video4spatial.model.config import ModelConfig
from video4spatial.pipeline.core.camera import pinhole
from video4spatial.pipeline.core.geometry import look_at, upright_pose


def tensors(poses: np.ndarray, size_px: int = 32) -> tuple[torch.Tensor, torch.Tensor]:
    intrinsics = pinhole(len(poses), size_px, size_px, 75.0)
    return torch.from_numpy(poses.astype(np.float32))[None], torch.from_numpy(intrinsics.astype(np.float32))[None]


def test_moving_the_whole_world_changes_nothing(turning: Callable[..., np.ndarray]) -> None:
    poses = turning(4, 20.0)
    moved = upright_pose([3.0, -1.0, 7.0], 1.1, 0.4) @ poses
    assert np.allclose(relative_to(poses[1], poses), relative_to(moved[1], moved), atol=1e-9)
    assert np.allclose(relative_to(poses[1], poses)[1], np.eye(4), atol=1e-12)


def test_rays_are_unit_directions_through_the_cells_centres() -> None:
    rays = pluecker(*tensors(np.eye(4)[None]), rows=4, columns=4, cell_px=8)[0, 0]
    assert torch.allclose(rays[..., :3].norm(dim=-1), torch.ones(4, 4), atol=1e-6)
    # a camera at the origin: no moment, the four middle cells straddle the optical axis
    assert torch.allclose(rays[..., 3:], torch.zeros(4, 4, 3), atol=1e-6)
    middle = rays[1:3, 1:3, :3].mean(dim=(0, 1))
    assert torch.allclose(middle / middle.norm(), torch.tensor([0.0, 0.0, 1.0]), atol=1e-5)
    assert rays[0, 3, 0] > 0 > rays[0, 3, 1], "column grows to the right, row grows downwards"


def test_cameras_that_look_at_one_point_have_rays_that_meet_there() -> None:
    point = np.array([0.4, 0.2, -2.0])
    poses = np.stack([look_at(eye, point) for eye in ([0, 0, 0], [1.0, 0.5, 0.0], [-1.0, 0.0, -1.0])])
    rays = pluecker(*tensors(poses), rows=33, columns=33, cell_px=32 / 33)[0, :, 16, 16].double().numpy()
    # Pluecker: a point lies on a ray if and only if point x direction equals the moment
    assert np.allclose(np.cross(point, rays[:, :3]), rays[:, 3:], atol=1e-5)


def test_a_frame_without_pose_shows_no_ray_but_says_whether_it_is_context(model_config: ModelConfig) -> None:
    poses, intrinsics = tensors(np.stack([upright_pose([0.1, 0.2, 0.3], 0.3)] * 3))
    condition = camera_condition(poses, intrinsics, torch.tensor([[False, True, True]]), 2, model_config)
    assert condition.shape == (1, model_config.camera_channels, 3, 4, 4)
    rays, has_pose, is_context = condition[0, :-2], condition[0, -2], condition[0, -1]
    assert not rays[:, 0].any()
    assert rays[:, 1].any()
    assert has_pose[:, 0, 0].tolist() == [0.0, 1.0, 1.0]
    assert is_context[:, 0, 0].tolist() == [1.0, 1.0, 0.0]
    blank = without_pose(condition)
    assert not blank[0, :-1].any()
    assert torch.equal(blank[0, -1], is_context)


def test_the_fourier_code_tells_apart_what_raw_rays_hardly_do() -> None:
    near = torch.tensor([[0.50], [0.52]])
    raw, coded = fourier(near, 0), fourier(near, 4)
    assert coded.shape == (2, 9)
    assert (coded[0] - coded[1]).norm() > 5 * (raw[0] - raw[1]).norm()
