"""What a unit leaves behind: the receipt of one that finished, or the record of one that was lost on the way.

unit ─▶ shard ─▶ index ─▶ [receipt], written last: a unit is finished if and only if its receipt exists

A failure is not a receipt: a later run may try the unit again, and a receipt then makes the failure void.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from video4spatial.pipeline.core.errors import StorageError
from video4spatial.pipeline.core.settings import canonical_json, fingerprint
from video4spatial.pipeline.core.unit import Unit

FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """The proof that a unit is finished, and what of."""

    unit_id: str
    kind: str
    source_uri: str
    source_sha256: str
    split_group: str
    span: tuple[int, int] | None
    seed: int
    stage_versions: Mapping[str, int]
    settings: Mapping[str, Any]
    shard: str | None
    """Path in the store; None where no sequence was kept above the floor."""
    shard_nbytes: int
    index: str
    """Path of the Parquet with the unit's rows."""
    rows: int
    sequences: int
    """Rows above the floor, which have bytes in the shard."""
    rejected: int
    """Rows below the floor."""
    failed: int
    """Rows that failed: the only one where the source broke as a whole, else clips whose stream was not what was
    encoded."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """About the run, not the data: seconds, host, code."""
    format: int = FORMAT

    @property
    def is_broken(self) -> bool:
        """Whether nothing came of the input: all that it gave is failed."""
        return self.failed > 0 and self.failed == self.rows

    def to_json(self) -> bytes:
        return canonical_json(self)


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A unit whose worker was lost again and again: infrastructure, not a broken input."""

    unit_id: str
    kind: str
    source_uri: str
    reason: str
    """Short word: `timed_out`, `crashed`, `out_of_memory`."""
    detail: str
    attempts: int
    format: int = FORMAT

    def to_json(self) -> bytes:
        return canonical_json(self)


def receipt_path(unit_id: str) -> str:
    return f"units/{unit_id[:2]}/{unit_id}.json"


def retired_path(unit_id: str) -> str:
    """Where the receipt of a unit lies whose bytes were collected, or that is tried again: what it was made of stays
    known."""
    return f"retired/{unit_id[:2]}/{unit_id}.json"


def failure_path(unit_id: str) -> str:
    return f"failures/{unit_id[:2]}/{unit_id}.json"


def parse_receipt(data: bytes, path: str) -> Receipt:
    """Raises StorageError where the bytes are not a receipt of this format."""
    plain = _parse(data, path)
    try:
        return Receipt(**{**plain, "span": tuple(plain["span"]) if plain["span"] else None})
    except (TypeError, KeyError) as error:
        raise StorageError(_damaged(path, error)) from None


def parse_failure(data: bytes, path: str) -> Failure:
    """Raises StorageError where the bytes are not a failure record of this format."""
    try:
        return Failure(**_parse(data, path))
    except TypeError as error:
        raise StorageError(_damaged(path, error)) from None


def describe_unit(unit: Unit) -> dict[str, Any]:
    """The fields of a receipt that the unit alone decides."""
    return {
        "unit_id": unit.unit_id,
        "kind": unit.kind,
        "source_uri": unit.source.uri,
        "source_sha256": unit.source.sha256,
        "split_group": unit.source.split_group,
        "span": unit.span,
        "seed": unit.seed,
        "stage_versions": dict(unit.stage_versions),
        "settings": dict(unit.settings),
    }


def settings_sha256(unit: Unit) -> str:
    """sha256 (64 hex digits) of the settings that shape the unit's bytes."""
    return fingerprint(unit.settings)


def _parse(data: bytes, path: str) -> dict[str, Any]:
    try:
        plain = json.loads(data)
    except ValueError as error:
        raise StorageError(_damaged(path, error)) from None
    if not isinstance(plain, dict) or plain.get("format") != FORMAT:
        raise StorageError(f"{path} is not of format {FORMAT}; update video4spatial to read this store")
    return plain


def _damaged(path: str, error: Exception) -> str:
    return f"{path} is damaged ({error}); remove it and run the same command again: the unit is made anew"
