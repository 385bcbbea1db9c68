"""Plain arrays. Unseen: a node without the store that trains on other numbers than one with it."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.pipeline.store.make import make_products, make_unit
from video4spatial.model.arrays import ArrayVersion, open_arrays
from video4spatial.pipeline.core.errors import ConfigError, StorageError
from video4spatial.pipeline.store.arrays import write_arrays
from video4spatial.pipeline.store.selection import Selection
from video4spatial.pipeline.store.store import Store, Version

ROOMS = [make_unit(number) for number in range(6)]
FILM = make_unit(50, "real")


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Version:
    store = Store.open(tmp_path_factory.mktemp("store"))
    for unit in [*ROOMS, FILM]:
        store.write_unit(unit, make_products(unit, 2), {})
    return store.publish("demo", [*ROOMS, FILM], Selection(), "", {}).version


@pytest.fixture
def arrays(version: Version, tmp_path: Path) -> ArrayVersion:
    write_arrays(version, "the splits", tmp_path / "out", lambda done: None)
    return open_arrays(tmp_path / "out")


def test_a_sequence_reads_as_it_does_from_the_store(version: Version, arrays: ArrayVersion) -> None:
    ours, theirs = version.reader(), arrays.reader()
    assert [row["key"] for row in ours.rows] == [row["key"] for row in theirs.rows]
    for place in range(len(ours)):
        before, after = ours.read(place), theirs.read(place)
        for name, value in vars(before).items():
            found = getattr(after, name)
            if isinstance(value, np.ndarray):
                assert np.array_equal(value, found)
                assert value.dtype == found.dtype
            elif name == "cameras" and value is not None:
                assert np.array_equal(value.world_from_camera, found.world_from_camera)
                assert np.array_equal(value.image_from_camera, found.image_from_camera)
            else:
                assert value == found


@pytest.mark.parametrize("part", ["train", "held_out", "val", "test", "all"])
def test_the_parts_are_those_of_the_version(version: Version, arrays: ArrayVersion, part: str) -> None:
    expected = [row["key"] for row in version.reader(part).rows]  # type: ignore[arg-type]
    assert [row["key"] for row in arrays.reader(part).rows] == expected
    assert [row["key"] for row in arrays.reader(part, height=16, kind="simulation").rows] == [
        row["key"]
        for row in version.reader(part, height=16, kind="simulation").rows  # type: ignore[arg-type]
    ]
    with pytest.raises(ConfigError, match="split must be one of"):
        arrays.reader("training")


def test_the_index_says_which_data_it_is(version: Version, arrays: ArrayVersion) -> None:
    assert arrays.name == "demo@1"
    assert arrays.identity == {"content": version.content, "splits": "the splits"}
    assert str(version.blobs.root) not in (arrays.folder / "index.json").read_text()


def test_members_that_are_not_needed_are_left_out(arrays: ArrayVersion) -> None:
    reader = arrays.reader("train", kind="simulation")
    sequence = reader.read(0, without=("depth", "object_id", "covisibility"))
    assert (sequence.depth_m, sequence.object_id, sequence.covisibility) == (None, None, None)


def test_an_export_that_was_not_finished_is_none_and_goes_on(version: Version, arrays: ArrayVersion) -> None:
    (arrays.folder / "index.json").unlink()
    with pytest.raises(ConfigError, match="one that was not finished"):
        open_arrays(arrays.folder)
    write_arrays(version, "the splits", arrays.folder, lambda done: None)
    assert open_arrays(arrays.folder).index == arrays.index
    with pytest.raises(ConfigError, match="holds an export already"):
        write_arrays(version, "the splits", arrays.folder, lambda done: None)


def test_damage_is_found_and_named(arrays: ArrayVersion) -> None:
    assert arrays.reader().check() == []
    flipped, cut, gone = (arrays.folder / row["files"][0]["path"] for row in arrays.reader().rows[:3])
    data = bytearray(flipped.read_bytes())
    data[-1] ^= 1
    flipped.write_bytes(data)
    cut.write_bytes(cut.read_bytes()[:-1])
    gone.unlink()
    wrong = arrays.reader().check()
    assert [sentence.partition(".safetensors")[2].split(";")[0] for sentence in wrong] == [
        " is not what was exported",
        f" has {cut.stat().st_size} bytes, expected {cut.stat().st_size + 1}",
        " (No such file or directory)",
    ]
    with pytest.raises(StorageError, match="bytes, expected"):
        arrays.reader().read(1)


def test_an_index_of_something_else_or_with_path_tricks_is_refused(arrays: ArrayVersion) -> None:
    path = arrays.folder / "index.json"
    index = json.loads(path.read_text())
    path.write_text(json.dumps({**index, "format": 9}))
    with pytest.raises(ConfigError, match="no index of arrays of format 1"):
        open_arrays(arrays.folder)
    index["sequences"][0]["files"][0]["path"] = "../../etc/passwd"
    path.write_text(json.dumps(index))
    with pytest.raises(StorageError, match="names files outside its folder"):
        open_arrays(arrays.folder)
    path.write_text("{")
    with pytest.raises(StorageError, match="cannot be read"):
        open_arrays(arrays.folder)
