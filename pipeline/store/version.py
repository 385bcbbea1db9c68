"""An immutable dataset version: what its manifest says, its table, and readers over its splits.

Store.version("demo@2") ─▶ [Version] ─▶ table, reader(split) ─▶ Reader

The manifest is the commit: everything it names was durable before it was created. `content` is the equality of data.
"""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, get_args

import pyarrow as pa
import pyarrow.compute as pc

from video4spatial.pipeline.core.errors import ConfigError, StorageError
from video4spatial.pipeline.store.blobs import Blobs
from video4spatial.pipeline.store.reader import Reader
from video4spatial.pipeline.store.table import check_column, from_parquet

FORMAT = 1
_PARTS = ("dataset", "version", "content", "table", "rows", "bytes", "created", "complete")

Part = Literal["train", "val", "test", "held_out", "all"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_VERSION_FILE = re.compile(r"\d{6}\.json")


@dataclass(frozen=True)
class Version:
    """One published version. Holds its manifest; table and shards are read when asked for. Travels by pickle."""

    blobs: Blobs
    manifest: dict[str, Any]

    @property
    def name(self) -> str:
        """`demo@2`."""
        return f"{self.manifest['dataset']}@{self.manifest['version']}"

    @property
    def content(self) -> str:
        """sha256 (64 hex digits) over the kept (key, sample_sha256): equal for equal data, however packed."""
        return self.manifest["content"]

    def table(self, columns: list[str] | None = None) -> pa.Table:
        """One row per sequence, kept or not, sorted by key; all columns or those named."""
        path = self.manifest["table"]["path"]
        return from_parquet(self.blobs.read_named(path), path, columns)

    def reader(self, split: Part = "all", **equals: Any) -> Reader:
        """The kept sequences of a part whose columns equal the given values: `reader("train", height=64)`.

        `train` leaves out the held-out paths, `held_out` is those; `all` is every kept sequence. Raises ConfigError for
        an unknown part or column.
        """
        if split not in get_args(Part):
            raise ConfigError(f"split must be one of {', '.join(get_args(Part))}, got {split!r}")
        table = self.table()
        keep = pc.equal(table["verdict"], "kept")
        if split == "held_out":
            keep = pc.and_(keep, table["held_out"])
        elif split != "all":
            keep = pc.and_(keep, pc.and_(pc.equal(table["split"], split), pc.invert(table["held_out"])))
        for name, value in equals.items():
            check_column(name, table.column_names)
            keep = pc.and_(keep, pc.fill_null(pc.equal(table[name], value), False))
        rows = table.filter(keep).drop_columns(["thumbnail_jpeg"]).to_pylist()
        return Reader(self.blobs, rows)


@dataclass(frozen=True, kw_only=True)
class Published:
    """What `publish` did."""

    version: Version
    created: bool
    """False where the same units, selection and data had been published before."""
    moved: tuple[str, ...]
    """What was moved between splits so that none is empty, as sentences."""


def hash_content(keys: Iterable[str], sample_sha256: Iterable[bytes]) -> str:
    """sha256 (64 hex digits) over key-sorted `<key><sample_sha256 in hex>` of the kept sequences."""
    digest = hashlib.sha256()
    for key, sample in sorted(zip(keys, sample_sha256, strict=True)):
        digest.update(key.encode() + sample.hex().encode())
    return digest.hexdigest()


def check_dataset_name(dataset: str) -> None:
    """Raises ConfigError unless `dataset` can be the name of a dataset or tag."""
    if not _NAME.fullmatch(dataset) or dataset.isdigit():
        raise ConfigError(f"a name has letters, digits, - and _, starts with a letter or digit, got {dataset!r}")


def dataset_names(blobs: Blobs) -> list[str]:
    """The datasets that have a version, sorted."""
    return [name for name in dataset_folders(blobs) if version_numbers(blobs, name)]


def dataset_folders(blobs: Blobs) -> list[str]:
    """The datasets that have or had a version, sorted."""
    return [name for name in blobs.names("datasets") if _NAME.fullmatch(name)]


def version_numbers(blobs: Blobs, dataset: str) -> list[int]:
    """The numbers of the dataset's versions, rising."""
    check_dataset_name(dataset)
    names = blobs.names(f"datasets/{dataset}/versions")
    return [int(name.removesuffix(".json")) for name in names if _VERSION_FILE.fullmatch(name)]


def removed_numbers(blobs: Blobs, dataset: str) -> list[int]:
    """The numbers of versions that were removed, rising."""
    check_dataset_name(dataset)
    names = blobs.names(f"datasets/{dataset}/removed")
    return [int(name.removesuffix(".json")) for name in names if _VERSION_FILE.fullmatch(name)]


def used_numbers(blobs: Blobs, dataset: str) -> list[int]:
    """Every number that a version of the dataset has or had, rising."""
    return sorted({*version_numbers(blobs, dataset), *removed_numbers(blobs, dataset)})


def removed_path(dataset: str, number: int) -> str:
    return f"datasets/{dataset}/removed/{number:06d}.json"


def read_removed(blobs: Blobs, dataset: str, number: int) -> dict[str, Any] | None:
    """The record of a removed version (its manifest, when it went and its tags), or None."""
    path = removed_path(dataset, number)
    data = blobs.find(path)
    return None if data is None else _parse(data, path)


def find_manifest(blobs: Blobs, dataset: str, number: int) -> dict[str, Any] | None:
    """The manifest of a version, also of one that was removed; None where there is no record of it."""
    if number in version_numbers(blobs, dataset):
        return read_version(blobs, dataset, number).manifest
    return read_removed(blobs, dataset, number)


def version_path(dataset: str, number: int) -> str:
    return f"datasets/{dataset}/versions/{number:06d}.json"


def tag_path(dataset: str, tag: str) -> str:
    return f"datasets/{dataset}/tags/{tag}.json"


def load_version(blobs: Blobs, name: str) -> Version:
    """The version called `demo@2`, `demo@tag` or `demo` (its latest). Raises ConfigError where there is none."""
    dataset, _, wanted = name.partition("@")
    numbers = version_numbers(blobs, dataset)
    if wanted.isdigit() and int(wanted) in set(removed_numbers(blobs, dataset)) - set(numbers):
        raise ConfigError(f"{name} was removed; `v4s datasets rm {name} --restore` brings it back")
    if not numbers:
        known = ", ".join(dataset_names(blobs)) or "nothing yet"
        raise ConfigError(f"no dataset {dataset!r} in {blobs.root}, which holds {known}")
    number = _resolve(blobs, dataset, wanted, numbers)
    if number not in numbers:
        raise ConfigError(f"{dataset} has no version {wanted!r}, it has {_span(numbers)}")
    return read_version(blobs, dataset, number)


def read_version(blobs: Blobs, dataset: str, number: int) -> Version:
    """The version with that number. Raises StorageError where its manifest is damaged or of a newer format."""
    path = version_path(dataset, number)
    return Version(blobs, _parse(blobs.read(path), path))


def _parse(data: bytes, path: str) -> dict[str, Any]:
    """A manifest. Raises StorageError where it is damaged or of a newer format."""
    try:
        manifest = json.loads(data)
    except ValueError as error:
        raise StorageError(f"{path} is damaged ({error}); remove it and publish again") from None
    if not isinstance(manifest, dict):
        raise StorageError(f"{path} is damaged (not a JSON object); remove it and publish again")
    if manifest.get("format") != FORMAT:
        raise StorageError(f"{path} is not of format {FORMAT}; update video4spatial to read it")
    missing = [part for part in _PARTS if part not in manifest]
    if missing:
        raise StorageError(f"{path} is damaged (no {', '.join(missing)}); remove it and publish again")
    return manifest


def set_tag(blobs: Blobs, version: Version, tag: str) -> None:
    """Names a version for good. Raises ConfigError where the tag names another one."""
    check_dataset_name(tag)
    dataset, number = version.manifest["dataset"], version.manifest["version"]
    path = tag_path(dataset, tag)
    for removed in removed_numbers(blobs, dataset):
        if removed != number and tag in (read_removed(blobs, dataset, removed) or {}).get("removed_tags", ()):
            raise ConfigError(f"{dataset}@{tag} was {dataset}@{removed}, which was removed; choose another tag")
    if not blobs.create(path, json.dumps({"version": number}).encode()):
        taken = _read_tag(blobs, path)
        if taken != number:
            raise ConfigError(f"{dataset}@{tag} is version {taken} already; a tag is never moved, choose another")


def tags(blobs: Blobs, dataset: str) -> dict[str, int]:
    """The dataset's tags and the versions they name."""
    check_dataset_name(dataset)
    names = [name.removesuffix(".json") for name in blobs.names(f"datasets/{dataset}/tags")]
    return {name: _read_tag(blobs, tag_path(dataset, name)) for name in names}


def _resolve(blobs: Blobs, dataset: str, wanted: str, numbers: list[int]) -> int:
    if not wanted:
        return numbers[-1]
    if wanted.isdigit():
        return int(wanted)
    known = tags(blobs, dataset)
    if wanted not in known:
        names = ", ".join(known) or "none"
        raise ConfigError(f"{dataset} has no tag {wanted!r}; tags: {names}; versions: {_span(numbers)}")
    return known[wanted]


def _read_tag(blobs: Blobs, path: str) -> int:
    try:
        return int(json.loads(blobs.read(path))["version"])
    except (ValueError, KeyError, TypeError) as error:
        raise StorageError(f"{path} is damaged ({error}); remove it and tag again") from None


def _span(numbers: list[int]) -> str:
    return str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}"
