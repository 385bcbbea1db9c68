"""Settings of pose estimation: whether, at which size, and what counts as success.

recipe `real.poses:` ─▶ [PoseConfig] ─▶ curate.py, estimate.py
"""

from dataclasses import dataclass

from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.pipeline.core.settings import Settings


@dataclass(frozen=True, kw_only=True)
class PoseConfig(Settings):
    """How clips of plain videos get cameras."""

    estimate: bool = False
    """Estimate the cameras of clips whose camera leaves its place. Takes seconds a clip; needs the extra `poses`."""
    short_side_px: int = 256
    """Short side at which corners are followed, from the same decode; a smaller video keeps its size. Higher is more
    exact and slower; below 128 nothing is estimated."""
    fov_deg: float | None = None
    """Field of view along the longer side of the picture. null: estimated with the poses."""
    min_registered: float = 0.5
    """Share of a clip's frames, in one run, that must get a camera; the rest is cut off. Lower keeps shorter clips."""
    max_error_px: float = 0.8
    """Largest mean reprojection error, in pixels of a short side of 256; three quarters of it at 128. Right poses of
    plain scenes have 0.2 to 0.7; higher accepts worse ones."""
    min_angle_deg: float = 2.0
    """Least median angle under which the cameras of a clip see the same point. Lower accepts less parallax."""

    def __post_init__(self) -> None:
        if not 128 <= self.short_side_px <= 1080:
            raise ConfigError(f"real.poses.short_side_px must lie within 128 and 1080, got {self.short_side_px}")
        if self.fov_deg is not None and not 10 <= self.fov_deg <= 150:
            raise ConfigError(f"real.poses.fov_deg must lie within 10 and 150, got {self.fov_deg}")
        if not 0 < self.min_registered <= 1:
            raise ConfigError(f"real.poses.min_registered must be above 0 and at most 1, got {self.min_registered}")
        if not 0 < self.max_error_px <= 10:
            raise ConfigError(f"real.poses.max_error_px must be above 0 and at most 10, got {self.max_error_px}")
        if not 0 <= self.min_angle_deg <= 90:
            raise ConfigError(f"real.poses.min_angle_deg must lie within 0 and 90, got {self.min_angle_deg}")
