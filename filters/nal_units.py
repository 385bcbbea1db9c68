"""Reads the outermost layer of H.264 and HEVC packets: is this picture a fresh start, did parameter sets change?

packets ─▶ [NalReader]

Only what stands before a packet's first slice is looked at; that is where parameter sets and messages stand.
"""

from collections.abc import Callable, Iterator

import av

_IDR, _SEI, _RECOVERY_POINT = 5, 6, 6
_H264_SETS, _H264_SLICES = (7, 8, 13, 15), range(1, 6)
_HEVC_SETS, _HEVC_SLICES, _HEVC_STARTS = (32, 33, 34), range(32), range(16, 22)
_MAX_SETS = 64
"""Different parameter sets on the way; more are as good as broken."""


class NalReader:
    """Judges the packets of one stream, one after the other."""

    def __init__(self, codec: str, extradata: bytes) -> None:
        self._is_hevc = codec == "hevc"
        self._extradata = extradata
        # a first byte of 1: avcC and hvcC, whose packets carry lengths; otherwise start codes
        self._length_bytes = 0
        if extradata[:1] == b"\x01":
            at = 21 if self._is_hevc else 4
            self._length_bytes = (extradata[at] & 3) + 1 if len(extradata) > at else 4
        self._met: set[bytes] = set()
        """Parameter sets that the packets so far brought and the header does not have."""

    def starts_afresh(self, packet: av.Packet) -> bool:
        """A decoder that starts here gives right pictures from its time on. Ask it of every packet, in order.

        H.264: an instantaneous refresh or a recovery point that promises exact pictures at once. HEVC: any random
        access picture. And it brings itself every parameter set that came on the way.
        """
        own: set[bytes] = set()
        is_recovery, starts = False, False
        for unit in self._units(memoryview(packet)):
            kind = self._kind(unit[0])
            if self._is_slice(unit[0]):
                starts = kind in _HEVC_STARTS if self._is_hevc else (kind == _IDR or is_recovery)
                break
            if kind in (_HEVC_SETS if self._is_hevc else _H264_SETS):
                data = bytes(unit).rstrip(b"\x00")
                own |= set() if data in self._extradata else {data}
            elif kind == _SEI and not self._is_hevc:
                is_recovery = is_recovery or has_exact_recovery(bytes(unit[1:]))
        self._met |= own
        return starts and self._met <= own and len(self._met) <= _MAX_SETS

    def _units(self, data: memoryview) -> Iterator[memoryview]:
        if self._length_bytes:
            return _by_length(data, self._length_bytes)
        return _by_start_code(bytes(data), self._is_slice)

    def _kind(self, first_byte: int) -> int:
        return (first_byte >> 1) & 63 if self._is_hevc else first_byte & 31

    def _is_slice(self, first_byte: int) -> bool:
        return self._kind(first_byte) in (_HEVC_SLICES if self._is_hevc else _H264_SLICES)


def has_exact_recovery(messages: bytes) -> bool:
    """Whether an H.264 SEI payload holds a recovery point with a frame count of 0 and an exact match."""
    data = messages.replace(b"\x00\x00\x03", b"\x00\x00")
    at = 0
    while at + 2 < len(data):
        kind, at = _number(data, at)
        size, at = _number(data, at)
        if kind == _RECOVERY_POINT and at < len(data):
            return data[at] & 0xC0 == 0xC0
        at += size
    return False


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A number in SEI coding (255s and a rest), and where it ends."""
    value = 0
    while at < len(data) and data[at] == 255:
        value, at = value + 255, at + 1
    return (value + data[at], at + 1) if at < len(data) else (value, at)


def _by_length(data: memoryview, length_bytes: int) -> Iterator[memoryview]:
    at = 0
    while at + length_bytes < len(data):
        size = int.from_bytes(data[at : at + length_bytes])
        at += length_bytes
        if 0 < size <= len(data) - at:
            yield data[at : at + size]
        at += size


def _by_start_code(data: bytes, is_slice: Callable[[int], bool]) -> Iterator[memoryview]:
    """Up to the first slice, whose end is not looked for."""
    view, at = memoryview(data), data.find(b"\x00\x00\x01")
    while 0 <= at < len(data) - 3:
        following = -1 if is_slice(data[at + 3]) else data.find(b"\x00\x00\x01", at + 3)
        yield view[at + 3 : following if following >= 0 else len(data)]
        at = following
