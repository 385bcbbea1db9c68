"""Makes a version from a version: fewer of its sequences, with nothing decoded, rendered or copied.

demo@2 ─▶ [derive_where] (an expression) or [drop_source] (a withdrawn input) ─▶ rows ─▶ demo@3, which names demo@2

Only kept rows can go, and each row stays on its side of the split: models trained on parent and child are judged on the
same paths. To take in more, or to split anew, publish again with another `select`.
"""

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.pipeline.core.settings import to_plain
from video4spatial.pipeline.store.captions import captions_left
from video4spatial.pipeline.store.commit import commit_version
from video4spatial.pipeline.store.expression import matching_keys
from video4spatial.pipeline.store.manifest import describe_derived
from video4spatial.pipeline.store.table import set_column, to_parquet
from video4spatial.pipeline.store.version import Version, check_dataset_name
from video4spatial.pipeline.store.withdrawal import withdraw, withdrawn_sources, without_withdrawn

REASON = "derived_out"


@dataclass(frozen=True, kw_only=True)
class Derived:
    """What became of a version."""

    version: Version
    created: bool
    """False where that version was there already: nothing was left out, or the same had been derived before."""
    left_out: int
    """Kept rows of the parent that the child does not keep."""
    unknown: int
    """Of these, rows that lack a value that the expression needs."""


def derive_where(version: Version, where: str, dataset: str | None, facts: Mapping[str, Any]) -> Derived:
    """The version of the kept rows for which the SQL expression `where` is true; in `dataset`, None: in its own."""
    derivation = {"verb": "derive", "where": where}
    return _derive(version, derivation, dataset, facts)


def drop_source(version: Version, source_sha256: str, facts: Mapping[str, Any]) -> Derived:
    """Withdraws a raw input from the store for good and makes the version of its dataset without it."""
    rows = version.table(["source_sha256", "source_uri", "verdict"]).to_pylist()
    uri = next((row["source_uri"] for row in rows if row["source_sha256"] == source_sha256), None)
    if uri is None:
        raise ConfigError(f"{version.name} has no row of the source {source_sha256[:12]}")
    kept = {row["source_sha256"] for row in rows if row["verdict"] == "kept"}
    if kept == {source_sha256}:
        raise ConfigError(f"{version.name} holds nothing but {uri}: remove it with `v4s datasets rm` instead")
    derivation = {"verb": "drop", "source_sha256": source_sha256, "source_uri": uri}
    return _derive(version, derivation, None, facts)


def derived_table(table: pa.Table, derivation: Mapping[str, Any], withdrawn: Collection[str]) -> tuple[pa.Table, int]:
    """The rows that `derivation` makes of those of its parent, and how many lack a value that it needs.

    Raises ConfigError where it keeps none.
    """
    table, unknown = without_withdrawn(table, withdrawn), 0
    if derivation["verb"] == "derive":
        matches = matching_keys(table, derivation["where"])
        table, unknown = _reject(table, matches.keys, derivation["where"]), matches.unknown
    if "kept" not in table["verdict"].to_pylist():
        why = f"satisfies {derivation['where']!r}" if "where" in derivation else "is left"
        raise ConfigError(f"no kept sequence {why}: a version of nothing is not made")
    return table, unknown


def find_source(table: pa.Table, asked: str) -> str:
    """The sha256 of the source called `asked`: its name in the table, its hash, or at least 8 digits of that.

    Raises ConfigError where none or several are meant.
    """
    pairs = table.select(["source_sha256", "source_uri"]).to_pylist()
    uri_of: dict[str, str] = {pair["source_sha256"]: pair["source_uri"] for pair in pairs}
    found = sorted(
        sha256
        for sha256, uri in uri_of.items()
        if uri == asked or (len(asked) >= 8 and sha256.startswith(asked.lower()))
    )
    if len(found) == 1:
        return found[0]
    if found:
        raise ConfigError(f"{asked!r} means {len(found)} inputs: {', '.join(found)}; give the hash of one")
    close = difflib.get_close_matches(asked, set(uri_of.values()), 3, 0.5)
    hint = f"; did you mean {' or '.join(map(repr, close))}?" if close else "; give its name as `source_uri` says it"
    raise ConfigError(f"no source {asked!r} among {len(uri_of)}{hint}")


def _reject(table: pa.Table, keys: Collection[str], where: str) -> pa.Table:
    """`table` where of the kept rows only those with `keys` are kept."""
    pairs = zip(table["key"].to_pylist(), table["verdict"].to_pylist(), strict=True)
    out = [verdict == "kept" and key not in keys for key, verdict in pairs]
    told = {"verdict": "rejected", "reason": REASON, "detail": f"not ({where})", "split": None, "held_out": False}
    for name, value in told.items():
        old = table[name].to_pylist()
        table = set_column(table, name, [value if gone else old[row] for row, gone in enumerate(out)])
    return table


def _derive(parent: Version, derivation: Mapping[str, Any], dataset: str | None, facts: Mapping[str, Any]) -> Derived:
    blobs = parent.blobs
    dataset = dataset or parent.manifest["dataset"]
    check_dataset_name(dataset)
    with blobs.committing():
        dropped = {derivation["source_sha256"]} if derivation["verb"] == "drop" else set()
        withdrawn = withdrawn_sources(blobs) | dropped
        table, unknown = derived_table(parent.table(), derivation, withdrawn)
        for source_sha256 in dropped:
            withdraw(blobs, source_sha256, derivation["source_uri"])
        parquet = to_parquet(table)
        manifest = describe_derived(
            parent.manifest,
            table=table,
            table_path=blobs.put("tables", parquet, "parquet"),
            table_nbytes=len(parquet),
            derivation={**derivation, "from": parent.name, "from_content": parent.content},
            withdrawn=sorted(withdrawn),
            captions=captions_left(blobs, parent.manifest.get("captions"), table),
            facts=to_plain(facts),
        )
        version, created = commit_version(blobs, dataset, manifest, parent.name)
    left_out = parent.manifest["rows"] - version.manifest["rows"]
    return Derived(version=version, created=created, left_out=left_out, unknown=unknown)
