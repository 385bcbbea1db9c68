"""Capture: one recording with its cameras, in our conventions, before any picture is opened.

folder ─▶ reader (tum.py, colmap.py, ...) ─▶ [Capture] ─▶ frames.py ─▶ stage.py ─▶ Sequence

Readers turn each format's axes, pixel centres and units into those of `core/camera.py`. Cameras that were estimated
(`pose_source` says so) fit in here as well as cameras that were read.
"""

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from video4spatial.filters.captures.lens import Lens
from video4spatial.pipeline.core.camera import Cameras
from video4spatial.pipeline.core.errors import SourceError

Up = Literal["gravity", "convention", "unknown"]
"""How sure y is up: measured against gravity; by the format's word; or not known, then the world is as it was found."""

Y_UP_FROM_Z_UP = np.array([[1.0, 0, 0, 0], [0, 0, 1, 0], [0, -1, 0, 0], [0, 0, 0, 1]])
"""Turns a world whose z is up into ours."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Box:
    """A thing that the capture's annotators boxed, in our world."""

    label: str
    """As annotated, in lower case: `tv monitor`."""
    centre_m: NDArray[np.float64]
    """(3,)."""
    axes: NDArray[np.float64]
    """(3, 3) unit vectors, one a row."""
    extent_m: NDArray[np.float64]
    """(3,) full lengths along the axes."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Capture:
    """N frames, where each lies, and the camera that took it."""

    format: str
    """Name of the reader."""
    root: Path
    """What the file names are relative to."""
    cameras: Cameras
    """(N) of the pictures as they lie there; `lens` bends on top."""
    lens: Lens
    camera_valid: NDArray[np.bool_]
    """(N,) False: no camera is known for this frame (its pose is a placeholder)."""
    images: tuple[str, ...] = ()
    """One file a frame; empty when the frames are those of `video`."""
    video: str = ""
    video_frames: NDArray[np.int64] | None = None
    """(N,) number of each frame in `video`; None: found by `times`."""
    lens_unit: Literal["pixel", "share"] = "pixel"
    """`share`: the intrinsics are shares of the width and height of `video`, whose size is known when it is opened."""
    depths: tuple[str, ...] = ()
    """One file a frame, "" where there is none; empty when no frame has depth."""
    depth_unit_m: float = 0.001
    """Metres of one level of the depth files."""
    times: NDArray[np.int64] | None = None
    """(N,) rising ticks of `time_base`; None: the capture has an order and no clock."""
    time_base: Fraction = Fraction(1)
    """Seconds per tick."""
    pose_source: Literal["read", "estimated"] = "read"
    scale: Literal["metric", "relative"] = "relative"
    up: Up = "unknown"
    scene: str = ""
    """The place, where the data set says that several captures share one; else empty."""
    boxes: tuple[Box, ...] = ()
    index_files: tuple[str, ...] = field(default=())
    """Files that were read to make this: part of the source's bytes."""

    def __post_init__(self) -> None:
        count = len(self.cameras)
        if count == 0:
            raise SourceError(f"{self.format}: the capture has no frame with a camera", reason="no_frames")
        for name in ("images", "depths"):
            files = getattr(self, name)
            if files and len(files) != count:
                raise SourceError(f"{count} cameras but {len(files)} {name}", reason="frames_differ")
        if not np.isfinite(self.cameras.world_from_camera).all():
            raise SourceError("a camera pose holds numbers that are not finite", reason="bad_pose")
        if not np.isfinite(self.cameras.image_from_camera).all():
            raise SourceError("intrinsics hold numbers that are not finite", reason="bad_intrinsics")
        if (self.cameras.image_from_camera[:, [0, 1], [0, 1]] <= 0).any():
            raise SourceError("a focal length is not above 0", reason="bad_intrinsics")
        if self.times is not None and (np.diff(self.times) <= 0).any():
            raise SourceError("the times of the frames do not rise", reason="no_times")

    def __len__(self) -> int:
        return len(self.cameras)

    @property
    def files(self) -> tuple[str, ...]:
        """Every file whose bytes can shape the result, relative to `root`."""
        video = (self.video,) if self.video else ()
        return tuple(dict.fromkeys(name for name in (*self.index_files, *self.images, *self.depths, *video) if name))

    def check_files(self) -> None:
        """Raises SourceError unless every file is there and holds something."""
        for name in self.files:
            path = self.root / name
            if not path.is_file():
                raise SourceError(
                    f"{name} is named by the capture and is not there. Restore it, or remove its frame",
                    reason="missing_file",
                )


@dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """What a reader may be told."""

    max_pose_gap_s: float = 0.15
    """Longest gap between two measured poses across which a frame's pose is interpolated."""
