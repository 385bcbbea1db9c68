"""Other framing of a clip: a part of the picture, or its mirror image, with cameras and depth changed along.

Footage ─▶ [draw_crop] ─▶ Crop ─▶ [crop] ─▶ Footage;   Footage ─▶ [mirror] ─▶ Footage

A crop keeps the world and moves the principal point: the cameras are those of the part. A mirror image is the picture
of a mirrored world: the world's x changes sign, poses stay rigid and up stays up; left and right change places, in
words too (`mirrored_words`), and writing can no longer be read.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from video4spatial.filters.config import AugmentConfig
from video4spatial.filters.footage import Footage
from video4spatial.pipeline.core.camera import Cameras

MIRROR_X = np.diag([-1.0, 1.0, 1.0, 1.0])
"""Turns a world, or a camera's view, into its mirror image."""
_LEAST_CROP = 0.1


@dataclass(frozen=True, kw_only=True)
class Crop:
    """A window of the picture, shown at the picture's own size."""

    left_px: int
    top_px: int
    width_px: int
    height_px: int


@dataclass(frozen=True, kw_only=True)
class Mirror:
    """Left and right change places."""

    axis: str = "x"


def draw_crop(config: AugmentConfig, footage: Footage, random: np.random.Generator) -> Crop:
    """A window of the picture's shape that leaves out a tenth of its sides to `max_crop`."""
    height, width = footage.frames.shape[1:3]
    kept = 1 - float(random.uniform(min(_LEAST_CROP, config.max_crop), config.max_crop))
    size = max(2, round(width * kept)), max(2, round(height * kept))
    left, top = (int(random.integers(0, whole - part + 1)) for whole, part in zip((width, height), size, strict=True))
    return Crop(left_px=left, top_px=top, width_px=size[0], height_px=size[1])


def crop(footage: Footage, window: Crop) -> Footage:
    """The window at the size of the whole; depth is picked from the nearest measured cell, never mixed."""
    height, width = footage.frames.shape[1:3]
    rows = slice(window.top_px, window.top_px + window.height_px)
    columns = slice(window.left_px, window.left_px + window.width_px)
    frames = np.stack(
        [cv2.resize(f[rows, columns], (width, height), interpolation=cv2.INTER_CUBIC) for f in footage.frames]
    )
    cameras, depth_m = footage.cameras, footage.depth_m
    if cameras is not None:
        part = cameras.cropped(window.left_px, window.top_px, window.width_px, window.height_px)
        cameras = part.resized(width, height)
    if depth_m is not None:
        grid_rows = _cells(depth_m.shape[1], window.top_px / height, window.height_px / height)
        grid_columns = _cells(depth_m.shape[2], window.left_px / width, window.width_px / width)
        depth_m = np.ascontiguousarray(depth_m[:, grid_rows[:, None], grid_columns[None, :]])
    return replace(footage, frames=np.asarray(frames, dtype=np.uint8), cameras=cameras, depth_m=depth_m)


def mirror(footage: Footage) -> Footage:
    """The clip as a mirror shows it."""
    depth_m = footage.depth_m
    return replace(
        footage,
        frames=np.ascontiguousarray(footage.frames[:, :, ::-1]),
        cameras=None if footage.cameras is None else mirrored_cameras(footage.cameras),
        depth_m=None if depth_m is None else np.ascontiguousarray(depth_m[:, :, ::-1]),
    )


def mirrored_cameras(cameras: Cameras) -> Cameras:
    """The cameras that see, of the mirrored world, the mirrored pictures: MIRROR_X pose MIRROR_X is rigid again."""
    lens = cameras.image_from_camera.copy()
    lens[:, 0, 2] = cameras.width_px - lens[:, 0, 2]
    # a lens with skew leans to the other side
    lens[:, 0, 1] = -lens[:, 0, 1]
    return replace(cameras, world_from_camera=MIRROR_X @ cameras.world_from_camera @ MIRROR_X, image_from_camera=lens)


def mirrored_words(words: str) -> str:
    """The words with left and right changed: `turns left` becomes `turns right`."""
    other = {"left": "right", "right": "left"}
    return " ".join(
        other.get(word.rstrip(",."), word.rstrip(",.")) + word[len(word.rstrip(",.")) :] for word in words.split(" ")
    )


def _cells(count: int, start: float, length: float) -> NDArray[np.int64]:
    """(count,) the cell of a grid of `count` in which each cell of the window's own grid has its centre."""
    places = (start + (np.arange(count) + 0.5) / count * length) * count
    return np.clip(np.floor(places), 0, count - 1).astype(np.int64)
