"""The version's table as a report reads it: rows by verdict, kind and origin, tolerant of columns that are not there.

A row is `measured` unless its source failed as a whole. Rows without bytes in a shard fell below the floor.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from video4spatial.pipeline.report.facts import ReportFacts
from video4spatial.pipeline.store.table import score_names

KINDS = ("simulation", "real")
_COLUMNS = (
    *("key", "unit_id", "kind", "verdict", "reason", "detail", "shard"),
    *("source_uri", "scene", "start", "stop", "thumbnail_jpeg"),
    *("split", "split_group", "held_out", "variant", "variant_kind", "variant_group"),
    *("n_frames", "height", "width", "fps", "pose_source", "capture_format"),
)


@dataclass(frozen=True, kw_only=True)
class Rows:
    """All rows, sorted by key, and what is asked of them often."""

    every: tuple[Mapping[str, Any], ...]
    scores: tuple[str, ...]
    """Names of the score columns, sorted."""
    synthetic_sources: frozenset[str]

    def of(self, kind: str = "", verdict: str = "") -> list[Mapping[str, Any]]:
        return [
            row
            for row in self.every
            if (not kind or row.get("kind") == kind) and (not verdict or row.get("verdict") == verdict)
        ]

    @cached_property
    def _keyed(self) -> dict[str, Mapping[str, Any]]:
        return {str(row.get("key")): row for row in self.every}

    def by_key(self, key: str) -> Mapping[str, Any]:
        """The row of a key; an empty one when the table does not have it."""
        return self._keyed.get(key, {})

    @property
    def kinds(self) -> list[str]:
        found = {str(row.get("kind")) for row in self.every}
        return [kind for kind in KINDS if kind in found] + sorted(found - set(KINDS))

    def is_synthetic(self, row: Mapping[str, Any]) -> bool:
        """Footage that the pipeline filmed itself."""
        return row.get("source_uri") in self.synthetic_sources

    @property
    def synthetic_shown(self) -> list[str]:
        """The synthetic sources that the table has rows of."""
        return sorted({str(row.get("source_uri")) for row in self.every if self.is_synthetic(row)})


def read_rows(facts: ReportFacts) -> Rows | None:
    """The table as rows; None when the facts have none."""
    if facts.table is None:
        return None
    scores = tuple(score_names(facts.table))
    names = [name for name in (*_COLUMNS, *scores) if name in facts.table.column_names]
    rows = sorted(facts.table.select(names).to_pylist(), key=lambda row: str(row.get("key")))
    return Rows(every=tuple(rows), scores=scores, synthetic_sources=facts.synthetic_sources)


def fell_below_floor(row: Mapping[str, Any]) -> bool:
    return row.get("verdict") == "rejected" and not row.get("shard")


def origin(rows: Rows, row: Mapping[str, Any]) -> tuple[str, str]:
    """What the frames of a row are, as (words, css class of their label)."""
    if rows.is_synthetic(row):
        return "synthetic footage", "synthetic"
    if row.get("kind") == "simulation":
        return "rendered", "rendered"
    if row.get("capture_format"):
        return "posed capture", "real"
    if row.get("kind") == "real":
        return "real video", "real"
    return "origin unknown", "unknown"


def kind_name(rows: Rows, kind: str) -> str:
    """The kind in words; video is called synthetic footage when all of it is."""
    if kind == "simulation":
        return "Rendered scenes"
    if kind != "real":
        return kind
    synthetic = [rows.is_synthetic(row) for row in rows.of(kind)]
    if synthetic and all(synthetic):
        return "Synthetic footage (filmed by this pipeline, in place of a user's videos)"
    captures = [bool(row.get("capture_format")) for row in rows.of(kind)]
    if captures and all(captures):
        return "Posed captures"
    named = "Videos and posed captures" if any(captures) else "Videos" if any(synthetic) else "Real videos"
    return f"{named}, some of them synthetic footage" if any(synthetic) else named


def split_name(row: Mapping[str, Any]) -> str:
    """`train`, `val`, `test`, or `held_out` for a path that training never saw."""
    return "held_out" if row.get("held_out") else str(row.get("split") or "none")


def reasons(rows: list[Mapping[str, Any]]) -> list[tuple[str, int]]:
    """Reasons with how often they were given, the most frequent first."""
    tally = Counter(str(row.get("reason") or "no reason given") for row in rows)
    return sorted(tally.items(), key=lambda item: (-item[1], item[0]))
