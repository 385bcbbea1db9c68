"""Lists the packets of a video stream, nothing decoded: when each is shown, and at which ones a decoder starts afresh.

decode_child ─▶ [packets] ─▶ decode_span

What a container calls a key frame need not be one: after an I picture, later pictures may still lean on earlier ones
(open groups), a decoder may need a second of pictures to become right (intra refresh), and parameter sets may have
changed on the way. A packet counts as a fresh start only where the codec's own bytes say that nothing before matters.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from video4spatial.filters.nal_units import NalReader
from video4spatial.pipeline.core.errors import SourceError

_MOST_REORDERED = 32
"""Places by which a packet's rank in time and in the stream may differ; H.264 allows 16, with fields twice that."""
_SIGN_OF_LIFE = 500
"""Packets between two signs of life."""
_PLAIN_KEYS = ("vp8", "vp9", "av1", "mpeg4", "mjpeg", "prores", "dnxhd", "ffv1")
"""Codecs whose key frames reset the whole decoder."""


@dataclass(frozen=True)
class PacketIndex:
    """The packets of one stream in decoding order."""

    times: NDArray[np.int64]
    """(N,) ticks at which each is shown."""
    is_shown: NDArray[np.bool_]
    """(N,) False for a packet that gives no picture (VP8 has such)."""
    is_fresh: NDArray[np.bool_]
    """(N,) A decoder may start here: the pictures shown from its time on need nothing that lies before."""

    @property
    def shown(self) -> NDArray[np.int64]:
        """(M,) times of the pictures in the order in which they are shown."""
        return np.sort(self.times[self.is_shown])

    @property
    def is_orderly(self) -> bool:
        """No two pictures share a time, and times never jump back further than decoders reorder."""
        rank = np.argsort(np.argsort(self.times, kind="stable"))
        near = np.abs(rank - np.arange(len(rank))) <= _MOST_REORDERED
        return bool(near.all() and np.all(np.diff(self.shown) > 0))


class PacketLister:
    """Reads the packets of one stream. Iterate over `steps` to the end; then `index` is known."""

    def __init__(self, path: Path, stream_number: int) -> None:
        self._path, self._stream_number = path, stream_number
        self.index: PacketIndex | None = None
        """None also when a packet is broken, has no time or is not meant to be shown: then only decoding tells."""

    def run(self) -> PacketIndex | None:
        """Goes through all steps at once."""
        for _ in self.steps():
            pass
        return self.index

    def steps(self) -> Iterator[None]:
        """Reads on; now and then gives a sign of life. Raises SourceError where the container cannot be opened."""
        times, shown, fresh = [], [], []
        with open_container(self._path) as container:
            stream = container.streams.video[self._stream_number]
            judge = _FreshStarts(stream)
            try:
                for packet in container.demux(stream):
                    if packet.size == 0:
                        continue
                    if packet.pts is None or packet.is_corrupt or packet.is_discard:
                        return
                    times.append(packet.pts)
                    fresh.append(judge.is_fresh(packet))
                    shown.append(judge.codec != "vp8" or bool(memoryview(packet)[0] & 0x10))
                    if len(times) % _SIGN_OF_LIFE == 0:
                        yield
            except av.FFmpegError:
                return
        before = np.maximum.accumulate(np.array([np.iinfo(np.int64).min, *times], dtype=np.int64))[:-1]
        ticks = np.array(times, dtype=np.int64)
        self.index = PacketIndex(ticks, np.array(shown, dtype=bool), np.array(fresh, dtype=bool) & (before < ticks))


class _FreshStarts:
    """Judges packets one after the other."""

    def __init__(self, stream: av.VideoStream) -> None:
        context = stream.codec_context
        self.codec = context.codec.canonical_name if context else ""
        self._nal_units = NalReader(self.codec, context.extradata or b"") if self.codec in ("h264", "hevc") else None
        self._is_spoiled = False
        """The container gave other parameter sets on the way."""

    def is_fresh(self, packet: av.Packet) -> bool:
        """Must be asked of every packet, in order."""
        if self._nal_units is not None:
            starts_afresh = self._nal_units.starts_afresh(packet)
        elif self.codec in ("mpeg1video", "mpeg2video"):
            # the sequence header resets the quantiser matrices
            starts_afresh = b"\x00\x00\x01\xb3" in bytes(memoryview(packet)[:256])
        else:
            starts_afresh = self.codec in _PLAIN_KEYS
        self._is_spoiled = self._is_spoiled or packet.has_sidedata("new_extradata")
        return packet.is_keyframe and starts_afresh and not self._is_spoiled


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
