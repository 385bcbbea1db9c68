"""Reads a video through the killable child: the parent's side.

CurateStage ─▶ [VideoReader] ──socketpair──▶ decode_child

One child serves many videos, one after the other; a child that dies, hangs or outgrows its memory raises WorkerLost and
the next video gets a fresh one.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from video4spatial.filters.config import DecodeLimits
from video4spatial.filters.decode import Picture
from video4spatial.pipeline.core.child import Child, Message
from video4spatial.pipeline.core.errors import SourceError, WorkerLost

CHILD_MODULE = "video4spatial.filters.decode_child"


@dataclass(frozen=True, kw_only=True)
class VideoFacts:
    """What the child says of a video before its frames come."""

    stream: int
    streams: int
    codec: str
    coded_px: tuple[int, int]
    """(width, height) as coded."""
    shown_px: tuple[int, int]
    """(width, height) after sample aspect and rotation."""
    is_turned: bool
    """A rotation or mirror tag was applied."""
    is_interlaced: bool
    time_base: Fraction
    """Seconds per tick."""
    counted_frames: int | None
    """As the container's index says, rightly or not; None without one."""
    duration_s: float | None
    """As the container says; for planning only."""
    rate_fps: Fraction | None
    """As the container says; for planning only."""


class VideoReader:
    """Gives the pictures of videos, in order. Use it as a context manager, or close it."""

    def __init__(self, limits: DecodeLimits, child_module: str = CHILD_MODULE) -> None:
        self._limits = limits
        self._child = Child(child_module, memory_gib=limits.memory_gib)
        self.errors = 0
        """Packets of the open video that did not decode, so far."""
        self.decoder = ""
        """Which decoder gave the last chunk."""
        self.read_from = ""
        """Where decoding of a span began, and why; empty for a whole video."""

    def __enter__(self) -> "VideoReader":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def probe(self, path: str, short_side_px: int) -> VideoFacts:
        """Opens a video and reads one frame. Raises SourceError, WorkerLost."""
        return _facts(self._ask({"op": "probe", "path": path, "short_side_px": short_side_px})[0])

    def times(self, path: str, stream: int) -> NDArray[np.int64] | None:
        """(N,) ticks at which a stream's pictures are shown, from its packets, nothing decoded; None if they lie."""
        self._ask({"op": "list", "path": path, "stream": stream})
        while True:
            answer, arrays = self._ask({"op": "times"})
            if answer["done"]:
                return arrays.get("times")

    def scan(self, path: str, stream: int, from_s: float) -> None:
        """Begins to measure a video's key frames (source_quality.py), from some before a time on."""
        self._ask({"op": "scan", "path": path, "stream": stream, "from_s": from_s})

    def key_frames(self, until_s: float) -> NDArray[np.float64]:
        """(N, 3) the key frames after those told before, up to a time at least: seconds, blockiness, combing."""
        rows, done = [np.zeros((0, 3))], False
        while not done:
            answer, arrays = self._ask({"op": "key_frames", "until_s": until_s})
            rows += arrays.values()
            done = answer["done"]
        return np.concatenate(rows)

    def open(
        self,
        path: str,
        short_side_px: int,
        decoder: Literal["auto", "decord", "pyav"] = "auto",
        start: int = 0,
        stop: int | None = None,
    ) -> VideoFacts:
        """Opens a video for `pictures` of source frames [start, stop). Raises SourceError, WorkerLost."""
        self.errors, self.decoder, self.read_from = 0, "", ""
        request = {"op": "open", "path": path, "short_side_px": short_side_px, "decoder": decoder}
        return _facts(self._ask(request | {"start": start, "stop": stop})[0])

    def pictures(self) -> Iterator[Picture]:
        """The open video's pictures, each once. Raises SourceError, WorkerLost in the middle of it."""
        began, is_last = time.monotonic(), False
        while not is_last:
            answer, arrays = self._ask({"op": "next"})
            if time.monotonic() - began > self._limits.video_timeout_s:
                self.close()
                raise WorkerLost(
                    f"the video took longer than limits.video_timeout_s = {self._limits.video_timeout_s:g} s",
                    reason="timed_out",
                )
            is_last, self.errors, self.decoder = answer["last"], answer["errors"], answer["decoder"]
            self.read_from = answer["read_from"]
            if arrays:
                numbers = zip(arrays["index"].tolist(), arrays["time"].tolist(), strict=True)
                for (index, ticks), rgb in zip(numbers, arrays["rgb"], strict=True):
                    yield Picture(index, ticks, rgb)

    def close(self) -> None:
        """Kills the child. Calling it twice is safe; the next request starts another."""
        self._child.close()

    def _ask(self, request: dict[str, Any]) -> Message:
        answer, arrays = self._child.ask(request, self._limits.stall_timeout_s)
        if "error" in answer:
            raise SourceError(answer["error"], reason=answer["reason"])
        return answer, arrays


def _facts(answer: dict[str, Any]) -> VideoFacts:
    plain = dict(answer)
    plain["time_base"] = Fraction(*plain["time_base"])
    plain["rate_fps"] = Fraction(*plain["rate_fps"]) if plain["rate_fps"] else None
    plain["coded_px"], plain["shown_px"] = tuple(plain["coded_px"]), tuple(plain["shown_px"])
    return VideoFacts(**plain)
