"""A folder of videos becomes sources named by their bytes; what cannot be read is said before anything starts."""

from pathlib import Path

import pytest

from video4spatial.filters.sources import video_sources
from video4spatial.pipeline.core.errors import ConfigError


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
