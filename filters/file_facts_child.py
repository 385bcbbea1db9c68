"""The child that says what is in a video file: container, streams, packets, decoder. It keeps no picture.

file_facts.FileReader ──socketpair──▶ [file_facts_child] ─▶ names and words

Run as `python -m video4spatial.filters.file_facts_child FD`. What cannot be told of a broken file is left out: every
fact is found by itself, and the first thing that is wrong is answered beside them.
"""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from video4spatial.filters.decode import Header
from video4spatial.filters.decode_decord import why_not_decord
from video4spatial.filters.decode_pyav import PyAVDecoder, open_container
from video4spatial.filters.display import UPRIGHT, Orientation
from video4spatial.pipeline.core.child import Message, serve
from video4spatial.pipeline.core.errors import SourceError

Fact = tuple[str, str]


def handle(header: dict[str, Any], arrays: dict[str, np.ndarray]) -> Message:
    """Answers `facts` and `seconds`."""
    path = Path(header["path"])
    if header["op"] == "seconds":
        return {"seconds": seconds_of(path)}, {}
    if header["op"] != "facts":
        raise ValueError(f"unknown request {header['op']!r}")
    nbytes = path.stat().st_size
    facts: list[Fact] = [("size", f"{nbytes / 1e6:.3g} MB" if nbytes >= 1e5 else f"{nbytes} bytes")]
    try:
        for fact in facts_of(path, header["short_side_px"], header["decoder"]):
            facts.append(fact)
    except SourceError as error:
        return {"facts": facts, "error": str(error), "reason": error.reason}, {}
    return {"facts": facts}, {}


def seconds_of(path: Path) -> float | None:
    """Length as the container says, nothing decoded; None where it does not say, or cannot be opened."""
    try:
        with open_container(path) as container:
            return container.duration / av.time_base if container.duration else None
    except SourceError:
        return None


def facts_of(path: Path, short_side_px: int, decoder: str) -> Iterator[Fact]:
    """(name, words) of what is found, the container first. Raises SourceError where it can go no further."""
    with open_container(path) as container:
        seconds = f", {container.duration / av.time_base:.2f} s" if container.duration else ", length not said"
        yield "container", f"{container.format.long_name} ({container.format.name}){seconds}"
        yield "streams", "; ".join(_stream(stream) for stream in container.streams) or "none"
    header = PyAVDecoder(path, short_side_px).header
    yield from _picture(path, header, short_side_px)
    yield from _packets(path, header)
    yield "decoder", _decoder(path, header, short_side_px, decoder)


def _stream(stream: Any) -> str:
    context = stream.codec_context
    words = [stream.type, context.name if context is not None else "of an unknown codec"]
    if stream.type == "video" and context is not None:
        words += [f"{context.width}x{context.height}", context.pix_fmt or "of an unknown pixel format"]
        if stream.disposition & av.stream.Disposition.attached_pic:
            words.append("(a cover picture)")
    return " ".join(words)


def _picture(path: Path, header: Header, short_side_px: int) -> Iterator[Fact]:
    display = header.display
    width, height = display.shown_px
    working = "x".join(str(length) for length in display.working_px(short_side_px))
    yield (
        "picture",
        f"{width}x{height} as shown, measured and stored at {working}"
        + (", interlaced" if header.is_interlaced else ""),
    )
    yield "video stream", f"number {header.stream} of {header.streams}, {header.codec}"
    if display.sample_aspect != 1:
        yield "pixel aspect", f"{display.sample_aspect.numerator}:{display.sample_aspect.denominator}, made square"
    if display.orientation != UPRIGHT:
        yield "rotation", f"{orientation_words(display.orientation)}, undone"


def orientation_words(orientation: Orientation) -> str:
    """What is done to the coded picture, as people say it."""
    turned = {
        (False, True, True): "turned by 180 degrees",
        (True, True, False): "turned by 90 degrees, clockwise",
        (True, False, True): "turned by 90 degrees, counterclockwise",
        (False, True, False): "mirrored left to right",
        (False, False, True): "mirrored top to bottom",
        (True, False, False): "turned by 90 degrees and mirrored",
        (True, True, True): "turned by 90 degrees and mirrored",
    }
    return turned[(orientation.is_transposed, orientation.mirrors_x, orientation.mirrors_y)]


def _packets(path: Path, header: Header) -> Iterator[Fact]:
    """What the packets say: how many pictures, whether the rate is even, how many key frames. Nothing is decoded."""
    times, keys, broken = [], 0, 0
    with open_container(path) as container:
        try:
            for packet in container.demux(container.streams.video[header.stream]):
                if packet.size:
                    times += [packet.pts] if packet.pts is not None else []
                    keys += packet.is_keyframe
                    broken += packet.is_corrupt
        except av.FFmpegError as error:
            yield "damage", f"the container cannot be read to its end ({error.strerror or error})"
    if broken:
        yield "damage", f"{broken} packets are marked broken"
    told = f", its index says {header.counted_frames}" if header.counted_frames not in (None, len(times)) else ""
    yield "frames", f"{len(times)} in {keys} groups of pictures{told}"
    yield "rate", rate_words(np.unique(np.array(times, dtype=np.int64)), header.time_base)


def rate_words(times: np.ndarray, time_base: Fraction) -> str:
    """Even or variable, and how fast; times (N,) are rising ticks. A tick of rounding is no variation."""
    if len(times) < 2:
        return "one picture"
    steps = np.diff(times)
    mean_fps = float(1 / (Fraction(int(times[-1] - times[0]), len(steps)) * time_base))
    begins = f"; begins at {float(times[0] * time_base):.3f} s" if times[0] else ""
    # a container's ticks round each time by half a tick, so that a step may be off by one
    if steps.max() - steps.min() <= 2:
        return f"{mean_fps:.6g} frames/s, even{begins}"
    least_s, most_s = float(steps.min() * time_base), float(steps.max() * time_base)
    return f"{mean_fps:.6g} frames/s on average, variable: {least_s * 1e3:.3g} to {most_s * 1e3:.3g} ms apart{begins}"


def _decoder(path: Path, header: Header, short_side_px: int, asked: str) -> str:
    if asked == "pyav":
        return "pyav, as real.decoder asks"
    objection = why_not_decord(path, header, short_side_px)
    if objection is None:
        return "decord: its probe gave the frames and times of pyav"
    if asked == "auto":
        return f"pyav, not decord: {objection}"
    raise SourceError(f"decord cannot be used: {objection}. Set real.decoder=auto", reason="decord_refused")


if __name__ == "__main__":
    serve(handle)
