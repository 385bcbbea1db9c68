"""Writes a version's sequences into large shuffled shards, for training from object stores and for streaming readers.

demo@2 ─▶ packing.py ─▶ shards/ ─▶ [repack] ─▶ demo@3: the same content, other places

A unit's own shard is as large as the unit, often a few megabytes. Killed, it leaves shards that the next call finds.
"""

from collections.abc import Callable, Mapping
from typing import Any

import pyarrow as pa

from video4spatial.pipeline.core.errors import ConfigError, StorageError
from video4spatial.pipeline.core.settings import to_plain
from video4spatial.pipeline.store.commit import commit_version
from video4spatial.pipeline.store.manifest import describe_derived
from video4spatial.pipeline.store.packing import packs
from video4spatial.pipeline.store.shard import Place
from video4spatial.pipeline.store.table import placed, set_column, to_parquet
from video4spatial.pipeline.store.version import Version
from video4spatial.pipeline.store.withdrawal import withdrawn_sources


def repack(
    version: Version, shard_nbytes: int, seed: int, facts: Mapping[str, Any], done: Callable[[int], None]
) -> tuple[Version, bool]:
    """The version of the same dataset with the same content in shards of about `shard_nbytes`; False where it is there.

    `done` is called with the number of sequences written so far.
    """
    blobs = version.blobs
    _check_not_withdrawn(version)
    places: dict[str, tuple[str, Place]] = {}
    sizes: dict[str, int] = {}
    for item in packs(version, shard_nbytes, seed):
        # not under the lock, which would hold up gc, and all who wait behind it, for as long as copying takes
        path = blobs.put("shards", item.data, "tar")
        sizes[path] = len(item.data)
        places |= {key: (path, place) for key, place in item.places.items()}
        done(len(places))
    table = _moved(version.table(), places)
    parquet = to_parquet(table)
    derivation = {"verb": "repack", "shard_nbytes": shard_nbytes, "seed": seed}
    with blobs.committing():
        _check_not_withdrawn(version)
        gone = [path for path, nbytes in sizes.items() if blobs.size(path) != nbytes]
        if gone:
            raise StorageError(f"{gone[0]} was collected while it was needed; run the same command again")
        manifest = describe_derived(
            version.manifest,
            table=table,
            table_path=blobs.put("tables", parquet, "parquet"),
            table_nbytes=len(parquet),
            derivation={**derivation, "from": version.name, "from_content": version.content},
            withdrawn=version.manifest.get("withdrawn", []),
            captions=version.manifest.get("captions"),
            facts=to_plain(facts),
            shard_nbytes=sizes,
        )
        return commit_version(blobs, version.manifest["dataset"], manifest, version.name)


def _check_not_withdrawn(version: Version) -> None:
    """Raises ConfigError where the version holds a withdrawn input: one with the same content would hold it too."""
    rows = version.table(["source_sha256", "source_uri", "verdict"]).to_pylist()
    withdrawn = withdrawn_sources(version.blobs)
    for row in rows:
        if row["verdict"] == "kept" and row["source_sha256"] in withdrawn:
            raise ConfigError(
                f"{version.name} holds sequences of {row['source_uri']}, which was withdrawn; repack one without it"
            )


def _moved(table: pa.Table, places: Mapping[str, tuple[str, Place]]) -> pa.Table:
    """`table` with where the sequences with these keys lie now."""
    names = ("shard", "offset", "nbytes", "members")
    rows = table.select(["key", "sample_sha256", *names]).to_pylist()
    rows = [placed(row, *places[row["key"]]) if row["key"] in places else row for row in rows]
    for name in names:
        table = set_column(table, name, [row[name] for row in rows])
    return table
