"""What a decoder is, for the two that exist. Runs inside the child only.

decode_child ─▶ [Decoder] ◀─ decode_pyav | decode_decord

A decoder reads one file from its first byte on and never seeks: edit lists lie, and a file may have a single key
frame. Frames are counted from 0 in presentation order, whatever the container says. Only `decode_span` leaves packets
out, where it has shown that the frames stay the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from video4spatial.filters.display import Display


@dataclass(frozen=True, kw_only=True)
class Header:
    """What is known of a video before its frames are read."""

    stream: int
    """Index of the video stream among the container's video streams: the first that gives a picture."""
    streams: int
    """How many video streams the container has, cover pictures not counted."""
    codec: str
    display: Display
    time_base: Fraction
    """Seconds per tick."""
    counted_frames: int | None
    """As the container's index says; None where it has none. Containers lie: only for planning and for messages."""
    duration_s: float | None
    """As the container says; for planning only."""
    rate_fps: Fraction | None
    """Mean rate as the container says; for planning only."""
    is_interlaced: bool = False


@dataclass(frozen=True)
class Picture:
    """One decoded frame, upright, at working size."""

    index: int
    """Number in the source, from 0."""
    time: int
    """Exact presentation time in ticks."""
    rgb: NDArray[np.uint8]
    """(H, W, 3) sRGB."""
    fine_luma: NDArray[np.uint8] | None = None
    """(h, w) the same picture at the size at which poses are estimated, where they are."""


class Decoder(Protocol):
    """One open video."""

    name: str
    header: Header

    @property
    def errors(self) -> int:
        """Packets that did not decode, so far."""

    @property
    def read_from(self) -> str:
        """Where decoding of a span began, and why (`decode_span`); empty for a whole video."""

    def pictures(self, start: int) -> Iterator[Picture | None]:
        """All pictures from number `start` on; None, a sign of life, for each one before.

        Raises SourceError when the video cannot be shown as it should be (`size_changes`, `no_times`).
        """
