"""Camera rays for the network: Fourier-coded Pluecker coordinates of each latent cell, relative to the anchor frame.

world_from_camera, image_from_camera ─▶ [rays] ─▶ camera_BCTHW ─▶ V4SWan.camera_embedding

A ray is (direction, origin x direction) in the axes of the anchor camera, in metres. B batch, T frames, H W cells.
"""

import math

import numpy as np
import torch
from numpy.typing import NDArray

from video4spatial.model.config import ModelConfig
from video4spatial.pipeline.core.camera import rigid_inverse


def relative_to(
    anchor_world_from_camera: NDArray[np.float64], world_from_camera: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(T, 4, 4) anchor_from_camera: the same cameras seen from the anchor (4, 4). Moving the world changes nothing."""
    return rigid_inverse(anchor_world_from_camera) @ world_from_camera


def pluecker(
    anchor_from_camera_BT44: torch.Tensor, image_from_camera_BT33: torch.Tensor, rows: int, columns: int, cell_px: int
) -> torch.Tensor:
    """(B, T, rows, columns, 6) unit directions and moments (metres) of the rays through the cells' centres."""
    u = (torch.arange(columns, device=image_from_camera_BT33.device) + 0.5) * cell_px
    v = (torch.arange(rows, device=image_from_camera_BT33.device) + 0.5) * cell_px
    grid = torch.stack([u[None].expand(rows, -1), v[:, None].expand(-1, columns), torch.ones(rows, columns).to(u)], -1)
    camera_from_image = torch.linalg.inv(image_from_camera_BT33)
    directions = torch.einsum("btij,hwj->bthwi", camera_from_image, grid)
    directions = torch.nn.functional.normalize(directions, dim=-1)
    directions = torch.einsum("btij,bthwj->bthwi", anchor_from_camera_BT44[..., :3, :3], directions)
    origins = anchor_from_camera_BT44[..., None, None, :3, 3].expand_as(directions)
    return torch.cat([directions, torch.linalg.cross(origins, directions, dim=-1)], dim=-1)


def fourier(values: torch.Tensor, octaves: int) -> torch.Tensor:
    """(..., C (1 + 2 octaves)): the values, then sin and cos of values x 2^i x pi / 2 for each octave i."""
    parts = [values]
    for octave in range(octaves):
        angle = values * (2.0**octave * math.pi / 2.0)
        parts += [torch.sin(angle), torch.cos(angle)]
    return torch.cat(parts, dim=-1)


def camera_condition(
    anchor_from_camera_BT44: torch.Tensor,
    image_from_camera_BT33: torch.Tensor,
    has_pose_BT: torch.Tensor,
    context_count: int,
    config: ModelConfig,
) -> torch.Tensor:
    """(B, camera_channels, T, H, W): coded rays (zero where `has_pose` is false), has-pose flag, is-context flag."""
    side = config.latent_px
    rays = pluecker(anchor_from_camera_BT44, image_from_camera_BT33, side, side, config.patch_px)
    coded = fourier(rays, config.ray_octaves)
    known = has_pose_BT[:, :, None, None, None].to(coded).expand(*coded.shape[:-1], 1)
    is_context = torch.zeros_like(known)
    is_context[:, :context_count] = 1.0
    return torch.cat([coded * known, known, is_context], dim=-1).permute(0, 4, 1, 2, 3)


def without_pose(camera_BCTHW: torch.Tensor) -> torch.Tensor:
    """The condition of the unconditional branch: no ray, no pose; which frames are context stays known."""
    blank = torch.zeros_like(camera_BCTHW)
    blank[:, -1] = camera_BCTHW[:, -1]
    return blank
