"""Finds what nothing names any more, and deletes it: never what a version, or somebody at work, relies on.

manifests + receipts ─▶ [find_garbage] ─▶ Garbage, to look at ─▶ [collect] ─▶ receipts retired, files deleted

Marks without a lock, however long that takes; then, alone in the store (lock.py), looks again for what was committed
meanwhile, and deletes. Age is counted by the clock of the store's file system. One that is killed leaves files that
nothing names, which the next one finds. It never goes on where a manifest or table cannot be read.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from video4spatial.pipeline.core.errors import StorageError
from video4spatial.pipeline.store.blobs import Blobs, File
from video4spatial.pipeline.store.receipt import Receipt, parse_receipt, receipt_path, retired_path
from video4spatial.pipeline.store.table import from_parquet
from video4spatial.pipeline.store.version import (
    dataset_folders,
    read_removed,
    read_version,
    removed_numbers,
    version_numbers,
)
from video4spatial.pipeline.store.withdrawal import withdrawn_sources

_DAY_S = 24 * 3600.0
_KINDS = ("shards", "index", "tables", "lists", "captions", "failures")


@dataclass(frozen=True, kw_only=True)
class Grace:
    """How long what nothing names is left alone."""

    days: float = 7.0
    """Files younger than this stay, and so do those of versions removed less than this ago, which can come back."""
    unit_days: float = 30.0
    """Finished units that no version names stay this long: the next version may take them."""
    originals: bool = False
    """Also retire units of whose sequences no version keeps one: they are in the tables, as rejected or repacked, and
    would have to be made again to be kept."""


@dataclass(frozen=True, kw_only=True)
class Garbage:
    """What may go."""

    units: tuple[str, ...]
    """Ids of units whose receipts are retired."""
    files: tuple[File, ...]
    """Shards, indexes, tables, lists, captions and void failure records."""

    @property
    def nbytes(self) -> int:
        return sum(file.nbytes for file in self.files)


@dataclass
class _Roots:
    """What versions name."""

    shards: set[str] = field(default_factory=set)
    tables: set[str] = field(default_factory=set)
    lists: set[str] = field(default_factory=set)
    captions: set[str] = field(default_factory=set)
    units: set[str] = field(default_factory=set)
    seen: set[tuple[str, int]] = field(default_factory=set)


def find_garbage(blobs: Blobs, grace: Grace) -> Garbage:
    """What `collect` would delete now. Raises StorageError where a manifest, table or receipt cannot be read."""
    return _Marked(blobs, grace).garbage()


def collect(blobs: Blobs, grace: Grace) -> Garbage:
    """Deletes; returns what went. Others may work all the while; to commit, they wait while it deletes."""
    marked = _Marked(blobs, grace)
    with blobs.deleting():
        marked.look_again()
        garbage = marked.garbage()
        for unit_id in garbage.units:
            # first, so that no receipt ever names what is not there
            blobs.replace(retired_path(unit_id), blobs.read(receipt_path(unit_id)))
            blobs.remove(receipt_path(unit_id))
        for file in garbage.files:
            blobs.remove(file.path)
    return garbage


class _Marked:
    """What a store holds, and what of it is named."""

    def __init__(self, blobs: Blobs, grace: Grace) -> None:
        self._blobs, self._grace, self._now_s = blobs, grace, blobs.now_s()
        # files before what may name them: a file that is committed meanwhile is then either not listed or named
        self._files = {kind: blobs.files(kind) for kind in _KINDS}
        self._receipts: dict[str, tuple[Receipt, float]] = {}
        self._roots = _Roots()
        self.look_again()

    def look_again(self) -> None:
        """Takes in the versions and receipts that are new since the last look."""
        _add_versions(self._blobs, self._roots, self._now_s - self._grace.days * _DAY_S)
        known, self._receipts = self._receipts, {}
        for file in self._blobs.files("units"):
            unit_id = file.path.rpartition("/")[2].removesuffix(".json")
            # one that was reopened and made good meanwhile is another receipt, of other files
            if unit_id in known and known[unit_id][1] == file.modified_s:
                self._receipts[unit_id] = known[unit_id]
            elif (data := self._blobs.find(file.path)) is not None:
                self._receipts[unit_id] = parse_receipt(data, file.path), file.modified_s

    def garbage(self) -> Garbage:
        withdrawn = withdrawn_sources(self._blobs)
        retired = sorted(
            unit_id
            for unit_id, (receipt, modified_s) in self._receipts.items()
            if self._may_retire(receipt, modified_s, withdrawn)
        )
        live = [receipt for unit_id, (receipt, _) in self._receipts.items() if unit_id not in set(retired)]
        named = {
            "shards": self._roots.shards | {receipt.shard for receipt in live if receipt.shard},
            "index": {receipt.index for receipt in live},
            "tables": self._roots.tables,
            "lists": self._roots.lists,
            "captions": self._roots.captions,
            "failures": set(),
        }
        files = [
            file
            for kind, found in self._files.items()
            for file in found
            if file.path not in named[kind] and self._is_old(file.modified_s, self._grace.days)
        ]
        void = {f"{unit_id}.json" for unit_id in self._receipts}
        files = [
            file for file in files if not file.path.startswith("failures/") or file.path.rpartition("/")[2] in void
        ]
        return Garbage(units=tuple(retired), files=tuple(files))

    def _may_retire(self, receipt: Receipt, modified_s: float, withdrawn: set[str]) -> bool:
        if receipt.shard in self._roots.shards:
            return False
        if receipt.source_sha256 in withdrawn:
            return self._is_old(modified_s, self._grace.days)
        if receipt.unit_id not in self._roots.units:
            return self._is_old(modified_s, self._grace.unit_days)
        return self._grace.originals and receipt.shard is not None and self._is_old(modified_s, self._grace.days)

    def _is_old(self, modified_s: float, days: float) -> bool:
        return modified_s <= self._now_s - days * _DAY_S


def _add_versions(blobs: Blobs, roots: _Roots, removed_after_s: float) -> None:
    """Adds what every version names, and every one that was removed after that time."""
    for dataset in dataset_folders(blobs):
        for number in version_numbers(blobs, dataset):
            if (dataset, number) not in roots.seen:
                _add(blobs, roots, read_version(blobs, dataset, number).manifest)
                roots.seen.add((dataset, number))
        for number in removed_numbers(blobs, dataset):
            record = read_removed(blobs, dataset, number)
            young = record is not None and datetime.fromisoformat(record["removed"]).timestamp() > removed_after_s
            if record is not None and young and blobs.size(record["table"]["path"]) is not None:
                _add(blobs, roots, record)


def _add(blobs: Blobs, roots: _Roots, manifest: dict[str, Any]) -> None:
    path = manifest["table"]["path"]
    try:
        units = from_parquet(blobs.read_named(path), path, ["unit_id"])["unit_id"]
    except StorageError as error:
        raise StorageError(
            f"nothing was deleted: what {manifest['dataset']}@{manifest['version']} needs cannot be told ({error}); "
            "`v4s datasets rebuild` it, or `rm` it"
        ) from None
    roots.tables.add(path)
    roots.shards |= {shard["path"] for shard in manifest["shards"]}
    roots.units |= set(units.unique().to_pylist())
    digest = manifest["units"]["sha256"]
    roots.lists.add(f"lists/{digest[:2]}/{digest}.json")
    if manifest.get("captions"):
        roots.captions.add(manifest["captions"]["path"])
