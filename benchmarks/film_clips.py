"""The clips of a film as the benchmarks of camera motion and poses want them.

film ─▶ shots ─▶ windows ─▶ [film_clips] ─▶ camera_motion.py, poses.py
"""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.known_cameras import RATE_FPS
from video4spatial.filters.config import DecodeLimits, ShotConfig
from video4spatial.filters.cut import cut_windows
from video4spatial.filters.scores import to_luma
from video4spatial.filters.shots import split_shots
from video4spatial.filters.video import VideoReader
from video4spatial.pipeline.core.errors import SourceError

CLIP_FRAMES, LEAST_FRAMES = 48, 16


def film_clips(film: Path, size_px: int) -> Iterator[tuple[int, NDArray[np.uint8], NDArray[np.float64]]]:
    """(first source frame, luma (T, H, W) with short side `size_px`, times in seconds (T,)) of each clip; none of a
    file that cannot be read."""
    with VideoReader(DecodeLimits()) as reader:
        try:
            facts = reader.open(str(film), size_px)
        except SourceError:
            return
        windows = cut_windows(
            split_shots(reader.pictures(), ShotConfig()),
            clip_frames=CLIP_FRAMES,
            rate_fps=Fraction(RATE_FPS),
            time_base=facts.time_base,
            max_clips_per_shot=8,
        )
        for window in windows:
            if window.kind in ("transition", "surplus") or len(window.pictures) < LEAST_FRAMES:
                continue
            times_s = np.array([picture.time for picture in window.pictures]) * float(facts.time_base)
            yield window.start, to_luma(np.stack([picture.rgb for picture in window.pictures])), times_s
