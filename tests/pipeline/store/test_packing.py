"""Large shards. Unseen: a sequence lost or doubled on the way, damage copied as if it were data, an order by key."""

import itertools
from pathlib import Path

import numpy as np
import pytest

from tests.pipeline.store.make import files_of, make_products, make_unit
from video4spatial.pipeline.core.errors import ConfigError, StorageError
from video4spatial.pipeline.store.packing import packs
from video4spatial.pipeline.store.selection import Rule, Selection
from video4spatial.pipeline.store.store import Grace, Store, Version

ROOMS = [make_unit(number) for number in range(6)]
FILM = make_unit(50, "real")
SHARD = 40_000
"""About three sequences."""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """demo@1: some of four sequences of each of six rooms and a film are rejected."""
    store = Store.open(tmp_path_factory.mktemp("store"))
    for unit in [*ROOMS, FILM]:
        store.write_unit(unit, make_products(unit), {})
    dark = Rule(score="brightness", min=45, reason="too_dark")
    store.publish("demo", [*ROOMS, FILM], Selection(rules=(dark,)), "recipe", {})
    return store


def repacked(store: Store, seed: int = 0, name: str = "demo@1") -> Version:
    return store.repack(store.version(name), SHARD, seed, {}, lambda done: None)[0]


def test_every_kept_sequence_is_packed_once_with_its_side(store: Store) -> None:
    version = store.version("demo@1")
    found = [(item.part, key) for item in packs(version, SHARD, 0) for key in item.places]
    expected = [
        ("held_out" if row["held_out"] else row["split"], row["key"])
        for row in version.table().to_pylist()
        if row["verdict"] == "kept"
    ]
    assert sorted(found) == sorted(expected)


def test_the_order_is_shuffled_and_the_seed_decides_it(store: Store) -> None:
    def order(seed: int) -> list[str]:
        found = packs(store.version("demo@1"), 10**9, seed)
        return [key for item in found if item.part == "train" for key in item.places]

    assert order(0) == order(0) != order(1)
    assert sorted(order(0)) == sorted(order(1)) != order(0)
    unit_of = [key[:12] for key in order(0)]
    assert sum(before == after for before, after in itertools.pairwise(unit_of)) < len(unit_of) / 2


def test_shards_keep_to_the_size_and_a_sequence_that_is_larger_gets_its_own(store: Store) -> None:
    sizes = [len(item.data) for item in packs(store.version("demo@1"), SHARD, 0)]
    assert max(sizes) <= SHARD + 10240
    alone = [len(item.places) for item in packs(store.version("demo@1"), 1, 0)]
    assert set(alone) == {1}
    with pytest.raises(ConfigError, match="at least one byte"):
        next(packs(store.version("demo@1"), 0, 0))


def test_a_repacked_version_is_the_same_data_in_other_places(store: Store) -> None:
    before, after = store.version("demo@1"), repacked(store)
    assert after.content == before.content
    assert after.name != before.name
    assert after.manifest["derivation"]["verb"] == "repack"
    assert after.manifest["parent"] == "demo@1"
    assert store.verify(after) == []
    assert store.verify(after, quick=True) == []
    first, second = before.reader("train"), after.reader("train")
    assert [row["key"] for row in first.rows] == [row["key"] for row in second.rows]
    assert np.array_equal(first.read(0).frames, second.read(0).frames)
    assert first.members(1) == second.members(1)


def test_repacking_again_writes_nothing_and_another_seed_is_another_version(store: Store) -> None:
    first = repacked(store)
    before = files_of(store.root)
    assert repacked(store).name == first.name
    assert files_of(store.root) == before
    assert repacked(store, seed=1).name != first.name


def test_when_the_originals_may_go_the_repacked_version_stays_whole(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    for unit in ROOMS:
        store.write_unit(unit, make_products(unit), {})
    store.publish("demo", ROOMS, Selection(), "", {})
    version = repacked(store)
    store.remove(store.version("demo@1"))
    assert store.collect(Grace(days=0, unit_days=0)).units == ()
    assert len(store.collect(Grace(days=0, unit_days=0, originals=True)).units) == 6
    assert store.verify(version) == []
    smaller = store.derive(version, "brightness < 55", None, {}).version
    assert store.verify(smaller) == []


def test_a_lost_table_of_a_repacked_version_is_made_again_by_repacking(store: Store) -> None:
    version = repacked(store)
    path = store.root / version.manifest["table"]["path"]
    data = path.read_bytes()
    path.unlink()
    with pytest.raises(StorageError, match=r"`v4s datasets repack demo@1 --shard-mb 0\.04 --seed 0` makes it again"):
        store.rebuild(version)
    assert repacked(store).name == version.name
    assert path.read_bytes() == data


def test_damage_is_not_copied(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    store.write_unit(FILM, make_products(FILM), {})
    version = store.publish("demo", [FILM], Selection(), "", {}).version
    row = version.reader().rows[0]
    path = tmp_path / row["shard"]
    data = bytearray(path.read_bytes())
    data[row["members"][-1]["offset"]] ^= 1
    path.unlink()
    path.write_bytes(data)
    with pytest.raises(StorageError, match=r"is not what was published; `v4s datasets verify` says what to do"):
        store.repack(version, SHARD, 0, {}, lambda done: None)
    assert store.versions("demo") == [1]


def test_a_lost_shard_of_a_repacked_version_is_made_again_by_repacking(store: Store) -> None:
    version = repacked(store)
    path = store.root / version.manifest["shards"][0]["path"]
    data = path.read_bytes()
    path.unlink()
    problems = store.verify(version)
    assert {item.remedy for item in problems} == {
        "`v4s datasets repack demo@1 --shard-mb 0.04 --seed 0` makes it again with the same bytes"
    }
    repacked(store)
    assert path.read_bytes() == data


def test_a_version_that_holds_a_withdrawn_input_is_not_packed_into_a_new_one(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    for unit in ROOMS:
        store.write_unit(unit, make_products(unit), {})
    store.publish("demo", ROOMS, Selection(), "recipe", {})
    without = store.drop(store.version("demo"), ROOMS[0].source.sha256, {}).version
    before = files_of(store.root)
    with pytest.raises(ConfigError, match=r"demo@1 holds sequences of procedural:room\?seed=0, which was withdrawn"):
        repacked(store)
    assert files_of(store.root) == before
    assert repacked(store, name="demo@2").content == without.content
