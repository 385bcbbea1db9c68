"""What a version's manifest says about its data. docs/format.md describes each field.

publish, derive ─▶ [describe] ─▶ commit.py adds name, number, parent, identity and time, and creates it

No clock, host or absolute path enters here; `code`, `environment` and `facts` are what the caller passes.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from video4spatial.pipeline.core.settings import fingerprint
from video4spatial.pipeline.store.receipt import Failure, Receipt
from video4spatial.pipeline.store.table import score_names
from video4spatial.pipeline.store.version import FORMAT, hash_content


def describe(
    *,
    table: pa.Table,
    table_path: str,
    table_nbytes: int,
    receipts: list[Receipt],
    failures: list[Failure],
    selection: Mapping[str, Any],
    recipe_text: str,
    moved: tuple[str, ...],
    idle_rules: list[str],
    withdrawn: list[str],
    captions: Mapping[str, Any] | None,
    facts: Mapping[str, Any],
) -> dict[str, Any]:
    """The manifest of a version with that table, as JSON."""
    sizes = {receipt.shard: receipt.shard_nbytes for receipt in receipts if receipt.shard is not None}
    unit_ids = sorted([receipt.unit_id for receipt in receipts] + [failure.unit_id for failure in failures])
    sources = sorted({receipt.source_sha256 for receipt in receipts})
    return {
        "format": FORMAT,
        **_of_table(table, table_path, table_nbytes, sizes),
        "units": {"count": len(unit_ids), "sha256": fingerprint(unit_ids)},
        "inputs": {"count": len(sources), "sha256": fingerprint(sources)},
        "complete": not failures,
        "failed_units": [
            {"unit_id": item.unit_id, "source_uri": item.source_uri, "reason": item.reason, "detail": item.detail}
            for item in sorted(failures, key=lambda item: item.unit_id)
        ],
        "stages": _stage_versions(receipts),
        "seeds": sorted({receipt.seed for receipt in receipts}),
        "recipe": {"sha256": hashlib.sha256(recipe_text.encode()).hexdigest(), "text": recipe_text},
        "selection": dict(selection),
        "derivation": None,
        "moved": list(moved),
        "idle_rules": list(idle_rules),
        "withdrawn": withdrawn,
        "captions": captions,
        **_told(facts),
    }


def describe_derived(
    parent: Mapping[str, Any],
    *,
    table: pa.Table,
    table_path: str,
    table_nbytes: int,
    derivation: Mapping[str, Any],
    withdrawn: list[str],
    captions: Mapping[str, Any] | None,
    facts: Mapping[str, Any],
    shard_nbytes: Mapping[str, int] | None = None,
) -> dict[str, Any]:
    """The manifest of a version that keeps some of the rows of the version with the manifest `parent`.

    What was selected from (units, inputs, recipe, selection) is said of both alike. `shard_nbytes` are the sizes of its
    shards where they are others than the parent's.
    """
    sizes = shard_nbytes or {shard["path"]: shard["nbytes"] for shard in parent["shards"]}
    kept = {name: value for name, value in parent.items() if name not in _OWN}
    told = _of_table(table, table_path, table_nbytes, sizes) | _told(facts)
    return kept | told | {"derivation": dict(derivation), "withdrawn": withdrawn, "captions": captions}


_OWN = ("dataset", "version", "parent", "identity", "created")
"""What commit.py adds."""


def _of_table(table: pa.Table, path: str, nbytes: int, shard_nbytes: Mapping[str, int]) -> dict[str, Any]:
    """What follows from the rows alone."""
    names = ["key", "sample_sha256", "verdict", "shard", "nbytes", "split", "held_out", "split_group"]
    rows = table.select(names).to_pylist()
    kept = [row for row in rows if row["verdict"] == "kept"]
    live = Counter(row["shard"] for row in kept)
    verdicts = Counter(row["verdict"] for row in rows)
    return {
        "content": hash_content((row["key"] for row in kept), (row["sample_sha256"] for row in kept)),
        "rows": len(kept),
        "bytes": sum(row["nbytes"] for row in kept),
        "verdicts": {name: verdicts[name] for name in ("kept", "rejected", "failed")},
        "splits": _count_splits(kept),
        "table": {
            "path": path,
            "sha256": path.rpartition("/")[2].removesuffix(".parquet"),
            "nbytes": nbytes,
            "rows": table.num_rows,
        },
        "shards": [{"path": shard, "nbytes": shard_nbytes[shard], "live_rows": live[shard]} for shard in sorted(live)],
        "scores": score_names(table),
    }


def _told(facts: Mapping[str, Any]) -> dict[str, Any]:
    """What the caller says about the run."""
    return {
        "code": facts.get("code"),
        "environment": facts.get("environment"),
        "facts": {name: value for name, value in facts.items() if name not in ("code", "environment")},
    }


def _count_splits(kept: list[dict[str, Any]]) -> dict[str, dict[str, int]]:
    """Rows and groups of each part that a reader can ask for."""
    parts: dict[str, list[str]] = {"train": [], "val": [], "test": [], "held_out": []}
    for row in kept:
        parts["held_out" if row["held_out"] else row["split"]].append(row["split_group"])
    return {part: {"rows": len(groups), "groups": len(set(groups))} for part, groups in parts.items()}


def _stage_versions(receipts: list[Receipt]) -> dict[str, list[int]]:
    """Every version of each stage that made a unit: more than one number means units of different code."""
    found: dict[str, set[int]] = {}
    for receipt in receipts:
        for stage, number in receipt.stage_versions.items():
            found.setdefault(stage, set()).add(number)
    return {stage: sorted(numbers) for stage, numbers in sorted(found.items())}
