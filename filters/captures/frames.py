"""Opens the frames of a capture through killable children: pictures one by one, or the video they are part of.

Capture ─▶ [open_frames] ─▶ PictureFrames.read(numbers) ─▶ colour and depth as stored ─▶ curate.py
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from video4spatial.filters.captures.capture import Capture
from video4spatial.filters.captures.fit import Fit, fit_picture, fitted_cameras, plan_fit
from video4spatial.filters.captures.settings import PosedConfig
from video4spatial.filters.config import DecodeLimits
from video4spatial.filters.decode import Picture
from video4spatial.filters.video import VideoReader
from video4spatial.pipeline.core.camera import Cameras
from video4spatial.pipeline.core.child import Child
from video4spatial.pipeline.core.errors import SourceError
from video4spatial.pipeline.core.settings import to_plain

CHILD_MODULE = "video4spatial.filters.captures.image_child"


@dataclass(frozen=True, eq=False)
class Opened:
    """A capture whose pictures can be read, and how they are stored."""

    capture: Capture
    """With cameras in pixels of the pictures as the decoder gives them, and with `times` where a video told them."""
    fit: Fit
    cameras: Cameras
    """Of the stored frames."""
    grid_px: tuple[int, int]
    """(width, height) of the depth grid."""
    frames: "PictureFrames"


class FrameOpener:
    """Holds the children that open pictures and videos; serves one capture after the other."""

    def __init__(self, limits: DecodeLimits) -> None:
        self._limits = limits
        self._child = Child(CHILD_MODULE, memory_gib=limits.memory_gib)
        self._video = VideoReader(limits)

    def open(self, capture: Capture, size_px: int, config: PosedConfig) -> Opened:
        """Raises SourceError, WorkerLost."""
        pictures: VideoPictures | None = None
        if capture.video:
            is_straight = capture.lens.kind == "pinhole"
            # a bent picture is straightened at full size; a straight one is made smaller by the decoder
            pictures = VideoPictures(self._video, capture, size_px if is_straight else 8192)
            capture = pictures.capture
        fit = plan_fit(capture, size_px, config.crop, config.max_fov_deg)
        width, height = fit.out_px
        divided = config.depth_scale if width % config.depth_scale == 0 and height % config.depth_scale == 0 else 1
        grid_px = width // divided, height // divided
        frames = PictureFrames(self._child, self._limits, capture, fit, grid_px, pictures)
        return Opened(capture, fit, fitted_cameras(capture.cameras, fit), grid_px, frames)

    def close(self) -> None:
        """Kills the children; safe to call twice."""
        self._child.close()
        self._video.close()


class PictureFrames:
    """Frames from files, or colour from a video and depth from files."""

    def __init__(
        self,
        child: Child,
        limits: DecodeLimits,
        capture: Capture,
        fit: Fit,
        grid_px: tuple[int, int],
        pictures: "VideoPictures | None",
    ) -> None:
        self._child, self._limits, self._capture, self._fit = child, limits, capture, fit
        self._grid_px, self._pictures = grid_px, pictures

    def read(self, numbers: list[int]) -> tuple[NDArray[np.uint8], NDArray[np.float32] | None]:
        """(T, h, w, 3) and depth (T, h', w'), None if none of them has any. Numbers rise from call to call.

        Raises SourceError, WorkerLost.
        """
        answers = [self._ask(number) for number in numbers]
        rgb = [answer["rgb"] for answer in answers]
        if not any("depth_m" in answer for answer in answers):
            return np.stack(rgb), None
        nothing = np.zeros(self._grid_px[::-1], dtype=np.float32)
        return np.stack(rgb), np.stack([answer.get("depth_m", nothing) for answer in answers])

    def _ask(self, number: int) -> dict[str, np.ndarray]:
        capture, found = self._capture, {}
        lens = capture.cameras.image_from_camera[number], capture.lens.kind, capture.lens.of(number)
        if self._pictures is not None:
            found["rgb"] = fit_picture(self._pictures.picture(number), self._fit, *lens)
        image = str(capture.root / capture.images[number]) if capture.images else ""
        depth = str(capture.root / capture.depths[number]) if capture.depths and capture.depths[number] else ""
        if not image and not depth:
            return found
        header = {
            "op": "frame",
            "image": image,
            "depth": depth,
            "depth_unit_m": capture.depth_unit_m,
            "fit": to_plain(self._fit),
            "lens": lens[1],
            "grid_px": list(self._grid_px),
        }
        arrays = {"image_from_camera": lens[0], "coefficients": lens[2]}
        answer, given = self._child.ask(header, self._limits.stall_timeout_s, arrays)
        if "error" in answer:
            raise SourceError(answer["error"], reason=answer["reason"])
        return found | given


class VideoPictures:
    """Frames of a video by their numbers in the capture; decoded once, in order."""

    def __init__(self, reader: VideoReader, capture: Capture, short_side_px: int) -> None:
        path = str(capture.root / capture.video)
        facts = reader.open(path, short_side_px, "pyav")
        if capture.video_frames is None:
            shown = reader.times(path, facts.stream)
            if shown is None:
                raise SourceError(f"the times of {capture.video} cannot be told from its packets", reason="no_times")
            capture = matched_by_time(capture, (shown - shown[0]) * float(facts.time_base))
        self._stream: Iterator[Picture] = reader.pictures()
        self._held = self._next(capture)
        told = capture.cameras.width_px, capture.cameras.height_px
        if capture.lens_unit == "pixel" and told != facts.shown_px:
            raise SourceError(
                f"{capture.video} is {facts.shown_px[0]}x{facts.shown_px[1]}, its cameras {told[0]}x{told[1]} pixels",
                reason="mixed_sizes",
            )
        height, width = self._held.rgb.shape[:2]
        self.capture = replace(capture, cameras=capture.cameras.resized(width, height))

    def picture(self, number: int) -> NDArray[np.uint8]:
        """The picture of a frame. Raises SourceError where the video ends before it."""
        assert self.capture.video_frames is not None
        wanted = int(self.capture.video_frames[number])
        while self._held.index < wanted:
            self._held = self._next(self.capture)
        if self._held.index != wanted:
            raise SourceError(f"frame {wanted} of {self.capture.video} was passed already", reason="no_times")
        return self._held.rgb

    def _next(self, capture: Capture) -> Picture:
        picture = next(self._stream, None)
        if picture is None:
            raise SourceError(f"{capture.video} ends before the last frame that has a pose", reason="video_too_short")
        return picture


def matched_by_time(capture: Capture, shown_s: NDArray[np.float64]) -> Capture:
    """The capture with each frame's number in a video whose frames are shown at `shown_s`, rising from 0.

    A frame belongs to the picture nearest in time, if that is within half a frame; else, and where another frame has
    that picture already, its camera is not valid. Raises SourceError where none fits.
    """
    assert capture.times is not None
    wanted_s = capture.times * float(capture.time_base)
    after = np.clip(np.searchsorted(shown_s, wanted_s), 1, max(1, len(shown_s) - 1))
    after = np.minimum(after, len(shown_s) - 1)
    before = np.maximum(after - 1, 0)
    nearest = np.where(shown_s[after] - wanted_s < wanted_s - shown_s[before], after, before)
    step_s = float(np.median(np.diff(shown_s))) if len(shown_s) > 1 else 0.0
    # a millisecond: what a container's clock rounds away
    is_near = np.abs(shown_s[nearest] - wanted_s) <= step_s / 2 + 1e-3
    is_again = np.concatenate([[False], np.diff(nearest) == 0])
    if not is_near.any():
        raise SourceError(
            f"no frame of {capture.video} ({shown_s[-1]:.1f} s) is near the times of the poses ({wanted_s[0]:.1f} to "
            f"{wanted_s[-1]:.1f} s); it is another film, or another cut of it",
            reason="no_times",
        )
    return replace(capture, video_frames=nearest, camera_valid=capture.camera_valid & is_near & ~is_again)
