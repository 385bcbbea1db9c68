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

from video4spatial.filters.decode import Header, Picture
from video4spatial.filters.display import Display, orientation_of
from video4spatial.pipeline.core.errors import SourceError

_HDR_TRANSFERS = {16: "PQ (SMPTE ST 2084)", 18: "HLG (ARIB STD-B67)"}
_MAX_FLUSHES = 64


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

    def __init__(self, path: Path, short_side_px: int) -> None:
        self._tally = Tally()
        self._short_side_px = short_side_px
        candidates = video_streams(path)
        for stream in candidates:
            self._tally = Tally()
            frames = read_frames(path, stream, self._tally)
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

    def pictures(self, start: int) -> Iterator[Picture]:
        """See `Decoder.pictures`."""
        display = self.header.display
        scaler = VideoReformatter()
        width, height = display.scaled_px(self._short_side_px)
        for index, frame in enumerate(self._frames):
            if (frame.width, frame.height) != display.coded_px:
                raise SourceError(
                    f"size_changes: frame {index} is {frame.width}x{frame.height}, the video began as "
                    f"{display.coded_px[0]}x{display.coded_px[1]}. Re-encode it at one size",
                    reason="size_changes",
                )
            if frame.pts is None:
                raise SourceError(f"frame {index} has no presentation time. Remux the file", reason="no_times")
            if index < start:
                continue
            small = scaler.reformat(frame, width, height, "rgb24", interpolation=Interpolation.AREA, threads=1)
            rgb = np.asarray(small.to_ndarray(), dtype=np.uint8)
            yield Picture(index, _time(frame, self.header.time_base), display.orientation.apply(rgb))


def video_streams(path: Path) -> list[int]:
    """Positions of the container's video streams, cover pictures left out. Raises SourceError when there is none."""
    with open_container(path) as container:
        streams = container.streams.video
        kept = [n for n, stream in enumerate(streams) if not stream.disposition & av.stream.Disposition.attached_pic]
    if not kept:
        raise SourceError("the container holds no video stream", reason="no_video")
    return kept


def open_container(path: Path) -> av.container.InputContainer:
    """Raises SourceError when no demuxer reads the file."""
    if path.stat().st_size == 0:
        raise SourceError("the file is empty (0 bytes). Copy it again", reason="empty_file")
    try:
        return av.open(str(path), metadata_errors="replace")
    except MemoryError:
        raise MemoryError("while opening the container") from None
    except av.FFmpegError as error:
        raise SourceError(
            f"no demuxer reads the file ({error.strerror or error}). It is broken or no video", reason="unopenable"
        ) from None


def read_frames(path: Path, stream_number: int, tally: Tally) -> Iterator[av.VideoFrame]:
    """Every frame of one video stream in presentation order; what does not decode is counted in `tally`."""
    with open_container(path) as container:
        stream = container.streams.video[stream_number]
        codec = stream.codec_context
        if codec is None:
            raise SourceError("no decoder for this codec is built in", reason="unknown_codec")
        codec.thread_count = 1
        packets = container.demux(stream)
        while True:
            try:
                packet = next(packets, None)
            except av.FFmpegError as error:
                tally.note(error)
                break
            if packet is None:
                break
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
    """(N,) int64 ticks: the packets' times in presentation order, read without decoding anything.

    None when a packet is broken, has no time or is not meant to be shown: then only decoding tells.
    """
    times = []
    with open_container(path) as container:
        try:
            for packet in container.demux(container.streams.video[stream_number]):
                if packet.size == 0:
                    continue
                if packet.pts is None or packet.is_corrupt or packet.is_discard:
                    return None
                times.append(packet.pts)
        except av.FFmpegError:
            return None
    return np.sort(np.array(times, dtype=np.int64))
