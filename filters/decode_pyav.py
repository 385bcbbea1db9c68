"""The decoder that reads everything FFmpeg reads, through PyAV, on one thread.

decode_child ─▶ [PyAVDecoder] ─▶ Picture

One thread, because which pictures survive a broken packet must not depend on the machine. A packet that does not decode
is counted and skipped, as players do; a container that cannot be read further ends the video there.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.sidedata.sidedata import Type as SideDataType
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray

from video4spatial.filters.decode import Header, Picture
from video4spatial.filters.display import Display, orientation_of
from video4spatial.filters.fields import FieldTaker
from video4spatial.filters.packets import PacketLister, open_container
from video4spatial.pipeline.core.errors import SourceError

_HDR_TRANSFERS = {16: "PQ (SMPTE ST 2084)", 18: "HLG (ARIB STD-B67)"}
_MAX_FLUSHES = 64
_SIGN_OF_LIFE = 500
"""Packets passed over between two signs of life."""


@dataclass
class Tally:
    """What went wrong while reading."""

    errors: int = 0
    words: list[str] = field(default_factory=list)
    """The first three different ones, in FFmpeg's words."""

    def note(self, error: av.FFmpegError) -> None:
        """Counts an error. Running out of memory is no property of the file and is raised on."""
        if isinstance(error, MemoryError):
            raise MemoryError(str(error)) from None
        self.errors += 1
        said = error.strerror or type(error).__name__
        if said not in self.words and len(self.words) < 3:
            self.words.append(said)


class PyAVDecoder:
    """Implements `Decoder`. Raises SourceError when nothing in the file is a picture."""

    name = "pyav"
    read_from = ""

    def __init__(self, path: Path, short_side_px: int) -> None:
        self._tally = Tally()
        self._short_side_px = short_side_px
        candidates = video_streams(path)
        for stream in candidates:
            self._tally = Tally()
            frames = (frame for frame in read_frames(path, stream, self._tally) if frame is not None)
            first = next(frames, None)
            if first is not None:
                self._frames = itertools.chain([first], frames)
                self.header = header_of(path, stream, len(candidates), first)
                return
        said = f" ({'; '.join(self._tally.words)})" if self._tally.words else ""
        raise SourceError(
            f"none of {len(candidates)} video streams gives a picture{said}. Restore the file from its source",
            reason="undecodable",
        )

    @property
    def errors(self) -> int:
        return self._tally.errors

    def pictures(self, start: int) -> Iterator[Picture | None]:
        """See `Decoder.pictures`."""
        shrinker = Shrinker(self.header, self._short_side_px)
        for index, frame in enumerate(self._frames):
            time = shrinker.check(index, frame)
            yield None if index < start else Picture(index, time, shrinker.shrink(frame))


class Shrinker:
    """Turns decoded frames into pictures at working size, upright."""

    def __init__(self, header: Header, short_side_px: int) -> None:
        self._header = header
        self._size_px = header.display.scaled_px(short_side_px)
        self._scaler, self._fields = VideoReformatter(), FieldTaker()

    def check(self, index: int, frame: av.VideoFrame) -> int:
        """The frame's time in ticks. Raises SourceError when it has none or another size than the first one."""
        coded_px = self._header.display.coded_px
        if (frame.width, frame.height) != coded_px:
            raise SourceError(
                f"size_changes: frame {index} is {frame.width}x{frame.height}, the video began as "
                f"{coded_px[0]}x{coded_px[1]}. Re-encode it at one size",
                reason="size_changes",
            )
        if frame.pts is None:
            raise SourceError(f"frame {index} has no presentation time. Remux the file", reason="no_times")
        return _time(frame, self._header.time_base)

    def shrink(self, frame: av.VideoFrame) -> NDArray[np.uint8]:
        """(H, W, 3) sRGB."""
        width, height = self._size_px
        if frame.interlaced_frame:
            frame = self._fields.take(frame)
        small = self._scaler.reformat(frame, width, height, "rgb24", interpolation=Interpolation.AREA, threads=1)
        return self._header.display.orientation.apply(np.asarray(small.to_ndarray(), dtype=np.uint8))


def video_streams(path: Path) -> list[int]:
    """Positions of the container's video streams, cover pictures left out. Raises SourceError when there is none."""
    with open_container(path) as container:
        streams = container.streams.video
        kept = [n for n, stream in enumerate(streams) if not stream.disposition & av.stream.Disposition.attached_pic]
    if not kept:
        raise SourceError("the container holds no video stream", reason="no_video")
    return kept


def read_frames(path: Path, stream_number: int, tally: Tally, first_packet: int = 0) -> Iterator[av.VideoFrame | None]:
    """Every frame of one video stream in presentation order; what does not decode is counted in `tally`.

    `first_packet`: the decoder sees the stream's packets from that one on (counted as `PacketLister` does). Those
    before are read all the same, for the container is never asked to seek; None is a sign of life meanwhile.
    """
    with open_container(path) as container:
        stream = container.streams.video[stream_number]
        codec = stream.codec_context
        if codec is None:
            raise SourceError("no decoder for this codec is built in", reason="unknown_codec")
        codec.thread_count = 1
        packets = container.demux(stream)
        passed = 0
        while True:
            try:
                packet = next(packets, None)
            except av.FFmpegError as error:
                tally.note(error)
                break
            if packet is None:
                break
            if passed < first_packet:
                passed += packet.size > 0
                if passed % _SIGN_OF_LIFE == 0:
                    yield None
                continue
            try:
                yield from packet.decode()
            except av.error.EOFError:
                return
            except av.FFmpegError as error:
                tally.note(error)
        yield from _flush(codec, tally)


def _flush(codec: av.VideoCodecContext, tally: Tally) -> Iterator[av.VideoFrame]:
    """The frames the decoder still holds after a broken end; an error costs one of them, not the rest."""
    for _ in range(_MAX_FLUSHES):
        try:
            yield from codec.decode(None)
        except av.error.EOFError:
            return
        except av.FFmpegError as error:
            tally.note(error)
        else:
            return


def header_of(path: Path, stream_number: int, streams: int, first: av.VideoFrame) -> Header:
    """The header, corrected by the first frame. Raises SourceError for what is refused by name."""
    transfer = int(first.color_trc)
    if transfer in _HDR_TRANSFERS:
        raise SourceError(
            f"the video is HDR, {_HDR_TRANSFERS[transfer]}, which is not tone-mapped here. Convert it to SDR",
            reason="hdr",
        )
    matrix = first.side_data.get(SideDataType.DISPLAYMATRIX)  # type: ignore[call-overload]
    with open_container(path) as container:
        stream = container.streams.video[stream_number]
        if stream.time_base is None:
            raise SourceError("the video stream has no time base. Remux the file", reason="no_times")
        return Header(
            stream=stream_number,
            streams=streams,
            codec=stream.codec_context.name,
            display=Display(
                coded_px=(first.width, first.height),
                sample_aspect=stream.sample_aspect_ratio or Fraction(1),
                orientation=orientation_of(bytes(matrix) if matrix is not None else None),
            ),
            time_base=stream.time_base,
            counted_frames=stream.frames or None,
            duration_s=_seconds(stream, container),
            rate_fps=stream.average_rate or stream.guessed_rate,
            is_interlaced=bool(first.interlaced_frame),
        )


def _seconds(stream: av.VideoStream, container: av.container.InputContainer) -> float | None:
    """Length as the container says."""
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return container.duration / av.time_base if container.duration else None


def _time(frame: av.VideoFrame, time_base: Fraction) -> int:
    """The frame's time in ticks of the stream's time base (decoders may count in another)."""
    assert frame.pts is not None
    if frame.time_base is None or frame.time_base == time_base:
        return int(frame.pts)
    return round(frame.pts * frame.time_base / time_base)


def display_times(path: Path, stream_number: int) -> np.ndarray | None:
    """(N,) int64 ticks: the times of the pictures in the order in which they are shown, read without decoding anything.

    None when a packet is broken, has no time or is not meant to be shown: then only decoding tells.
    """
    index = PacketLister(path, stream_number).run()
    return None if index is None else index.shown
