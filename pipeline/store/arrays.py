"""Writes a version as plain arrays: one safetensors file and one JSON a sequence, and an index.

version ─▶ [write_arrays] ─▶ DIR/sequences/ab/<key>.safetensors, <key>.json ─▶ DIR/index.json, last ─▶ model/arrays.py

What a trainer reads there needs no pyarrow, PyAV or tar: frames are decoded already, as the reader of the store gives
them. The index is written last: a folder without one is not finished, and the same call goes on.
"""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.pipeline.core.files import write_atomic, write_error
from video4spatial.pipeline.core.sequence import Sequence
from video4spatial.pipeline.store.sample import decode_sample, depth_to_millimetres
from video4spatial.pipeline.store.version import Version

FORMAT = 1
_NOT_TOLD = {"sample_sha256", "shard", "offset", "nbytes", "members", "thumbnail_jpeg"}


def write_arrays(version: Version, splits: str, folder: Path, done: Callable[[int], None]) -> None:
    """Writes every kept sequence, then the index. `splits` is what the trainer compares (`clips.split_fingerprint`).

    Raises ConfigError where the folder holds a finished export, StorageError where a shard is damaged or the disk full.
    """
    if (folder / "index.json").exists():
        raise ConfigError(f"{folder} holds an export already; choose another --out, or remove it")
    reader = version.reader()
    rows = []
    for place, row in enumerate(reader.rows):
        members = reader.members(place)
        part = f"sequences/{row['key'][:2]}"
        files = {
            f"{part}/{row['key']}.safetensors": save(arrays_of(decode_sample(members))),
            f"{part}/{row['key']}.json": members["json"],
        }
        for path, data in files.items():
            _write(folder / path, data)
        told = {name: value for name, value in row.items() if name not in _NOT_TOLD}
        rows.append({**told, "files": [_describe(path, data) for path, data in files.items()]})
        done(place + 1)
    index = {
        "format": FORMAT,
        "what": "video4spatial arrays",
        "version": version.name,
        "content": version.content,
        "splits": splits,
        "sequences": rows,
    }
    write_atomic(folder / "index.json", json.dumps(index, sort_keys=True).encode())


def arrays_of(sequence: Sequence) -> dict[str, NDArray[Any]]:
    """The arrays of a sequence by name: `frames`, `times`, and those of cameras, depth and ids where they are known."""
    arrays: dict[str, NDArray[Any]] = {"frames": sequence.frames, "times": sequence.times}
    if sequence.cameras is not None and sequence.camera_valid is not None:
        arrays["world_from_camera"] = sequence.cameras.world_from_camera
        arrays["image_from_camera"] = sequence.cameras.image_from_camera
        arrays["camera_valid"] = sequence.camera_valid
    if sequence.depth_m is not None:
        arrays["depth_mm"] = depth_to_millimetres(sequence.depth_m)
    if sequence.object_id is not None:
        arrays["object_id"] = sequence.object_id.astype(np.uint16)
    if sequence.covisibility is not None:
        arrays["covisibility"] = sequence.covisibility
    return {name: np.ascontiguousarray(array) for name, array in arrays.items()}


def _describe(path: str, data: bytes) -> dict[str, Any]:
    return {"path": path, "nbytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def _write(path: Path, data: bytes) -> None:
    """Under a temporary name, then renamed; not synced, for the index alone says that all are there."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(data)
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise write_error(path, error) from error
