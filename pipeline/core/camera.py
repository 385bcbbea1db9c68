"""Cameras, and the one place where the axes are defined.

Camera axes are OpenCV's: x right, y down, z forward. The world is right-handed with y up, in metres (glTF, Habitat).
`world_from_camera` maps camera points to world points. Pixel (column u, row v) covers [u, u+1) x [v, v+1), so the
centre of the first pixel is (0.5, 0.5) and the centre of an image is (W/2, H/2); cv2 keypoints need +0.5.
Habitat, OpenGL and glTF cameras look along -z with y up: `from_opengl` and `to_opengl` convert at the border.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from video4spatial.pipeline.core.errors import ConfigError

OPENGL_FROM_OPENCV = np.diag([1.0, -1.0, -1.0, 1.0])


@dataclass(frozen=True, kw_only=True)
class Cameras:
    """The cameras of N frames of one size."""

    world_from_camera: NDArray[np.float64]
    """(N, 4, 4) rigid transforms, camera to world, metres."""
    image_from_camera: NDArray[np.float64]
    """(N, 3, 3) pinhole intrinsics in pixels of the frame, pixel centres at +0.5."""
    width_px: int
    height_px: int

    def __post_init__(self) -> None:
        count = len(self.world_from_camera)
        if self.world_from_camera.shape != (count, 4, 4):
            raise ConfigError(f"world_from_camera must be (N, 4, 4), got {self.world_from_camera.shape}")
        if self.image_from_camera.shape != (count, 3, 3):
            raise ConfigError(f"image_from_camera must be ({count}, 3, 3), got {self.image_from_camera.shape}")
        if self.width_px < 1 or self.height_px < 1:
            raise ConfigError(f"a frame needs at least one pixel, got {self.width_px}x{self.height_px}")

    def __len__(self) -> int:
        return len(self.world_from_camera)

    def __getitem__(self, frames: slice | list[int] | NDArray[np.int64]) -> "Cameras":
        """The cameras of a slice or a list of frames (a single int is not a sequence of cameras)."""
        return replace(
            self,
            world_from_camera=self.world_from_camera[frames],
            image_from_camera=self.image_from_camera[frames],
        )

    def __iter__(self) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
        """Pairs (world_from_camera (4, 4), image_from_camera (3, 3)), frame by frame."""
        return iter(zip(self.world_from_camera, self.image_from_camera, strict=True))

    @property
    def camera_from_world(self) -> NDArray[np.float64]:
        """(N, 4, 4) rigid inverses of `world_from_camera`."""
        return rigid_inverse(self.world_from_camera)

    def resized(self, width_px: int, height_px: int) -> "Cameras":
        """The same views after the frames were resized to `width_px` x `height_px`."""
        scale = np.diag([width_px / self.width_px, height_px / self.height_px, 1.0])
        return replace(self, image_from_camera=scale @ self.image_from_camera, width_px=width_px, height_px=height_px)

    def cropped(self, left_px: int, top_px: int, width_px: int, height_px: int) -> "Cameras":
        """The same views after the frames were cut to a window."""
        shift = np.eye(3)
        shift[:2, 2] = -left_px, -top_px
        return replace(self, image_from_camera=shift @ self.image_from_camera, width_px=width_px, height_px=height_px)


def pinhole(count: int, width_px: int, height_px: int, horizontal_fov_deg: float) -> NDArray[np.float64]:
    """(count, 3, 3) intrinsics with square pixels and a centred principal point: f = W / (2 tan(fov / 2))."""
    focal_px = width_px / (2.0 * np.tan(np.radians(horizontal_fov_deg) / 2.0))
    matrix = np.array([[focal_px, 0.0, width_px / 2.0], [0.0, focal_px, height_px / 2.0], [0.0, 0.0, 1.0]])
    return np.repeat(matrix[None], count, axis=0)


def from_opengl(world_from_gl_camera: NDArray[np.float64]) -> NDArray[np.float64]:
    """(..., 4, 4) OpenCV `world_from_camera` of cameras given in OpenGL axes (Habitat, glTF, Blender)."""
    return world_from_gl_camera @ OPENGL_FROM_OPENCV


def to_opengl(world_from_camera: NDArray[np.float64]) -> NDArray[np.float64]:
    """(..., 4, 4) the inverse of `from_opengl`."""
    return world_from_camera @ OPENGL_FROM_OPENCV


def rigid_inverse(transform: NDArray[np.float64]) -> NDArray[np.float64]:
    """(..., 4, 4) inverse of rigid transforms: transpose the rotation, rotate the negated translation."""
    inverse = np.zeros_like(transform)
    rotation_t = np.swapaxes(transform[..., :3, :3], -1, -2)
    inverse[..., :3, :3] = rotation_t
    inverse[..., :3, 3] = -np.einsum("...ij,...j->...i", rotation_t, transform[..., :3, 3])
    inverse[..., 3, 3] = 1.0
    return inverse


def unproject(
    depth_m: NDArray[np.float32], image_from_camera: NDArray[np.float64], world_from_camera: NDArray[np.float64]
) -> NDArray[np.float64]:
    """World points (H, W, 3) in metres of one frame's z-depth (H, W); pixels without depth (0) become NaN."""
    height, width = depth_m.shape
    u, v = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    rays = np.stack([u, v, np.ones_like(u)], axis=-1) @ np.linalg.inv(image_from_camera).T
    points = rays * np.where(depth_m > 0, depth_m, np.nan)[..., None]
    return points @ world_from_camera[:3, :3].T + world_from_camera[:3, 3]


def project(
    world_points_m: NDArray[np.float64],
    image_from_camera: NDArray[np.float64],
    world_from_camera: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Pixels (..., 2) and z-depth (...) in metres of world points (..., 3); depth <= 0 lies behind the camera."""
    camera_points = (world_points_m - world_from_camera[:3, 3]) @ world_from_camera[:3, :3]
    depth_m = camera_points[..., 2]
    homogeneous = camera_points @ image_from_camera.T
    with np.errstate(divide="ignore", invalid="ignore"):
        return homogeneous[..., :2] / homogeneous[..., 2:], depth_m
