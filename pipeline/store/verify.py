"""Checks a version against its bytes: damage, loss, rows that do not fit, splits that leak.

Version ─▶ [verify_version] ─▶ [Problem ...], empty when all is well

It never repairs. Each problem says what to do; a unit that is made anew gives the same bytes under the same name.
"""

import hashlib
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from video4spatial.pipeline.core.errors import StorageError
from video4spatial.pipeline.store.blobs import Blobs
from video4spatial.pipeline.store.duplicates import find_near_duplicates
from video4spatial.pipeline.store.receipt import receipt_path
from video4spatial.pipeline.store.sample import read_facts
from video4spatial.pipeline.store.shard import hash_sample
from video4spatial.pipeline.store.table import clip_hashes, from_parquet
from video4spatial.pipeline.store.version import Version, find_manifest, hash_content


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that is wrong."""

    path: str
    """The file in the store, with `:<key>` where one row is meant."""
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.path}: {self.what}; {self.remedy}"


def verify_version(version: Version, quick: bool = False) -> list[Problem]:
    """All problems; with `quick` shards are measured, not read. Raises StorageError where the disk itself fails."""
    found = version.manifest["table"]
    data = version.blobs.find(found["path"])
    if data is None:
        return [_lost_table(found["path"], "the table is missing")]
    if hashlib.sha256(data).hexdigest() != found["sha256"]:
        return [_lost_table(found["path"], "the table's bytes are not those that were published")]
    try:
        table = from_parquet(data, found["path"])
    except StorageError as error:
        return [_lost_table(found["path"], str(error))]
    kept = [row for row in table.drop_columns(["thumbnail_jpeg"]).to_pylist() if row["verdict"] == "kept"]
    bits = version.manifest["selection"]["near_duplicate_bits"]
    return [
        *_check_manifest(version.manifest, table, kept),
        *_check_leaks(found["path"], kept, bits),
        *_check_shards(version, kept, quick),
    ]


def _lost_table(path: str, what: str) -> Problem:
    return Problem(path=path, what=what, remedy="`v4s datasets rebuild` this version")


def _check_manifest(manifest: dict[str, Any], table: pa.Table, kept: list[dict[str, Any]]) -> Iterator[Problem]:
    name = f"{manifest['dataset']}@{manifest['version']}"
    path, remedy = f"datasets/{name}", "the manifest or the table was altered; publish again"
    keys = table["key"].to_pylist()
    if len(set(keys)) != len(keys):
        yield Problem(path=path, what="a key stands in its table twice", remedy=remedy)
    if manifest["table"]["rows"] != len(keys) or manifest["rows"] != len(kept):
        what = f"the table has {len(keys)} rows, {len(kept)} kept; the manifest says otherwise"
        yield Problem(path=path, what=what, remedy=remedy)
    if hash_content((row["key"] for row in kept), (row["sample_sha256"] or b"" for row in kept)) != manifest["content"]:
        yield Problem(path=path, what="the table's rows do not give the manifest's content", remedy=remedy)


def _check_leaks(path: str, kept: list[dict[str, Any]], bits: int) -> Iterator[Problem]:
    remedy = "do not train on this version; publish again, and report it if it stays"
    for column in ("split_group", "source_sha256", "variant_group"):
        sides: dict[str, set[str]] = {}
        for row in kept:
            sides.setdefault(row[column], set()).add(row["split"])
        for value, found in sides.items():
            if len(found) > 1:
                what = f"{column} {value} stands in {' and '.join(sorted(map(str, found)))}"
                yield Problem(path=path, what=what, remedy=remedy)
    held: dict[str, set[bool]] = {}
    for row in kept:
        held.setdefault(row["variant_group"], set()).add(row["held_out"])
    for group, found_held in held.items():
        if len(found_held) > 1:
            what = f"variants of {group} are both trained on and held out"
            yield Problem(path=path, what=what, remedy=remedy)
    yield from _check_twins(path, kept, bits, remedy)


def _check_twins(path: str, kept: list[dict[str, Any]], bits: int, remedy: str) -> Iterator[Problem]:
    """Near duplicates on two sides, at the distance that the selection called one."""
    if not bits:
        return
    rows = [row for row in kept if row["kind"] == "real"]
    for first, second in find_near_duplicates([clip_hashes(row) for row in rows], bits).links:
        if rows[first]["split"] != rows[second]["split"]:
            what = f"near duplicates {rows[first]['key']} and {rows[second]['key']} stand on two sides of the split"
            yield Problem(path=path, what=what, remedy=remedy)


def _check_shards(version: Version, kept: list[dict[str, Any]], quick: bool) -> Iterator[Problem]:
    rows_of: dict[str, list[dict[str, Any]]] = {}
    for row in kept:
        rows_of.setdefault(str(row["shard"]), []).append(row)
    named = {shard["path"]: shard["nbytes"] for shard in version.manifest["shards"]}
    for path in sorted(set(rows_of) - set(named)):
        what = "rows name this shard, the manifest does not"
        yield Problem(path=path, what=what, remedy="the manifest or the table was altered; publish again")
    again = _packed_again(version)
    for path, nbytes in named.items():
        rows = rows_of.get(path, [])
        yield from _check_shard(version.blobs, path, nbytes, rows, quick, again)


def _packed_again(version: Version) -> str:
    """How the shards of a version that was repacked, or derived from such a one, are made again; empty for others."""
    manifest = version.manifest
    while (how := manifest.get("derivation")) is not None:
        if how["verb"] == "repack":
            size = f"--shard-mb {how['shard_nbytes'] / 1e6:g} --seed {how['seed']}"
            return f"`v4s datasets repack {how['from']} {size}` makes it again with the same bytes"
        dataset, _, number = how["from"].partition("@")
        found = find_manifest(version.blobs, dataset, int(number))
        if found is None:
            return ""
        manifest = found
    return ""


def _check_shard(
    blobs: Blobs, path: str, nbytes: int, rows: list[dict[str, Any]], quick: bool, again: str
) -> Iterator[Problem]:
    """`again` is the way out where it is not the receipts of the rows."""
    receipts = " and ".join(sorted({receipt_path(row["unit_id"]) for row in rows})) or "the receipt that names it"
    remedy = f"remove {receipts} and run the same command again: it is made anew with the same bytes"
    remedy = again or remedy
    size = blobs.size(path)
    if size is None:
        yield Problem(path=path, what="the shard is missing", remedy=remedy)
        return
    if size != nbytes:
        what = f"the shard has {size} bytes, expected {nbytes}: it was cut off or added to"
        yield Problem(path=path, what=what, remedy=remedy)
        return
    if quick:
        return
    data = blobs.read(path)
    if hashlib.sha256(data).hexdigest() not in path:
        yield Problem(path=path, what="the shard's bytes are not those its name promises", remedy=remedy)
    for row in rows:
        wrong = _wrong_row(row, data)
        if wrong is not None:
            yield Problem(path=f"{path}:{row['key']}", what=wrong, remedy=remedy)


def _wrong_row(row: dict[str, Any], data: bytes) -> str | None:
    """What in `row` does not fit the shard's bytes, if anything."""
    members = {}
    for member in row["members"]:
        name, start, nbytes = f"{row['key']}.{member['ext']}", member["offset"], member["nbytes"]
        try:
            header = tarfile.TarInfo.frombuf(data[start - tarfile.BLOCKSIZE : start], "utf-8", "strict")
        except (tarfile.HeaderError, UnicodeError):
            return f"the row says {name} starts at byte {start}, where no tar member starts"
        if (header.name, header.size) != (name, nbytes):
            return f"the row says {name} with {nbytes} bytes, the shard has {header.name} with {header.size}"
        members[member["ext"]] = data[start : start + nbytes]
    if hash_sample(members) != row["sample_sha256"]:
        return "its members are not those that were published: sample_sha256 differs"
    return _wrong_facts(row, members)


def _wrong_facts(row: dict[str, Any], members: dict[str, bytes]) -> str | None:
    facts = read_facts(members)
    told = {**facts, "unit_id": facts["provenance"]["unit_id"], "source_sha256": facts["provenance"]["source_sha256"]}
    for name in ("n_frames", "height", "width", "pose_source", "scale", "unit_id", "source_sha256"):
        if told[name] != row[name]:
            return f"the row's {name} is {row[name]!r}, the sequence says {told[name]!r}"
    return None
