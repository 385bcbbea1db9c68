"""Removing versions. Unseen: a number used twice, a tag that names other data, a version lost for good by a slip."""

from pathlib import Path

import pytest

from tests.pipeline.store.make import make_products, make_unit
from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.pipeline.store.selection import Rule, Selection
from video4spatial.pipeline.store.store import Store

ROOM = make_unit(1)


def publish(store: Store, brightest: float) -> str:
    selection = Selection(rules=(Rule(score="brightness", max=brightest),))
    return store.publish("demo", [ROOM], selection, "", {}).version.name


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """demo@1 and demo@2."""
    store = Store.open(tmp_path)
    store.write_unit(ROOM, make_products(ROOM), {})
    assert [publish(store, 95.0), publish(store, 55.0)] == ["demo@1", "demo@2"]
    return store


def test_the_number_of_a_removed_version_is_never_used_again(store: Store) -> None:
    store.remove(store.version("demo@2"))
    assert store.versions("demo") == [1]
    assert store.version("demo").name == "demo@1"
    with pytest.raises(ConfigError, match=r"demo@2 was removed; `v4s datasets rm demo@2 --restore` brings it back"):
        store.version("demo@2")
    assert publish(store, 45.0) == "demo@3"
    assert publish(store, 55.0) == "demo@4"


def test_a_dataset_whose_versions_are_all_removed_is_gone_and_its_numbers_are_not(store: Store) -> None:
    for number in (1, 2):
        store.remove(store.version(f"demo@{number}"))
    assert store.datasets() == []
    assert publish(store, 95.0) == "demo@3"


def test_a_removed_version_comes_back_as_it_was(store: Store) -> None:
    store.tag("demo@2", "good")
    before = store.version("demo@2").manifest
    assert store.remove(store.version("demo@2"), with_tags=True) == ["good"]
    assert store.tags("demo") == {}
    assert store.restore("demo", 2).manifest == before
    assert store.tags("demo") == {"good": 2}
    with pytest.raises(ConfigError, match="demo@2 is there"):
        store.restore("demo", 2)
    with pytest.raises(ConfigError, match="demo@7 was never removed"):
        store.restore("demo", 7)


def test_a_tagged_version_is_not_removed_by_the_way(store: Store) -> None:
    store.tag("demo@1", "paper")
    with pytest.raises(ConfigError, match="demo@1 is tagged paper: somebody relies on it"):
        store.remove(store.version("demo@1"))
    assert store.versions("demo") == [1, 2]


def test_a_tag_that_went_with_its_version_never_names_another(store: Store) -> None:
    store.tag("demo@1", "paper")
    store.remove(store.version("demo@1"), with_tags=True)
    with pytest.raises(ConfigError, match="demo@paper was demo@1, which was removed"):
        store.tag("demo@2", "paper")


def test_a_removal_that_was_killed_half_way_is_finished_by_the_next(store: Store) -> None:
    path = store.root / "datasets/demo/versions/000002.json"
    manifest = path.read_bytes()
    store.remove(store.version("demo@2"))
    path.write_bytes(manifest)
    assert store.version("demo@2").name == "demo@2"
    store.remove(store.version("demo@2"))
    assert store.versions("demo") == [1]
