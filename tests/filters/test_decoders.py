"""Both decoders give every frame once, with its exact time. Every implementation of `Decoder` passes the same tests.

Without them a decoder that repeats, drops or shifts frames would silently pair pictures with wrong times.
"""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from video4spatial.filters.choose import open_decoder
from video4spatial.filters.decode import Picture
from video4spatial.filters.decode_decord import why_not_decord
from video4spatial.filters.decode_pyav import PyAVDecoder
from video4spatial.pipeline.core.errors import SourceError

both = pytest.mark.parametrize("decoder", ["pyav", "decord"])


def read(path: Path, decoder: str = "pyav", start: int = 0, short_side_px: int = 64) -> list[Picture]:
    pictures = open_decoder(path, short_side_px, decoder).pictures(start)  # type: ignore[arg-type]
    return [picture for picture in pictures if picture is not None]


@both
def test_every_frame_comes_once_in_order(edited: Path, decoder: str, read_number: Callable) -> None:
    pictures = read(edited, decoder)
    assert [picture.index for picture in pictures] == list(range(200))
    assert [read_number(picture.rgb) for picture in pictures] == list(range(200))
    assert pictures[0].rgb.shape == (64, 86, 3)


@both
def test_reading_from_a_frame_gives_the_same_frames_as_reading_all(edited: Path, decoder: str) -> None:
    whole, rest = read(edited, decoder), read(edited, decoder, start=150)
    assert [picture.index for picture in rest] == list(range(150, 200))
    assert all((a.rgb == b.rgb).all() and a.time == b.time for a, b in zip(whole[150:], rest, strict=True))


@both
def test_times_of_variable_rate_video_are_exact(
    tmp_path: Path, decoder: str, write_video: Callable, film: Callable
) -> None:
    times = [0, 40, 41, 200, 1001, 1002, 1500, 1533, 1566, 1600]
    path = write_video(tmp_path / "vfr.mkv", film([10]), times=times, time_base=Fraction(1, 1000))
    opened = open_decoder(path, 64, decoder)  # type: ignore[arg-type]
    pictures = list(opened.pictures(0))
    base = opened.header.time_base
    assert [(picture.time - pictures[0].time) * base for picture in pictures] == [Fraction(t, 1000) for t in times]


def test_decord_and_pyav_give_the_same_pictures_at_the_same_times(edited: Path) -> None:
    for one, other in zip(read(edited, "pyav"), read(edited, "decord"), strict=True):
        assert one.time == other.time
        assert np.abs(one.rgb.astype(int) - other.rgb).mean() < 4


def test_sample_aspect_is_applied(tmp_path: Path, write_video: Callable, film: Callable) -> None:
    path = write_video(tmp_path / "wide.mp4", film([3]), sample_aspect=Fraction(4, 3))
    assert PyAVDecoder(path, 64).header.display.shown_px == (213, 120)
    assert read(path)[0].rgb.shape == (64, 114, 3)


@pytest.mark.parametrize(("turn", "shape"), [((0, 1, -1, 0), (86, 64, 3)), ((-1, 0, 0, -1), (64, 86, 3))])
def test_rotation_tags_are_applied(
    edited: Path, tmp_path: Path, turn: tuple[int, ...], shape: tuple[int, ...], read_number: Callable
) -> None:
    data = bytearray(edited.read_bytes())
    # the matrix stands 40 bytes behind the name of a version 0 track header
    at = data.index(b"tkhd") + 4 + 40
    a, b, c, d = turn
    data[at : at + 36] = np.array([a << 16, b << 16, 0, c << 16, d << 16, 0, 0, 0, 1 << 30], dtype=">i4").tobytes()
    path = tmp_path / "turned.mp4"
    path.write_bytes(data)
    pictures = read(path)
    assert pictures[0].rgb.shape == shape
    upright = np.rot90(pictures[77].rgb) if b else pictures[77].rgb[::-1, ::-1]
    assert read_number(np.ascontiguousarray(upright)) == 77
    objection = why_not_decord(path, PyAVDecoder(path, 64).header, 64)
    assert objection is not None
    assert "rotation or mirror" in objection


def test_ten_bit_video_is_read(tmp_path: Path, write_video: Callable, film: Callable, read_number: Callable) -> None:
    path = write_video(tmp_path / "deep.mkv", film([4]), pix_fmt="yuv420p10le")
    assert [read_number(picture.rgb) for picture in read(path)] == [0, 1, 2, 3]


def test_hdr_video_is_refused_by_name(tmp_path: Path, write_video: Callable, film: Callable) -> None:
    path = write_video(tmp_path / "hdr.mp4", film([4]), colour_transfer=16)
    with pytest.raises(SourceError, match="HDR, PQ") as caught:
        read(path)
    assert caught.value.reason == "hdr"


def test_a_truncated_file_gives_the_frames_before_the_end(
    tmp_path: Path, write_video: Callable, film: Callable
) -> None:
    whole = write_video(tmp_path / "whole.mkv", film([48]), options={"preset": "ultrafast", "g": "12", "bf": "0"})
    (tmp_path / "half.mkv").write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    assert 12 <= len(read(tmp_path / "half.mkv")) < 40


def test_a_file_that_is_no_video_is_refused_by_name(tmp_path: Path) -> None:
    for data, reason in ((b"", "empty_file"), (b"<html>404</html>", "unopenable")):
        path = tmp_path / "page.mp4"
        path.write_bytes(data)
        with pytest.raises(SourceError) as caught:
            read(path)
        assert caught.value.reason == reason


def test_pictures_that_change_size_midway_are_refused_where_it_happens(
    tmp_path: Path, write_video: Callable, film: Callable
) -> None:
    one = write_video(tmp_path / "one.ts", film([5]))
    other = write_video(tmp_path / "other.ts", film([5], height=96, width=128))
    path = tmp_path / "joined.ts"
    path.write_bytes(one.read_bytes() + other.read_bytes())
    with pytest.raises(SourceError, match="frame 5 is 128x96, the video began as 160x120") as caught:
        read(path)
    assert caught.value.reason == "size_changes"


def test_decord_is_not_used_where_its_read_ahead_could_fill_the_memory(edited: Path) -> None:
    header = PyAVDecoder(edited, 64).header
    assert why_not_decord(edited, header, 64) is None
    objection = why_not_decord(edited, header, 100_000)
    assert objection is None or "memory" in objection


def test_decord_asked_for_by_name_is_refused_where_it_cannot_be_trusted(
    tmp_path: Path, write_video: Callable, film: Callable
) -> None:
    path = write_video(tmp_path / "film.mjpeg", film([5]), codec="mjpeg", pix_fmt="yuvj420p", options={})
    assert len(read(path, "auto")) == 5
    with pytest.raises(SourceError, match=r"real\.decoder=auto") as caught:
        read(path, "decord")
    assert caught.value.reason == "decord_refused"
