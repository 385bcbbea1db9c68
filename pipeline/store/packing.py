"""Packs the kept sequences of a version into large shards: each of one part of the version, in shuffled order.

version ─▶ [packs] ─▶ Pack (bytes of a tar, where each sequence lies) ─▶ repack.py (a new version), export (a folder)

The order is a hash of seed and key: the same version and seed give the same shards. One shard is in memory at a time.
Every sequence is compared with its hash on the way, so that damage is not copied.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from video4spatial.pipeline.core.errors import ConfigError, StorageError
from video4spatial.pipeline.store.reader import Reader
from video4spatial.pipeline.store.shard import Place, hash_sample, pack
from video4spatial.pipeline.store.version import Version

PARTS = ("train", "held_out", "val", "test")


@dataclass(frozen=True, kw_only=True)
class Pack:
    """One large shard."""

    part: str
    number: int
    """Counted from 0 within the part."""
    data: bytes
    places: dict[str, Place]
    """By key, in the order of the tar."""


def packs(version: Version, shard_nbytes: int, seed: int) -> Iterator[Pack]:
    """Shards of at least one sequence and at most about `shard_nbytes`; together every kept sequence once.

    Raises StorageError where the bytes of a sequence are missing or not those that were published.
    """
    if shard_nbytes < 1:
        raise ConfigError(f"shards hold at least one byte, got {shard_nbytes}")
    for part in PARTS:
        reader = version.reader(part)  # type: ignore[arg-type]
        for number, places in enumerate(_groups(reader.rows, shard_nbytes, seed)):
            samples = {reader.rows[place]["key"]: _checked(reader, place) for place in places}
            data, found = pack(samples, list(samples))
            yield Pack(part=part, number=number, data=data, places=found)


def _groups(rows: list[dict[str, Any]], shard_nbytes: int, seed: int) -> Iterator[list[int]]:
    """Positions of the rows of each shard, shuffled."""
    order = sorted(range(len(rows)), key=lambda place: hashlib.sha256(f"{seed}:{rows[place]['key']}".encode()).digest())
    group: list[int] = []
    held = 0
    for place in order:
        if group and held + rows[place]["nbytes"] > shard_nbytes:
            yield group
            group, held = [], 0
        group.append(place)
        held += rows[place]["nbytes"]
    if group:
        yield group


def _checked(reader: Reader, place: int) -> dict[str, bytes]:
    members = reader.members(place)
    if hash_sample(members) != reader.rows[place]["sample_sha256"]:
        raise StorageError(
            f"{reader.rows[place]['key']} in {reader.rows[place]['shard']} is not what was published; `v4s datasets "
            "verify` says what to do"
        )
    return members
