"""Sequence: one continuous camera recording, as every stage hands it on.

source ─▶ stage ─▶ [Sequence] ─▶ store (members of a shard) ─▶ reader ─▶ [Sequence] ─▶ trainer

It does not know how it is stored (`pipeline/store/sample.py`) nor why it was kept (`pipeline/store/selection.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from video4spatial.pipeline.core.camera import Cameras
from video4spatial.pipeline.core.errors import ConfigError

PoseSource = Literal["rendered", "read", "estimated", "none"]
Scale = Literal["metric", "relative", "none"]


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Where the frames came from. No absolute path of this machine, no host name, no clock."""

    source_uri: str
    """File name relative to the folder that was given, or `procedural:room?seed=7`."""
    source_sha256: str
    start: int
    """First source frame, counted from 0."""
    stop: int
    """One past the last source frame."""
    unit_id: str
    seed: int


@dataclass(frozen=True, kw_only=True)
class Sequence:
    """Frames with exact times; cameras, depth and object ids where they are known."""

    frames: NDArray[np.uint8]
    """(T, H, W, 3) sRGB."""
    times: NDArray[np.int64]
    """(T,) presentation times in ticks of `time_base`, rising."""
    time_base: Fraction
    """Seconds per tick."""
    provenance: Provenance
    cameras: Cameras | None = None
    camera_valid: NDArray[np.bool_] | None = None
    """(T,) is this frame's camera trusted; None without cameras."""
    pose_source: PoseSource = "none"
    scale: Scale = "none"
    """`metric`: cameras and depth in metres; `relative`: unknown scale; `none`: no cameras."""
    depth_m: NDArray[np.float32] | None = None
    """(T, h, w) z-depth, 0 = no measurement; h, w divide H, W by one whole number."""
    object_id: NDArray[np.int32] | None = None
    """(T, h, w) instance id, 0 = stage or nothing; the grid of `depth_m`."""
    covisibility: NDArray[np.float16] | None = None
    """(F, F) fraction of frame i's points seen in frame j, over `covisibility_frames`."""
    covisibility_frames: tuple[int, ...] = ()
    objects: tuple[Mapping[str, Any], ...] = ()
    """One JSON object each: id, category, words, box (centre_m, axes, extent_m), visible_px (T,)."""
    tasks: tuple[Mapping[str, Any], ...] = ()
    """One JSON object each: {"task": "navigation"} or {"task": "grounding", "object", "sentence", "seen", "end"}."""
    variant: Mapping[str, Any] = field(default_factory=dict)
    """Empty for the original; else group, kind (`lighting`, `occluder`, ...) and the parameters that were drawn."""

    def __post_init__(self) -> None:
        count = len(self.frames)
        if self.frames.ndim != 4 or self.frames.shape[3] != 3 or self.frames.dtype != np.uint8:
            raise ConfigError(f"frames must be (T, H, W, 3) uint8, got {self.frames.shape} {self.frames.dtype}")
        if self.times.shape != (count,) or (count > 1 and np.any(np.diff(self.times) <= 0)):
            raise ConfigError(f"times must be ({count},) and rising, got {self.times.shape} {self.times[:8]}")
        if self.cameras is not None and len(self.cameras) != count:
            raise ConfigError(f"{count} frames need {count} cameras, got {len(self.cameras)}")
        if (self.cameras is None) != (self.pose_source == "none"):
            raise ConfigError(f"pose_source is {self.pose_source!r} but cameras are {self.cameras is not None}")
        for name in ("camera_valid", "depth_m", "object_id"):
            array = getattr(self, name)
            if array is not None and len(array) != count:
                raise ConfigError(f"{name} must cover {count} frames, got {array.shape}")

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def height_px(self) -> int:
        return int(self.frames.shape[1])

    @property
    def width_px(self) -> int:
        return int(self.frames.shape[2])

    @property
    def rate_fps(self) -> Fraction:
        """Mean frame rate over the sequence; 0 for a single frame."""
        if len(self) < 2:
            return Fraction(0)
        return Fraction(len(self) - 1) / (Fraction(int(self.times[-1] - self.times[0])) * self.time_base)
