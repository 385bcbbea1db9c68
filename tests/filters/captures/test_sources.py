"""Captures are found by what lies there and named by their bytes. Else one is missed, made twice, or split in two."""

import shutil
from pathlib import Path

import pytest

from tests.filters.captures import imitate
from video4spatial.filters.captures.capture import ReadOptions
from video4spatial.filters.captures.sources import capture_sources
from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.pipeline.core.unit import Source


def found(*patterns: Path | str) -> list[Source]:
    return capture_sources(tuple(str(pattern) for pattern in patterns), ReadOptions())


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of captures of every format, at different depths."""
    root = tmp_path_factory.mktemp("many")
    for name, write in (
        ("tum/desk", imitate.write_tum),
        ("colmap", imitate.write_colmap),
        ("nerfs/garden", imitate.write_nerfstudio),
        ("redwood", imitate.write_open3d),
        ("re10k", imitate.write_re10k),
        ("arkit/Training/40000001", imitate.write_arkit),
        ("scannetpp/data/aa11", imitate.write_scannetpp),
    ):
        (root / name).mkdir(parents=True)
        write(root / name)
    (root / "notes.txt").write_text("https://example.org\nnot a camera file\n")
    (root / ".hidden").mkdir()
    imitate.write_tum(root / ".hidden")
    return root


def test_every_format_is_found_by_what_lies_there(many: Path) -> None:
    assert {source.uri for source in found(many)} == {
        "tum/desk",
        "colmap",
        "nerfs/garden",
        "redwood",
        "re10k/0123456789abcdef.txt",
        "arkit/Training/40000001/40000001_frames",
        "scannetpp/data/aa11/dslr",
        "scannetpp/data/aa11/iphone",
    }


def test_captures_of_one_place_stand_on_one_side_of_a_split(many: Path) -> None:
    groups = {source.uri: source.split_group for source in found(many)}
    assert groups["scannetpp/data/aa11/dslr"] == groups["scannetpp/data/aa11/iphone"] == "scannetpp-aa11"
    assert groups["arkit/Training/40000001/40000001_frames"] == "arkitscenes-777"
    assert groups["re10k/0123456789abcdef.txt"] == "realestate10k-AbCdEfGhIjK"
    assert groups["tum/desk"].startswith("desk-"), "a recording of its own"


def test_patterns_and_single_captures_are_taken_and_equal_ones_count_once(many: Path) -> None:
    assert [source.uri for source in found(many / "t*" / "desk")] == ["desk"]
    assert [source.uri for source in found(many / "re10k" / "0123456789abcdef.txt")] == ["0123456789abcdef.txt"]
    assert len(found(many, many / "tum", many / "colmap")) == len(found(many))


def test_the_name_is_that_of_the_bytes_used(tmp_path: Path) -> None:
    path = imitate.write_tum(tmp_path / "one")
    before = found(path)[0].sha256
    shutil.copytree(path, tmp_path / "two")
    assert found(tmp_path / "two")[0].sha256 == before, "wherever it lies"
    (path / "readme.md").write_text("words")
    assert found(path)[0].sha256 == before, "what is not used is not part of it"
    picture = sorted((path / "rgb").iterdir())[3]
    picture.write_bytes(picture.read_bytes() + b"\0")
    assert found(path)[0].sha256 != before


def test_a_repaired_capture_is_another_source(tmp_path: Path) -> None:
    path = imitate.write_tum(tmp_path)
    whole = (path / "groundtruth.txt").read_text()
    (path / "groundtruth.txt").write_text(whole[:-30])
    broken = found(path)[0]
    (path / "groundtruth.txt").write_text(whole)
    assert found(path)[0].sha256 != broken.sha256


def test_what_was_looked_for_is_told_where_nothing_lies(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(b"")
    with pytest.raises(ConfigError, match=r"no posed capture at or below .*rgb\.txt.*transforms"):
        found(tmp_path)
    with pytest.raises(ConfigError, match="no folder or file"):
        found(tmp_path / "nowhere*")
    with pytest.raises(ConfigError, match="empty entry"):
        found(" ")
