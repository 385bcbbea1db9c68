"""Reading. Unseen: another sequence's frames, a whole shard read for one clip, a lost shard as a riddle."""

import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from tests.pipeline.store.make import make_product, make_products, make_sequence, make_unit
from video4spatial.pipeline.core.errors import ConfigError, StorageError
from video4spatial.pipeline.store.reader import Reader
from video4spatial.pipeline.store.sample import decode_sample, encode_sample
from video4spatial.pipeline.store.selection import Selection
from video4spatial.pipeline.store.store import Store

ROOM, FILM = make_unit(1), make_unit(2, "real")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    store = Store.open(tmp_path_factory.mktemp("store"))
    products = [make_product(ROOM, n, make_sequence(ROOM, n, frames=20, size_px=64), {}) for n in range(3)]
    store.write_unit(ROOM, products, {})
    store.write_unit(FILM, make_products(FILM, 2, variants=False), {})
    store.publish("demo", [ROOM, FILM], Selection(), "", {})
    return store


@pytest.fixture
def reader(store: Store) -> Reader:
    return store.version("demo").reader("all")


def test_every_row_reads_as_the_sequence_that_was_stored(reader: Reader) -> None:
    assert len(reader) == 5
    for index, row in enumerate(reader.rows):
        unit = ROOM if row["kind"] == "simulation" else FILM
        number = int(row["key"][13:17])
        size = {"frames": 20, "size_px": 64} if unit is ROOM else {}
        expected = decode_sample(encode_sample(make_sequence(unit, number, **size)))
        read = reader.read(index)
        assert np.array_equal(read.frames, expected.frames)
        assert read.provenance == expected.provenance
        assert (len(read), read.height_px, read.width_px) == (row["n_frames"], row["height"], row["width"])
        assert row["fps"] == pytest.approx(12.0)


def test_asked_frames_and_members_only(reader: Reader) -> None:
    place = next(index for index, row in enumerate(reader.rows) if row["kind"] == "simulation")
    part = reader.read(place, frames=[1, 18], without=("depth", "object_id", "covisibility"))
    assert np.array_equal(part.frames, reader.read(place).frames[[1, 18]])
    assert part.depth_m is part.object_id is part.covisibility is None
    assert reader.read(place).depth_m is not None
    with pytest.raises(ConfigError, match="without takes depth, object_id, covisibility"):
        reader.read(place, without=("rgb",))  # type: ignore[arg-type]


def test_cameras_are_read_without_pictures(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes, pread = [], os.pread

    def counted(descriptor: int, nbytes: int, offset: int) -> bytes:
        sizes.append(nbytes)
        return pread(descriptor, nbytes, offset)

    monkeypatch.setattr(os, "pread", counted)
    for index, row in enumerate(reader.rows):
        cameras = reader.cameras(index)
        assert (cameras is None) == (row["kind"] == "real")
    few = sum(sizes)
    sizes.clear()
    expected = [reader.read(index).cameras for index in range(len(reader))]
    assert few < sum(sizes)
    assert sum(sizes) <= sum(row["nbytes"] for row in reader.rows)
    first = next(index for index, cameras in enumerate(expected) if cameras is not None)
    assert np.array_equal(reader.cameras(first).world_from_camera, expected[first].world_from_camera)
    assert reader.cameras(first).width_px == 64


def test_a_reader_travels_by_pickle_and_keeps_no_file_open(reader: Reader) -> None:
    before = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else 0
    copy = pickle.loads(pickle.dumps(reader))
    assert np.array_equal(copy.read(0).frames, reader.read(0).frames)
    assert not before or len(os.listdir("/proc/self/fd")) == before


def test_a_sequence_is_found_by_its_key(reader: Reader) -> None:
    assert reader.find(reader.rows[3]["key"]) == 3
    with pytest.raises(ConfigError, match="no sequence 'x' among the 5"):
        reader.find("x")


def test_a_lost_or_cut_shard_is_one_line(store: Store, reader: Reader, tmp_path: Path) -> None:
    lone = Store.open(tmp_path)
    receipt = lone.write_unit(ROOM, make_products(ROOM, 2), {})
    lone_reader = lone.publish("demo", [ROOM], Selection(), "", {}).version.reader("all")
    shard = tmp_path / receipt.shard
    data = shard.read_bytes()
    shard.unlink()
    shard.write_bytes(data[: lone_reader.rows[-1]["offset"] + 600])
    with pytest.raises(StorageError, match=r"was cut off; run `v4s datasets verify`"):
        lone_reader.read(len(lone_reader) - 1)
    shard.unlink()
    with pytest.raises(StorageError, match=r"cannot read .*No such file"):
        lone_reader.read(0)
