"""Measures what scaling hides, on a few key frames at the size they were coded: block edges and the combs of interlacing.

decode_child ─▶ [measure_key_frames] ─▶ video.VideoReader ─▶ source_blockiness, source_combing of each clip

Key frames decode alone, so this costs a frame every few seconds and no seek. Runs inside the child only.
"""

from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from video4spatial.filters.decode_pyav import open_container

_EVERY_S = 2.0
"""Key frames nearer to the last one are left out: some files have nothing else."""
_SIDE_PX = 1024
"""Side of the middle part that is measured of larger pictures."""
_GRID_PX = 8
_COMB_LEVELS = 15.0
"""How far (levels) a line must stand out from both its neighbours."""


def measure_key_frames(path: Path, stream_number: int) -> NDArray[np.float64]:
    """(N, 3): time in seconds, blockiness and combing of key frames at least two seconds apart, in order."""
    rows = [(time_s, blockiness(luma), combing(luma)) for time_s, luma in _key_frames(path, stream_number)]
    return np.array(rows, dtype=np.float64).reshape(-1, 3)


def blockiness(luma: NDArray[np.uint8]) -> float:
    """How much stronger the steps on the edges of 8 x 8 blocks of (H, W) are than elsewhere, less one: 0 to about 5.

    As the boundary terms of Wang, Sheikh and Bovik, "No-reference perceptual quality assessment of JPEG compressed
    images" (2002): the mean step between neighbours, less what the steps beside it lead one to expect, by phase of the
    grid; the strongest phase over the median one, for a copy may be cut off its grid. Mean of both directions.
    """
    picture = luma.astype(np.float32)
    return float(np.mean([_grid_ratio(picture), _grid_ratio(picture.T)]))


def _grid_ratio(picture: NDArray[np.float32]) -> float:
    steps = np.abs(np.diff(picture, axis=1))
    stands_out = np.maximum(steps[:, 1:-1] - (steps[:, :-2] + steps[:, 2:]) / 2, 0).mean(axis=0)
    whole = len(stands_out) // _GRID_PX * _GRID_PX
    phases = stands_out[:whole].reshape(-1, _GRID_PX).mean(axis=0) if whole else np.zeros(1, dtype=np.float32)
    usual = float(np.median(phases))
    # without any texture there is nothing to compare with: 0.05 levels are half a rounding step on a slope
    return max(0.0, float(phases.max()) / max(usual, 0.05) - 1) if phases.max() > 0.05 else 0.0


def combing(luma: NDArray[np.uint8]) -> float:
    """Share of the pixels of (H, W) that stand out from the lines above and below as those of another field do, 0 to 1.

    The five-line comb metric of deinterlacers (Decomb, TIVTC: |a + 4c + e - 3(b + d)| over six), less the same across:
    fine texture answers to both, combs to one. 0 without motion, whatever the scan.
    """
    picture = luma.astype(np.float32)
    return max(0.0, _comb_share(picture) - _comb_share(picture.T))


def _comb_share(picture: NDArray[np.float32]) -> float:
    if picture.shape[0] < 5:
        return 0.0
    above, line, below = picture[1:-3], picture[2:-2], picture[3:-1]
    stands_out = np.abs(picture[:-4] + 4 * line + picture[4:] - 3 * (above + below)) / 6
    return float(np.mean((stands_out > _COMB_LEVELS) & ((line - above) * (line - below) > 0)))


def _key_frames(path: Path, stream_number: int) -> Iterator[tuple[float, NDArray[np.uint8]]]:
    """(seconds, luma (H, W)) of key frames. What does not decode is left out here: decode_pyav.py counts it."""
    with open_container(path) as container:
        stream = container.streams.video[stream_number]
        stream.codec_context.thread_count = 1
        stream.codec_context.skip_frame = "NONKEY"
        for packet in _due_packets(container, stream):
            try:
                frames = packet.decode()
            except av.FFmpegError:
                continue
            for frame in frames:
                if frame.time is not None:
                    yield frame.time, _middle(frame)


def _due_packets(container: av.container.InputContainer, stream: av.VideoStream) -> Iterator[av.Packet]:
    """The packets of key frames `_EVERY_S` apart, then the one that flushes the decoder."""
    due = -np.inf
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except av.FFmpegError:
            return
        if packet is None:
            return
        if packet.size == 0:
            yield packet
        elif packet.is_keyframe and packet.pts is not None and packet.pts * packet.time_base >= due:
            due = packet.pts * packet.time_base + _EVERY_S
            yield packet


def _middle(frame: av.VideoFrame) -> NDArray[np.uint8]:
    """The luma of the middle of a frame, cut on the grid of its blocks."""
    luma = frame.to_ndarray(format="gray")
    top, left = (max(0, side - _SIDE_PX) // 2 // 16 * 16 for side in luma.shape)
    return luma[top : top + _SIDE_PX, left : left + _SIDE_PX]
