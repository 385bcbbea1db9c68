"""What a version's manifest says about its data. docs/format.md describes each field.

publish.py ─▶ [describe] ─▶ publish.py adds name, number, parent, identity and time ─▶ datasets/<name>/versions/<n>.json

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
    facts: Mapping[str, Any],
) -> dict[str, Any]:
    """The manifest of a version with that table, as JSON."""
    names = ["key", "sample_sha256", "verdict", "shard", "nbytes", "split", "held_out", "split_group"]
    rows = table.select(names).to_pylist()
    kept = [row for row in rows if row["verdict"] == "kept"]
    live = Counter(row["shard"] for row in kept)
    sizes = {receipt.shard: receipt.shard_nbytes for receipt in receipts}
    verdicts = Counter(row["verdict"] for row in rows)
    unit_ids = sorted([receipt.unit_id for receipt in receipts] + [failure.unit_id for failure in failures])
    sources = sorted({receipt.source_sha256 for receipt in receipts})
    return {
        "format": FORMAT,
        "content": hash_content((row["key"] for row in kept), (row["sample_sha256"] for row in kept)),
        "rows": len(kept),
        "bytes": sum(row["nbytes"] for row in kept),
        "verdicts": {name: verdicts[name] for name in ("kept", "rejected", "failed")},
        "splits": _count_splits(kept),
        "table": {
            "path": table_path,
            "sha256": table_path.rpartition("/")[2].removesuffix(".parquet"),
            "nbytes": table_nbytes,
            "rows": table.num_rows,
        },
        "shards": [{"path": path, "nbytes": sizes[path], "live_rows": live[path]} for path in sorted(live)],
        "scores": score_names(table),
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
        "moved": list(moved),
        "idle_rules": list(idle_rules),
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
