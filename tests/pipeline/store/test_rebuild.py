"""Lost tables. Unseen: a table that is made again with other rows under the old name."""

from pathlib import Path

import pytest

from tests.pipeline.store.make import make_products, make_unit
from video4spatial.pipeline.core.errors import StorageError
from video4spatial.pipeline.store.selection import Rule, Selection
from video4spatial.pipeline.store.splits import Splits
from video4spatial.pipeline.store.store import Store, Version

ROOMS = [make_unit(number) for number in range(3)]
CHOICE = Selection(
    rules=(Rule(score="brightness", min=45, reason="too_dark"),), splits=Splits(train=0.5, val=0.25, test=0.25)
)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store.open(tmp_path)
    for unit in ROOMS:
        store.write_unit(unit, make_products(unit), {})
    store.publish("demo", ROOMS, CHOICE, "", {})
    return store


def lose(version: Version) -> Path:
    path = version.blobs.root / version.manifest["table"]["path"]
    path.unlink()
    return path


def test_a_lost_table_comes_back_bit_for_bit(store: Store) -> None:
    version = store.version("demo")
    assert store.rebuild(version) is False
    data = (store.root / version.manifest["table"]["path"]).read_bytes()
    path = lose(version)
    assert store.rebuild(version) is True
    assert path.read_bytes() == data


def test_a_damaged_table_is_healed(store: Store) -> None:
    version = store.version("demo")
    path = store.root / version.manifest["table"]["path"]
    data = path.read_bytes()
    path.unlink()
    path.write_bytes(data[:-100])
    assert store.rebuild(version) is True
    assert path.read_bytes() == data


def test_a_derived_table_comes_back_even_when_its_parents_is_lost_and_its_parent_removed(store: Store) -> None:
    first = store.derive(store.version("demo"), "brightness < 85", None, {}).version
    second = store.drop(first, ROOMS[0].source.sha256, {}).version
    data = (store.root / second.manifest["table"]["path"]).read_bytes()
    for version in (store.version("demo@1"), first, second):
        lose(version)
    store.remove(first)
    assert store.rebuild(second) is True
    assert (store.root / second.manifest["table"]["path"]).read_bytes() == data


def test_inputs_that_were_withdrawn_since_do_not_change_an_old_table(store: Store) -> None:
    version = store.version("demo")
    store.drop(version, ROOMS[0].source.sha256, {})
    lose(version)
    assert store.rebuild(version) is True
    assert store.verify(version) == []


def test_without_the_list_of_units_those_of_the_only_recipe_are_taken_and_no_others(store: Store) -> None:
    version = store.version("demo")
    lose(version)
    digest = version.manifest["units"]["sha256"]
    (store.root / f"lists/{digest[:2]}/{digest}.json").unlink()
    other = make_unit(9)
    store.write_unit(other, make_products(other), {})
    with pytest.raises(StorageError, match="which names its units, is gone; publish the recipe again"):
        store.rebuild(version)
    (store.root / f"units/{other.unit_id[:2]}/{other.unit_id}.json").unlink()
    assert store.rebuild(version) is True


def test_what_is_missing_is_named(store: Store) -> None:
    version = store.version("demo")
    lose(version)
    receipt = store.receipt(ROOMS[1].unit_id)
    (store.root / receipt.index).unlink()
    with pytest.raises(StorageError, match=r"index/.* is missing; remove units/"):
        store.rebuild(version)
    (store.root / f"units/{receipt.unit_id[:2]}/{receipt.unit_id}.json").unlink()
    with pytest.raises(StorageError, match="has no receipt any more; run the recipe again, then rebuild"):
        store.rebuild(version)
