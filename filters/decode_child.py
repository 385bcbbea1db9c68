"""The child's main: opens one video at a time and hands its pictures out in chunks.

video.VideoReader ──socketpair──▶ [decode_child] ─▶ decoder

Run as `python -m video4spatial.filters.decode_child FD`. Whatever a hostile file does to FFmpeg happens here. An input
that is merely broken is answered with its reason; anything else ends the process, and the parent sees WorkerLost.
"""

import itertools
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from video4spatial.filters.choose import open_decoder
from video4spatial.filters.decode import Decoder, Header, Picture
from video4spatial.filters.decode_pyav import PyAVDecoder, display_times
from video4spatial.filters.display import UPRIGHT
from video4spatial.pipeline.core.child import Message, serve
from video4spatial.pipeline.core.errors import SourceError

CHUNK_BYTES = 8 * 2**20
CHUNK_SECONDS = 2.0


class DecodeServer:
    """Holds the open video between two requests."""

    def __init__(self) -> None:
        self._decoder: Decoder | None = None
        self._pictures: Iterator[Picture] = iter(())
        self._broken: SourceError | None = None

    def handle(self, header: dict[str, Any], arrays: dict[str, np.ndarray]) -> Message:
        """Answers `probe`, `times`, `open` and `next`; a SourceError travels as its two words."""
        try:
            match header["op"]:
                case "probe":
                    return describe(PyAVDecoder(Path(header["path"]), header["short_side_px"]).header), {}
                case "times":
                    times = display_times(Path(header["path"]), header["stream"])
                    return {"known": times is not None}, {} if times is None else {"times": times}
                case "open":
                    return self._open(header), {}
                case "next":
                    return self._next()
        except SourceError as error:
            return {"error": str(error), "reason": error.reason}, {}
        raise ValueError(f"unknown request {header['op']!r}")

    def _open(self, header: dict[str, Any]) -> dict[str, Any]:
        self._broken = None
        self._decoder = open_decoder(Path(header["path"]), header["short_side_px"], header["decoder"])
        self._pictures = self._decoder.pictures(header["start"])
        if header["stop"] is not None:
            self._pictures = itertools.islice(self._pictures, header["stop"] - header["start"])
        return describe(self._decoder.header)

    def _next(self) -> Message:
        """The next pictures: as many as fit a chunk or come within two seconds, at least one unless at the end.

        An error waits until the pictures before it have been handed out.
        """
        assert self._decoder is not None
        if self._broken is not None:
            raise self._broken
        chunk: list[Picture] = []
        is_last, began = False, time.monotonic()
        while not chunk or (sum_bytes(chunk) < CHUNK_BYTES and time.monotonic() - began < CHUNK_SECONDS):
            try:
                picture = next(self._pictures, None)
            except SourceError as error:
                if not chunk:
                    raise
                self._broken = error
                break
            if picture is None:
                is_last = True
                break
            chunk.append(picture)
        answer = {"last": is_last, "errors": self._decoder.errors, "decoder": self._decoder.name}
        if not chunk:
            return answer, {}
        return answer, {
            "index": np.array([picture.index for picture in chunk], dtype=np.int64),
            "time": np.array([picture.time for picture in chunk], dtype=np.int64),
            "rgb": np.stack([picture.rgb for picture in chunk]),
        }


def sum_bytes(chunk: list[Picture]) -> int:
    """Bytes of a chunk's pictures, which are all of one size."""
    return len(chunk) * chunk[0].rgb.nbytes


def describe(header: Header) -> dict[str, Any]:
    """A header as JSON; `video.VideoFacts` is its other side."""
    rate = header.rate_fps
    display = header.display
    return {
        "stream": header.stream,
        "streams": header.streams,
        "codec": header.codec,
        "coded_px": list(display.coded_px),
        "shown_px": list(display.shown_px),
        "is_turned": display.orientation != UPRIGHT,
        "time_base": [header.time_base.numerator, header.time_base.denominator],
        "counted_frames": header.counted_frames,
        "duration_s": header.duration_s,
        "rate_fps": [rate.numerator, rate.denominator] if rate else None,
        "is_interlaced": header.is_interlaced,
    }


if __name__ == "__main__":
    serve(DecodeServer().handle)
