"""Lineage both ways. Unseen: a sample whose making is not known, a model that was trained on what was withdrawn."""

import json
from pathlib import Path

import pytest

from tests.pipeline.store.make import make_products, make_unit
from video4spatial.pipeline.core.errors import ConfigError, StorageError
from video4spatial.pipeline.store.selection import Rule, Selection
from video4spatial.pipeline.store.store import Grace, Store, Version

ROOMS = [make_unit(number) for number in range(4)]
FILM = make_unit(50, "real")
KEY = f"{ROOMS[0].unit_id[:12]}-0000"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """demo@1, and demo@2 without what is darker than 45."""
    store = Store.open(tmp_path / "store")
    for unit in [*ROOMS, FILM]:
        store.write_unit(unit, make_products(unit, 2), {"package": "1.2.3"})
    for rules in ((), (Rule(score="brightness", min=45, reason="too_dark"),)):
        store.publish("demo", [*ROOMS, FILM], Selection(rules=rules), "", {})
    return store


def checkpoint(folder: Path, version: Version, name: str | None) -> Path:
    """What the trainer leaves beside its weights."""
    place = folder / "train" / "abc" / "checkpoints" / "step_00000010"
    place.mkdir(parents=True)
    facts = {"data": {"content": version.content, "splits": "x"}} | ({"origin": {"version": name}} if name else {})
    (place / "complete.json").write_text(json.dumps(facts))
    return place


def test_a_sample_knows_what_it_was_made_of(store: Store) -> None:
    found = store.lineage(KEY)
    assert found.receipt is not None
    assert found.receipt.source_sha256 == found.row["source_sha256"] == ROOMS[0].source.sha256
    assert (found.receipt.settings, found.receipt.stage_versions) == ({"size_px": 16}, {"make": 1})
    assert (found.receipt.seed, found.receipt.facts) == (0, {"package": "1.2.3"})
    assert found.scores == {"brightness": 40.0}
    assert (found.parent, found.variant) == (None, {})
    assert [(fate.version, fate.verdict, fate.reason) for fate in found.fates] == [
        ("demo@1", "kept", None),
        ("demo@2", "rejected", "too_dark"),
    ]


def test_a_variant_knows_its_original_and_the_parameters_that_were_drawn(store: Store) -> None:
    found = store.lineage(f"{KEY}-v1")
    assert found.parent == KEY
    assert found.variant == {"kind": "lighting", "gain": 1.5}


def test_lineage_outlives_the_bytes(store: Store) -> None:
    for number in (1, 2):
        store.remove(store.version(f"demo@{number}"))
    garbage = store.collect(Grace(days=0, unit_days=0))
    assert len(garbage.units) == 5
    found = store.lineage(KEY)
    assert found.receipt is not None
    assert found.receipt.settings == {"size_px": 16}
    assert found.scores == {"brightness": 40.0}
    assert [(fate.version, fate.removed) for fate in found.fates] == [("demo@1", True), ("demo@2", True)]


def test_a_key_that_is_none_and_one_that_is_not_here_are_refused(store: Store) -> None:
    with pytest.raises(ConfigError, match="a key looks like"):
        store.lineage("../../etc")
    with pytest.raises(ConfigError, match=r"no unit and no version of this store has 0{12}-0000"):
        store.lineage("0" * 12 + "-0000")


def test_an_input_is_traced_to_every_version_and_what_it_did_with_it(store: Store) -> None:
    found = store.trace(ROOMS[0].source.sha256)
    assert [(use.version, len(use.kept), len(use.rows)) for use in found.uses] == [("demo@1", 3, 4), ("demo@2", 2, 4)]
    assert found.source_uris == (ROOMS[0].source.uri,)
    assert (found.trained, found.unread) == ((), ())


def test_an_input_that_no_version_took_is_traced_to_its_units(store: Store) -> None:
    lone = make_unit(9)
    receipt = store.write_unit(lone, make_products(lone, 2), {})
    found = store.trace(lone.source.sha256)
    assert (found.uses, found.source_uris) == ((), (lone.source.uri,))
    assert [(unit.unit_id, unit.sequences, unit.collected) for unit in found.units] == [(lone.unit_id, 3, False)]
    assert lone.source.uri in store.sources()["source_uri"].to_pylist()
    store.collect(Grace(days=0, unit_days=0))
    assert [unit.collected for unit in store.trace(lone.source.sha256).units] == [True]
    assert store.write_unit(lone, make_products(lone, 2), {}) == receipt
    assert [unit.collected for unit in store.trace(lone.source.sha256).units] == [False]


def test_trainings_are_known_to_the_store_and_checkpoints_are_found_on_disk(store: Store, tmp_path: Path) -> None:
    version = store.version("demo@1")
    store.record_training(version, "abc", "run7")
    store.record_training(version, "abc", "run7")
    place = checkpoint(tmp_path / "run7", version, "demo@1")
    for unit in (ROOMS[0], FILM):
        found = store.trace(unit.source.sha256, [tmp_path / "run7"]).trained
        assert [item.where for item in found] == ["training abc of run run7", str(place)]
        assert {item.version for item in found} == {"demo@1"}
        assert (sum(found[0].sides.values()) > 0) == (unit is not FILM), "a film without cameras teaches nothing"


def test_a_checkpoint_that_names_no_version_is_known_by_its_content(store: Store, tmp_path: Path) -> None:
    checkpoint(tmp_path / "old", store.version("demo@2"), None)
    found = store.trace(ROOMS[0].source.sha256, [tmp_path])
    assert [item.version for item in found.trained] == ["demo@2"]


def test_a_model_trained_on_a_version_that_is_gone_is_still_found(store: Store, tmp_path: Path) -> None:
    checkpoint(tmp_path / "run", store.version("demo@1"), "demo@1")
    store.drop(store.version("demo@1"), ROOMS[0].source.sha256, {})
    for number in (1, 2):
        store.remove(store.version(f"demo@{number}"))
    store.collect(Grace(days=0, unit_days=0))
    found = store.trace(ROOMS[0].source.sha256, [tmp_path / "run"])
    assert [(use.version, use.removed, use.holds_it) for use in found.uses] == [
        ("demo@3", False, False),
        ("demo@1", True, True),
        ("demo@2", True, True),
    ]
    assert [item.version for item in found.trained] == ["demo@1"]


def test_what_stays_of_a_removed_version_holds_no_picture(store: Store) -> None:
    store.remove(store.version("demo@1"))
    store.collect(Grace(days=0))
    assert not [path for path in (store.root / "lineages").rglob("*.parquet") if b"\xff\xd8 small" in path.read_bytes()]


def test_versions_that_cannot_be_read_are_named_and_do_not_hide_the_others(store: Store) -> None:
    path = store.root / store.version("demo@1").manifest["table"]["path"]
    path.unlink()
    found = store.trace(ROOMS[0].source.sha256)
    assert found.unread == ("demo@1",)
    assert [use.version for use in found.uses] == ["demo@2"]


def test_a_damaged_record_of_a_checkpoint_is_an_error_with_its_name(store: Store, tmp_path: Path) -> None:
    place = checkpoint(tmp_path / "run", store.version("demo@1"), "demo@1")
    (place / "complete.json").write_text("{")
    with pytest.raises(StorageError, match=r"complete\.json cannot be read"):
        store.trace(ROOMS[0].source.sha256, [tmp_path / "run"])
