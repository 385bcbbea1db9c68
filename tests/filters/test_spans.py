"""A span of a long video is the frames of a whole decode, whatever the file: shown for files made to be nasty.

Decoding from a key frame is trusted only where it gives the same; the tests say for which files it is used, so that the
slow and right way does not quietly become the only one.
"""

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from video4spatial.filters.decode import Picture
from video4spatial.filters.decode_span import find_entry
from video4spatial.filters.packets import PacketIndex, PacketLister
from video4spatial.filters.video import VideoReader

COUNT = 420
X264 = {"preset": "veryfast", "g": "40", "keyint_min": "40", "sc_threshold": "0"}


def walls(texture: Callable, count: int = COUNT) -> Iterator[NDArray[np.uint8]]:
    """A camera that pans over a wall, with noise that no two frames share."""
    random = np.random.default_rng(3)
    wall = texture(1, 48, 320)
    for step in range(count):
        shift = step % 200
        yield np.clip(wall[:, shift : shift + 64] + random.integers(-9, 10, (48, 64, 1)), 0, 255).astype(np.uint8)


FILMS = {
    "closed.mp4": ("libx264", X264 | {"bf": "3"}, "key frame"),
    "open_group.mkv": ("libx264", X264 | {"bf": "3", "x264-params": "open-gop=1"}, "key frame"),
    "intra_refresh.mkv": ("libx264", X264 | {"intra-refresh": "1"}, "start: there is no inner key frame"),
    "one_key.mp4": ("libx264", X264 | {"g": "1000"}, "start: there is no inner key frame"),
    "closed.ts": ("libx264", X264, "key frame"),
    "pyramid.mov": ("libx264", X264 | {"bf": "5", "b-pyramid": "normal"}, "key frame"),
    "hevc.mp4": ("libx265", {"preset": "ultrafast", "x265-params": "keyint=40:min-keyint=40:log-level=0"}, "key frame"),
    "mpeg2.ts": ("mpeg2video", {"g": "15", "bf": "2"}, "key frame"),
    "mpeg4.mp4": ("mpeg4", {"g": "30", "bf": "2"}, "key frame"),
    "mpeg4.avi": ("mpeg4", {"g": "30", "bf": "2"}, "key frame"),
    "vp8.webm": ("libvpx", {"g": "40", "deadline": "realtime", "cpu-used": "8", "auto-alt-ref": "0"}, "key frame"),
    "vp9.webm": ("libvpx-vp9", {"g": "40", "deadline": "realtime", "cpu-used": "8"}, "key frame"),
    "hidden.webm": ("libvpx", {"g": "40", "cpu-used": "5", "auto-alt-ref": "1", "lag-in-frames": "16"}, "key frame"),
    "av1.mkv": ("libsvtav1", {"preset": "12", "g": "40", "svtav1-params": "lp=1"}, "key frame"),
    "prores.mov": ("prores_ks", {"profile": "0"}, "key frame"),
    "motion.mov": ("mjpeg", {}, "key frame"),
}


def read_span(reader: VideoReader, path: Path, start: int, stop: int | None) -> list[Picture]:
    reader.open(str(path), 48, "pyav", start, stop)
    return list(reader.pictures())


def same(one: list[Picture], other: list[Picture]) -> bool:
    return [(p.time, p.rgb.tobytes()) for p in one] == [(p.time, p.rgb.tobytes()) for p in other]


@pytest.mark.parametrize("name", FILMS)
def test_spans_are_the_frames_of_a_whole_decode(
    tmp_path: Path, reader: VideoReader, write_video: Callable, texture: Callable, name: str
) -> None:
    codec, options, expected = FILMS[name]
    pix_fmt = {"mjpeg": "yuvj420p", "prores_ks": "yuv422p10le"}.get(codec, "yuv420p")
    path = write_video(tmp_path / name, walls(texture), codec=codec, options=options, pix_fmt=pix_fmt)
    whole = read_span(reader, path, 0, None)
    assert len(whole) == COUNT
    for start, stop in ((0, 301), (301, 377), (377, None)):
        span = read_span(reader, path, start, stop)
        assert same(span, whole[start:stop])
        assert [picture.index for picture in span] == list(range(COUNT))[start:stop]
        if start == 377:
            assert reader.read_from.startswith(expected)


def test_times_of_variable_rate_do_not_matter(
    tmp_path: Path, reader: VideoReader, write_video: Callable, texture: Callable
) -> None:
    times = np.cumsum(np.random.default_rng(1).integers(5, 90, COUNT)).tolist()
    path = write_video(
        tmp_path / "vfr.mkv", walls(texture), times=times, time_base=Fraction(1, 1000), options=X264 | {"bf": "3"}
    )
    whole = read_span(reader, path, 0, None)
    assert same(read_span(reader, path, 350, 400), whole[350:400])
    assert reader.read_from == "key frame"


def test_an_edit_list_that_hides_pictures_is_decoded_from_the_start(
    tmp_path: Path, reader: VideoReader, write_video: Callable, texture: Callable
) -> None:
    path = write_video(tmp_path / "cut.mp4", walls(texture), options=X264 | {"bf": "3"})
    data = bytearray(path.read_bytes())
    at = data.index(b"elst") + 12
    # the media time of the only edit: 50 pictures later than it was
    begins = int.from_bytes(data[at + 4 : at + 8]) + 50 * (12288 // 24)
    data[at + 4 : at + 8] = begins.to_bytes(4)
    path.write_bytes(data)
    whole = read_span(reader, path, 0, None)
    assert len(whole) == COUNT - 50
    assert same(read_span(reader, path, 300, 340), whole[300:340])
    assert reader.read_from == "start: the packets do not tell when pictures are shown"


def remux(path: Path, *parts: Path) -> Path:
    """The packets of several films of one size behind each other, under the header of the first."""
    offset = 0
    with av.open(str(path), "w") as out:
        stream = None
        for part in parts:
            with av.open(str(part)) as source:
                stream = stream or out.add_stream_from_template(source.streams.video[0])
                last = 0
                for packet in source.demux(source.streams.video[0]):
                    if packet.size and packet.pts is not None and packet.dts is not None:
                        last = max(last, packet.pts + 3600)
                        packet.pts, packet.dts = packet.pts + offset, packet.dts + offset
                        packet.stream = stream
                        out.mux(packet)
                offset += last
    return path


def test_parameter_sets_that_change_on_the_way_forbid_to_start_late(
    tmp_path: Path, reader: VideoReader, write_video: Callable, texture: Callable
) -> None:
    """In a stream with start codes every key frame brings its sets: those count, and not what came before."""
    names = [("one.ts", {"bf": "0"}), ("two.ts", {"bf": "0", "coder": "vlc"})]
    parts = [write_video(tmp_path / name, walls(texture), options=X264 | options) for name, options in names]
    path = remux(tmp_path / "both.ts", *parts)
    whole = read_span(reader, path, 0, None)
    assert len(whole) > 2 * COUNT - 10
    for start, stop in ((300, 500), (500, 700), (700, None)):
        assert same(read_span(reader, path, start, stop), whole[start:stop])


def test_a_film_whose_times_jump_back_is_no_film_of_spans(
    tmp_path: Path, reader: VideoReader, write_video: Callable, texture: Callable
) -> None:
    path = write_video(tmp_path / "one.ts", walls(texture, 120), options=X264)
    (tmp_path / "twice.ts").write_bytes(path.read_bytes() * 2)
    assert reader.times(str(path), 0) is not None
    assert reader.times(str(tmp_path / "twice.ts"), 0) is None


@pytest.mark.parametrize("damage", range(8))
def test_of_a_damaged_film_spans_give_what_a_whole_decode_gives_but_for_pictures_out_of_order(
    tmp_path: Path, reader: VideoReader, write_video: Callable, texture: Callable, damage: int
) -> None:
    path = write_video(tmp_path / "hurt.mp4", walls(texture), options=X264 | {"bf": "3"})
    data, random = bytearray(path.read_bytes()), np.random.default_rng(damage)
    begin, end = data.index(b"mdat") + 8, data.rindex(b"moov") - 8
    for at in random.integers(begin, end, 6).tolist():
        data[at : at + 40] = random.bytes(40)
    path.write_bytes(data)
    whole = read_span(reader, path, 0, None)
    latest = np.maximum.accumulate([-1, *(picture.time for picture in whole)])
    times = reader.times(str(path), 0)
    assert times is not None
    for start, stop in ((0, 150), (150, 301), (301, 377), (377, None)):
        low, high = times[start], np.inf if stop is None else times[stop]
        expected = [p for p, before in zip(whole, latest[:-1], strict=True) if low <= p.time < high and p.time > before]
        found = read_span(reader, path, start, stop)
        assert same(found, expected)
        assert [picture.index for picture in found] == np.searchsorted(times, [p.time for p in expected]).tolist()


def test_the_decoder_starts_two_fresh_starts_before_the_span() -> None:
    fresh = np.zeros(1000, dtype=bool)
    fresh[[0, 50, 600, 700, 800]] = True
    index = PacketIndex(np.arange(1000), np.ones(1000, dtype=bool), fresh)
    entry = find_entry(index, 790)
    assert not isinstance(entry, str)
    assert (entry.first, entry.early, entry.late) == (50, 600, 700)
    assert find_entry(index, 60) == "there are no two key frames before it at which decoders start afresh"
    assert find_entry(index, 690) == "the beginning is near"


def test_leading_pictures_of_an_open_group_belong_to_the_group_before(
    tmp_path: Path, write_video: Callable, texture: Callable
) -> None:
    path = write_video(
        tmp_path / "open.mkv", walls(texture, 130), options=X264 | {"bf": "3", "x264-params": "open-gop=1"}
    )
    index = PacketLister(path, 0).run()
    assert index is not None
    for packet in np.flatnonzero(index.is_fresh):
        assert (index.times[:packet] < index.times[packet]).all()
    assert index.is_fresh.sum() >= 3
