"""Decoding happens in a child that may crash, hang or eat memory; the parent only ever sees WorkerLost, in time."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from video4spatial.filters.config import DecodeLimits
from video4spatial.filters.video import VideoReader
from video4spatial.pipeline.core.errors import SourceError, WorkerLost

HOSTILE = """
import ctypes, sys, time
from video4spatial.pipeline.core.child import serve
from video4spatial.filters.decode_child import DecodeServer

server = DecodeServer()
deeds = {
    "hang": lambda: time.sleep(3600),
    "segfault": lambda: ctypes.string_at(0),
    "devour": lambda: [bytearray(2**24) for _ in range(10_000)],
}

def handle(header, arrays):
    name = header.get("path", "").rsplit("/", 1)[-1].split(".")[0]
    if name in deeds:
        deeds[name]()
    return server.handle(header, arrays)

serve(handle)
"""


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[float], VideoReader]:
    """A reader whose child does what the file's name says before it decodes."""
    (tmp_path / "hostile_child.py").write_text(HOSTILE)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    return lambda timeout_s: VideoReader(DecodeLimits(stall_timeout_s=timeout_s, memory_gib=1), "hostile_child")


def test_pictures_carry_index_and_time_across_chunks(edited: Path, reader: VideoReader, read_number: Callable) -> None:
    facts = reader.open(str(edited), 64)
    pictures = list(reader.pictures())
    assert [picture.index for picture in pictures] == [read_number(picture.rgb) for picture in pictures]
    assert len(pictures) == facts.counted_frames == 200
    assert [(p.time - pictures[0].time) * facts.time_base * 24 for p in pictures] == list(range(200))


def test_a_span_is_exactly_its_frames(edited: Path, reader: VideoReader) -> None:
    reader.open(str(edited), 64, start=100, stop=103)
    assert [picture.index for picture in reader.pictures()] == [100, 101, 102]


def test_a_broken_file_is_told_by_name_and_the_child_lives_on(
    edited: Path, tmp_path: Path, reader: VideoReader
) -> None:
    (tmp_path / "broken.mp4").write_bytes(b"nothing")
    with pytest.raises(SourceError) as caught:
        reader.open(str(tmp_path / "broken.mp4"), 64)
    assert not isinstance(caught.value, WorkerLost)
    assert caught.value.reason == "unopenable"
    assert reader.probe(str(edited), 64).shown_px == (160, 120)


def test_frames_before_an_error_are_handed_out(
    tmp_path: Path, reader: VideoReader, write_video: Callable, film: Callable
) -> None:
    one = write_video(tmp_path / "one.ts", film([5]))
    other = write_video(tmp_path / "other.ts", film([5], height=96, width=128))
    path = tmp_path / "joined.ts"
    path.write_bytes(one.read_bytes() + other.read_bytes())
    reader.open(str(path), 64, "pyav")
    pictures = reader.pictures()
    assert [next(pictures).index for _ in range(5)] == [0, 1, 2, 3, 4]
    with pytest.raises(SourceError, match="size_changes"):
        next(pictures)


@pytest.mark.parametrize(("deed", "reason"), [("segfault", "crashed"), ("devour", "out_of_memory")])
def test_a_child_that_dies_costs_one_video(
    tmp_path: Path, edited: Path, hostile: Callable[[float], VideoReader], deed: str, reason: str
) -> None:
    (tmp_path / f"{deed}.mp4").write_bytes(edited.read_bytes())
    with hostile(20) as reader:
        with pytest.raises(WorkerLost) as caught:
            reader.open(str(tmp_path / f"{deed}.mp4"), 64)
        assert caught.value.reason == reason
        reader.open(str(edited), 64)
        assert len(list(reader.pictures())) == 200


def test_a_child_that_hangs_is_killed_in_time(
    tmp_path: Path, edited: Path, hostile: Callable[[float], VideoReader]
) -> None:
    (tmp_path / "hang.mp4").write_bytes(edited.read_bytes())
    with hostile(0.5) as reader:
        began = time.monotonic()
        with pytest.raises(WorkerLost, match=r"within 0\.5 s") as caught:
            reader.open(str(tmp_path / "hang.mp4"), 64)
        assert caught.value.reason == "timed_out"
        assert time.monotonic() - began < 10


def test_a_video_as_a_whole_has_a_time_limit(edited: Path) -> None:
    with VideoReader(DecodeLimits(video_timeout_s=1e-6)) as reader:
        reader.open(str(edited), 64)
        with pytest.raises(WorkerLost, match="video_timeout_s") as caught:
            list(reader.pictures())
        assert caught.value.reason == "timed_out"


def test_large_pictures_do_not_pass_a_small_memory_limit(shared_data: Path) -> None:
    path = shared_data / "videos_odd" / "androidx_8k24_hevc.mp4"

    def read(reader: VideoReader) -> int:
        reader.open(str(path), 64)
        return len(list(reader.pictures()))

    with VideoReader(DecodeLimits()) as roomy:
        assert read(roomy) == 8
    with VideoReader(DecodeLimits(memory_gib=0.7)) as tight, pytest.raises(WorkerLost) as caught:
        read(tight)
    assert caught.value.reason in ("out_of_memory", "crashed")
