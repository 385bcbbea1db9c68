"""A folder of videos becomes sources named by their bytes; what cannot be read is said before anything starts."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest

from video4spatial.filters.sources import video_sources
from video4spatial.filters.video import VideoReader
from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.pipeline.core.unit import Unit
from video4spatial.pipeline.engine.unit_row import unit_from_text, unit_to_text


def test_videos_of_a_folder_and_below_come_in_the_order_of_their_paths(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    for name, data in (("z.mp4", b"1"), ("b/a.WEBM", b"2"), ("notes.md", b"3"), ("._z.mp4", b"4"), ("c.mjpeg", b"5")):
        (tmp_path / name).write_bytes(data)
    assert [source.uri for source in video_sources(str(tmp_path))] == ["b/a.WEBM", "c.mjpeg", "z.mp4"]


def test_equal_bytes_are_one_source(tmp_path: Path) -> None:
    (tmp_path / "one.mp4").write_bytes(b"same")
    (tmp_path / "two.mp4").write_bytes(b"same")
    assert [source.uri for source in video_sources(str(tmp_path))] == ["one.mp4"]


def test_a_source_is_named_by_its_bytes_and_not_by_its_place(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "film.mp4").write_bytes(b"same")
    here, there = (video_sources(str(tmp_path / folder))[0] for folder in ("one", "two"))
    assert (here.uri, here.sha256, here.split_group) == (there.uri, there.sha256, there.split_group)
    assert here.split_group == f"film-{here.sha256[:8]}"
    assert here.location != there.location


def test_one_file_may_be_given_whatever_its_name(tmp_path: Path) -> None:
    (tmp_path / "film.video").write_bytes(b"1")
    assert [source.uri for source in video_sources(str(tmp_path / "film.video"))] == ["film.video"]


def test_a_missing_folder_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no folder or file .*nowhere.*--videos DIR"):
        video_sources(str(tmp_path / "nowhere"))


def test_a_folder_without_videos_is_refused_with_the_names_that_count(tmp_path: Path) -> None:
    (tmp_path / "film.txt").write_bytes(b"1")
    with pytest.raises(ConfigError, match=r"no video below .*\.mp4.*--videos DIR"):
        video_sources(str(tmp_path))


@pytest.mark.parametrize("videos", ["", "  "])
def test_an_empty_path_is_refused(videos: str) -> None:
    with pytest.raises(ConfigError, match=r"real.videos is empty.*--videos DIR"):
        video_sources(videos)


@pytest.mark.parametrize("decoder", ["auto", "pyav"])
def test_a_name_that_is_not_utf8_is_told_with_escapes_and_opened_by_its_bytes(
    tmp_path: Path, write_video: Callable, film: Callable, reader: VideoReader, decoder: Literal["auto", "pyav"]
) -> None:
    name = os.fsdecode(b"bad\xff.mp4")
    try:
        (tmp_path / name).write_bytes(write_video(tmp_path / "plain.avi", film([30])).read_bytes())
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    (tmp_path / "plain.avi").unlink()
    (source,) = video_sources(str(tmp_path))
    assert source.uri == "bad\\xff.mp4"
    assert source.split_group == f"bad\\xff-{source.sha256[:8]}"
    assert os.fsencode(source.location).endswith(b"bad\xff.mp4")
    unit = Unit(kind="real", source=source, stage_versions={}, settings={}, seed=0)
    assert unit_from_text(unit_to_text(unit)).source == source
    assert reader.probe(source.location, 64).coded_px == (160, 120)
    reader.open(source.location, 64, decoder)
    assert len(list(reader.pictures())) == 30
    assert reader.decoder == "pyav"


@pytest.mark.parametrize("call", ["open", "scandir", "stat"])
def test_what_may_not_be_read_is_one_line_that_names_it(
    tmp_path: Path, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refusal is simulated: tests may run as root, whom nothing refuses."""
    (tmp_path / "closed").mkdir()
    (tmp_path / "closed" / "film.mp4").write_bytes(b"1")
    owner = os if call == "scandir" else Path
    real = getattr(owner, call)

    def refused(path: str | Path, *arguments: object, **named: object) -> object:
        if "closed" in Path(path).parts:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real(path, *arguments, **named)

    monkeypatch.setattr(owner, call, refused)
    with pytest.raises(ConfigError, match=r"cannot read '.*closed.*' \(Permission denied\)") as caught:
        video_sources(str(tmp_path))
    assert "\n" not in str(caught.value)
    assert "move it out" in str(caught.value)
