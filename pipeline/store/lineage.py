"""From a sample back to what it was made of: raw bytes, settings, seed, code, parents, scores, drawn parameters.

key ─▶ receipt of its unit + row of its index + JSON in its shard ─▶ [lineage] ─▶ Lineage, and its fate in each version
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow.compute as pc

from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.pipeline.store.blobs import Blobs
from video4spatial.pipeline.store.receipt import Receipt
from video4spatial.pipeline.store.table import from_parquet, score_names
from video4spatial.pipeline.store.trace import manifests, read_table
from video4spatial.pipeline.store.units import find_receipt

_KEY = re.compile(r"([0-9a-f]{12})-\d{4}(-v\d+)?")


@dataclass(frozen=True, kw_only=True)
class Fate:
    """What one version did with a sample."""

    version: str
    removed: bool
    recipe_sha256: str
    verdict: str
    reason: str | None
    side: str | None
    """`train`, `val`, `test`, `held_out`; None where it is not kept."""
    near_duplicate_of: str | None
    derivation: Mapping[str, Any] | None


@dataclass(frozen=True, kw_only=True)
class Lineage:
    """What a sample was made of, and what became of it."""

    key: str
    row: Mapping[str, Any]
    """Its row, without thumbnail and place of the members."""
    scores: Mapping[str, float]
    receipt: Receipt | None
    """Of its unit: source, settings, stages, seed, code. None where it left no trace."""
    parent: str | None
    """The key of the original that it is a variant of."""
    variant: Mapping[str, Any]
    """How it was augmented: kind, and the parameters that were drawn; {} for an original and where bytes are gone."""
    fates: tuple[Fate, ...]


def lineage(blobs: Blobs, key: str) -> Lineage:
    """What is known of the sample called `key`. Raises ConfigError where nothing is."""
    match = _KEY.fullmatch(key)
    if match is None:
        raise ConfigError(f"a key looks like 0123456789ab-0001 or 0123456789ab-0001-v2, got {key!r}")
    fates, told = _fates(blobs, key)
    receipt = _receipt(blobs, match[1])
    row, scores = _measured(blobs, receipt, key) or told or (None, {})
    if row is None:
        raise ConfigError(f"no unit and no version of this store has {key}")
    receipt = receipt or find_receipt(blobs, row["unit_id"])
    return Lineage(
        key=key,
        row={name: value for name, value in row.items() if name not in ("thumbnail_jpeg", "members")},
        scores={name: row[name] for name in scores if row[name] is not None},
        receipt=receipt,
        parent=row["variant_group"] if row["variant"] else None,
        variant=_variant(blobs, row),
        fates=fates,
    )


def _fates(blobs: Blobs, key: str) -> tuple[tuple[Fate, ...], tuple[dict[str, Any], list[str]] | None]:
    """Its fate in each version that has it, and the row and score names of the last of them."""
    fates, told = [], None
    for name, manifest in manifests(blobs):
        if manifest is None or (table := read_table(blobs, manifest)) is None:
            continue
        rows = table.filter(pc.equal(table["key"], key)).to_pylist()
        if not rows:
            continue
        row = rows[0]
        told = row, score_names(table)
        side = "held_out" if row["held_out"] else row["split"]
        fates.append(
            Fate(
                version=name,
                removed="removed" in manifest,
                recipe_sha256=manifest["recipe"]["sha256"],
                verdict=row["verdict"],
                reason=row["reason"],
                side=side,
                near_duplicate_of=row["near_duplicate_of"],
                derivation=manifest.get("derivation"),
            )
        )
    return tuple(fates), told


def _receipt(blobs: Blobs, prefix: str) -> Receipt | None:
    for kind in ("units", "retired"):
        for name in blobs.names(f"{kind}/{prefix[:2]}"):
            if name.startswith(prefix):
                return find_receipt(blobs, name.removesuffix(".json"))
    return None


def _measured(blobs: Blobs, receipt: Receipt | None, key: str) -> tuple[dict[str, Any], list[str]] | None:
    """The row as its unit wrote it, and the names of the scores; None where the index is collected."""
    data = None if receipt is None else blobs.find(receipt.index)
    if receipt is None or data is None:
        return None
    table = from_parquet(data, receipt.index)
    rows = table.filter(pc.equal(table["key"], key)).to_pylist()
    return (rows[0], score_names(table)) if rows else None


def _variant(blobs: Blobs, row: Mapping[str, Any]) -> Mapping[str, Any]:
    if row["shard"] is None or blobs.size(row["shard"]) is None:
        return {}
    if row.get("members") is None:
        return {}
    place = next(member for member in row["members"] if member["ext"] == "json")
    return json.loads(blobs.read_range(row["shard"], place["offset"], place["nbytes"]))["variant"]
