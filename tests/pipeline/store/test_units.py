"""Finishing units. Unseen: a receipt without its bytes, work done twice, a lost worker taken for a broken input."""

import errno
import logging
import os
import pickle
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.pipeline.store.make import files_of, make_product, make_products, make_sequence, make_unit
from video4spatial.pipeline.core.errors import ConfigError, SourceError, StorageError
from video4spatial.pipeline.core.unit import Product
from video4spatial.pipeline.store.receipt import receipt_path
from video4spatial.pipeline.store.selection import Selection
from video4spatial.pipeline.store.store import Grace, Store
from video4spatial.pipeline.store.table import from_parquet


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "store")


def test_a_receipt_says_what_a_unit_gave(store: Store) -> None:
    unit = make_unit(1)
    assert store.receipt(unit.unit_id) is None
    receipt = store.write_unit(unit, make_products(unit), {"seconds": 1.5, "host": "h"})
    assert store.receipt(unit.unit_id) == receipt
    assert (receipt.sequences, receipt.rejected, receipt.failed, receipt.rows) == (4, 1, 0, 5)
    assert receipt.facts == {"seconds": 1.5, "host": "h"}
    assert receipt.source_uri == "procedural:room?seed=1"
    assert receipt.shard_nbytes == (store.root / receipt.shard).stat().st_size
    index = from_parquet((store.root / receipt.index).read_bytes(), receipt.index)
    assert index["verdict"].to_pylist() == ["measured"] * 4 + ["rejected"]
    assert index["shard"].to_pylist() == [receipt.shard] * 4 + [None]
    assert index["thumbnail_jpeg"].to_pylist()[-1] == b"\xff\xd8 small"


def test_a_finished_unit_is_not_made_again(store: Store) -> None:
    def must_not_run() -> Iterator[Product]:
        raise AssertionError("the unit was made again")
        yield

    unit = make_unit(1)
    receipt = store.write_unit(unit, make_products(unit), {})
    assert store.write_unit(unit, must_not_run(), {"seconds": 99}) == receipt


def test_neither_facts_nor_order_shape_the_bytes(tmp_path: Path) -> None:
    unit = make_unit(1)
    first = Store.open(tmp_path / "a").write_unit(unit, make_products(unit), {"host": "one"})
    second = Store.open(tmp_path / "b").write_unit(unit, reversed(list(make_products(unit))), {"host": "two"})
    assert (first.shard, first.index) == (second.shard, second.index)


def test_where_a_source_was_opened_is_written_nowhere(store: Store) -> None:
    unit = make_unit(1)
    store.write_unit(unit, make_products(unit), {})
    assert unit.source.location
    for path in store.root.rglob("*"):
        assert not path.is_file() or unit.source.location.encode() not in path.read_bytes()


def test_a_source_that_breaks_half_way_commits_nothing(store: Store) -> None:
    def broken() -> Iterator[Product]:
        yield from list(make_products(unit))[:2]
        raise SourceError("frame 9 does not decode", reason="undecodable")

    unit = make_unit(1, "real")
    with pytest.raises(SourceError, match="frame 9"):
        store.write_unit(unit, broken(), {})
    assert list(files_of(store.root)) == ["store.json"]


def test_a_unit_that_failed_as_a_whole_has_a_row_and_no_bytes(store: Store) -> None:
    unit = make_unit(1, "real")
    failed = Product(index=0, sequence=None, verdict="failed", reason="no_video", detail="a sound file")
    receipt = store.write_unit(unit, [failed], {})
    assert (receipt.shard, receipt.shard_nbytes, receipt.failed, receipt.rows) == (None, 0, 1, 1)
    assert store.failures() == {}


def test_products_that_contradict_themselves_are_refused(store: Store) -> None:
    unit = make_unit(1)
    good = make_product(unit, 0, make_sequence(unit, 0), {})
    broken = {
        "twice": [good, good],
        "is rejected but its sequence is True": [replace(good, verdict="rejected", reason="dark")],
        "may not be called 'height'": [replace(good, scores={"height": 3.0})],
        "a score that was not measured is left out": [replace(good, scores={"sharpness": float("nan")})],
        "holds int, float, str or bool": [replace(good, columns={"hash": b"bytes"})],  # type: ignore[dict-item]
        "does not fit": [replace(good, columns={"perceptual_hash": 2**63})],
    }
    for told, products in broken.items():
        with pytest.raises(ConfigError, match=told):
            store.write_unit(unit, products, {})
    assert store.receipt(unit.unit_id) is None


def test_numpy_numbers_are_columns_too(store: Store) -> None:
    unit = make_unit(1)
    product = make_product(unit, 0, make_sequence(unit, 0), {"motion": np.float32(0.5)})  # type: ignore[dict-item]
    product = replace(product, columns={"perceptual_hash": np.int64(-5), "is_loop": np.bool_(True)})  # type: ignore[dict-item]
    receipt = store.write_unit(unit, [product], {})
    row = from_parquet((store.root / receipt.index).read_bytes(), "index").to_pylist()[0]
    assert (row["motion"], row["perceptual_hash"], row["is_loop"]) == (0.5, -5, True)


def test_wherever_the_disk_is_full_the_unit_is_whole_or_absent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unit, write = make_unit(1), os.write
    undisturbed = Store.open(tmp_path / "calm").write_unit(unit, make_products(unit, 1), {})
    calls = 3  # shard, index, receipt: one write each
    for spared in range(calls):
        store, left = Store.open(tmp_path / f"full-{spared}"), [spared]

        def full(descriptor: int, data: memoryview, left: list[int] = left) -> int:
            if left[0] == 0:
                write(descriptor, data[: len(data) // 2])
                raise OSError(errno.ENOSPC, "No space left on device")
            left[0] -= 1
            return write(descriptor, data)

        monkeypatch.setattr(os, "write", full)
        with pytest.raises(StorageError, match="no space left"):
            store.write_unit(unit, make_products(unit, 1), {})
        monkeypatch.setattr(os, "write", write)
        assert store.receipt(unit.unit_id) is None
        assert os.listdir(store.root / "tmp") == []
        assert store.write_unit(unit, make_products(unit, 1), {}) == undisturbed


def test_the_second_of_two_writers_gets_the_receipt_of_the_first(store: Store) -> None:
    def overtaken() -> Iterator[Product]:
        yield from make_products(unit)
        Store.open(store.root).write_unit(unit, make_products(unit), {"host": "faster"})

    unit = make_unit(1)
    receipt = store.write_unit(unit, overtaken(), {"host": "slower"})
    assert receipt.facts == {"host": "faster"}
    assert len(list(store.root.glob("shards/*/*.tar"))) == 1


def test_two_writers_with_different_bytes_are_warned_of(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    def overtaken() -> Iterator[Product]:
        yield from make_products(unit, 2)
        Store.open(store.root).write_unit(unit, make_products(unit, 1), {})

    unit = make_unit(1)
    with caplog.at_level(logging.WARNING):
        receipt = store.write_unit(unit, overtaken(), {})
    assert receipt.sequences == 2
    assert "made twice with different bytes" in caplog.text


def test_a_failure_is_kept_until_the_unit_finishes(store: Store) -> None:
    unit = make_unit(1, "real")
    store.record_failure(unit, "timed_out", "no answer within 5 s", attempts=1)
    store.record_failure(unit, "crashed", "signal 9", attempts=3)
    failure = store.failures()[unit.unit_id]
    assert (failure.reason, failure.attempts, failure.source_uri) == ("crashed", 3, "film_1.mp4")
    assert store.receipt(unit.unit_id) is None
    store.write_unit(unit, make_products(unit), {})
    assert store.failures() == {}


def test_a_broken_input_can_be_reopened_and_whatever_did_not_fail_cannot(store: Store) -> None:
    unit, good = make_unit(1, "real"), make_unit(2, "real")
    failed = Product(index=0, sequence=None, verdict="failed", reason="unopenable", detail="no demuxer reads it")
    receipt = store.write_unit(unit, [failed], {})
    assert store.why_failed(receipt) == ("unopenable", "no demuxer reads it")
    store.reopen_failed(receipt)
    assert store.receipt(unit.unit_id) is None
    left = store.failures()[unit.unit_id]
    assert (left.reason, left.detail, left.source_uri) == ("unopenable", "no demuxer reads it", "film_1.mp4")
    made = store.write_unit(unit, make_products(unit), {})
    assert made.failed == 0
    assert store.failures() == {}
    with pytest.raises(ConfigError, match="did not fail"):
        store.reopen_failed(store.write_unit(good, make_products(good), {}))


def test_a_unit_that_gave_good_clips_is_not_broken_by_one_that_failed(store: Store) -> None:
    unit = make_unit(1, "real")
    bad = Product(index=9, sequence=None, verdict="failed", reason="clip_mismatch", detail="frame 3 is frame 2")
    receipt = store.write_unit(unit, [*make_products(unit), bad], {})
    assert (receipt.failed, receipt.is_broken) == (1, False)
    with pytest.raises(ConfigError, match="did not fail"):
        store.reopen_failed(receipt)
    assert store.receipt(unit.unit_id) == receipt


def test_how_a_reopened_unit_failed_stays_known_until_it_is_made_good(store: Store) -> None:
    unit, other = make_unit(1, "real"), make_unit(2)
    failed = Product(index=0, sequence=None, verdict="failed", reason="unopenable", detail="no demuxer reads it")
    receipt = store.write_unit(unit, [failed], {"host": "first"})
    store.write_unit(other, make_products(other), {})
    store.publish("demo", [unit, other], Selection(), "", {})
    store.reopen_failed(receipt)
    key = f"{unit.unit_id[:12]}-0000"
    assert store.lineage(key).receipt == receipt
    (traced,) = store.trace(unit.source.sha256).units
    assert (traced.sequences, traced.collected) == (0, False), "it never gave bytes that could be collected"
    made = store.write_unit(unit, make_products(unit), {"host": "second"})
    assert store.lineage(key).receipt == made
    assert [fate.reason for fate in store.lineage(key).fates] == ["unopenable"]
    store.drop(store.publish("demo", [unit, other], Selection(), "", {}).version, unit.source.sha256, {})
    store.remove(store.version("demo@2"))
    assert store.collect(Grace(days=0, unit_days=0)).units == (unit.unit_id,)
    assert store.lineage(key).receipt == made


def test_a_damaged_receipt_says_what_to_do(store: Store) -> None:
    unit = make_unit(1)
    path = store.root / receipt_path(unit.unit_id)
    path.parent.mkdir(parents=True)
    for damage in (b"{", b"[]", b'{"format":1}'):
        path.write_bytes(damage)
        with pytest.raises(StorageError, match=r"damaged|not of format"):
            store.receipt(unit.unit_id)


def test_a_store_travels_to_workers_by_pickle(store: Store) -> None:
    unit = make_unit(1)
    pickle.loads(pickle.dumps(store)).write_unit(unit, make_products(unit, 1), {})
    assert store.receipt(unit.unit_id) is not None
