"""Captions that somebody's own model gave: a file of lines beside the data, merged when a version is published.

captions.jsonl ─▶ [read_captions] ─▶ publish ─▶ [add_captions] ─▶ column `caption`, and captions/<sha256>.json

A caption belongs to bytes (`sample_sha256`), so that it can never end beside other frames than its model has seen. The
code of that model is not part of any id, and need not be: what it said is.
"""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from video4spatial.pipeline.core.errors import ConfigError, StorageError
from video4spatial.pipeline.core.files import sha256_file
from video4spatial.pipeline.core.settings import canonical_json
from video4spatial.pipeline.store.blobs import Blobs

COLUMN = "caption"
_FIELDS = {"sample_sha256", "key", "caption"}


@dataclass(frozen=True, kw_only=True)
class Caption:
    """One line of the file."""

    line: int
    sample_sha256: str
    """Empty where the line names its sequence by key alone."""
    key: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Captions:
    """A whole file."""

    sha256: str
    """Of its bytes."""
    lines: tuple[Caption, ...]


def read_captions(path: Path) -> Captions:
    """The captions of a JSONL file: `{"sample_sha256": hex, "caption": text}` a line, `key` beside or instead of the
    hash. Raises ConfigError that names the line."""
    try:
        text, sha256 = path.read_text(encoding="utf-8"), sha256_file(path)
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigError(f"cannot read the captions {path}: {why}; give a .jsonl file") from None
    lines = [_parse(line, f"{path.name}:{n}", n) for n, line in enumerate(text.splitlines(), start=1) if line.strip()]
    if not lines:
        raise ConfigError(f"{path.name} holds no caption; a line is {{'sample_sha256': ..., 'caption': ...}}")
    return Captions(sha256=sha256, lines=tuple(lines))


def matched_captions(captions: Captions, table: pa.Table) -> tuple[dict[str, str], dict[str, int]]:
    """Texts by sample hash, of the rows that have bytes; and how many lines were `used`, `stale` (the key is there,
    with other bytes) or of an `unknown` sequence. Raises ConfigError where two lines disagree, or none fits."""
    rows = table.select(["key", "sample_sha256"]).to_pylist()
    hashes = {row["key"]: row["sample_sha256"].hex() for row in rows if row["sample_sha256"] is not None}
    known = set(hashes.values())
    found: dict[str, Caption] = {}
    tally = Counter({"used": 0, "stale": 0, "unknown": 0})
    for caption in captions.lines:
        sample = caption.sample_sha256 or hashes.get(caption.key, "")
        if sample not in known:
            tally["stale" if caption.key in hashes else "unknown"] += 1
            continue
        earlier = found.setdefault(sample, caption)
        if earlier.text != caption.text:
            raise ConfigError(
                f"captions: lines {earlier.line} and {caption.line} say different things of one sequence; remove one"
            )
        tally["used"] += earlier is caption
    if not found:
        raise ConfigError(
            f"captions: none of {len(captions.lines)} lines names a sequence of this version ({tally['stale']} were "
            "written for other bytes of the same key); caption the version anew"
        )
    return {sample: caption.text for sample, caption in found.items()}, dict(tally)


def add_captions(table: pa.Table, texts: Mapping[str, str]) -> pa.Table:
    """The table with the column `caption`, null where a row has none."""
    samples = [None if sample is None else sample.hex() for sample in table["sample_sha256"].to_pylist()]
    values = pa.array([texts.get(sample or "") for sample in samples], pa.string())
    return table.append_column(COLUMN, values)


def put_captions(blobs: Blobs, texts: Mapping[str, str]) -> str:
    """Keeps the texts in the store; returns their path, which ends in the manifest."""
    return blobs.put("captions", canonical_json(texts), "json")


def captions_left(blobs: Blobs, told: Mapping[str, Any] | None, table: pa.Table) -> dict[str, Any] | None:
    """What the manifest of a version with the rows `table` says, made from one that says `told`: what a withdrawn
    input was said to show stands in no file that it names."""
    if told is None:
        return None
    rows = table.select(["sample_sha256", COLUMN]).to_pylist()
    texts = {row["sample_sha256"].hex(): row[COLUMN] for row in rows if row[COLUMN] is not None}
    return {**told, "path": put_captions(blobs, texts), "used": len(texts)}


def stored_captions(blobs: Blobs, told: Mapping[str, Any] | None) -> dict[str, str] | None:
    """The texts that a manifest's `captions` names; None where it names none. Raises StorageError where they are
    lost."""
    if told is None:
        return None
    data = blobs.find(told["path"])
    if data is None:
        raise StorageError(f"{told['path']} is gone, and the captions with it; publish the recipe again")
    return dict(json.loads(data))


def _parse(line: str, where: str, number: int) -> Caption:
    try:
        entry = json.loads(line)
    except ValueError as error:
        raise ConfigError(f"{where}: not JSON ({error}); a line is one object") from None
    if not isinstance(entry, dict) or not all(isinstance(value, str) for value in entry.values()):
        raise ConfigError(f"{where}: expected an object of texts, got {line[:80]}")
    if unknown := sorted(set(entry) - _FIELDS):
        raise ConfigError(f"{where}: unknown field {unknown[0]!r}; known are {', '.join(sorted(_FIELDS))}")
    text = " ".join(entry.get("caption", "").split())
    sample = entry.get("sample_sha256", "").lower()
    if not text or not (sample or entry.get("key")):
        raise ConfigError(f"{where}: needs a caption that is not empty, and sample_sha256 or key")
    if sample and (len(sample) != 64 or set(sample) - set("0123456789abcdef")):
        raise ConfigError(f"{where}: sample_sha256 is 64 hex digits, got {sample[:80]!r}")
    return Caption(line=number, sample_sha256=sample, key=entry.get("key", ""), text=text)
