"""The child's main: opens one video at a time and hands its pictures out in chunks.

video.VideoReader ──socketpair──▶ [decode_child] ─▶ decoder

Run as `python -m video4spatial.filters.decode_child FD`. Whatever a hostile file does to FFmpeg happens here. An input
that is merely broken is answered with its reason; anything else ends the process, and the parent sees WorkerLost.
"""

import itertools
import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from video4spatial.filters.choose import open_decoder
from video4spatial.filters.decode import Decoder, Header, Picture
from video4spatial.filters.decode_pyav import PyAVDecoder
from video4spatial.filters.display import UPRIGHT
from video4spatial.filters.packets import PacketLister
from video4spatial.filters.source_quality import Row, scan_key_frames
from video4spatial.pipeline.core.child import Message, serve
from video4spatial.pipeline.core.errors import SourceError

CHUNK_BYTES = 8 * 2**20
CHUNK_SECONDS = 2.0


class DecodeServer:
    """Holds the open video between two requests."""

    def __init__(self) -> None:
        self._decoder: Decoder | None = None
        self._pictures: Iterator[Picture | None] = iter(())
        self._broken: SourceError | None = None
        self._kept: list[Picture] = []
        """A picture that is the first of another decoder, or was read from another place: the next chunk's."""
        self._lister: PacketLister | None = None
        self._listing: Iterator[None] = iter(())
        self._scan: Iterator[tuple[float, list[Row]]] = iter(())

    def handle(self, header: dict[str, Any], arrays: dict[str, np.ndarray]) -> Message:
        """Answers one request (the cases below); a SourceError travels as its two words."""
        try:
            match header["op"]:
                case "probe":
                    return describe(PyAVDecoder(Path(header["path"]), header["short_side_px"]).header), {}
                case "list":
                    self._lister = PacketLister(Path(header["path"]), header["stream"])
                    self._listing = self._lister.steps()
                    return {}, {}
                case "times":
                    return self._times()
                case "scan":
                    self._scan = scan_key_frames(Path(header["path"]), header["stream"], header["from_s"])
                    return {}, {}
                case "key_frames":
                    return self._key_frames(header["until_s"])
                case "open":
                    return self._open(header), {}
                case "next":
                    return self._next()
        except SourceError as error:
            return {"error": str(error), "reason": error.reason}, {}
        raise ValueError(f"unknown request {header['op']!r}")

    def _key_frames(self, until_s: float) -> Message:
        """What `scan` finds up to a time, or in two seconds."""
        began, done = time.monotonic(), False
        rows: list[Row] = []
        while not done and time.monotonic() - began < CHUNK_SECONDS:
            now_s, found = next(self._scan, (math.inf, []))
            rows += found
            done = now_s > until_s
        return {"done": done}, {"rows": np.array(rows, dtype=np.float64)} if rows else {}

    def _times(self) -> Message:
        """What `list` asked for, or that it takes longer than two seconds more."""
        began = time.monotonic()
        for _ in self._listing:
            if time.monotonic() - began > CHUNK_SECONDS:
                return {"done": False}, {}
        assert self._lister is not None
        index = self._lister.index
        if index is None or not index.is_orderly:
            return {"done": True}, {}
        return {"done": True}, {"times": index.shown}

    def _open(self, header: dict[str, Any]) -> dict[str, Any]:
        self._broken, self._kept = None, []
        start, stop = header["start"], header["stop"]
        span = None if start == 0 and stop is None else (start, stop)
        self._decoder = open_decoder(Path(header["path"]), header["short_side_px"], header["decoder"], span)
        self._pictures = self._decoder.pictures(start)
        if stop is not None:
            self._pictures = itertools.takewhile(
                lambda picture: not (picture and picture.index >= stop), self._pictures
            )
        return describe(self._decoder.header)

    def _next(self) -> Message:
        """The next pictures: as many as fit a chunk or come within two seconds, none while others are being skipped.

        An error waits until the pictures before it have been handed out.
        """
        assert self._decoder is not None
        if self._broken is not None:
            raise self._broken
        chunk, self._kept = self._kept, []
        decoder, origin = self._decoder, self._origin
        is_last, began = False, time.monotonic()
        while sum_bytes(chunk) < CHUNK_BYTES and time.monotonic() - began < CHUNK_SECONDS:
            try:
                picture = next(self._pictures)
            except StopIteration:
                is_last = True
                break
            except SourceError as error:
                if not chunk:
                    raise
                self._broken = error
                break
            if chunk and self._origin != origin:
                self._kept = [picture] if picture is not None else []
                break
            origin = self._origin
            if picture is not None:
                chunk.append(picture)
        answer = {"last": is_last, "errors": decoder.errors, "decoder": origin[0], "read_from": origin[1]}
        if not chunk:
            return answer, {}
        return answer, {
            "index": np.array([picture.index for picture in chunk], dtype=np.int64),
            "time": np.array([picture.time for picture in chunk], dtype=np.int64),
            "rgb": np.stack([picture.rgb for picture in chunk]),
        }

    @property
    def _origin(self) -> tuple[str, str]:
        """Who decodes, and from where: the same for all pictures of a chunk, so that rows do not depend on timing."""
        return (self._decoder.name, self._decoder.read_from) if self._decoder else ("", "")


def sum_bytes(chunk: list[Picture]) -> int:
    """Bytes of a chunk's pictures, which are all of one size."""
    return len(chunk) * chunk[0].rgb.nbytes if chunk else 0


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
