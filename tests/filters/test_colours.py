"""Colours come out as they were filmed, whatever the matrix and range; interlaced pictures without a comb.

Films are written plane by plane here, by the formulas of the standards, so that no converter judges itself.
"""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from video4spatial.filters.choose import open_decoder
from video4spatial.filters.decode_decord import why_not_decord
from video4spatial.filters.decode_pyav import PyAVDecoder
from video4spatial.pipeline.core.errors import SourceError

PATCHES = np.array([(200, 40, 40), (40, 180, 60), (50, 60, 200), (128, 128, 128)], dtype=np.uint8)
BARS = np.repeat(np.repeat(PATCHES[None], 96, axis=0), 32, axis=1)
WEIGHTS = {"BT.601": (0.299, 0.114), "BT.709": (0.2126, 0.0722), "BT.2020": (0.2627, 0.0593)}
"""Of red and blue in luma."""
TAGS = {"BT.601": 6, "BT.709": 1, "BT.2020": 9}
PQ, HLG = 16, 18


def to_planes(matrix: str, is_full: bool, bits: int) -> list[NDArray]:
    """Y, Cb and Cr of the bars."""
    red, blue = WEIGHTS[matrix]
    r, g, b = (BARS[..., channel] / 255 for channel in range(3))
    luma = red * r + (1 - red - blue) * g + blue * b
    chroma = [(b - luma) / 2 / (1 - blue), (r - luma) / 2 / (1 - red)]
    unit, most = 2 ** (bits - 8), 2**bits - 1
    planes = [luma * most if is_full else (16 + 219 * luma) * unit]
    planes += [one * most + 128 * unit if is_full else (128 + 224 * one) * unit for one in chroma]
    return [np.rint(plane).astype(np.uint16 if bits > 8 else np.uint8) for plane in planes]


def write_bars(
    path: Path, matrix: str, *, tag: int | None, is_full: bool = False, bits: int = 8, transfer: int = 0
) -> Path:
    pix_fmt = "yuv444p" if bits == 8 else "yuv444p10le"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=24, options={"crf": "1", "preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 128, 96, pix_fmt
        context = stream.codec_context
        if tag is not None:
            context.colorspace, context.color_range = tag, 2 if is_full else 1
        if transfer:
            context.color_trc = transfer
        for index in range(3):
            frame = av.VideoFrame(128, 96, pix_fmt)
            for plane, values in zip(frame.planes, to_planes(matrix, is_full, bits), strict=True):
                rows = np.zeros((96, plane.line_size // values.itemsize), values.dtype)
                rows[:, :128] = values
                plane.update(rows)
            if tag is not None:
                frame.colorspace, frame.color_range = tag, 2 if is_full else 1
            frame.pts, frame.time_base = index, Fraction(1, 24)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def largest_error(path: Path, decoder: str) -> int:
    """Levels, in the middles of the bars."""
    opened = open_decoder(path, 96, decoder)  # type: ignore[arg-type]
    picture = next(picture for picture in opened.pictures(0) if picture)
    return max(int(np.abs(picture.rgb[8:88, x - 8 : x + 8].astype(int) - BARS[0, x]).max()) for x in (16, 48, 80, 112))


@pytest.mark.parametrize("bits", [8, 10])
@pytest.mark.parametrize("is_full", [False, True], ids=["limited", "full"])
@pytest.mark.parametrize("matrix", WEIGHTS)
def test_a_tagged_matrix_and_range_are_undone(tmp_path: Path, matrix: str, is_full: bool, bits: int) -> None:
    path = write_bars(tmp_path / "bars.mp4", matrix, tag=TAGS[matrix], is_full=is_full, bits=bits)
    assert largest_error(path, "pyav") <= 2
    assert largest_error(path, "auto") <= 4


def test_without_a_tag_bt601_is_taken(tmp_path: Path) -> None:
    assert largest_error(write_bars(tmp_path / "601.mp4", "BT.601", tag=None), "auto") <= 4
    assert largest_error(write_bars(tmp_path / "709.mp4", "BT.709", tag=None), "pyav") > 8


@pytest.mark.parametrize("transfer", [PQ, HLG])
@pytest.mark.parametrize("bits", [8, 10])
def test_hdr_is_refused_by_name(tmp_path: Path, transfer: int, bits: int) -> None:
    path = write_bars(tmp_path / "hdr.mkv", "BT.2020", tag=9, bits=bits, transfer=transfer)
    with pytest.raises(SourceError, match="HDR") as caught:
        open_decoder(path, 96, "auto")
    assert caught.value.reason == "hdr"


@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [
        ("film.mp4", "libx264", {"x264-params": "interlaced=1:tff=1", "crf": "10"}),
        ("film.ts", "mpeg2video", {"b": "4M"}),
    ],
)
def test_of_interlaced_pictures_the_upper_field_is_shown(
    tmp_path: Path, texture: Callable, name: str, codec: str, options: dict[str, str]
) -> None:
    wall = texture(1, 192, 800)[:, :, :1].repeat(3, axis=2)
    with av.open(str(tmp_path / name), "w") as container:
        stream = container.add_stream(codec, rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = 256, 192, "yuv420p"
        stream.codec_context.flags |= av.codec.context.Flags.interlaced_dct | av.codec.context.Flags.interlaced_me
        for index in range(10):
            woven = wall[:, 16 * index : 16 * index + 256].copy()
            woven[1::2] = wall[1::2, 16 * index + 8 : 16 * index + 264]
            picture = av.VideoFrame.from_ndarray(woven, format="rgb24")
            picture.pts, picture.time_base = index, Fraction(1, 25)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    whole = PyAVDecoder(tmp_path / name, 96)
    assert whole.header.is_interlaced
    assert why_not_decord(tmp_path / name, whole.header, 96) == "the pictures are interlaced"
    shown = [picture for picture in open_decoder(tmp_path / name, 96, "auto").pictures(0) if picture]
    upper = cv2.resize(wall[:, 16 * 7 : 16 * 7 + 256], (128, 96), interpolation=cv2.INTER_AREA)
    assert len(shown) == 10
    assert np.abs(shown[7].rgb.astype(int) - upper).mean() < 4
