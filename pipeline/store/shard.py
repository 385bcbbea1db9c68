"""Packs the members of many sequences into one WebDataset tar with the same bytes every time.

{key: {ext: bytes}} ─▶ [pack] ─▶ tar bytes + where each sequence lies in them

Bytes equal those of `webdataset.TarWriter(mtime=0)`, a test says so; that class itself is not imported because it loads
torch (1.4 s and its memory in each worker). Members are sorted, owners and times fixed.
"""

import hashlib
import io
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from video4spatial.pipeline.core.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class Member:
    """One file of a sequence inside a shard."""

    ext: str
    offset: int
    """Of its first byte, from the start of the shard."""
    nbytes: int


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where one sequence lies in a shard."""

    offset: int
    """Of its first tar header."""
    nbytes: int
    """Up to the next sequence's header: all of its headers, bytes and padding."""
    members: tuple[Member, ...]
    """Sorted by extension."""
    sample_sha256: bytes
    """32 bytes; see `hash_sample`."""


def pack(
    samples: Mapping[str, Mapping[str, bytes]], order: Sequence[str] | None = None
) -> tuple[bytes, dict[str, Place]]:
    """The tar of `samples` (key to members) and each one's place in it; in `order`, None: sorted by key."""
    buffer = io.BytesIO()
    places = {}
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for key in sorted(samples) if order is None else order:
            places[key] = _add(tar, key, samples[key])
    return buffer.getvalue(), places


def hash_sample(members: Mapping[str, bytes]) -> bytes:
    """sha256 (32 bytes) over the sorted lines `<ext> NUL <sha256 of the bytes, hex> LF`: free of packing and place."""
    lines = (f"{ext}\0{hashlib.sha256(members[ext]).hexdigest()}\n" for ext in sorted(members))
    return hashlib.sha256("".join(lines).encode()).digest()


def _add(tar: tarfile.TarFile, key: str, members: Mapping[str, bytes]) -> Place:
    if "." in key or not members:
        raise ConfigError(f"a key has no dot and at least one member, got {key!r} with {sorted(members)}")
    start = tar.offset
    found = []
    for ext in sorted(members):
        data = members[ext]
        info = tarfile.TarInfo(f"{key}.{ext}")
        info.size, info.mtime, info.mode, info.uname, info.gname = len(data), 0, 0o444, "bigdata", "bigdata"
        tar.addfile(info, io.BytesIO(data))
        padded = -(-len(data) // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE
        found.append(Member(ext=ext, offset=tar.offset - padded, nbytes=len(data)))
    return Place(offset=start, nbytes=tar.offset - start, members=tuple(found), sample_sha256=hash_sample(members))
