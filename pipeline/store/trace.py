"""From a raw input to everything that was made of it: samples, versions, trainings, checkpoints.

source_sha256 ─▶ [trace] ─▶ units ─▶ versions (removed ones too) with its rows ─▶ trainings on them ─▶ checkpoints

A training leaves a record in the store when it starts (`record_training`); checkpoints are found in the
folders that the caller names, by the version and `content` they say they were trained on.
"""

import contextlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from video4spatial.pipeline.core.errors import StorageError
from video4spatial.pipeline.core.settings import canonical_json, fingerprint
from video4spatial.pipeline.store.blobs import Blobs
from video4spatial.pipeline.store.receipt import Receipt, parse_receipt
from video4spatial.pipeline.store.table import from_parquet
from video4spatial.pipeline.store.version import (
    Version,
    dataset_folders,
    read_removed,
    read_version,
    removed_numbers,
    version_numbers,
)
from video4spatial.pipeline.store.withdrawal import REASON

_FORMAT = 1
_COLUMNS = ["key", "verdict", "reason", "split", "held_out", "pose_source", "source_uri", "source_sha256"]
_NOT_RUNS = {"shards", "index", "units", "tables", "lists", "datasets", "tensorboard"}
"""Folders in which no checkpoint lies, and which may hold a million files."""


@dataclass(frozen=True, kw_only=True)
class Use:
    """A version that has rows of the input."""

    version: str
    content: str
    removed: bool
    rows: tuple[Mapping[str, Any], ...]
    """Its rows of the input, kept or not."""

    @property
    def holds_it(self) -> bool:
        """Whether something of the input is in it: rows of a withdrawn one are empty."""
        return any(row["reason"] != REASON for row in self.rows)

    @property
    def kept(self) -> list[Mapping[str, Any]]:
        return [row for row in self.rows if row["verdict"] == "kept"]

    def sides(self) -> dict[str, int]:
        """Kept sequences with cameras, which a model can learn from, by part of the version."""
        counts: dict[str, int] = {}
        for row in self.kept:
            if row["pose_source"] != "none":
                side = "held_out" if row["held_out"] else row["split"]
                counts[side] = counts.get(side, 0) + 1
        return counts


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A training, or a checkpoint of one, on a version that keeps sequences of the input."""

    version: str
    where: str
    """`training fb19ac77ea04 of run demo`, or the folder of a checkpoint."""
    sides: Mapping[str, int]
    """See `Use.sides`: `train` was learned from, `held_out` and `val` were watched."""


@dataclass(frozen=True, kw_only=True)
class Made:
    """A unit that was made of the input."""

    unit_id: str
    sequences: int
    """How many it gave, with bytes."""
    collected: bool
    """Its bytes are gone; how it was made is still known."""


@dataclass(frozen=True, kw_only=True)
class Trace:
    """Everything that was made of one input."""

    source_sha256: str
    source_uris: tuple[str, ...]
    units: tuple[Made, ...]
    """Also those that no version took."""
    uses: tuple[Use, ...]
    unread: tuple[str, ...]
    """Versions that cannot be read: whether they hold it is not known."""
    trained: tuple[Trained, ...]


def trace(blobs: Blobs, source_sha256: str, runs: Iterable[Path]) -> Trace:
    """What was made of the input with that hash; checkpoints are looked for below the folders `runs`."""
    uses, unread = [], []
    for name, manifest in manifests(blobs):
        rows = None if manifest is None else _rows(blobs, manifest, source_sha256)
        if manifest is None or rows is None:
            unread.append(name)
        elif rows:
            removed = "removed" in manifest
            uses.append(Use(version=name, content=manifest["content"], removed=removed, rows=tuple(rows)))
    receipts = [(receipt, gone) for receipt, gone in _receipts(blobs) if receipt.source_sha256 == source_sha256]
    uris = {row["source_uri"] for use in uses for row in use.rows} | {receipt.source_uri for receipt, _ in receipts}
    units = [
        Made(unit_id=receipt.unit_id, sequences=receipt.sequences, collected=gone and receipt.shard is not None)
        for receipt, gone in sorted(receipts, key=lambda item: item[0].unit_id)
    ]
    trained = [*_recorded(blobs, uses), *_on_disk(uses, runs)]
    return Trace(
        source_sha256=source_sha256,
        source_uris=tuple(sorted(uris)),
        units=tuple(units),
        uses=tuple(uses),
        unread=tuple(unread),
        trained=tuple(trained),
    )


def sources(blobs: Blobs) -> pa.Table:
    """`source_sha256` and `source_uri` of every input that a unit was made of, or a version that can be read has."""
    pairs = {(receipt.source_sha256, receipt.source_uri) for receipt, _ in _receipts(blobs)}
    tables = []
    for _, manifest in manifests(blobs):
        table = None if manifest is None else read_table(blobs, manifest, ["source_sha256", "source_uri"])
        if table is not None:
            tables.append(table.group_by(["source_sha256", "source_uri"], use_threads=False).aggregate([]))
    schema = pa.schema([("source_sha256", pa.string()), ("source_uri", pa.string())])
    made = pa.Table.from_pylist([dict(zip(schema.names, pair, strict=True)) for pair in sorted(pairs)], schema=schema)
    return pa.concat_tables([made, *(table.cast(schema) for table in tables)])


def record_training(blobs: Blobs, version: Version, train_id: str, run: str) -> None:
    """Notes that the training `train_id` of the run called `run` reads that version. Noting it twice is safe."""
    record = {"format": _FORMAT, "train_id": train_id, "run": run, "version": version.name, "content": version.content}
    digest = fingerprint(record)
    blobs.create(f"trainings/{digest[:2]}/{digest}.json", canonical_json(record))


def manifests(blobs: Blobs) -> Iterator[tuple[str, dict[str, Any] | None]]:
    """Name and manifest of every version, removed ones too; None where it cannot be read."""
    for dataset in dataset_folders(blobs):
        there = version_numbers(blobs, dataset)
        for number in there:
            try:
                yield f"{dataset}@{number}", read_version(blobs, dataset, number).manifest
            except StorageError:  # told as unread; the others are still to be looked at
                yield f"{dataset}@{number}", None
        for number in removed_numbers(blobs, dataset):
            if number not in there:
                yield f"{dataset}@{number}", read_removed(blobs, dataset, number)


def _receipts(blobs: Blobs) -> Iterator[tuple[Receipt, bool]]:
    """Every unit that is finished, and every one whose bytes were collected (then True)."""
    there = set()
    for kind in ("units", "retired"):
        for file in blobs.files(kind):
            data = blobs.find(file.path)
            name = file.path.rpartition("/")[2]
            if data is not None and name not in there:
                yield parse_receipt(data, file.path), kind == "retired"
                there.add(name)


def _rows(blobs: Blobs, manifest: dict[str, Any], source_sha256: str) -> list[dict[str, Any]] | None:
    table = read_table(blobs, manifest, _COLUMNS)
    return None if table is None else table.filter(pc.equal(table["source_sha256"], source_sha256)).to_pylist()


def read_table(blobs: Blobs, manifest: dict[str, Any], columns: list[str] | None = None) -> pa.Table | None:
    """The table of that version, what stays of it once it is removed, or None where it cannot be read."""
    for path in (manifest["table"]["path"], manifest.get("lineage")):
        with contextlib.suppress(StorageError):  # told as unread
            if path is not None:
                return from_parquet(blobs.read_named(path), path, columns)
    return None


def _recorded(blobs: Blobs, uses: list[Use]) -> Iterator[Trained]:
    by_name = {use.version: use for use in uses}
    for file in blobs.files("trainings"):
        record = json.loads(blobs.read(file.path))
        use = by_name.get(record["version"])
        if use is not None and use.content == record["content"] and use.kept:
            where = f"training {record['train_id']} of run {record['run']}"
            yield Trained(version=use.version, where=where, sides=use.sides())


def _on_disk(uses: list[Use], runs: Iterable[Path]) -> Iterator[Trained]:
    for folder, facts in _checkpoints(runs):
        named = facts.get("origin", {}).get("version")
        content = facts.get("data", {}).get("content")
        fitting = [use for use in uses if use.content == content and use.kept]
        for use in [use for use in fitting if use.version == named] or fitting[:1]:
            yield Trained(version=use.version, where=str(folder), sides=use.sides())


def _checkpoints(runs: Iterable[Path]) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Folders with a checkpoint, or a finished run, and what they say of themselves."""
    for run in runs:
        for place, folders, files in os.walk(run):
            folders[:] = sorted(name for name in folders if name not in _NOT_RUNS)
            for name in ("complete.json", "train.json", "trained_on.json"):
                if name in files:
                    yield Path(place), _facts(Path(place) / name)


def _facts(path: Path) -> dict[str, Any]:
    try:
        facts = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise StorageError(f"{path} cannot be read ({error}); move it away, or look elsewhere with --runs") from None
    return facts if isinstance(facts, dict) else {}
