"""Comparing versions. Unseen: a change told as a loss and a gain, or for the wrong reason."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from tests.pipeline.store.make import make_product, make_products, make_sequence, make_unit
from video4spatial.pipeline.core.unit import Product, Unit
from video4spatial.pipeline.store.captions import read_captions
from video4spatial.pipeline.store.diff import compare, compare_manifests
from video4spatial.pipeline.store.selection import Rule, Selection
from video4spatial.pipeline.store.splits import Splits
from video4spatial.pipeline.store.store import Store, Version

ROOMS = [make_unit(number) for number in range(4)]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path)


def publish(store: Store, units: list[Unit], selection: Selection | None = None) -> Version:
    for unit in units:
        store.write_unit(unit, make_products(unit, 2), {})
    return store.publish("demo", units, selection or Selection(), "", {}).version


def told(first: Version, second: Version) -> Counter[tuple[str, tuple[str, ...]]]:
    return Counter((item.change, item.why) for item in compare(first, second))


def test_a_version_does_not_differ_from_itself(store: Store) -> None:
    version = publish(store, ROOMS)
    assert compare(version, version) == []
    assert compare_manifests(version.manifest, version.manifest) == []


def test_another_threshold_is_told_with_the_reason_of_the_row(store: Store) -> None:
    rule = Rule(score="brightness", min=45, reason="too_dark")
    first, second = publish(store, ROOMS), publish(store, ROOMS, Selection(rules=(rule,)))
    assert told(first, second) == {("removed", ("selection: too_dark in demo@2",)): 4}
    assert told(second, first) == {("added", ("selection: too_dark in demo@2",)): 4}
    removed = compare(first, second)[0]
    assert (removed.before, removed.after) == (sorted(f"{unit.unit_id[:12]}-0000" for unit in ROOMS)[0], None)
    assert any("selection.rules" in sentence for sentence in compare_manifests(first.manifest, second.manifest))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"settings": {"size_px": 16, "light": {"sun": True}}}, "recipe: light.sun null to true"),
        ({"stage_versions": {"make": 2}}, "code: stage make 1 to 2"),
        ({"seed": 99}, "seed 0 to 99"),
    ],
)
def test_what_made_a_sample_change_is_named(store: Store, change: dict, why: str) -> None:
    first = publish(store, ROOMS)
    second = publish(store, [replace(ROOMS[0], **change), *ROOMS[1:]])
    assert told(first, second) == {("changed", (why,)): 3}
    pairs = {(item.before[12:], item.after[12:]) for item in compare(first, second)}
    assert pairs == {("-0000", "-0000"), ("-0000-v1", "-0000-v1"), ("-0001", "-0001")}


def test_another_file_of_the_same_name_is_another_input(store: Store) -> None:
    film = make_unit(50, "real")
    other = replace(film, source=replace(film.source, sha256="f" * 64))
    assert told(publish(store, [film]), publish(store, [other])) == {("changed", ("input",)): 3}


def test_a_renamed_film_is_the_same_input(store: Store) -> None:
    film = make_unit(50, "real")
    renamed = replace(film, source=replace(film.source, uri="holiday.mp4"), stage_versions={"make": 2})
    assert told(publish(store, [film]), publish(store, [renamed])) == {("changed", ("code: stage make 1 to 2",)): 3}


def test_inputs_that_came_and_went_are_told_as_such(store: Store) -> None:
    first, second = publish(store, ROOMS[:3]), publish(store, ROOMS[1:])
    counts = told(first, second)
    assert counts[("removed", ("input is not in demo@2",))] == 3
    assert counts[("added", ("input is not in demo@1",))] == 3


def test_clips_that_were_cut_elsewhere_are_told_with_what_made_them_so(store: Store) -> None:
    film = make_unit(50, "real")
    first = publish(store, [film])
    cut = replace(film, stage_versions={"make": 2})
    products = [make_product(cut, 0, make_sequence(cut, 7), {"brightness": 40.0})]
    store.write_unit(cut, products, {})
    second = store.publish("demo", [cut], Selection(), "", {}).version
    why = ("code: stage make 1 to 2",)
    assert told(first, second) == {("removed", why): 3, ("added", why): 1}


def test_the_same_bytes_on_another_side_have_moved(store: Store) -> None:
    first = publish(store, ROOMS)
    second = publish(store, ROOMS, Selection(splits=Splits(train=0.25, val=0.5, test=0.25)))
    changes = compare(first, second)
    assert changes
    assert {item.change for item in changes} == {"moved"}
    assert all(item.why[0].startswith("split: ") and item.before == item.after for item in changes)


def test_other_bytes_of_the_same_unit_are_not_reproducible(store: Store, tmp_path: Path) -> None:
    first = publish(store, ROOMS[:1])
    other = Store.open(tmp_path / "elsewhere")
    shifted = [
        make_product(ROOMS[0], index, make_sequence(ROOMS[0], index + 40), {"brightness": 40.0}) for index in range(2)
    ]
    other.write_unit(ROOMS[0], shifted, {})
    second = other.publish("demo", ROOMS[:1], Selection(), "", {}).version
    counts = Counter((item.change, item.why[0].partition(":")[0]) for item in compare(first, second))
    assert counts == {("changed", "not reproducible"): 2, ("removed", "not reproducible"): 1}


def test_a_withdrawn_input_is_the_reason_for_what_it_took(store: Store) -> None:
    first = publish(store, ROOMS)
    second = store.drop(first, ROOMS[0].source.sha256, {}).version
    assert told(first, second) == {("removed", ("selection: withdrawn in demo@2",)): 3}
    sentences = compare_manifests(first.manifest, second.manifest)
    assert f"demo@2: drop {ROOMS[0].source.uri} from demo@1" in sentences


def test_a_clip_that_failed_in_the_other_version_was_not_left_out_by_its_selection(store: Store) -> None:
    film = make_unit(50, "real")
    failed = Product(index=0, sequence=None, verdict="failed", reason="unopenable", detail="no demuxer reads it")
    receipt = store.write_unit(film, [failed], {})
    first = publish(store, [*ROOMS, film])
    store.reopen_failed(receipt)
    second = publish(store, [*ROOMS, film])
    assert told(first, second) == {("added", ("input failed in demo@1: unopenable",)): 3}


def test_versions_that_differ_in_what_was_said_of_them_are_told_apart(store: Store, tmp_path: Path) -> None:
    first = publish(store, ROOMS)
    path = tmp_path / "captions.jsonl"
    path.write_text(f'{{"key": "{ROOMS[0].unit_id[:12]}-0000", "caption": "a room"}}\n')
    second = store.publish("demo", ROOMS, Selection(), "", {}, read_captions(path)).version
    assert compare(first, second) == []
    assert any(sentence.startswith("captions: ") for sentence in compare_manifests(first.manifest, second.manifest))
