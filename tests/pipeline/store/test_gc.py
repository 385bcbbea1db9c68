"""Collecting garbage. Unseen: a file deleted that a version, a running publish or a removed version needs."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.pipeline.store.make import files_of, make_products, make_unit
from video4spatial.pipeline.core.errors import StorageError
from video4spatial.pipeline.core.unit import Product
from video4spatial.pipeline.store import gc
from video4spatial.pipeline.store import publish as publishing
from video4spatial.pipeline.store.selection import Rule, Selection
from video4spatial.pipeline.store.store import Grace, Store

ROOT = Path(__file__).resolve().parents[3]
ROOMS = [make_unit(number) for number in range(2)]
NOW = Grace(days=0, unit_days=0)
DAY_S = 24 * 3600


def kinds(paths: dict[str, str]) -> set[str]:
    return {path.partition("/")[0] for path in paths}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """demo@1 over two rooms."""
    store = Store.open(tmp_path)
    for unit in ROOMS:
        store.write_unit(unit, make_products(unit), {})
    store.publish("demo", ROOMS, Selection(), "", {})
    return store


def age(store: Store, path: str, days: float) -> None:
    when = time.time() - days * DAY_S
    os.utime(store.root / path, (when, when))


def test_nothing_that_a_version_needs_is_garbage_however_old(store: Store) -> None:
    before = files_of(store.root)
    for path in before:
        age(store, path, 1000)
    assert store.garbage(NOW).files == store.garbage(NOW).units == ()
    assert store.collect(Grace(days=0, unit_days=0)).files == ()
    assert files_of(store.root) == before


def test_what_nothing_names_goes_after_the_grace_and_a_dry_run_touches_nothing(store: Store) -> None:
    orphans = {
        store._blobs.put("shards", b"a dead writer's", "tar"),
        store._blobs.put("tables", b"and its table", "parquet"),
    }
    assert store.garbage(Grace()).files == ()
    for path in orphans:
        age(store, path, 8)
    before = files_of(store.root)
    garbage = store.garbage(Grace())
    assert {file.path for file in garbage.files} == orphans
    assert garbage.nbytes == len(b"a dead writer's") + len(b"and its table")
    assert files_of(store.root) == before
    assert store.collect(Grace()) == garbage
    assert set(before) - set(files_of(store.root)) == orphans
    assert store.verify(store.version("demo")) == []


def test_a_unit_that_no_version_names_stays_for_the_next_version_then_its_receipt_alone_is_kept(store: Store) -> None:
    lone = make_unit(9)
    receipt = store.write_unit(lone, make_products(lone), {})
    assert store.collect(Grace(days=0)).units == ()
    path = f"units/{lone.unit_id[:2]}/{lone.unit_id}.json"
    age(store, path, 31)
    garbage = store.collect(Grace(days=0))
    assert garbage.units == (lone.unit_id,)
    assert {file.path for file in garbage.files} == {receipt.shard, receipt.index}
    assert store.receipt(lone.unit_id) is None
    assert store.write_unit(lone, make_products(lone), {}) == receipt
    assert store.publish("demo", [*ROOMS, lone], Selection(), "", {}).created


def test_units_that_a_selection_rejected_stay_unless_the_originals_may_go(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    for unit, start in zip(ROOMS, (0, 3), strict=True):
        store.write_unit(unit, list(make_products(unit, 1 + start, variants=False)), {})
    bright = Selection(rules=(Rule(score="brightness", min=65),))
    version = store.publish("demo", ROOMS, bright, "", {}).version
    assert store.collect(NOW).units == ()
    garbage = store.collect(Grace(days=0, unit_days=0, originals=True))
    assert garbage.units == (ROOMS[0].unit_id,)
    assert store.verify(version) == []
    assert store.lineage(f"{ROOMS[0].unit_id[:12]}-0000").receipt is not None


def test_a_removed_version_can_come_back_within_the_grace_and_not_after(store: Store) -> None:
    version = store.derive(store.version("demo"), "brightness < 55", None, {}).version
    store.remove(version)
    age(store, version.manifest["table"]["path"], 100)
    assert store.collect(Grace()).files == ()
    assert store.restore("demo", 2).name == "demo@2"
    store.remove(version)
    assert {file.path for file in store.collect(NOW).files} == {version.manifest["table"]["path"]}
    with pytest.raises(StorageError, match=r"demo@2 cannot come back: 1 of its files are gone \(the first: tables/"):
        store.restore("demo", 2)


def test_the_bytes_of_a_withdrawn_input_go_with_the_last_version_that_holds_them(store: Store) -> None:
    shard = store.receipt(ROOMS[0].unit_id).shard
    version = store.drop(store.version("demo"), ROOMS[0].source.sha256, {}).version
    assert store.collect(NOW).units == ()
    store.remove(store.version("demo@1"))
    garbage = store.collect(NOW)
    assert garbage.units == (ROOMS[0].unit_id,)
    assert shard in {file.path for file in garbage.files}
    assert store.verify(version) == []


@pytest.mark.parametrize("damaged", ["manifest", "table"])
def test_where_a_version_cannot_be_read_nothing_is_deleted(store: Store, damaged: str) -> None:
    store._blobs.put("shards", b"orphan", "tar")
    table = store.version("demo").manifest["table"]["path"]
    path = store.root / ("datasets/demo/versions/000001.json" if damaged == "manifest" else table)
    data = path.read_bytes()
    path.unlink()
    path.write_bytes(data[:50])
    before = files_of(store.root)
    with pytest.raises(
        StorageError, match="is damaged" if damaged == "manifest" else "nothing was deleted: what demo@1"
    ):
        store.collect(NOW)
    assert files_of(store.root) == before


def test_a_running_publish_keeps_what_it_is_about_to_name(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    lone = make_unit(9)
    store.write_unit(lone, make_products(lone), {})
    assert store.garbage(NOW).units == (lone.unit_id,)
    inside, go_on, judge = threading.Event(), threading.Event(), publishing.judge

    def slow(*arguments: object) -> object:
        inside.set()
        assert go_on.wait(30)
        return judge(*arguments)

    monkeypatch.setattr(publishing, "judge", slow)
    publisher = threading.Thread(target=lambda: store.publish("lone", [lone], Selection(), "", {}))
    publisher.start()
    assert inside.wait(30)
    collected: list[object] = []
    collector = threading.Thread(target=lambda: collected.append(store.collect(NOW)))
    collector.start()
    collector.join(0.5)
    assert collector.is_alive(), "it waits: a publish has read receipts that it would retire"
    go_on.set()
    for thread in (publisher, collector):
        thread.join(30)
    assert [item.units for item in collected] == [()]  # type: ignore[attr-defined]
    assert store.verify(store.version("lone")) == []


def test_what_a_unit_left_that_was_made_good_meanwhile_stays(store: Store, tmp_path: Path) -> None:
    film = make_unit(9, "real")
    failed = Product(index=0, sequence=None, verdict="failed", reason="unopenable", detail="no demuxer reads it")
    receipt = store.write_unit(film, [failed], {})
    elsewhere = Store.open(tmp_path / "elsewhere")
    good = elsewhere.write_unit(film, make_products(film), {})
    for path in (good.shard, good.index):  # left by a writer that was killed, and found again by the next
        assert path is not None
        store._blobs.put(path.partition("/")[0], (elsewhere.root / path).read_bytes(), path.rpartition(".")[2])
    marked = gc._Marked(store._blobs, Grace(days=0))
    store.reopen_failed(receipt)
    assert store.write_unit(film, make_products(film), {}) == good
    marked.look_again()
    assert not {good.shard, good.index} & {file.path for file in marked.garbage().files}


def test_a_collector_that_waits_is_not_starved_by_writers(store: Store) -> None:
    with store._blobs.committing():
        collector = threading.Thread(target=lambda: store.collect(NOW))
        collector.start()
        collector.join(0.3)
        writer = threading.Thread(target=lambda: store.publish("demo", ROOMS, Selection(), "", {}))
        writer.start()
        writer.join(0.3)
        assert collector.is_alive()
        assert writer.is_alive(), "it came later and waits behind the collector"
    for thread in (collector, writer):
        thread.join(30)
        assert not thread.is_alive()


def test_a_killed_collector_locks_nobody_out(store: Store) -> None:
    code = (
        "import sys, time; from video4spatial.pipeline.store.store import Store\n"
        "with Store.open(sys.argv[1])._blobs.deleting(): print('in', flush=True); time.sleep(60)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-c", code, str(store.root)], stdout=subprocess.PIPE, text=True, env=environment
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "in\n"
        holder.kill()
    assert store.publish("after", ROOMS, Selection(), "", {}).created


WRITE = """
import sys
from tests.pipeline.store.make import make_products, make_unit
from video4spatial.pipeline.core.errors import StorageError
from video4spatial.pipeline.store.store import Selection, Store
store, name, units = Store.open(sys.argv[1]), sys.argv[2], [make_unit(n) for n in range(3)]
while True:
    try:
        for unit in units:
            store.write_unit(unit, make_products(unit, 1, variants=False), {})
        version = store.publish(name, units, Selection(), '', {}).version
        break
    except StorageError as error:  # its units were retired between being made and being published
        assert 'are not finished' in str(error), error
print(version.content)
"""
COLLECT = """
import sys
from video4spatial.pipeline.store.store import Grace, Store
store = Store.open(sys.argv[1])
while True:
    store.collect(Grace(days=0, unit_days=10 / 86400))
"""


def start(code: str, *arguments: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True, env=environment
    )


@pytest.mark.parametrize("kills", [3, pytest.param(40, marks=pytest.mark.chaos)])
def test_writers_and_collectors_killed_at_random_leave_no_version_with_a_hole(tmp_path: Path, kills: int) -> None:
    """No grace for files and ten seconds for units, a collector that never rests, and kill -9 on either side."""
    store, chance, contents = Store.open(tmp_path), random.Random(7), set()
    collector = start(COLLECT, str(tmp_path))
    try:
        for which in range(kills):
            writer = start(WRITE, str(tmp_path), f"run{which}")
            try:
                contents.add(writer.communicate(timeout=chance.uniform(1.0, 3.0) if which % 2 else 120)[0])
            except subprocess.TimeoutExpired:
                writer.kill()
                writer.communicate()
            if which % 2:
                collector.kill()
                collector.communicate()
                collector = start(COLLECT, str(tmp_path))
        assert collector.poll() is None, "a collector failed"
    finally:
        collector.send_signal(signal.SIGKILL)
        collector.communicate()
    assert len(contents) == 1
    versions = [f"{name}@{number}" for name in store.datasets() for number in store.versions(name)]
    assert versions
    assert {str(problem) for name in versions for problem in store.verify(store.version(name))} == set()
