"""Measures what scaling hides, on a few key frames at the size they were coded: block edges, combs of interlacing.

decode_child ─▶ [scan_key_frames] ─▶ video.VideoReader ─▶ [clip_quality] ─▶ scores of each clip

Key frames decode alone, so this costs a frame every few seconds and no seek. The scan runs inside the child only.
"""

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from video4spatial.filters.decode_pyav import open_container

_EVERY_S = 2.0
"""Key frames nearer to the last one are left out: some files have nothing else."""
_BEFORE_S = 12.0
"""How long before a unit's beginning key frames are looked at: those before it may be the last ones."""
_SIDE_PX = 1024
"""Side of the middle part that is measured of larger pictures."""
_MAX_PX = 4096 * 2304
"""Larger pictures are not measured: two decoders of 8K would not fit the child's memory."""
_GRID_PX = 8
_COMB_LEVELS = 15.0
"""How far (levels) a line must stand out from both its neighbours."""


Row = tuple[float, float, float]
"""Time in seconds, blockiness, combing."""


def scan_key_frames(path: Path, stream_number: int, from_s: float) -> Iterator[tuple[float, list[Row]]]:
    """For each packet, (its time in seconds or the last known one, the row of the key frame that it is, if it is due).

    Key frames at least two seconds apart, from some before `from_s` on. What does not decode is left out here:
    decode_pyav.py counts it.
    """
    with open_container(path) as container:
        stream = container.streams.video[stream_number]
        codec = stream.codec_context
        codec.thread_count = 1
        if codec.width * codec.height > _MAX_PX:
            return
        now_s, due_s = -np.inf, from_s - _BEFORE_S
        packets = container.demux(stream)
        while True:
            try:
                packet = next(packets, None)
            except av.FFmpegError:
                return
            if packet is None:
                return
            if packet.pts is not None:
                now_s = float(packet.pts * packet.time_base)
            is_due = packet.is_keyframe and packet.pts is not None and now_s >= due_s
            if is_due:
                due_s = now_s + _EVERY_S
            yield now_s, [(now_s, *_measure(luma)) for luma in _decode(codec, packet)] if is_due else []


def _measure(luma: NDArray[np.uint8]) -> tuple[float, float]:
    return blockiness(luma), combing(luma)


def _decode(codec: av.VideoCodecContext, packet: av.Packet) -> list[NDArray[np.uint8]]:
    """The picture of a key frame, at once: a decoder that waits for reordered frames is told that none will come."""
    try:
        frames = [*codec.decode(packet), *codec.decode(None)]
    except av.FFmpegError:
        frames = []
    codec.flush_buffers()
    return [_middle(frame) for frame in frames[:1]]


def _middle(frame: av.VideoFrame) -> NDArray[np.uint8]:
    """The luma of the middle of a frame, cut on the grid of its blocks."""
    luma = np.asarray(frame.to_ndarray(format="gray"), dtype=np.uint8)
    top, left = (max(0, side - _SIDE_PX) // 2 // 16 * 16 for side in luma.shape)
    return luma[top : top + _SIDE_PX, left : left + _SIDE_PX]


def clip_quality(rows: NDArray[np.float64], start_s: float, stop_s: float) -> dict[str, float]:
    """`source_blockiness` and `source_combing` of a clip: the median of the one and the mean of the other over its key
    frames, or those of the last before it; nothing without any. rows (N, 3)."""
    before = rows[rows[:, 0] <= start_s]
    within = rows[(rows[:, 0] > start_s) & (rows[:, 0] <= stop_s)]
    # a clip that begins between two key frames shows the last one's blocks, copied on
    own = within if len(within) else before[-1:]
    if not len(own):
        return {}
    return {"source_blockiness": float(np.median(own[:, 1])), "source_combing": float(np.mean(own[:, 2]))}


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
