"""Captions from outside. Unseen: words beside other frames than they were said of, or lost when a table is."""

import hashlib
import json
from pathlib import Path

import pytest

from tests.pipeline.store.make import files_of, make_products, make_unit
from video4spatial.model.store_source import check_captions
from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.pipeline.engine.clips import split_fingerprint
from video4spatial.pipeline.store.captions import read_captions
from video4spatial.pipeline.store.selection import Selection
from video4spatial.pipeline.store.store import Grace, Store, Version
from video4spatial.pipeline.store.table import from_parquet

ROOMS = [make_unit(number) for number in range(3)]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """demo@1 without captions."""
    store = Store.open(tmp_path / "store")
    for unit in ROOMS:
        store.write_unit(unit, make_products(unit), {})
    store.publish("demo", ROOMS, Selection(), "", {})
    return store


def write(tmp_path: Path, *lines: dict) -> Path:
    path = tmp_path / "captions.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def captioned(store: Store, tmp_path: Path, *lines: dict) -> Version:
    captions = read_captions(write(tmp_path, *lines))
    return store.publish("demo", ROOMS, Selection(), "", {}, captions).version


def rows(store: Store) -> list[dict]:
    table = store.version("demo@1").table(["key", "sample_sha256", "verdict"]).to_pylist()
    return [row for row in table if row["sample_sha256"]]


def test_a_caption_joins_the_row_of_its_bytes_and_no_shard_is_written(store: Store, tmp_path: Path) -> None:
    first, second, *_ = rows(store)
    shards = {path for path in files_of(store.root) if path.startswith(("shards", "index", "units"))}
    version = captioned(
        store,
        tmp_path,
        {"sample_sha256": first["sample_sha256"].hex().upper(), "caption": "a  room\nwith a chair"},
        {"key": second["key"], "caption": "eine Küche"},
    )
    found = {row["key"]: row["caption"] for row in version.table(["key", "caption"]).to_pylist()}
    assert found[first["key"]] == "a room with a chair"
    assert found[second["key"]] == "eine Küche"
    assert set(found.values()) == {None, "a room with a chair", "eine Küche"}
    assert version.name == "demo@2"
    assert version.content == store.version("demo@1").content, "the same frames"
    assert {path for path in files_of(store.root) if path.startswith(("shards", "index", "units"))} == shards
    assert store.verify(version) == []
    assert version.reader("all").rows[0]["caption"] == found[version.reader("all").rows[0]["key"]]


def test_the_manifest_says_which_file_it_was_and_how_much_of_it_fits(store: Store, tmp_path: Path) -> None:
    first, second, third, *_ = rows(store)
    other = "0" * 64
    version = captioned(
        store,
        tmp_path,
        {"key": first["key"], "sample_sha256": first["sample_sha256"].hex(), "caption": "one"},
        {"sample_sha256": first["sample_sha256"].hex(), "caption": "one"},
        {"key": second["key"], "sample_sha256": other, "caption": "said of frames that are no more"},
        {"key": "0123456789ab-0000", "caption": "of another data set"},
        {"key": third["key"], "caption": "three"},
    )
    told = version.manifest["captions"]
    assert (told["used"], told["stale"], told["unknown"]) == (2, 1, 1)
    assert told["file_sha256"] == hashlib.sha256((tmp_path / "captions.jsonl").read_bytes()).hexdigest()
    assert (store.root / told["path"]).exists()
    assert second["key"] not in {row["key"] for row in version.table().to_pylist() if row["caption"]}


def test_the_same_captions_are_the_same_version_and_others_are_other_training_data(
    store: Store, tmp_path: Path
) -> None:
    first = rows(store)[0]
    plain = store.version("demo@1")
    one = captioned(store, tmp_path, {"key": first["key"], "caption": "one"})
    assert captioned(store, tmp_path, {"key": first["key"], "caption": "one"}).name == one.name
    other = captioned(store, tmp_path, {"key": first["key"], "caption": "other"})
    assert other.name != one.name
    assert len({split_fingerprint(version) for version in (plain, one, other)}) == 3
    assert store.publish("demo", ROOMS, Selection(), "", {}).version.name == plain.name


def test_captions_survive_a_lost_table_garbage_collection_and_derivation(store: Store, tmp_path: Path) -> None:
    kept = [row for row in rows(store) if row["verdict"] == "kept"]
    version = captioned(store, tmp_path, *({"key": row["key"], "caption": f"clip {row['key']}"} for row in kept))
    store.collect(Grace(days=0, unit_days=0))
    path = store.root / version.manifest["table"]["path"]
    data = path.read_bytes()
    path.unlink()
    assert store.rebuild(version) is True
    assert path.read_bytes() == data
    child = store.derive(version, f"caption != 'clip {kept[0]['key']}'", None, {}).version
    assert kept[0]["key"] not in {row["key"] for row in child.reader("all").rows}
    assert all(row["caption"] for row in child.reader("all").rows)
    assert child.manifest["captions"] == version.manifest["captions"]


def test_what_was_said_of_a_withdrawn_input_goes_with_it(store: Store, tmp_path: Path) -> None:
    texts = {row["key"]: f"somebody in {row['key']}" for row in rows(store)}
    version = captioned(store, tmp_path, *({"key": key, "caption": text} for key, text in texts.items()))
    gone = {text for key, text in texts.items() if key.startswith(ROOMS[0].unit_id[:12])}
    child = store.drop(version, ROOMS[0].source.sha256, {}).version
    assert set(child.table(["caption"])["caption"].to_pylist()) == {None, *texts.values()} - gone
    assert child.manifest["captions"]["used"] == len(texts) - len(gone)
    stored = json.loads((store.root / child.manifest["captions"]["path"]).read_text())
    assert set(stored.values()) == set(texts.values()) - gone
    for number in (1, 2):
        store.remove(store.version(f"demo@{number}"))
    store.collect(Grace(days=0, unit_days=0))
    kept = b"".join(path.read_bytes() for path in (store.root / "captions").rglob("*.json"))
    assert not any(text.encode() in kept for text in gone)
    for path in (store.root / "lineages").rglob("*.parquet"):
        assert "caption" not in from_parquet(path.read_bytes(), path.name).column_names


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("no json", r"captions.jsonl:2: not JSON"),
        ('["a"]', r"captions.jsonl:2: expected an object of texts"),
        ('{"key": "k", "caption": 3}', r"expected an object of texts"),
        ('{"key": "k", "text": "x"}', r"unknown field 'text'"),
        ('{"key": "k", "caption": "  "}', r"a caption that is not empty"),
        ('{"caption": "x"}', r"sample_sha256 or key"),
        ('{"sample_sha256": "12", "caption": "x"}', r"64 hex digits"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "captions.jsonl"
    path.write_text('{"key": "k", "caption": "fine"}\n' + line + "\n")
    with pytest.raises(ConfigError, match=message):
        read_captions(path)


def test_captions_that_are_not_there_empty_contradict_or_fit_nothing_are_refused(store: Store, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot read the captions"):
        read_captions(tmp_path / "gone.jsonl")
    (tmp_path / "empty.jsonl").write_text("\n")
    with pytest.raises(ConfigError, match="holds no caption"):
        read_captions(tmp_path / "empty.jsonl")
    first = rows(store)[0]
    with pytest.raises(ConfigError, match="lines 1 and 2 say different things of one sequence"):
        captioned(store, tmp_path, {"key": first["key"], "caption": "a"}, {"key": first["key"], "caption": "b"})
    with pytest.raises(ConfigError, match="none of 1 lines names a sequence"):
        captioned(store, tmp_path, {"key": "k", "caption": "a"})
    assert store.versions("demo") == [1]


def test_a_caption_that_no_model_could_read_is_named_before_training(store: Store, tmp_path: Path) -> None:
    first = next(row for row in rows(store) if row["verdict"] == "kept")
    version = captioned(store, tmp_path, {"key": first["key"], "caption": "ä" * 20})
    check_captions(version.reader("all").rows, 41)
    with pytest.raises(ConfigError, match=rf"{first['key']} needs 41 bytes.*set model.instruction_bytes=41"):
        check_captions(version.reader("all").rows, 40)
    check_captions(store.version("demo@1").reader("all").rows, 1)
