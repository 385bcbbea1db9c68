"""Makes a version's lost or damaged table again, from the receipts and indexes of its units.

manifest + lists/<units>.json + receipts + indexes ─▶ [rebuild_table] ─▶ tables/<sha256>.parquet, the same bytes

A version that was derived from another gets its table by deriving again from the other's, which is made again first.
Shards are not touched: a unit makes its own again, see what `verify` says.
"""

import hashlib
import json
from typing import Any

import pyarrow as pa

from video4spatial.pipeline.core.errors import ConfigError, StorageError
from video4spatial.pipeline.core.settings import fingerprint, from_plain
from video4spatial.pipeline.store.blobs import Blobs
from video4spatial.pipeline.store.captions import add_captions, stored_captions
from video4spatial.pipeline.store.derive import derived_table
from video4spatial.pipeline.store.publish import indexes, select_rows
from video4spatial.pipeline.store.receipt import Receipt
from video4spatial.pipeline.store.selection import Selection
from video4spatial.pipeline.store.table import from_parquet, join_tables, to_parquet
from video4spatial.pipeline.store.units import read_receipt
from video4spatial.pipeline.store.version import Version, find_manifest


def rebuild_table(version: Version) -> bool:
    """Heals the version's table; False where it is whole. Raises StorageError with what is missing for it."""
    blobs, found = version.blobs, version.manifest["table"]
    if _whole(blobs, found) is not None:
        return False
    with blobs.committing():
        data = to_parquet(_table(blobs, version.manifest))
        if blobs.named("tables", data, "parquet") != found["path"]:
            raise StorageError(
                f"{version.name}: its units give another table than was published: receipts, this program's columns or "
                "pyarrow changed since; publish the recipe again and compare the two with `v4s datasets diff`"
            )
        blobs.put("tables", data, "parquet")
    return True


def _table(blobs: Blobs, manifest: dict[str, Any]) -> pa.Table:
    """The rows of the version with that manifest, as they were published."""
    data = _whole(blobs, manifest["table"])
    if data is not None:
        return from_parquet(data, manifest["table"]["path"])
    derivation, withdrawn = manifest.get("derivation"), manifest.get("withdrawn", [])
    if derivation is None:
        receipts = [_receipt(blobs, unit_id) for unit_id in _unit_ids(blobs, manifest)]
        table = select_rows(join_tables(indexes(blobs, receipts)), _selection(manifest), withdrawn)[0]
        texts = stored_captions(blobs, manifest.get("captions"))
        return table if texts is None else add_captions(table, texts)
    if derivation["verb"] not in ("derive", "drop"):
        size = f"--shard-mb {derivation['shard_nbytes'] / 1e6:g} --seed {derivation['seed']}"
        raise StorageError(
            f"the table of {manifest['dataset']}@{manifest['version']} says where repack put its sequences: `v4s "
            f"datasets repack {derivation['from']} {size}` makes it again"
        )
    return derived_table(_table(blobs, _parent(blobs, derivation["from"])), derivation, withdrawn)[0]


def _whole(blobs: Blobs, found: dict[str, Any]) -> bytes | None:
    """The bytes of a table, or None where it is missing or damaged."""
    data = blobs.find(found["path"])
    return data if data is not None and hashlib.sha256(data).hexdigest() == found["sha256"] else None


def _unit_ids(blobs: Blobs, manifest: dict[str, Any]) -> list[str]:
    if manifest["failed_units"]:
        raise StorageError(
            "the rows of units that failed are in the table alone, which cannot be made again; publish the recipe again"
        )
    digest = manifest["units"]["sha256"]
    data = blobs.find(f"lists/{digest[:2]}/{digest}.json")
    if data is not None and hashlib.sha256(data).hexdigest() == digest:
        return json.loads(data)
    # a store that was written before there were lists, or has lost one: the units of its only recipe, perhaps
    every = sorted(file.path.rpartition("/")[2].removesuffix(".json") for file in blobs.files("units"))
    if fingerprint(every) != digest:
        raise StorageError(
            f"lists/{digest[:2]}/{digest}.json, which names its units, is gone; publish the recipe again"
        )
    return every


def _receipt(blobs: Blobs, unit_id: str) -> Receipt:
    receipt = read_receipt(blobs, unit_id)
    if receipt is None:
        raise StorageError(f"unit {unit_id[:12]} has no receipt any more; run the recipe again, then rebuild")
    return receipt


def _selection(manifest: dict[str, Any]) -> Selection:
    try:
        return from_plain(Selection, manifest["selection"])
    except ConfigError as error:
        raise StorageError(f"its selection is not one of this program's ({error}); publish the recipe again") from None


def _parent(blobs: Blobs, name: str) -> dict[str, Any]:
    dataset, _, number = name.partition("@")
    manifest = find_manifest(blobs, dataset, int(number))
    if manifest is None:
        raise StorageError(f"{name}, which it was derived from, left no record; publish the recipe again")
    return manifest
