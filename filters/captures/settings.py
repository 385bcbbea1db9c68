"""Settings of posed captures: what of their pictures is stored, and how far their poses are trusted.

recipe `real.posed:` ─▶ [PosedConfig] ─▶ CaptureStage; size, clip length and rate are those of `real`
"""

from dataclasses import dataclass
from typing import Literal

from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.pipeline.core.settings import Settings


@dataclass(frozen=True, kw_only=True)
class PosedConfig(Settings):
    """How captures become sequences."""

    crop: Literal["square", "whole"] = "square"
    """`square`: the middle of the picture, as the model takes it; `whole`: all of it, which no model takes yet."""
    depth_scale: int = 1
    """Frame size over depth grid; a whole number. Higher is smaller on disk and coarser."""
    max_pose_gap_s: float = 0.15
    """Longest gap between measured poses across which a frame's pose is interpolated. Higher trusts longer gaps."""
    max_fov_deg: float = 100.0
    """Widest straight picture that is drawn from a fisheye, along its longer side. Higher stretches the corners."""
    grounding_clips: int = 1
    """Clips that end on each annotated thing with a name of its own, where no other clip does. They share frames with
    the clips that cut the capture by time. 0: none."""
    variants: bool = False
    """Make variants of posed clips too, as `real.augment` says; cameras, depth, boxes and words go along."""
    fps_without_clock: float | None = None
    """Rate at which the frames of captures without times were taken. null: unknown, so every frame is kept in order."""

    def __post_init__(self) -> None:
        if not 1 <= self.depth_scale <= 16:
            raise ConfigError(f"posed.depth_scale must lie within 1 and 16, got {self.depth_scale}")
        if not 0 <= self.max_pose_gap_s <= 10:
            raise ConfigError(f"posed.max_pose_gap_s must lie within 0 and 10 s, got {self.max_pose_gap_s}")
        if not 10 <= self.max_fov_deg <= 150:
            raise ConfigError(f"posed.max_fov_deg must lie within 10 and 150, got {self.max_fov_deg}")
        if not 0 <= self.grounding_clips <= 10:
            raise ConfigError(f"posed.grounding_clips must lie within 0 and 10, got {self.grounding_clips}")
        if self.fps_without_clock is not None and not 0 < self.fps_without_clock <= 240:
            raise ConfigError(f"posed.fps_without_clock must be above 0 and at most 240, got {self.fps_without_clock}")
