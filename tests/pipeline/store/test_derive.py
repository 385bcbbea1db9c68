"""Versions from versions. Unseen: bytes rewritten, a path that changes sides, a withdrawn input that comes back."""

import json
from pathlib import Path

import pytest

from tests.pipeline.store.make import files_of, make_products, make_unit
from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.pipeline.store.captions import read_captions
from video4spatial.pipeline.store.derive import find_source
from video4spatial.pipeline.store.selection import Rule, Selection
from video4spatial.pipeline.store.store import Store
from video4spatial.pipeline.store.withdrawal import PICTURES

ROOMS = [make_unit(number) for number in range(6)]
FILM = make_unit(50, "real")
BYTES = ("shards", "index", "units")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """demo@1: four sequences of each of six rooms, three of a film, and a black row of each."""
    store = Store.open(tmp_path)
    for unit in [*ROOMS, FILM]:
        store.write_unit(unit, make_products(unit, variants=unit is not FILM), {})
    store.publish("demo", [*ROOMS, FILM], Selection(), "recipe", {})
    return store


def test_a_condition_makes_a_version_without_writing_a_shard(store: Store) -> None:
    before = {path for path in files_of(store.root) if path.startswith(BYTES)}
    derived = store.derive(store.version("demo"), "brightness < 55", None, {"code": {"git": "abc"}})
    version, parent = derived.version, store.version("demo@1")
    assert (version.name, derived.created, derived.left_out) == ("demo@2", True, 13)
    assert version.manifest["rows"] == parent.manifest["rows"] - 13
    assert version.manifest["parent"] == "demo@1"
    assert version.manifest["derivation"] == {
        "verb": "derive",
        "where": "brightness < 55",
        "from": "demo@1",
        "from_content": parent.content,
    }
    assert version.manifest["code"] == {"git": "abc"}
    assert version.manifest["recipe"]["text"] == "recipe"
    assert store.verify(version) == []
    assert {path for path in files_of(store.root) if path.startswith(BYTES)} == before
    out = [row for row in version.table().to_pylist() if row["reason"] == "derived_out"]
    assert {row["detail"] for row in out} == {"not (brightness < 55)"}
    assert len(version.reader()) == version.manifest["rows"]


def test_every_row_keeps_its_side_of_the_split(store: Store) -> None:
    version = store.derive(store.version("demo"), "brightness < 55", None, {}).version
    sides = [
        {row["key"]: (row["split"], row["held_out"]) for row in item.table().to_pylist() if row["verdict"] == "kept"}
        for item in (store.version("demo@1"), version)
    ]
    assert sides[1].items() <= sides[0].items()


def test_the_same_condition_gives_the_same_version_and_one_that_holds_for_all_the_parent(store: Store) -> None:
    first = store.derive(store.version("demo@1"), "brightness < 55", None, {})
    again = store.derive(store.version("demo@1"), "brightness < 55", None, {})
    assert (again.version.name, again.created) == (first.version.name, False)
    all_of_it = store.derive(store.version("demo@1"), "brightness > 0", None, {})
    assert (all_of_it.version.name, all_of_it.created) == ("demo@1", False)


def test_a_derived_version_may_start_a_dataset_of_its_own(store: Store) -> None:
    version = store.derive(store.version("demo"), "kind = 'real'", "films", {}).version
    assert (version.name, version.manifest["parent"]) == ("films@1", "demo@1")
    assert store.versions("demo") == [1]
    with pytest.raises(ConfigError, match="a name has letters"):
        store.derive(store.version("demo"), "kind = 'real'", "../films", {})


def test_a_version_of_nothing_is_not_made(store: Store) -> None:
    with pytest.raises(ConfigError, match="no kept sequence satisfies 'brightness > 1000'"):
        store.derive(store.version("demo"), "brightness > 1000", None, {})
    assert store.versions("demo") == [1]


def test_a_derived_version_equals_the_selection_that_says_the_same(store: Store) -> None:
    derived = store.derive(store.version("demo"), "brightness >= 45", None, {}).version
    rule = Rule(score="brightness", min=45)
    published = store.publish("other", [*ROOMS, FILM], Selection(rules=(rule,)), "", {}).version
    assert derived.content == published.content


def test_a_withdrawn_input_leaves_no_bytes_in_the_version_and_stays_out_of_later_ones(store: Store) -> None:
    derived = store.drop(store.version("demo"), FILM.source.sha256, {})
    assert (derived.version.name, derived.left_out) == ("demo@2", 3)
    for version in (derived.version, store.publish("later", [*ROOMS, FILM], Selection(), "", {}).version):
        rows = [row for row in version.table().to_pylist() if row["source_sha256"] == FILM.source.sha256]
        assert {(row["verdict"], row["reason"]) for row in rows} == {("rejected", "withdrawn")}
        for name in ("shard", "members", "sample_sha256", "split", *PICTURES):
            assert {row.get(name) for row in rows} == {None}
        assert store.receipt(FILM.unit_id).shard not in {shard["path"] for shard in version.manifest["shards"]}
        assert version.manifest["withdrawn"] == [FILM.source.sha256]
        assert store.verify(version) == []


def test_a_caption_of_a_withdrawn_input_goes_with_it(store: Store, tmp_path: Path) -> None:
    rows = store.version("demo").table().to_pylist()
    film = next(row["key"] for row in rows if row["source_sha256"] == FILM.source.sha256 and row["verdict"] == "kept")
    room = next(row["key"] for row in rows if row["kind"] == "simulation" and row["verdict"] == "kept")
    file = tmp_path / "captions.jsonl"
    file.write_text("".join(json.dumps({"key": key, "caption": f"seen in {key}"}) + "\n" for key in (film, room)))
    told = store.publish("told", [*ROOMS, FILM], Selection(), "", {}, read_captions(file)).version
    version = store.drop(told, FILM.source.sha256, {}).version
    captions = {row["key"]: row["caption"] for row in version.table().to_pylist()}
    assert (captions[film], captions[room]) == (None, f"seen in {room}")
    store.remove(told)
    kept_apart = [path.read_bytes() for path in (store.root / "lineages").rglob("*.parquet")]
    assert kept_apart
    assert not any(f"seen in {film}".encode() in data for data in kept_apart)


def test_what_is_derived_from_an_old_version_leaves_withdrawn_inputs_out_too(store: Store) -> None:
    store.drop(store.version("demo@1"), FILM.source.sha256, {})
    version = store.derive(store.version("demo@1"), "brightness < 55", None, {}).version
    assert {row["kind"] for row in version.table().to_pylist() if row["verdict"] == "kept"} == {"simulation"}


def test_the_only_input_of_a_version_is_not_withdrawn_by_an_empty_version(store: Store) -> None:
    films = store.derive(store.version("demo"), "kind = 'real'", "films", {}).version
    with pytest.raises(ConfigError, match=r"holds nothing but film_50\.mp4: remove it"):
        store.drop(films, FILM.source.sha256, {})
    assert store.publish("later", [FILM], Selection(), "", {}).version.manifest["rows"] == 3


def test_an_input_is_found_by_name_or_hash_and_a_typo_is_told(store: Store) -> None:
    sources = store.sources()
    sha256 = FILM.source.sha256
    assert (
        find_source(sources, "film_50.mp4")
        == find_source(sources, sha256)
        == find_source(sources, sha256[:8])
        == sha256
    )
    with pytest.raises(ConfigError, match=r"no source 'film_5.mp4' among 7; did you mean 'film_50.mp4'\?"):
        find_source(sources, "film_5.mp4")
    with pytest.raises(ConfigError, match="no source"):
        find_source(sources, sha256[:7])
