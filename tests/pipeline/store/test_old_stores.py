"""A store of version 0.1.0, before versions were derived. Unseen: data of years that opens no more.

`data/format_1.tar.xz` was written on 2026-11-25: two rooms and a film; demo@1, tagged `first`, and demo@2 with a failed
unit. It is never made anew: a change that cannot read it needs a new format number, and a way there from this one.
"""

import tarfile
from pathlib import Path

import numpy as np
import pytest

from tests.pipeline.store.make import make_products, make_sequence, make_unit
from video4spatial.pipeline.store.diff import compare
from video4spatial.pipeline.store.selection import Selection
from video4spatial.pipeline.store.store import Grace, Store

STORED = Path(__file__).parent / "data" / "format_1.tar.xz"
CONTENT = {
    "demo@1": "4f6028a70892228959086c6bb929519cb5c6a793ba81694007951fd32e7cd1eb",
    "demo@2": "570b86ae10ec0ab6e176c0dafc51fbed439bc50727c666f98faf9182cf3fab9a",
}
UNITS = [make_unit(0), make_unit(1), make_unit(50, "real")]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    with tarfile.open(STORED) as tar:
        tar.extractall(tmp_path, filter="data")
    return Store.open(tmp_path / "store")


def test_its_versions_are_whole_and_hold_what_they_held(store: Store) -> None:
    assert (store.datasets(), store.versions("demo"), store.tags("demo")) == (["demo"], [1, 2], {"first": 1})
    for name, content in CONTENT.items():
        version = store.version(name)
        assert version.content == content
        assert store.verify(version) == []
    assert store.version("demo@2").manifest["complete"] is False


def test_its_sequences_read_as_they_were_made(store: Store) -> None:
    reader = store.version("demo@first").reader("all", kind="simulation", variant=0)
    for place, row in enumerate(reader.rows):
        found, made = reader.read(place), make_sequence(make_unit(row["seed"]), int(row["key"][-4:]))
        assert np.array_equal(found.times, made.times)
        assert found.cameras is not None
        assert made.cameras is not None
        assert np.array_equal(found.cameras.world_from_camera, made.cameras.world_from_camera)
        assert found.depth_m is not None
        assert made.depth_m is not None
        assert np.abs(found.depth_m - made.depth_m).max() <= 0.0005001
        assert np.abs(found.frames.astype(int) - made.frames).mean() < 20  # another frame is 58 away
        assert (found.objects, found.tasks) == (made.objects, made.tasks)


def test_its_finished_units_are_not_made_again(store: Store) -> None:
    for unit in UNITS:
        assert store.receipt(unit.unit_id) == store.write_unit(unit, iter(()), {})
    version = store.publish("again", UNITS, Selection(), "", {}).version
    assert version.content == CONTENT["demo@1"]
    assert list(store.failures()) == [make_unit(77, "real").unit_id]


def test_every_verb_works_on_it(store: Store) -> None:
    first, second = store.version("demo@1"), store.version("demo@2")
    assert {item.why for item in compare(first, second)} >= {("selection: too_dark in demo@2",)}
    derived = store.derive(first, "brightness > 45", None, {}).version
    packed = store.repack(first, 10**6, 0, {}, lambda done: None)[0]
    dropped = store.drop(first, UNITS[0].source.sha256, {}).version
    for version in (derived, dropped, packed):
        assert store.verify(version) == []
        assert version.manifest["parent"] == "demo@1"
    found = store.trace(UNITS[0].source.sha256)
    assert {use.version for use in found.uses} >= {"demo@1", "demo@2"}
    key = f"{UNITS[0].unit_id[:12]}-0000-v1"
    assert store.lineage(key).variant == {"kind": "lighting", "gain": 1.5}
    store.remove(second)
    store.collect(Grace(days=0, unit_days=0))
    assert store.verify(first) == []


def test_units_of_today_live_beside_its_own(store: Store) -> None:
    new = make_unit(3)
    store.write_unit(new, make_products(new, 2), {})
    version = store.publish("demo", [*UNITS, new], Selection(), "", {}).version
    assert version.name == "demo@3"
    assert store.verify(version) == []
