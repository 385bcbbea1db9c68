"""Decodes a span of a long video without decoding all that lies before it, where that has been shown to be the same.

decode_child ─▶ choose ─▶ [SpanDecoder] ─▶ Picture

The container is read from its beginning (it is never asked to seek), but the decoder is handed the packets only from an
`entry` on: a fresh start (packets.py) two before the span. Before that is trusted, in this file and at this place, two
pairs of decodes must agree to the last bit over `OVERLAP` pictures: from the file's beginning and from its first inner
fresh start; from the entry and from the fresh start after it, which is the last one before the span. If not, or if a
picture is missing later on, the file is decoded from its beginning: slower, and right. `read_from` says which it was.

Pictures of a span are numbered by the rank of their times among the packets': as in a whole decode, but that a picture
lost on the way moves no later number, and that one which damage puts out of its order is left out.
"""

import hashlib
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from video4spatial.filters.decode import Picture
from video4spatial.filters.decode_pyav import PyAVDecoder, Shrinker, Tally, read_frames
from video4spatial.filters.packets import PacketIndex, PacketLister

OVERLAP = 48
"""Pictures over which two decodes must agree."""


@dataclass(frozen=True)
class Entry:
    """Packets, by number, at which a decoder may start for a span. All are fresh starts."""

    early: int
    """Where the span's decoder starts."""
    late: int
    """The last one before the span, whose pictures must come out alike."""
    first: int
    """The first inner one of the file, on which the same is tried against the file's beginning."""


class SpanDecoder:
    """Implements `Decoder` for the frames [start, stop) of a video; None as `stop`: to its end."""

    name = "pyav"

    def __init__(self, path: Path, short_side_px: int, whole: PyAVDecoder, start: int, stop: int | None) -> None:
        self.header = whole.header
        self.read_from = "start"
        self._path, self._whole, self._span = path, whole, (start, stop)
        self._shrinker = Shrinker(whole.header, short_side_px)
        self._tally = Tally()
        self._errors_before = 0

    @property
    def errors(self) -> int:
        return self._tally.errors - self._errors_before

    def pictures(self, start: int) -> Iterator[Picture | None]:
        """See `Decoder.pictures`; `start` is the span's."""
        lister = PacketLister(self._path, self.header.stream)
        yield from lister.steps()
        index = lister.index
        if index is None or not index.is_orderly:
            self.read_from = "start: the packets do not tell when pictures are shown"
            yield from self._whole.pictures(start)
            return
        entry = find_entry(index, start)
        if isinstance(entry, str):
            self.read_from = f"start: {entry}" if start else "start"
        elif (yield from self._differs(index, 0, entry.first)):
            self.read_from = "start: decoding from an inner key frame gives other pictures"
        elif (yield from self._differs(index, entry.early, entry.late)):
            self.read_from = "start: the key frames before the span give other pictures"
        else:
            self.read_from = "key frame"
        yield from self._read(index, entry)

    def _read(self, index: PacketIndex, entry: Entry | str) -> Iterator[Picture | None]:
        """The span's pictures; from the first one that an inner start does not give, those of a whole decode."""
        shown = index.shown
        start, stop = self._span
        stop = len(shown) if stop is None else min(stop, len(shown))
        if start >= stop:
            return
        number = start
        if isinstance(entry, Entry) and self.read_from == "key frame":
            for picture in self._shown_within(shown, entry.early, start, stop):
                if picture is not None and picture.index != number:
                    break
                number += picture is not None
                yield picture
            if number == stop:
                return
            self.read_from = f"start: picture {number} is missing when decoding from a key frame"
        yield from self._shown_within(shown, 0, number, stop)

    def _shown_within(self, shown: np.ndarray, packet: int, start: int, stop: int) -> Iterator[Picture | None]:
        """Pictures [start, stop) as decoded from a packet on, those of them that there are."""
        self._tally, self._errors_before = Tally(), 0
        last = start - 1
        for frame in read_frames(self._path, self.header.stream, self._tally, packet):
            if frame is None:
                yield None
                continue
            time = self._shrinker.check(last + 1, frame)
            if time < shown[start]:
                self._errors_before = self._tally.errors
                yield None
                continue
            number = int(np.searchsorted(shown, time))
            if number >= stop:
                return
            if number > last:
                last = number
                yield Picture(number, time, self._shrinker.shrink(frame))

    def _differs(self, index: PacketIndex, early: int, late: int) -> Generator[None, None, bool]:
        """Whether decoding from either packet gives other pictures from the later one's time on. Signs of life."""
        first_time = int(index.times[late])
        shown = index.shown
        expected = shown[np.searchsorted(shown, first_time) :][:OVERLAP].tolist()
        one = yield from self._fingerprints(early, first_time, len(expected))
        other = yield from self._fingerprints(late, first_time, len(expected))
        return one != other or [time for time, _ in one] != expected

    def _fingerprints(self, packet: int, first_time: int, count: int) -> Generator[None, None, list[tuple[int, bytes]]]:
        """(time, hash) of `count` pictures shown from a time on. Signs of life."""
        found: list[tuple[int, bytes]] = []
        for frame in read_frames(self._path, self.header.stream, Tally(), packet):
            time = self._shrinker.check(0, frame) if frame else first_time - 1
            if frame and time >= first_time:
                found.append((time, fingerprint(frame)))
            if len(found) == count:
                break
            yield
        return found


def find_entry(index: PacketIndex, start: int) -> Entry | str:
    """Where to start for the pictures from number `start` on; in words, why only the beginning will do."""
    time = index.shown[start] if start < len(index.shown) else np.iinfo(np.int64).max
    fresh = [int(packet) for packet in np.flatnonzero(index.is_fresh) if packet > 0]
    before = [packet for packet in fresh if index.times[packet] <= time]
    if not fresh:
        return "there is no inner key frame at which decoders start afresh"
    if len(before) < 2:
        return "there are no two key frames before it at which decoders start afresh"
    entry = Entry(early=before[-2], late=before[-1], first=fresh[0])
    extra = entry.first + 4 * OVERLAP + (entry.late - entry.early) + (start - entry.early)
    return entry if extra < start else "the beginning is near"


def fingerprint(frame: av.VideoFrame) -> bytes:
    """Of every pixel as decoded, padding left out."""
    hashed = hashlib.blake2b(f"{frame.format.name} {frame.width}x{frame.height}".encode(), digest_size=16)
    for plane in frame.planes:
        rows = np.frombuffer(memoryview(plane), dtype=np.uint8)[: plane.height * plane.line_size].reshape(
            plane.height, -1
        )
        # what follows the picture in a row means nothing
        used = plane.width * bytes_per_sample(frame)
        hashed.update(np.ascontiguousarray(rows[:, :used]).tobytes())
    return hashed.digest()


def bytes_per_sample(frame: av.VideoFrame) -> int:
    """Of one plane's column: 2 for deep pictures; packed formats have all their components in one."""
    form = frame.format
    depth = max(component.bits for component in form.components)
    planes = len({component.plane for component in form.components})
    return -(-depth // 8) * (len(form.components) if planes == 1 else 1)
