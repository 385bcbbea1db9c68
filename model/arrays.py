"""Reads a version that was exported as plain arrays: all a node with torch and diffusers needs to train on it.

v4s datasets export --format arrays ─▶ DIR/index.json, sequences/ ─▶ [ArrayVersion] ─▶ reader(part) ─▶ StoreSource

It gives the sequences, in the order and with the values, that the reader of the store gives (docs/datasets.md says what
lies in the folder).
"""

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load

from video4spatial.pipeline.core.camera import Cameras
from video4spatial.pipeline.core.errors import ConfigError, StorageError
from video4spatial.pipeline.core.sequence import Provenance, Sequence

FORMAT = 1
PARTS = ("train", "held_out", "val", "test", "all")


@dataclass(frozen=True)
class ArrayVersion:
    """An exported version. `open_arrays` makes one."""

    folder: Path
    index: dict[str, Any]

    @property
    def identity(self) -> dict[str, str]:
        """What a training compares: the same as that of a training from the store."""
        return {"content": self.index["content"], "splits": self.index["splits"]}

    @property
    def name(self) -> str:
        """`demo@2`."""
        return self.index["version"]

    def reader(self, split: str = "all", **equals: Any) -> "ArrayReader":
        """The sequences of a part whose columns equal the given values, as `Version.reader` of the store."""
        if split not in PARTS:
            raise ConfigError(f"split must be one of {', '.join(PARTS)}, got {split!r}")
        rows = [row for row in self.index["sequences"] if split in ("all", _side(row))]
        fitting = [row for row in rows if all(row.get(name) == value for name, value in equals.items())]
        return ArrayReader(self.folder, fitting)


class ArrayReader:
    """Random access to the sequences of one part."""

    def __init__(self, folder: Path, rows: list[dict[str, Any]]) -> None:
        self._folder, self.rows = folder, rows

    def __len__(self) -> int:
        return len(self.rows)

    def read(self, i: int, *, without: Collection[Any] = ()) -> Sequence:
        """Sequence `i`; `without` leaves `depth`, `object_id` or `covisibility` None.

        Raises StorageError for a damaged file.
        """
        row = self.rows[i]
        files = {Path(entry["path"]).suffix: self._bytes(entry) for entry in row["files"]}
        try:
            arrays, facts = load(files[".safetensors"]), json.loads(files[".json"])
        except (SafetensorError, ValueError) as error:
            raise StorageError(f"{row['key']} in {self._folder} is damaged ({error}); export it again") from None
        depth_mm = None if "depth" in without else arrays.get("depth_mm")
        object_id = None if "object_id" in without else arrays.get("object_id")
        cameras = None
        if "world_from_camera" in arrays:
            cameras = Cameras(
                world_from_camera=arrays["world_from_camera"],
                image_from_camera=arrays["image_from_camera"],
                width_px=facts["width"],
                height_px=facts["height"],
            )
        return Sequence(
            frames=arrays["frames"],
            times=arrays["times"],
            time_base=Fraction(facts["time_base"]),
            provenance=Provenance(**facts["provenance"]),
            cameras=cameras,
            camera_valid=arrays.get("camera_valid"),
            pose_source=facts["pose_source"],
            scale=facts["scale"],
            depth_m=None if depth_mm is None else depth_mm.astype(np.float32) / np.float32(1000),
            object_id=None if object_id is None else object_id.astype(np.int32),
            covisibility=None if "covisibility" in without else arrays.get("covisibility"),
            covisibility_frames=tuple(facts["covisibility_frames"]),
            objects=tuple(facts["objects"]),
            tasks=tuple(facts["tasks"]),
            variant=facts["variant"],
        )

    def check(self) -> list[str]:
        """What is missing, cut off or altered, one sentence a file; reads everything."""
        wrong = []
        for row in self.rows:
            for entry in row["files"]:
                try:
                    data = self._bytes(entry)
                except StorageError as error:
                    wrong.append(str(error))
                    continue
                if hashlib.sha256(data).hexdigest() != entry["sha256"]:
                    wrong.append(f"{self._folder / entry['path']} is not what was exported")
        return wrong

    def _bytes(self, entry: dict[str, Any]) -> bytes:
        path = self._folder / entry["path"]
        try:
            data = path.read_bytes()
        except OSError as error:
            raise StorageError(f"cannot read {path} ({error.strerror}); export the version again") from None
        if len(data) != entry["nbytes"]:
            raise StorageError(f"{path} has {len(data)} bytes, expected {entry['nbytes']}; export the version again")
        return data


def open_arrays(folder: Path) -> ArrayVersion:
    """The version exported to `folder`. Raises ConfigError where there is none, or one of another format."""
    try:
        index = json.loads((folder / "index.json").read_text())
    except FileNotFoundError:
        raise ConfigError(
            f"{folder} has no index.json: no export of arrays, or one that was not finished; run `v4s datasets export` "
            "with --format arrays again"
        ) from None
    except (OSError, ValueError) as error:
        raise StorageError(f"{folder / 'index.json'} cannot be read ({error}); export the version again") from None
    if not isinstance(index, dict) or index.get("format") != FORMAT or index.get("what") != "video4spatial arrays":
        raise ConfigError(f"{folder / 'index.json'} is no index of arrays of format {FORMAT}; export the version again")
    paths = [Path(entry["path"]) for row in index["sequences"] for entry in row["files"]]
    if any(path.is_absolute() or ".." in path.parts for path in paths):
        raise StorageError(f"{folder / 'index.json'} names files outside its folder; do not use it")
    return ArrayVersion(folder, index)


def _side(row: dict[str, Any]) -> str:
    return "held_out" if row["held_out"] else row["split"]
