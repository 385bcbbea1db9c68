"""Publishes a version: joins the rows of finished units, selects, splits, and commits by creating one manifest.

receipts ─▶ indexes ─▶ selection ─▶ splits ─▶ tables/<sha256>.parquet ─▶ datasets/<name>/versions/<n>.json, the commit

Killed at any point before the last step it leaves nothing that a reader sees. The same units, selection and data give
the version that exists, however often and by however many processes they are published.
"""

import hashlib
import itertools
import logging
from collections.abc import Collection, Mapping
from typing import Any

import pyarrow as pa

from video4spatial.pipeline.core.errors import StorageError
from video4spatial.pipeline.core.settings import canonical_json, to_plain
from video4spatial.pipeline.core.unit import Unit
from video4spatial.pipeline.store.blobs import Blobs
from video4spatial.pipeline.store.captions import Captions, add_captions, matched_captions, put_captions
from video4spatial.pipeline.store.commit import commit_version
from video4spatial.pipeline.store.manifest import describe
from video4spatial.pipeline.store.receipt import Failure, Receipt, receipt_path
from video4spatial.pipeline.store.selection import Judgement, Selection, judge
from video4spatial.pipeline.store.splits import draw_splits, hold_out_paths
from video4spatial.pipeline.store.table import (
    failure_row,
    from_parquet,
    join_tables,
    rows_to_table,
    set_column,
    to_parquet,
)
from video4spatial.pipeline.store.units import read_failures, read_receipt
from video4spatial.pipeline.store.version import Published, check_dataset_name
from video4spatial.pipeline.store.withdrawal import withdrawn_sources, without_withdrawn

logger = logging.getLogger(__name__)

_REDO = "remove {} and run the same command again: the unit is made anew"


def publish(
    blobs: Blobs,
    dataset: str,
    units: list[Unit],
    selection: Selection,
    recipe_text: str,
    facts: Mapping[str, Any],
    captions: Captions | None = None,
) -> Published:
    """See `Store.publish`."""
    check_dataset_name(dataset)
    with blobs.committing():
        planned = {unit.unit_id: unit for unit in sorted(units, key=lambda unit: unit.unit_id)}
        receipts, failures = _settle(blobs, planned)
        _check_shards(blobs, receipts)
        withdrawn = withdrawn_sources(blobs)
        measured = join_tables([*indexes(blobs, receipts), *_failed_rows(planned, failures)])
        table, judgement, moved = select_rows(measured, selection, withdrawn)
        for score in judgement.idle_rules:
            logger.warning("the rule on %r judged nothing in %s: no row of its kind has that score", score, dataset)
        table, captioned = _captioned(blobs, table, captions)
        blobs.put("lists", canonical_json(sorted(planned)), "json")
        parquet = to_parquet(table)
        manifest = describe(
            table=table,
            table_path=blobs.put("tables", parquet, "parquet"),
            table_nbytes=len(parquet),
            receipts=receipts,
            failures=failures,
            selection=to_plain(selection),
            recipe_text=recipe_text,
            moved=moved,
            idle_rules=judgement.idle_rules,
            withdrawn=sorted(withdrawn),
            captions=captioned,
            facts=to_plain(facts),
        )
        version, created = commit_version(blobs, dataset, manifest)
        return Published(version=version, created=created, moved=moved)


def select_rows(
    table: pa.Table, selection: Selection, withdrawn: Collection[str]
) -> tuple[pa.Table, Judgement, tuple[str, ...]]:
    """The table of a version from the joined rows of its units; how it was judged; what moved between splits."""
    _check_keys(table)
    table = without_withdrawn(table, withdrawn)
    judgement = judge(table, selection)
    table, moved = _split(_judged(table, judgement), judgement, selection)
    return table, judgement, moved


def _captioned(blobs: Blobs, table: pa.Table, captions: Captions | None) -> tuple[pa.Table, dict[str, Any] | None]:
    """The table with the captions that fit it, and what the manifest says of them."""
    if captions is None:
        return table, None
    texts, tally = matched_captions(captions, table)
    return add_captions(table, texts), {"path": put_captions(blobs, texts), "file_sha256": captions.sha256, **tally}


def _settle(blobs: Blobs, planned: Mapping[str, Unit]) -> tuple[list[Receipt], list[Failure]]:
    """The receipts of finished units and the failures of the others. Raises StorageError where a unit has neither."""
    receipts = {unit_id: read_receipt(blobs, unit_id) for unit_id in planned}
    failures = read_failures(blobs) if None in receipts.values() else {}
    open_units = [unit_id for unit_id in planned if receipts[unit_id] is None and unit_id not in failures]
    if open_units:
        raise StorageError(
            f"{len(open_units)} of {len(planned)} units are not finished (the first: {open_units[0][:12]} of "
            f"{planned[open_units[0]].source.uri}); run the same command again, then publish"
        )
    finished = [receipt for receipt in receipts.values() if receipt is not None]
    return finished, [failures[unit_id] for unit_id in planned if receipts[unit_id] is None]


def _check_shards(blobs: Blobs, receipts: list[Receipt]) -> None:
    for receipt in receipts:
        if receipt.shard is not None and (size := blobs.size(receipt.shard)) != receipt.shard_nbytes:
            found = "is missing" if size is None else f"has {size} bytes, expected {receipt.shard_nbytes}"
            raise StorageError(
                f"{receipt.shard} of unit {receipt.unit_id[:12]} {found}; {_REDO.format(receipt_path(receipt.unit_id))}"
            )


def indexes(blobs: Blobs, receipts: list[Receipt]) -> list[pa.Table]:
    """The rows of each unit, of which not one bit may be wrong."""
    tables = []
    for receipt in receipts:
        data = blobs.find(receipt.index)
        if data is None or hashlib.sha256(data).hexdigest() not in receipt.index:
            raise StorageError(
                f"{receipt.index} of unit {receipt.unit_id[:12]} is {'missing' if data is None else 'damaged'}; "
                f"{_REDO.format(receipt_path(receipt.unit_id))}"
            )
        tables.append(from_parquet(data, receipt.index))
    return tables


def _failed_rows(planned: Mapping[str, Unit], failures: list[Failure]) -> list[pa.Table]:
    rows = [failure_row(planned[failure.unit_id], failure.reason, failure.detail) for failure in failures]
    return [rows_to_table(rows, [])]


def _check_keys(table: pa.Table) -> None:
    keys = table["key"].to_pylist()
    twice = [key for key, following in itertools.pairwise(keys) if key == following]
    if twice:
        raise StorageError(f"two units yield the key {twice[0]}: their ids share 12 digits; change the seed of one")


def _judged(table: pa.Table, judgement: Judgement) -> pa.Table:
    for name in ("verdict", "reason", "detail", "near_duplicate_of"):
        table = set_column(table, name, getattr(judgement, name))
    return table


def _split(table: pa.Table, judgement: Judgement, selection: Selection) -> tuple[pa.Table, tuple[str, ...]]:
    """Fills `split` and `held_out` of kept rows; also says what was moved."""
    names = ("verdict", "split_group", "pose_source", "kind", "variant_group", "height")
    rows = table.select(names).to_pylist()
    groups: dict[str, bool] = {}
    for row in rows:
        if row["verdict"] == "kept":
            group = row["split_group"]
            groups[group] = groups.get(group, False) or row["pose_source"] != "none"
    sides, moved = draw_splits(groups, judgement.similar_groups, selection.splits)
    split = [sides[row["split_group"]] if row["verdict"] == "kept" else None for row in rows]
    paths: dict[str, dict[int, list[str]]] = {}
    for row, side in zip(rows, split, strict=True):
        if side == "train" and row["kind"] == "simulation":
            paths.setdefault(row["split_group"], {}).setdefault(row["height"], []).append(row["variant_group"])
    held = hold_out_paths(paths, selection.held_out_paths)
    held_out = [side == "train" and row["variant_group"] in held for row, side in zip(rows, split, strict=True)]
    return set_column(set_column(table, "split", split), "held_out", held_out), moved
