"""Turns frames into the compressed streams of a shard, and back: H.264 for colour, FFV1 for depth and ids.

Sequence ─▶ sample.py ─▶ [video] ─▶ bytes of a shard member ─▶ [video] ─▶ frames

Encoders run on one thread, independent of the processor, with bit-exact flags, so that the same frames give the same
bytes (x264's output changes with the thread count, and a Matroska file carries a random id otherwise). Decoding
untrusted files is not done here: these streams are our own.
"""

import io
from collections.abc import Iterator
from collections.abc import Sequence as Indices
from fractions import Fraction

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace, Interpolation
from numpy.typing import NDArray

from video4spatial.pipeline.core.errors import ConfigError, StorageError

GOP = 16
"""Frames from one key frame to the next: the most that is decoded for one frame."""

# Rounded alike on every processor; without these flags the fast paths of swscale differ by one level.
_SCALER = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.BITEXACT | Interpolation.FULL_CHR_H_INT

# cpu-independent: without it one encode in ten to a hundred differs from the others on the same processor (x264 core
# 165, its assembly for macroblock-tree rate control); with it the processor's extensions do not matter either.
_X264 = "threads=1:lookahead-threads=1:open-gop=0:force-cfr=0:cpu-independent=1"


def encode_h264(frames: NDArray[np.uint8], times: NDArray[np.int64], time_base: Fraction, crf: int = 18) -> bytes:
    """An mp4 of `frames` (T, H, W, 3) sRGB shown at `times` (T,) in ticks of `time_base`, counted from the first.

    H.264 yuv420p (BT.601, limited range), closed groups of 16 frames, tuned for fast decoding, one encoder thread.
    `crf` 0 to 51: lower is better and larger. Raises ConfigError where H or W is odd or there is no frame.
    """
    count, height, width = _check(frames, np.uint8, 4)
    if height % 2 or width % 2:
        raise ConfigError(f"H.264 needs even frames, got {width}x{height} px; crop or resize by one pixel")
    if times.shape != (count,):
        raise ConfigError(f"{count} frames need {count} times, got {times.shape}")
    if not 0 <= crf <= 51:
        raise ConfigError(f"crf must be 0 to 51, got {crf}")
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4", options={"fflags": "+bitexact", "empty_hdlr_name": "1"}) as container:
        stream = container.add_stream("libx264", rate=_mean_rate(times, time_base))
        context = stream.codec_context
        context.width, context.height, context.pix_fmt = width, height, "yuv420p"
        context.time_base = stream.time_base = time_base
        context.thread_count = 1
        context.flags |= av.codec.context.Flags.bitexact | av.codec.context.Flags.closed_gop
        context.colorspace, context.color_range = Colorspace.ITU601, ColorRange.MPEG
        context.options = {
            "crf": str(crf),
            "preset": "medium",
            "tune": "fastdecode",
            "g": str(GOP),
            "keyint_min": str(GOP),
            "sc_threshold": "0",
            "x264-params": _X264,
        }
        for picture, ticks in zip(frames, (times - times[0]).tolist(), strict=True):
            frame = to_yuv420(picture)
            frame.pts, frame.time_base = ticks, time_base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return buffer.getvalue()


def to_yuv420(picture: NDArray[np.uint8]) -> av.VideoFrame:
    """What the encoder is given of a picture (H, W, 3) sRGB."""
    return av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24").reformat(
        format="yuv420p",
        dst_colorspace=Colorspace.ITU601,
        dst_color_range=ColorRange.MPEG,
        interpolation=_SCALER,
        threads=1,
    )


def decode_video(data: bytes, indices: Indices[int] | None = None) -> NDArray[np.uint8]:
    """Frames (T, H, W, 3) sRGB of an mp4 by `encode_h264`: all, or those at `indices` in that order (repeats allowed).

    Only the groups of 16 that hold an asked frame are decoded, and each only as far as needed. Raises StorageError
    where the bytes are damaged, IndexError where an index lies outside or none is given.
    """
    return _stack(data, indices, "rgb24")


def encode_ffv1_gray16(frames: NDArray[np.uint16]) -> bytes:
    """A lossless Matroska file (FFV1, every frame a key frame) of `frames` (T, h, w) uint16.

    Any size except strips: a side of 1 px beside one over 288. Raises ConfigError for those.
    """
    count, height, width = _check(frames, np.uint16, 3)
    if min(height, width) < 2 and max(height, width) > 288:
        raise ConfigError(f"FFV1 cannot hold frames of {width}x{height} px")
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="matroska", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("ffv1", rate=25)
        context = stream.codec_context
        context.width, context.height, context.pix_fmt = width, height, "gray16le"
        context.thread_count = 1
        context.flags |= av.codec.context.Flags.bitexact
        slices = "1" if width <= 352 and height <= 288 else "4"  # FFV1 level 3 allows one slice only up to this size
        context.options = {"level": "3", "slices": slices, "slicecrc": "1", "g": "1", "coder": "range_def"}
        for index in range(count):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(frames[index]), format="gray16le")
            frame.pts, frame.time_base = index, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return buffer.getvalue()


def decode_ffv1_gray16(data: bytes, indices: Indices[int] | None = None) -> NDArray[np.uint16]:
    """Frames (T, h, w) uint16 of a file by `encode_ffv1_gray16`; `indices` and errors as in `decode_video`."""
    return _stack(data, indices, "gray16le")


def _check(frames: NDArray, dtype: type, dimensions: int) -> tuple[int, int, int]:
    if frames.ndim != dimensions or frames.dtype != dtype or 0 in frames.shape:
        shape = "(T, H, W, 3)" if dimensions == 4 else "(T, h, w)"
        raise ConfigError(f"frames must be {shape} {np.dtype(dtype)}, not empty, got {frames.shape} {frames.dtype}")
    return frames.shape[0], frames.shape[1], frames.shape[2]


def _mean_rate(times: NDArray[np.int64], time_base: Fraction) -> Fraction:
    """Frames per second, for the stream's header and x264's rate control; 1 for a single frame."""
    if len(times) < 2:
        return Fraction(1)
    rate = Fraction(len(times) - 1) / (Fraction(int(times[-1] - times[0])) * time_base)
    return rate.limit_denominator(100_000)


def _stack(data: bytes, indices: Indices[int] | None, pixel_format: str) -> NDArray:
    try:
        pictures, wanted = _decode(data, indices, pixel_format)
    except (av.error.FFmpegError, KeyError, ValueError) as error:
        raise StorageError(
            f"a stored video of {len(data)} bytes does not decode ({error}); verify the version"
        ) from None
    missing = set(wanted) - set(pictures)
    if missing:
        raise StorageError(
            f"a stored video of {len(data)} bytes lacks frames {sorted(missing)[:5]}; verify the version"
        )
    return np.stack([pictures[index] for index in wanted])


def _decode(data: bytes, indices: Indices[int] | None, pixel_format: str) -> tuple[dict[int, NDArray], list[int]]:
    """The wanted frames by index, and the indices in the order asked for."""
    with av.open(io.BytesIO(data), "r") as container:
        if not container.streams.video:
            raise ValueError("it has no video stream")
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        packets = [packet for packet in container.demux(stream) if packet.size]
        if not packets:
            raise ValueError("it holds no frame")
        place_of = {pts: place for place, pts in enumerate(sorted(_pts(packet) for packet in packets))}
        wanted = [_inside(index, len(packets)) for index in (range(len(packets)) if indices is None else indices)]
        if not wanted:
            raise IndexError("no frame was asked for")
        needed = frozenset(wanted)
        pictures = {
            place_of[_pts(frame)]: _to_array(frame, pixel_format)
            for group in _needed_groups(packets, place_of, needed)
            for frame in _decode_group(stream.codec_context, group)
            if place_of[_pts(frame)] in needed
        }
    return pictures, wanted


def _inside(index: int, count: int) -> int:
    if not 0 <= index < count:
        raise IndexError(f"frame {index} of a video of {count} frames")
    return int(index)


def _pts(item: av.Packet | av.VideoFrame) -> int:
    if item.pts is None:
        raise ValueError("a frame has no presentation time")
    return item.pts


def _needed_groups(
    packets: list[av.Packet], place_of: dict[int, int], wanted: frozenset[int]
) -> Iterator[list[av.Packet]]:
    """The packets of each closed group that holds a wanted frame, up to the last one needed, in decoding order."""
    starts = [place for place, packet in enumerate(packets) if packet.is_keyframe]
    for start, stop in zip(starts, [*starts[1:], len(packets)], strict=True):
        needed = [place for place in range(start, stop) if place_of[_pts(packets[place])] in wanted]
        if needed:
            yield packets[start : needed[-1] + 1]


def _decode_group(context: av.VideoCodecContext, packets: list[av.Packet]) -> Iterator[av.VideoFrame]:
    for packet in packets:
        yield from context.decode(packet)
    yield from context.decode(None)
    context.flush_buffers()


def _to_array(frame: av.VideoFrame, pixel_format: str) -> NDArray:
    if pixel_format == "gray16le":
        return frame.to_ndarray(format="gray16le")
    return frame.to_ndarray(format="rgb24", src_colorspace=Colorspace.ITU601, interpolation=_SCALER, threads=1)
