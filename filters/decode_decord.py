"""The decoder that is decord, used where it has been shown to give the same frames at the same times as PyAV.

decode_child ─▶ choose ─▶ [DecordDecoder] ─▶ Picture

decord ships an old FFmpeg, picks the largest of several video streams, turns pictures by itself, gives times as floats
from 0 and cannot read one frame of some valid files; `why_not_decord` finds those before the first frame is handed out.
Times are the container's exact ones, never decord's. Its reader is only iterated: batches are slower, seeks are wrong.
Its decoding thread runs ahead of a slow reader without a limit (400 frames of 1080p: 3.9 GB), so it scales while it
decodes, and only videos that would fit as a whole are its.
"""

import math
from collections.abc import Iterator
from pathlib import Path

import cv2
import decord
import numpy as np
from decord._ffi.base import DECORDError
from numpy.typing import NDArray

from video4spatial.filters.decode import Decoder, Header, Picture
from video4spatial.filters.decode_pyav import PyAVDecoder, display_times
from video4spatial.filters.display import UPRIGHT
from video4spatial.pipeline.core.errors import SourceError

decord.logging.set_level(decord.logging.QUIET)

_MAX_DIFFERENCE = 1.5
"""Mean absolute difference (levels) of the first pictures. On 19 real files it was 0 to 1.0; 10-bit HEVC gave 1.9."""
_MAX_CODED_PX = 4096 * 2304
"""Beyond this the codec's own reference pictures are large."""
_MAX_READ_AHEAD_BYTES = 768 * 2**20


class DecordDecoder:
    """Implements `Decoder`. `pyav` is the same file in the decoder that takes over should decord give up midway."""

    name = "decord"
    read_from = ""

    def __init__(self, path: Path, short_side_px: int, pyav: Decoder) -> None:
        self.header = pyav.header
        self._path, self._pyav = path, pyav
        self._short_side_px = short_side_px

    @property
    def errors(self) -> int:
        return self._pyav.errors

    def pictures(self, start: int) -> Iterator[Picture | None]:
        """See `Decoder.pictures`. From the frame that decord cannot give, PyAV goes on (`name` then says so)."""
        times = display_times(self._path, self.header.stream)
        assert times is not None
        reader = open_reader(self._path, self.header, self._short_side_px)
        size_px = self.header.display.working_px(self._short_side_px)
        for index, time in enumerate(times.tolist()):
            try:
                rgb = reader.next()
            except DECORDError:
                self.name = self._pyav.name
                yield from self._pyav.pictures(max(start, index))
                return
            except StopIteration:
                raise SourceError(
                    f"decord gave {index} frames of {len(times)}, so their times are unknown. Set real.decoder=pyav",
                    reason="decord_lost_frames",
                ) from None
            yield None if index < start else Picture(index, time, shrink(rgb.asnumpy(), size_px))


def read_px(header: Header, short_side_px: int) -> tuple[int, int]:
    """(width, height) that decord is asked for: twice the working size, so that its bicubic scaler leaves no trace."""
    width, height = header.display.working_px(2 * short_side_px)
    return min(width, header.display.coded_px[0]), min(height, header.display.coded_px[1])


def open_reader(path: Path, header: Header, short_side_px: int) -> decord.VideoReader:
    """A decord reader on one thread."""
    width, height = read_px(header, short_side_px)
    return decord.VideoReader(str(path), ctx=decord.cpu(0), width=width, height=height, num_threads=1)


def why_not_decord(path: Path, header: Header, short_side_px: int) -> str | None:
    """The first reason not to trust decord with this file; None when its frames and times are PyAV's."""
    width, height = header.display.coded_px
    if header.streams > 1:
        return f"the container has {header.streams} video streams and decord chooses by itself"
    if header.display.orientation != UPRIGHT:
        return "the pictures carry a rotation or mirror tag"
    if header.is_interlaced:
        return "the pictures are interlaced"
    if width * height > _MAX_CODED_PX:
        return f"pictures of {width}x{height} need too much memory"
    most = _MAX_READ_AHEAD_BYTES // (3 * math.prod(read_px(header, short_side_px)))
    if (header.counted_frames or 0) > most:
        # said before the packets of an hour are listed
        return f"{header.counted_frames} frames that decord may read ahead need too much memory"
    times = display_times(path, header.stream)
    if times is None or len(times) == 0 or np.any(np.diff(times) <= 0):
        return "some packets are broken, have no time of their own or are not to be shown"
    if header.counted_frames not in (None, len(times)):
        # decord makes room for as many as the index says
        return f"the index counts {header.counted_frames} frames, the container has {len(times)}"
    if len(times) > most:
        return f"{len(times)} frames that decord may read ahead need too much memory"
    try:
        reader = open_reader(path, header, short_side_px)
        stamps_s = np.atleast_2d(reader.get_frame_timestamp(list(range(len(reader)))))[:, 0].astype(np.float64)
        first = reader.next().asnumpy()
    except UnicodeEncodeError:
        return "its name is not UTF-8, which decord needs"
    except (DECORDError, RuntimeError, StopIteration):
        return "decord does not open it"
    truth = next(PyAVDecoder(path, short_side_px).pictures(0))
    assert truth is not None
    return _time_disagreement(times * float(header.time_base), stamps_s) or _picture_disagreement(
        shrink(first, header.display.working_px(short_side_px)), truth.rgb
    )


def _time_disagreement(times_s: NDArray[np.float64], stamps_s: NDArray[np.float64]) -> str | None:
    """Compares the container's times with decord's, which start at 0."""
    if len(stamps_s) != len(times_s):
        return f"decord counts {len(stamps_s)} frames, the container has {len(times_s)}"
    exact_s = times_s - times_s[0]
    # decord gives 32-bit floats: 1 ms, and one part in a million of a long video
    if np.any(np.abs(stamps_s - stamps_s[0] - exact_s) > 1e-3 + 1e-6 * exact_s):
        return "decord gives other times"
    return None


def _picture_disagreement(first: NDArray[np.uint8], truth: NDArray[np.uint8]) -> str | None:
    """Compares the first pictures, both at working size, by what is left of them at a tenth of it.

    There the two scalers agree, while another picture, a shift by some pixels or another colour matrix still shows.
    """
    size_px = max(2, first.shape[1] // 10), max(2, first.shape[0] // 10)
    difference = float(np.mean(np.abs(shrink(first, size_px).astype(np.int16) - shrink(truth, size_px))))
    return f"decord's first picture differs by {difference:.1f} levels" if difference > _MAX_DIFFERENCE else None


def shrink(rgb: NDArray[np.uint8], size_px: tuple[int, int]) -> NDArray[np.uint8]:
    """(h, w, 3) of `size_px` (width, height), each pixel the mean of the area it covers."""
    return np.asarray(cv2.resize(rgb, size_px, interpolation=cv2.INTER_AREA))
