"""Names and parts of versions. Unseen: a tag that moves, a held-out path in training, a typo that reads everything."""

import json
import pickle
from pathlib import Path

import pytest

from tests.pipeline.store.make import make_products, make_unit
from video4spatial.pipeline.core.errors import ConfigError, StorageError
from video4spatial.pipeline.store.selection import Rule, Selection
from video4spatial.pipeline.store.store import Store

ROOMS = [make_unit(number) for number in range(6)]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """demo@1 over all, demo@2 over the brighter ones."""
    store = Store.open(tmp_path_factory.mktemp("store"))
    for unit in ROOMS:
        store.write_unit(unit, make_products(unit, size_px=16 if unit.seed % 2 else 32), {})
    store.publish("demo", ROOMS, Selection(), "", {})
    store.publish("demo", ROOMS, Selection(rules=(Rule(score="brightness", min=45),)), "", {})
    store.publish("other", ROOMS, Selection(), "", {})
    return store


def test_a_version_has_a_number_a_tag_or_is_the_latest(store: Store) -> None:
    store.tag("demo@1", "first")
    assert store.datasets() == ["demo", "other"]
    assert store.versions("demo") == [1, 2]
    assert store.versions("nothing") == []
    assert store.version("demo").name == "demo@2"
    assert store.version("demo@1").name == store.version("demo@first").name == "demo@1"
    assert store.tags("demo")["first"] == 1


def test_a_tag_is_never_moved(store: Store) -> None:
    store.tag("demo@1", "paper")
    store.tag("demo@1", "paper")
    with pytest.raises(ConfigError, match="demo@paper is version 1 already"):
        store.tag("demo@2", "paper")
    with pytest.raises(ConfigError, match="a name has letters"):
        store.tag("demo@2", "3")


def test_a_name_that_is_not_there_says_what_is(store: Store) -> None:
    for name, told in {
        "dem": "no dataset 'dem' .*which holds demo, other",
        "demo@9": "demo has no version '9', it has 1 to 2",
        "demo@last": "demo has no tag 'last'",
        "../demo": "a name has letters",
    }.items():
        with pytest.raises(ConfigError, match=told):
            store.version(name)


def test_the_parts_of_a_version_do_not_overlap(store: Store) -> None:
    version = store.version("demo@1")
    parts = {part: {row["key"] for row in version.reader(part).rows} for part in ("train", "val", "test", "held_out")}
    assert all(parts.values())
    assert sum(len(keys) for keys in parts.values()) == len(set.union(*parts.values()))
    assert set.union(*parts.values()) == {row["key"] for row in version.reader("all").rows}
    assert {part: len(keys) for part, keys in parts.items()} == {
        part: found["rows"] for part, found in version.manifest["splits"].items()
    }


def test_readers_take_equalities(store: Store) -> None:
    version = store.version("demo@1")
    assert {row["height"] for row in version.reader("all", height=32).rows} == {32}
    lit = version.reader("all", height=16, variant_kind="lighting").rows
    assert {(row["height"], row["variant"]) for row in lit} == {(16, 1)}
    assert len(version.reader("all", scene="nowhere")) == 0
    with pytest.raises(ConfigError, match="no column 'hight'; did you mean 'height'"):
        version.reader("all", hight=32)
    with pytest.raises(ConfigError, match="split must be one of train, val, test, held_out, all, got 'training'"):
        version.reader("training")  # type: ignore[arg-type]


def test_a_table_gives_the_columns_that_were_asked_for(store: Store) -> None:
    version = store.version("demo@1")
    assert version.table(["key", "brightness"]).column_names == ["key", "brightness"]
    with pytest.raises(ConfigError, match="did you mean 'brightness'"):
        version.table(["brightnes"])


def test_a_version_travels_by_pickle(store: Store) -> None:
    version = pickle.loads(pickle.dumps(store.version("demo@1")))
    assert version.content == store.version("demo@1").content
    assert len(version.reader("train").read(0)) == 4


def test_a_folder_that_is_no_store_is_told_apart(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="holds no store"):
        Store.open(tmp_path, create=False)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ConfigError, match="s3:// is not supported yet"):
        Store.open("s3://bucket/data")


def test_newer_formats_are_refused_and_not_guessed(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    store.write_unit(ROOMS[0], make_products(ROOMS[0], 1), {})
    store.publish("demo", ROOMS[:1], Selection(), "", {})
    path = tmp_path / "datasets/demo/versions/000001.json"
    manifest = json.loads(path.read_bytes())
    path.unlink()
    path.write_text(json.dumps({**manifest, "format": 2}))
    with pytest.raises(StorageError, match="not of format 1; update video4spatial"):
        store.version("demo")
    (tmp_path / "store.json").unlink()
    (tmp_path / "store.json").write_text('{"format": 2}')
    with pytest.raises(StorageError, match="a store of format 2, expected 1; update"):
        Store.open(tmp_path)


@pytest.mark.parametrize("damage", [b"", b"[]", b"{", b'{"format": 1}'])
def test_a_damaged_manifest_says_to_remove_it_and_publish_again(tmp_path: Path, damage: bytes) -> None:
    store = Store.open(tmp_path)
    store.write_unit(ROOMS[0], make_products(ROOMS[0], 1), {})
    store.publish("demo", ROOMS[:1], Selection(), "", {})
    place = tmp_path / "datasets" / "demo" / "versions" / "000001.json"
    place.chmod(0o644)
    place.write_bytes(damage)
    with pytest.raises(StorageError, match=r"demo/versions/000001.json is damaged .*; remove it and publish again"):
        store.version("demo@1")
