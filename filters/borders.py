"""Finds the bars around a picture: letterbox, pillarbox, a frame of one colour.

luma ─▶ [content_box] ─▶ border_share (scores.py), the columns content_*_px and the hashed part (hash.py)

It never crops what is stored. Blurred copies of the picture at its sides (portrait film in a wide frame) are no bars.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_SAMPLED = 4
_BAR_LEVELS = 6.0
"""How far (levels) the pixels of a bar may lie from its colour: compression leaves ringing."""
_BAR_SHARE = 0.97
_EDGE_SHARE = 0.5
"""Share of the bar's length along which the picture must differ from it: the sky and a dark room end unevenly."""
_MOST = 0.45


@dataclass(frozen=True)
class Box:
    """The part with the picture, in pixels, half-open."""

    left: int
    top: int
    right: int
    bottom: int

    def cut(self, pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The part of (..., H, W)."""
        return pictures[..., self.top : self.bottom, self.left : self.right]


def content_box(luma: NDArray[np.uint8]) -> Box:
    """Where within (T, H, W) the picture is; all of it without bars.

    As FFmpeg's cropdetect, with any colour for black, and with a straight edge asked for. A bar is at least two lines
    of one colour in all of the sampled frames, next to which at least half of the line's pixels differ in some frame.
    """
    picked = np.unique(((np.arange(_SAMPLED) + 0.5) * len(luma) / _SAMPLED).astype(int))
    sampled = luma[picked].astype(np.float32)
    top, bottom = _inner_range(sampled[:, :, ::2])
    left, right = _inner_range(sampled[:, top:bottom:2].transpose(0, 2, 1))
    return Box(left, top, right, bottom)


def border_share(box: Box, height: int, width: int) -> float:
    """Share of the picture's area that is bars, 0 to 1."""
    return 1 - (box.bottom - box.top) * (box.right - box.left) / (height * width)


def _inner_range(sampled: NDArray[np.float32]) -> tuple[int, int]:
    """[start, stop) of the lines between the bars of (T, lines, length)."""
    before, after = _bar_lines(sampled), _bar_lines(sampled[:, ::-1])
    return before, sampled.shape[1] - after


def _bar_lines(sampled: NDArray[np.float32]) -> int:
    """How many lines from the first on are a bar."""
    level = np.median(sampled[:, 0])
    is_apart = np.abs(sampled - level) > _BAR_LEVELS
    is_bar = is_apart.mean(axis=(0, 2)) <= 1 - _BAR_SHARE
    count = int(is_bar.argmin()) if not is_bar.all() else 0
    if not 2 <= count <= _MOST * len(is_bar):
        return 0
    # scaling mixes the bar into the first line of the picture; the next one is the picture's own
    edge = min(count + 1, len(is_bar) - 1)
    if is_apart[:, edge].any(axis=0).mean() < _EDGE_SHARE:
        return 0
    return count + int(is_apart[:, count].any(axis=0).mean() < _EDGE_SHARE)
