"""The store as the rest of the system sees it: one folder, one object, a handful of verbs.

engine ─▶ Store.write_unit ─▶ commands ─▶ Store.publish ─▶ trainer, evaluation, report ─▶ Store.version(...).reader(...)

The object holds only its address: it travels to workers by pickle, and any number of processes may use one folder.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from video4spatial.pipeline.core.errors import ConfigError, StorageError
from video4spatial.pipeline.core.unit import Product, Unit
from video4spatial.pipeline.store import (
    derive,
    gc,
    lineage,
    publish,
    rebuild,
    removal,
    repack,
    trace,
    units,
    version,
    withdrawal,
)
from video4spatial.pipeline.store.blobs import Blobs
from video4spatial.pipeline.store.captions import Captions
from video4spatial.pipeline.store.derive import Derived
from video4spatial.pipeline.store.gc import Garbage, Grace
from video4spatial.pipeline.store.lineage import Lineage
from video4spatial.pipeline.store.receipt import Failure, Receipt
from video4spatial.pipeline.store.selection import Selection
from video4spatial.pipeline.store.trace import Trace
from video4spatial.pipeline.store.verify import Problem, verify_version
from video4spatial.pipeline.store.version import Published, Version

__all__ = [
    "Derived",
    "Failure",
    "Garbage",
    "Grace",
    "Lineage",
    "Problem",
    "Published",
    "Receipt",
    "Selection",
    "Store",
    "Trace",
    "Version",
]

FORMAT = 1
_MARKER = "store.json"


class Store:
    """Units, shards and versions below one folder. Make one with `Store.open`."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs

    @classmethod
    def open(cls, address: str | Path, create: bool = True) -> "Store":
        """The store in the folder `address`.

        With `create` it is made where there is none, and proven writable by creating one file twice; without, it must
        exist and is not written to. Raises StorageError with what to do; ConfigError for addresses that are no folder.
        """
        if "://" in str(address):
            raise ConfigError(f"a store is a local folder; {str(address).partition('://')[0]}:// is not supported yet")
        blobs = Blobs(Path(address).absolute())
        if create:
            blobs.prepare()
            blobs.create(_MARKER, json.dumps({"format": FORMAT, "what": "video4spatial store"}).encode())
        _check_marker(blobs)
        return cls(blobs)

    @property
    def root(self) -> Path:
        """The folder; `Store.open` takes it. Not written into any data."""
        return self._blobs.root

    def receipt(self, unit_id: str) -> Receipt | None:
        """The receipt of a finished unit, else None: it is to be made."""
        return units.read_receipt(self._blobs, unit_id)

    def write_unit(self, unit: Unit, products: Iterable[Product], facts: Mapping[str, Any]) -> Receipt:
        """Encodes the products, packs them and commits the unit; returns its receipt.

        A unit that has a receipt is not made again: it is returned and `products` is not touched. `facts` (seconds,
        host, code) go into the receipt only. Errors raised by `products` pass through, and nothing is committed.
        """
        return units.write_unit(self._blobs, unit, products, facts)

    def record_failure(self, unit: Unit, reason: str, detail: str, attempts: int) -> None:
        """Notes that infrastructure kept the unit from finishing: not a receipt, a later run may try again."""
        failure = Failure(
            unit_id=unit.unit_id,
            kind=unit.kind,
            source_uri=unit.source.uri,
            reason=reason,
            detail=detail,
            attempts=attempts,
        )
        units.write_failure(self._blobs, failure)

    def failures(self) -> dict[str, Failure]:
        """Failures by unit id, without those of units that finished later."""
        return units.read_failures(self._blobs)

    def why_failed(self, receipt: Receipt) -> tuple[str, str]:
        """(reason, detail) of a unit whose input was broken as a whole."""
        return units.why_failed(self._blobs, receipt)

    def reopen_failed(self, receipt: Receipt) -> None:
        """Turns the receipt of a unit whose input was broken into a failure record, so that it is tried again."""
        units.reopen_failed(self._blobs, receipt)

    def publish(
        self,
        dataset: str,
        units: list[Unit],
        selection: Selection,
        recipe_text: str,
        facts: Mapping[str, Any],
        captions: Captions | None = None,
    ) -> Published:
        """Selects among the units' sequences and commits the next version of `dataset`.

        Every unit needs a receipt or a recorded failure (then the version says `complete: false`), else StorageError.
        The same units, selection and data give the existing version, also when many processes publish at once.
        `captions` fill the column `caption`. `facts` may hold `code` and `environment`; what else is in it ends in the
        manifest's `facts`.
        """
        return publish.publish(self._blobs, dataset, units, selection, recipe_text, facts, captions)

    def datasets(self) -> list[str]:
        """Names of the datasets that have a version, sorted."""
        return version.dataset_names(self._blobs)

    def versions(self, dataset: str) -> list[int]:
        """Numbers of the dataset's versions, rising; empty where there is no such dataset."""
        return version.version_numbers(self._blobs, dataset)

    def version(self, name: str) -> Version:
        """The version called `demo@2`, `demo@tag` or `demo` (the latest). Raises ConfigError where there is none."""
        return version.load_version(self._blobs, name)

    def tags(self, dataset: str) -> dict[str, int]:
        """The dataset's tags and the version numbers they name."""
        return version.tags(self._blobs, dataset)

    def tag(self, name: str, tag: str) -> None:
        """Gives the version called `name` a second name for good. Raises ConfigError where the tag is taken."""
        version.set_tag(self._blobs, self.version(name), tag)

    def derive(self, version: Version, where: str, dataset: str | None, facts: Mapping[str, Any]) -> Derived:
        """A version of the kept sequences for which the SQL expression `where` is true; no shard is written."""
        return derive.derive_where(version, where, dataset, facts)

    def drop(self, version: Version, source_sha256: str, facts: Mapping[str, Any]) -> Derived:
        """Withdraws a raw input: a version without it now, and no later one takes it in."""
        return derive.drop_source(version, source_sha256, facts)

    def withdrawn(self) -> set[str]:
        """sha256 of every withdrawn input."""
        return withdrawal.withdrawn_sources(self._blobs)

    def repack(
        self, version: Version, shard_nbytes: int, seed: int, facts: Mapping[str, Any], done: Callable[[int], None]
    ) -> tuple[Version, bool]:
        """The same content in large shuffled shards; False where that version is there already."""
        return repack.repack(version, shard_nbytes, seed, facts, done)

    def remove(self, version: Version, with_tags: bool = False) -> list[str]:
        """Takes a version out of sight; returns the tags that went with it. `gc` deletes what it held, later."""
        return removal.remove_version(self._blobs, version, with_tags)

    def restore(self, dataset: str, number: int) -> Version:
        """Brings a removed version back, as long as gc has not taken its files."""
        return removal.restore_version(self._blobs, dataset, number)

    def removed(self) -> list[dict[str, Any]]:
        """`version`, `content`, when it was `removed` and whether it is `restorable`, of every removed version."""
        return removal.removed_versions(self._blobs)

    def garbage(self, grace: Grace) -> Garbage:
        """What nothing needs any more. Deletes nothing."""
        return gc.find_garbage(self._blobs, grace)

    def collect(self, grace: Grace) -> Garbage:
        """Deletes what nothing needs any more, safely beside others at work; returns what went."""
        return gc.collect(self._blobs, grace)

    def rebuild(self, version: Version) -> bool:
        """Makes the version's table again where it is lost or damaged; False where it is whole."""
        return rebuild.rebuild_table(version)

    def lineage(self, key: str) -> Lineage:
        """What the sample called `key` was made of, and its fate in each version."""
        return lineage.lineage(self._blobs, key)

    def trace(self, source_sha256: str, runs: Iterable[Path] = ()) -> Trace:
        """What was made of a raw input; checkpoints are looked for below the folders `runs`."""
        return trace.trace(self._blobs, source_sha256, runs)

    def sources(self) -> pa.Table:
        """`source_sha256` and `source_uri` of every input that a version has a row of."""
        return trace.sources(self._blobs)

    def record_training(self, version: Version, train_id: str, run: str) -> None:
        """Notes that a training reads that version, so that `trace` finds it."""
        trace.record_training(self._blobs, version, train_id, run)

    def verify(self, version: Version, quick: bool = False) -> list[Problem]:
        """What is wrong with a version, empty when nothing is. With `quick` shards are measured, not read."""
        return verify_version(version, quick)


def _check_marker(blobs: Blobs) -> None:
    data = blobs.find(_MARKER)
    if data is None:
        raise StorageError(f"{blobs.root} holds no store; give the folder of a run's store, or make one with `v4s run`")
    try:
        found = json.loads(data)["format"]
    except (ValueError, KeyError, TypeError) as error:
        raise StorageError(f"{blobs.root / _MARKER} is damaged ({error}); restore it from a backup") from None
    if found != FORMAT:
        raise StorageError(f"{blobs.root} is a store of format {found}, expected {FORMAT}; update video4spatial")
