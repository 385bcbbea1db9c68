"""Where training clips come from, as the model sees it: random access to frames with cameras.

store version ─▶ store_source ─┐
arrays in memory ──────────────┴─▶ [ClipSource] ─▶ data ─▶ batches
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from video4spatial.pipeline.core.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class Clip:
    """Some frames of one sequence, with their cameras (axes and pixel centres: pipeline/core/camera.py)."""

    frames: NDArray[np.uint8]
    """(T, H, W, 3) sRGB."""
    world_from_camera: NDArray[np.float64]
    """(T, 4, 4), camera to world, metres."""
    image_from_camera: NDArray[np.float64]
    """(T, 3, 3), in pixels of H x W."""
    times: NDArray[np.int64]
    """(T,) ticks."""
    depth_m: NDArray[np.float32] | None = None
    """(T, h, w) z-depth, 0 = none; h and w divide H and W by one whole number."""
    instruction: str = ""
    """What is asked for in words; empty for navigation."""

    def __len__(self) -> int:
        return len(self.frames)

    def take(self, indices: Sequence[int]) -> "Clip":
        """The clip of the frames at `indices`, in that order."""
        chosen = list(indices)
        return replace(
            self,
            frames=self.frames[chosen],
            world_from_camera=self.world_from_camera[chosen],
            image_from_camera=self.image_from_camera[chosen],
            times=self.times[chosen],
            depth_m=None if self.depth_m is None else self.depth_m[chosen],
        )


class ClipSource(Protocol):
    """Sequences with cameras, in an order that never changes."""

    def __len__(self) -> int: ...

    def key(self, index: int) -> str:
        """Name of sequence `index`, for people and ledgers."""

    def scene(self, index: int) -> str:
        """The place it was filmed in."""

    def n_frames(self, index: int) -> int:
        """Its length, without reading it."""

    def clip(self, index: int, frames: Sequence[int] | None = None) -> Clip:
        """The frames asked for, in that order; all of them for None."""


@dataclass(frozen=True)
class ArraySource:
    """Clips that are in memory already: (key, scene, clip) each."""

    items: tuple[tuple[str, str, Clip], ...]

    def __len__(self) -> int:
        return len(self.items)

    def key(self, index: int) -> str:
        return self.items[index][0]

    def scene(self, index: int) -> str:
        return self.items[index][1]

    def n_frames(self, index: int) -> int:
        return len(self.items[index][2])

    def clip(self, index: int, frames: Sequence[int] | None = None) -> Clip:
        clip = self.items[index][2]
        return clip if frames is None else clip.take(frames)


def require_usable(name: str, source: ClipSource, shortest: int, size_px: int) -> None:
    """Raises ConfigError when `source` is empty, has a sequence below `shortest` frames or frames of another size."""
    if len(source) == 0:
        raise ConfigError(f"the {name} set has no sequence with cameras; raise the number of rooms or paths")
    for index in range(len(source)):
        if source.n_frames(index) < shortest:
            raise ConfigError(
                f"{name} sequence {source.key(index)} has {source.n_frames(index)} frames, but context and target need "
                f"{shortest}; make sequences longer or context_frames smaller"
            )
    shape = source.clip(0, [0]).frames.shape[1:3]
    if shape != (size_px, size_px):
        raise ConfigError(
            f"{name} frames are {shape[1]}x{shape[0]} pixels, but model.size_px is {size_px}; use a view of that size"
        )
