"""Verify. Unseen: damage that training would eat. Every kind of harm is done on purpose and must be named."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tests.pipeline.store.make import make_product, make_products, make_sequence, make_unit
from video4spatial.pipeline.store.selection import Selection
from video4spatial.pipeline.store.store import Store
from video4spatial.pipeline.store.table import COLUMNS, set_column, to_parquet
from video4spatial.pipeline.store.verify import Problem
from video4spatial.pipeline.store.version import Version

ROOMS = [make_unit(number) for number in range(4)]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store.open(tmp_path)
    for unit in ROOMS:
        store.write_unit(unit, make_products(unit, 2), {})
    store.publish("demo", ROOMS, Selection(), "", {})
    return store


def damage(path: Path, change: Callable[[bytearray], bytes]) -> None:
    data = bytearray(path.read_bytes())
    path.unlink()
    path.write_bytes(change(data))


def flip(place: int) -> Callable[[bytearray], bytes]:
    def change(data: bytearray) -> bytes:
        data[place] ^= 1
        return bytes(data)

    return change


def problems(store: Store, quick: bool = False) -> list[Problem]:
    return store.verify(store.version("demo"), quick)


def test_an_unharmed_version_has_no_problem(store: Store) -> None:
    assert problems(store) == problems(store, quick=True) == []


def test_a_flipped_bit_is_found_with_the_sequence_it_hit_and_heals_as_told(store: Store) -> None:
    row = store.version("demo").reader("all").rows[0]
    member = next(member for member in row["members"] if member["ext"] == "rgb.mp4")
    damage(store.root / row["shard"], flip(member["offset"] + member["nbytes"] // 2))
    assert problems(store, quick=True) == []
    found = problems(store)
    assert [problem.path for problem in found] == [row["shard"], f"{row['shard']}:{row['key']}"]
    assert "not those its name promises" in found[0].what
    assert "sample_sha256 differs" in found[1].what
    receipt = f"units/{row['unit_id'][:2]}/{row['unit_id']}.json"
    assert f"remove {receipt} and run the same command again" in str(found[0])
    (store.root / receipt).unlink()
    unit = next(unit for unit in ROOMS if unit.unit_id == row["unit_id"])
    store.write_unit(unit, make_products(unit, 2), {})
    assert problems(store) == []


def test_a_flipped_bit_between_members_is_found(store: Store) -> None:
    row = store.version("demo").reader("all").rows[0]
    damage(store.root / row["shard"], lambda data: flip(len(data) - 1)(data))
    assert [problem.path for problem in problems(store)] == [row["shard"]]


@pytest.mark.parametrize("quick", [False, True])
def test_a_missing_and_a_truncated_shard_are_found_either_way(store: Store, quick: bool) -> None:
    first, second = sorted({row["shard"] for row in store.version("demo").reader("all").rows})[:2]
    (store.root / first).unlink()
    damage(store.root / second, lambda data: bytes(data[:-512]))
    assert [(problem.path, problem.what.partition(",")[0]) for problem in problems(store, quick)] == [
        (first, "the shard is missing"),
        (second, f"the shard has {(store.root / second).stat().st_size} bytes"),
    ]


@pytest.mark.parametrize("quick", [False, True])
def test_a_damaged_or_missing_table_is_found(store: Store, quick: bool) -> None:
    path = store.root / store.version("demo").manifest["table"]["path"]
    damage(path, flip(100))
    assert ["bytes are not those" in problem.what for problem in problems(store, quick)] == [True]
    path.unlink()
    assert ["missing" in problem.what for problem in problems(store, quick)] == [True]


def forge(store: Store, change: Callable[[pa.Table], pa.Table]) -> list[str]:
    """What verify says of a version whose table was altered by someone who mended the manifest's hash of it."""
    version = store.version("demo")
    data = to_parquet(change(version.table()))
    path = version.blobs.put("tables", data, "parquet")
    table = {**version.manifest["table"], "path": path, "sha256": path.split("/")[-1].split(".")[0]}
    return [problem.what for problem in store.verify(Version(version.blobs, {**version.manifest, "table": table}))]


def changed(table: pa.Table, name: str, change: Callable[[list], None]) -> pa.Table:
    values = table[name].to_pylist()
    change(values)
    return set_column(table, name, values) if name in COLUMNS else table


def test_a_row_that_points_beside_its_bytes_is_found(store: Store) -> None:
    def shift(members: list) -> None:
        for member in members[0]:
            member["offset"] += 512

    found = forge(store, lambda table: changed(table, "members", shift))
    assert len(found) == 1
    assert "where no tar member starts" in found[0] or "the shard has" in found[0]


def test_a_row_that_points_at_another_sequence_is_found(store: Store) -> None:
    def swap(members: list) -> None:
        members[0], members[1] = members[1], members[0]

    found = forge(store, lambda table: changed(table, "members", swap))
    assert len(found) == 2
    assert all("the shard has" in what for what in found)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("n_frames", 9, "the row's n_frames is 9, the sequence says 4"),
        ("source_sha256", "0" * 64, "the row's source_sha256"),
        ("sample_sha256", bytes(32), "sample_sha256 differs"),
        ("key", "x", "the row says x."),
    ],
)
def test_a_row_that_says_something_else_than_its_bytes_is_found(
    store: Store, name: str, value: object, told: str
) -> None:
    found = forge(store, lambda table: changed(table, name, lambda values: values.__setitem__(0, value)))
    assert any(told in what for what in found), found


def test_a_table_with_other_rows_than_the_manifest_says_is_found(store: Store) -> None:
    found = forge(store, lambda table: table.slice(1))
    assert any("the manifest says otherwise" in what for what in found)
    assert any("do not give the manifest's content" in what for what in found)
    found = forge(store, lambda table: pa.concat_tables([table, table.slice(0, 1)]))
    assert any("stands in its table twice" in what for what in found)


def test_a_scene_on_two_sides_of_the_split_is_found(store: Store) -> None:
    group = store.version("demo").reader("train").rows[0]["split_group"]

    def leak(table: pa.Table) -> pa.Table:
        groups, split = table["split_group"].to_pylist(), table["split"].to_pylist()
        split[groups.index(group)] = "test"
        return set_column(table, "split", split)

    assert f"split_group {group} stands in test and train" in forge(store, leak)


def test_variants_of_a_held_out_path_in_training_are_found(store: Store) -> None:
    def leak(table: pa.Table) -> pa.Table:
        rows = table.select(["variant", "held_out", "verdict"]).to_pylist()
        lit = next(index for index, row in enumerate(rows) if row["variant"] == 1)
        held = [row["held_out"] for row in rows]
        held[lit] = not held[lit]
        return set_column(table, "held_out", held)

    assert any("both trained on and held out" in what for what in forge(store, leak))


def test_near_duplicates_on_two_sides_are_found(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    films = [make_unit(number, "real") for number in range(8)]
    for number, unit in enumerate(films):
        unique = int(np.random.default_rng(number).integers(-(2**63), 2**63))
        product = make_product(unit, 0, make_sequence(unit, number), {}, {"perceptual_hash": unique})
        store.write_unit(unit, [product], {})
    version = store.publish("demo", films, Selection(near_duplicate_bits=3), "", {}).version
    assert {row["split"] for row in version.reader("all").rows} == {"train", "val", "test"}
    assert store.verify(version) == []
    found = forge(store, lambda table: set_column(table, "perceptual_hash", [5] * table.num_rows))
    assert any("near duplicates" in what and "two sides" in what for what in found)


def test_a_variant_that_shows_what_another_recording_shows_stands_on_its_side(tmp_path: Path) -> None:
    films = [make_unit(number, "real") for number in range(8)]
    hashes = [int(np.random.default_rng(number).integers(-(2**63), 2**63)) for number in range(8)]

    def published(folder: str, twin: tuple[int, int] | None = None) -> tuple[Store, Version]:
        store = Store.open(tmp_path / folder)
        for number, unit in enumerate(films):
            products = [make_product(unit, 0, make_sequence(unit, number), {}, {"perceptual_hash": hashes[number]})]
            if twin is not None and number == twin[0]:
                sequence = make_sequence(unit, 99, variant={"kind": "crop"})
                products += [make_product(unit, 0, sequence, {}, {"perceptual_hash": hashes[twin[1]]}, variant=1)]
            store.write_unit(unit, products, {})
        return store, store.publish("demo", films, Selection(near_duplicate_bits=3), "", {}).version

    side = {row["source_sha256"]: row["split"] for row in published("apart")[1].reader("all").rows}
    sides = [side[unit.source.sha256] for unit in films]
    pair = next((a, b) for a in range(8) for b in range(8) if sides[a] != sides[b])
    store, version = published("together", pair)
    assert store.verify(version) == []
    assert version.manifest["rows"] == 9, "a crop that is like another film is kept, as its original is"


def test_a_shard_that_the_manifest_does_not_name_is_found(store: Store) -> None:
    version = store.version("demo")
    fewer = json.loads(json.dumps({**version.manifest, "shards": version.manifest["shards"][1:]}))
    found = store.verify(Version(version.blobs, fewer))
    assert [problem.path for problem in found] == [version.manifest["shards"][0]["path"]]
