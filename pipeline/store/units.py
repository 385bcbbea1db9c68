"""Finishes a unit: encodes its products, packs the shard, writes the index and, last, the receipt.

stage ─▶ [Product ...] ─▶ [write_unit] ─▶ shards/ ─▶ index/ ─▶ units/ (the commit)

A clip whose stream does not hold what was encoded fails by name (`clip_mismatch`), the others of the unit do not.
Killed at any point, it leaves at most blobs that nothing names; the next attempt gives the same bytes and names.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from video4spatial.pipeline.core.errors import ConfigError, SourceError
from video4spatial.pipeline.core.settings import to_plain
from video4spatial.pipeline.core.unit import Product, Unit
from video4spatial.pipeline.store.blobs import Blobs
from video4spatial.pipeline.store.receipt import (
    Failure,
    Receipt,
    describe_unit,
    failure_path,
    parse_failure,
    parse_receipt,
    receipt_path,
    retired_path,
)
from video4spatial.pipeline.store.sample import encode_sample
from video4spatial.pipeline.store.shard import pack
from video4spatial.pipeline.store.table import from_parquet, make_row, placed, rows_to_table, to_parquet

logger = logging.getLogger(__name__)


def write_unit(blobs: Blobs, unit: Unit, products: Iterable[Product], facts: Mapping[str, Any]) -> Receipt:
    """The unit's receipt; the one that exists already where it was finished before (products are then not touched).

    Holds the unit's encoded bytes in memory, one product's frames at a time.
    """
    existing = read_receipt(blobs, unit.unit_id)
    if existing is not None:
        return existing
    samples, rows, scores = _encode(unit, products)
    with blobs.committing():
        return _pack(blobs, unit, samples, rows, scores, facts)


def _pack(
    blobs: Blobs,
    unit: Unit,
    samples: dict[str, dict[str, bytes]],
    rows: list[dict[str, Any]],
    scores: set[str],
    facts: Mapping[str, Any],
) -> Receipt:
    """Writes shard, index and, last, the receipt."""
    shard, nbytes = None, 0
    if samples:
        data, places = pack(samples)
        shard, nbytes = blobs.put("shards", data, "tar"), len(data)
        rows = [placed(row, shard, places[row["key"]]) if row["key"] in places else row for row in rows]
    fates = Counter(row["verdict"] for row in rows)
    receipt = Receipt(
        **describe_unit(unit),
        shard=shard,
        shard_nbytes=nbytes,
        index=blobs.put("index", to_parquet(rows_to_table(rows, scores)), "parquet"),
        rows=len(rows),
        sequences=fates["measured"],
        rejected=fates["rejected"],
        failed=fates["failed"],
        facts=to_plain(facts),
    )
    return _commit(blobs, receipt)


def encode_product(unit: Unit, product: Product) -> tuple[Product, dict[str, bytes] | None]:
    """The product and the members of its sample, None without frames; a failed product where its stream does not hold
    what was encoded."""
    if product.sequence is None:
        return product, None
    try:
        return product, encode_sample(product.sequence)
    except SourceError as error:
        logger.warning("%s of %s: %s", product.key(unit.unit_id), unit.source.uri, error)
        return replace(product, sequence=None, verdict="failed", reason=error.reason, detail=str(error)), None


def read_receipt(blobs: Blobs, unit_id: str) -> Receipt | None:
    """The receipt of a finished unit, else None."""
    path = receipt_path(unit_id)
    data = blobs.find(path)
    return None if data is None else parse_receipt(data, path)


def why_failed(blobs: Blobs, receipt: Receipt) -> tuple[str, str]:
    """(reason, detail) of a unit whose input was broken as a whole, from the one row of its index."""
    data = blobs.find(receipt.index)
    rows = [] if data is None else from_parquet(data, receipt.index, ["verdict", "reason", "detail"]).to_pylist()
    failed = next((row for row in rows if row["verdict"] == "failed"), None)
    return (failed["reason"], failed["detail"]) if failed else ("failed", "its index is lost, and the reason with it")


def reopen_failed(blobs: Blobs, receipt: Receipt) -> None:
    """Makes a unit whose input was broken one that is to be tried again: its receipt gives way to a failure record.

    The record comes first, so that a kill in between leaves a unit that is known to have failed. Versions that were
    published keep its row, and the receipt is kept apart: how that was made stays known.
    """
    if not receipt.is_broken:
        raise ConfigError(f"unit {receipt.unit_id[:12]} did not fail; only what failed is tried again")
    reason, detail = why_failed(blobs, receipt)
    failure = Failure(
        unit_id=receipt.unit_id,
        kind=receipt.kind,
        source_uri=receipt.source_uri,
        reason=reason,
        detail=detail,
        attempts=1,
    )
    with blobs.committing():  # gc reads receipts that it is about to retire
        write_failure(blobs, failure)
        blobs.replace(retired_path(receipt.unit_id), receipt.to_json())
        blobs.remove(receipt_path(receipt.unit_id))


def find_receipt(blobs: Blobs, unit_id: str) -> Receipt | None:
    """What is known of how a unit was made, also where gc has retired it or it was reopened; None where it left no
    trace."""
    found = read_receipt(blobs, unit_id)
    if found is not None:
        return found
    path = retired_path(unit_id)
    data = blobs.find(path)
    return None if data is None else parse_receipt(data, path)


def write_failure(blobs: Blobs, failure: Failure) -> None:
    """Records it over an earlier failure of the same unit."""
    blobs.replace(failure_path(failure.unit_id), failure.to_json())


def read_failures(blobs: Blobs) -> dict[str, Failure]:
    """Failures by unit id, without those of units that finished later."""
    found = {}
    for folder in blobs.names("failures"):
        for name in blobs.names(f"failures/{folder}"):
            path = f"failures/{folder}/{name}"
            data = blobs.find(path)
            unit_id = name.removesuffix(".json")
            if data is not None and blobs.size(receipt_path(unit_id)) is None:
                found[unit_id] = parse_failure(data, path)
    return found


def _commit(blobs: Blobs, receipt: Receipt) -> Receipt:
    """Creates the receipt, or returns that of whoever was faster."""
    path = receipt_path(receipt.unit_id)
    if not blobs.create(path, receipt.to_json()):
        winner = parse_receipt(blobs.read(path), path)
        if (winner.shard, winner.index) != (receipt.shard, receipt.index):
            logger.warning(
                "unit %s of %s was made twice with different bytes; the first is kept. A stage is not deterministic or "
                "two machines differ: rebuilding the version elsewhere may change its content",
                receipt.unit_id[:12],
                receipt.source_uri,
            )
        return winner
    blobs.remove(failure_path(receipt.unit_id))
    return receipt


def _encode(
    unit: Unit, products: Iterable[Product]
) -> tuple[dict[str, dict[str, bytes]], list[dict[str, Any]], set[str]]:
    """The members of each kept sequence by key, the rows of all in order of their keys, and the names of the scores."""
    samples: dict[str, dict[str, bytes]] = {}
    rows: dict[str, dict[str, Any]] = {}
    scores: set[str] = set()
    for product in products:
        key = product.key(unit.unit_id)
        if key in rows:
            raise ConfigError(
                f"unit {unit.unit_id[:12]} yields {key} twice; give each product its own index and variant"
            )
        if (product.sequence is None) != (product.verdict != "measured"):
            raise ConfigError(f"{key} is {product.verdict} but its sequence is {product.sequence is not None}")
        product, members = encode_product(unit, product)
        if members is not None:
            samples[key] = members
        rows[key] = make_row(unit, product)
        scores |= set(product.scores)
    return samples, [rows[key] for key in sorted(rows)], scores
