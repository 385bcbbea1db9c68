"""A published version as training clips: rows with cameras, decoded once and kept within a bound of bytes.

version.reader(split, height=64) ─▶ [StoreSource] ─▶ ClipSource

It takes a reader and imports no store: the store's own packages are not needed to import the model.
"""

from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from video4spatial.model.source import Clip
from video4spatial.pipeline.core import sequence as core
from video4spatial.pipeline.core.errors import ConfigError

RELATIVE_EXTENT_M = 1.0
"""Extent that a path of unknown scale is given, each clip by itself: rays are coded in metres, and a path in units of
COLMAP or RealEstate10K may be a hundred times longer or shorter than any that the model can tell apart."""


class SequenceReader(Protocol):
    """What `Version.reader` gives (pipeline/store/reader.py)."""

    @property
    def rows(self) -> Sequence[Mapping[str, Any]]: ...

    def read(self, i: int, *, without: Collection[Any]) -> core.Sequence: ...


class SequenceVersion(Protocol):
    """A version of the store (pipeline/store/version.py), or one that was exported (arrays.py)."""

    def reader(self, split: Any, **equals: Any) -> SequenceReader: ...


class StoreSource:
    """The sequences of a reader whose frames have cameras, in the reader's order.

    `cache_bytes` bounds the decoded clips that are kept, least recently used first out; a training set that fits is
    decoded once. `with_depth` also reads depth, which only evaluation needs. Sequences shorter than `shortest` frames,
    as the ends of real recordings may be, are left out. A row's `caption`, where its version has captions, is the
    clip's instruction.
    """

    def __init__(
        self, reader: SequenceReader, *, with_depth: bool = False, cache_bytes: int = 2**30, shortest: int = 0
    ) -> None:
        self._reader, self._with_depth, self._cache_bytes = reader, with_depth, cache_bytes
        self._places = [
            place
            for place, row in enumerate(reader.rows)
            if row["pose_source"] != "none" and row["n_frames"] >= shortest
        ]
        self._cache: OrderedDict[int, Clip] = OrderedDict()
        self._held_bytes = 0

    def __len__(self) -> int:
        return len(self._places)

    def key(self, index: int) -> str:
        return self._row(index)["key"]

    def scene(self, index: int) -> str:
        return self._row(index)["scene"] or self._row(index)["split_group"]

    def n_frames(self, index: int) -> int:
        return self._row(index)["n_frames"]

    def clip(self, index: int, frames: Sequence[int] | None = None) -> Clip:
        """Raises StorageError for a damaged shard, ConfigError for a sequence with frames of unknown camera."""
        clip = self._cache.get(index)
        if clip is None:
            clip = self._read(index)
            self._keep(index, clip)
        else:
            self._cache.move_to_end(index)
        return clip if frames is None else clip.take(frames)

    def _row(self, index: int) -> Mapping[str, Any]:
        return self._reader.rows[self._places[index]]

    def _read(self, index: int) -> Clip:
        without = ("object_id", "covisibility") if self._with_depth else ("depth", "object_id", "covisibility")
        sequence = self._reader.read(self._places[index], without=without)
        cameras, valid = sequence.cameras, sequence.camera_valid
        if cameras is None or (valid is not None and not np.all(valid)):
            raise ConfigError(
                f"sequence {self.key(index)} has frames without a trusted camera; select sequences whose cameras are "
                "all valid when the version is published"
            )
        scale = relative_scale(cameras.world_from_camera) if sequence.scale == "relative" else 1.0
        poses = cameras.world_from_camera.copy()
        poses[:, :3, 3] *= scale
        return Clip(
            frames=sequence.frames,
            world_from_camera=poses,
            image_from_camera=cameras.image_from_camera,
            times=sequence.times,
            depth_m=None if sequence.depth_m is None else sequence.depth_m * np.float32(scale),
            instruction=self._row(index).get("caption") or "",
        )

    def _keep(self, index: int, clip: Clip) -> None:
        size = _nbytes(clip)
        if size > self._cache_bytes:
            return
        self._cache[index] = clip
        self._held_bytes += size
        while self._held_bytes > self._cache_bytes:
            self._held_bytes -= _nbytes(self._cache.popitem(last=False)[1])


def clip_sources(
    version: SequenceVersion, size_px: int, parts: Iterable[str], *, with_depth: bool, shortest: int
) -> dict[str, StoreSource]:
    """The parts that hold sequences of `size_px` square frames with cameras and at least `shortest` frames; a part
    without any is left out."""
    sources = {
        part: StoreSource(version.reader(part, height=size_px, width=size_px), with_depth=with_depth, shortest=shortest)
        for part in parts
    }
    return {part: source for part, source in sources.items() if len(source)}


def check_captions(rows: Iterable[Mapping[str, Any]], instruction_bytes: int) -> None:
    """Raises ConfigError where a caption that a model of these sequences may be given is too long for it."""
    sizes = {
        row["key"]: len(row["caption"].encode()) + 1
        for row in rows
        if row["pose_source"] != "none" and row.get("caption")
    }
    longest = max(sizes, key=lambda key: sizes[key], default=None)
    if longest is not None and sizes[longest] > instruction_bytes:
        raise ConfigError(
            f"the caption of {longest} needs {sizes[longest]} bytes, model.instruction_bytes is {instruction_bytes}; "
            f"set model.instruction_bytes={sizes[longest]}, or caption shorter"
        )


def relative_scale(world_from_camera: NDArray[np.float64]) -> float:
    """What positions (T, 4, 4) of unknown scale are multiplied with, so that the path has the usual extent in metres:
    the farthest camera stands `RELATIVE_EXTENT_M` from their middle. 1 where the camera does not move."""
    positions = world_from_camera[:, :3, 3]
    extent = float(np.linalg.norm(positions - positions.mean(axis=0), axis=1).max())
    return RELATIVE_EXTENT_M / extent if extent > 1e-9 else 1.0


def _nbytes(clip: Clip) -> int:
    return clip.frames.nbytes + (0 if clip.depth_m is None else clip.depth_m.nbytes)
