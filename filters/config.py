"""Settings of the real-video half: what is decoded, how it is cut, what nobody wants.

recipe `real:` ─▶ [RealConfig] ─▶ CurateStage;   recipe `floor:` ─▶ [Floor] ─▶ CurateStage

Thresholds that decide what ends in a version are not here: they are the selection's (`pipeline/store/selection.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from video4spatial.filters.captures.settings import PosedConfig
from video4spatial.filters.poses.settings import PoseConfig
from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.pipeline.core.settings import Settings


def _check(is_right: bool, expected: str, got: object) -> None:
    if not is_right:
        raise ConfigError(f"{expected}, got {got!r}")


@dataclass(frozen=True, kw_only=True)
class DecodeLimits(Settings):
    """What the decoding child may use before it is killed. Not part of a unit's identity."""

    stall_timeout_s: float = 60.0
    """Longest wait for the next frames. Lower finds hung decoders sooner and may kill 8K video on a busy machine."""
    video_timeout_s: float = 3600.0
    """Longest time for one unit as a whole."""
    pose_timeout_s: float = 600.0
    """Longest time for the poses of one clip. Lower frees a busy machine of clips that do not end."""
    memory_gib: float = 2.0
    """Address space of the child. 8K HEVC needs about 1.3; lower protects small machines and refuses large frames."""

    def __post_init__(self) -> None:
        _check(self.stall_timeout_s > 0, "limits.stall_timeout_s must be above 0", self.stall_timeout_s)
        _check(self.video_timeout_s > 0, "limits.video_timeout_s must be above 0", self.video_timeout_s)
        _check(self.pose_timeout_s > 0, "limits.pose_timeout_s must be above 0", self.pose_timeout_s)
        _check(self.memory_gib > 0, "limits.memory_gib must be above 0", self.memory_gib)


@dataclass(frozen=True, kw_only=True)
class ShotConfig(Settings):
    """Where one camera recording ends and the next begins."""

    adaptive_threshold: float = 3.0
    """How many times a frame's change must exceed the mean of its neighbours' to be a cut. Lower finds more cuts."""
    min_content: float = 15.0
    """Change (mean HSV levels, 0 to 255) below which nothing is a cut. Higher misses cuts between like pictures."""
    strong_threshold: float = 1.75
    """The same ratio for strong changes, as of a cut into fast motion. Lower takes explosions for cuts."""
    strong_content: float = 30.0
    """From this change on, `strong_threshold` is enough."""
    dark_level: float = 6.0
    """Mean level (0 to 255) below which the picture has faded to black; a fade's frames belong to no shot."""
    min_shot_frames: int = 6
    """Cuts closer than this to the last one are ignored. Higher merges flashes, and real shots that are short."""

    def __post_init__(self) -> None:
        _check(self.adaptive_threshold > 1, "shots.adaptive_threshold must be above 1", self.adaptive_threshold)
        _check(0 < self.min_content < 255, "shots.min_content must lie within 0 and 255", self.min_content)
        _check(self.strong_threshold > 1, "shots.strong_threshold must be above 1", self.strong_threshold)
        _check(0 < self.strong_content < 255, "shots.strong_content must lie within 0 and 255", self.strong_content)
        _check(0 <= self.dark_level < 255, "shots.dark_level must lie within 0 and 255", self.dark_level)
        _check(self.min_shot_frames >= 1, "shots.min_shot_frames must be at least 1", self.min_shot_frames)


@dataclass(frozen=True, kw_only=True)
class AugmentConfig(Settings):
    """Variants made in image space, beside the original clip, never instead of it."""

    lighting_variants: float = 0.25
    """Share of clips, 0 to 1, that get a second copy under other light; the first clip of a unit is among them."""
    occluder_variants: float = 0.25
    """Share of clips, 0 to 1, that get a copy with something passing before the camera."""
    crop_variants: float = 0.0
    """Share of clips, 0 to 1, that get a copy of a part of the picture, enlarged to its size; cameras go along."""
    mirror_variants: float = 0.0
    """Share of clips, 0 to 1, that get a mirrored copy; cameras and words go along, writing becomes unreadable."""
    max_exposure_stops: float = 1.0
    """Strongest change of exposure, up or down. Above 2, highlights clip and shadows vanish."""
    max_mired: float = 60.0
    """Strongest change of colour temperature, towards warm or cold, in mired: 60 makes 6500 K daylight 4700 or
    10700 K."""
    max_cover: float = 0.3
    """Largest part of the picture's short side that an occluder's radius takes."""
    max_crop: float = 0.3
    """Largest part of the picture's sides that a crop leaves out. Higher is more enlarged, and softer."""

    def __post_init__(self) -> None:
        for name in ("lighting_variants", "occluder_variants", "crop_variants", "mirror_variants"):
            _check(0 <= getattr(self, name) <= 1, f"augment.{name} is a share from 0 to 1", getattr(self, name))
        _check(0 <= self.max_exposure_stops <= 4, "augment.max_exposure_stops: 0 to 4", self.max_exposure_stops)
        _check(0 <= self.max_mired <= 90, "augment.max_mired: 0 to 90", self.max_mired)
        _check(0 <= self.max_crop <= 0.6, "augment.max_crop: 0 to 0.6", self.max_crop)
        _check(0.05 <= self.max_cover <= 0.6, "augment.max_cover: 0.05 to 0.6", self.max_cover)


@dataclass(frozen=True, kw_only=True)
class RealConfig(Settings):
    """Which videos, at which size, cut into which clips."""

    videos: str | None = None
    """A folder (searched below) or one file; `--videos` sets it."""
    captures: tuple[str, ...] = ()
    """Folders, files or patterns of posed captures, searched below; `--captures` sets it (docs/captures.md)."""
    synthetic_film: bool = True
    """Without `videos` and `captures`: film one procedural room and use that, called synthetic footage everywhere."""
    size_px: int = 128
    """Short side of stored frames, also the size at which shots and scores are measured. Never enlarged."""
    clip_frames: int = 48
    """Frames of a full clip."""
    rate_fps: float = 12.0
    """Frames a second of stored clips, picked by exact time; a slower video keeps its own rate."""
    unit_span_s: float = 600.0
    """A longer video becomes several units of this length, which run beside each other."""
    max_clips_per_shot: int = 8
    """The rest of a longer shot is dropped by name (`enough_of_shot`). Higher gives more of the same place."""
    decoder: Literal["auto", "decord", "pyav"] = "auto"
    """`auto`: decord where a probe shows that it gives PyAV's frames and times, else PyAV. Recorded for each clip."""
    learned_scores: Mapping[str, str] = field(default_factory=dict)
    """Networks that score clips, as name: path of an ONNX file; each gives a score `learned_<name>`: docs/scores.md."""
    limits: DecodeLimits = field(default_factory=DecodeLimits)
    shots: ShotConfig = field(default_factory=ShotConfig)
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    posed: PosedConfig = field(default_factory=PosedConfig)
    poses: PoseConfig = field(default_factory=PoseConfig)

    def __post_init__(self) -> None:
        _check(16 <= self.size_px <= 2160, "real.size_px must lie within 16 and 2160", self.size_px)
        _check(2 <= self.clip_frames <= 1024, "real.clip_frames must lie within 2 and 1024", self.clip_frames)
        _check(0 < self.rate_fps <= 240, "real.rate_fps must be above 0 and at most 240", self.rate_fps)
        _check(self.unit_span_s >= 10, "real.unit_span_s must be at least 10 s", self.unit_span_s)
        _check(self.max_clips_per_shot >= 1, "real.max_clips_per_shot must be at least 1", self.max_clips_per_shot)


@dataclass(frozen=True, kw_only=True)
class Floor(Settings):
    """What nobody wants: measured, named, and stored without its frames. Loose on purpose: selection decides."""

    min_brightness: float = 6.0
    """Mean luma (0 to 255) below which a clip is `black`. Higher drops night scenes."""
    max_brightness: float = 250.0
    """Mean luma above which a clip is `white`."""
    min_contrast: float = 2.0
    """Standard deviation of luma (levels) below which a clip is `blank`: one colour all over."""
    max_frozen_share: float = 0.85
    """Share of frames that repeat the one before, above which a clip is `frozen`: a still picture, a stuck encoder."""
    min_frames: int = 16
    """Shorter clips are `too_short` (a whole shot) or `leftover` (what remained behind a shot's full clips)."""
    min_source_px: int = 32
    """Videos whose short side is smaller are `too_small`."""
    max_aspect: float = 4.0
    """Videos with a longer side than this many short sides are `too_long_side`."""

    def __post_init__(self) -> None:
        _check(0 <= self.min_brightness < self.max_brightness <= 255, "floor: 0 <= min_brightness < max_brightness <= "
               "255", (self.min_brightness, self.max_brightness))  # fmt: skip
        _check(self.min_contrast >= 0, "floor.min_contrast must be 0 or more", self.min_contrast)
        _check(0 <= self.max_frozen_share <= 1, "floor.max_frozen_share must lie within 0 and 1", self.max_frozen_share)
        _check(self.min_frames >= 2, "floor.min_frames must be at least 2", self.min_frames)
        _check(self.min_source_px >= 2, "floor.min_source_px must be at least 2", self.min_source_px)
        _check(self.max_aspect >= 1, "floor.max_aspect must be at least 1", self.max_aspect)
