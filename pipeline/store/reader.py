"""Reads sequences of a version one by one, each by one byte range of its shard.

Version.reader ─▶ [Reader] ─▶ read(i) ─▶ Sequence

Holds rows, no open file; travels by pickle, so that any loader's workers may share one. The order is that of the keys:
shuffling is the trainer's.
"""

from collections.abc import Collection
from collections.abc import Sequence as Indices
from typing import Any, Literal, get_args

from video4spatial.pipeline.core.camera import Cameras
from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.pipeline.core.sequence import Sequence
from video4spatial.pipeline.store.blobs import Blobs
from video4spatial.pipeline.store.sample import CAMERA_MEMBERS, decode_cameras, decode_sample

Optional = Literal["depth", "object_id", "covisibility"]
"""Members that a reader may leave out."""

_GAP_BYTES = 16 * 1024


class Reader:
    """Random access to the sequences of one part of a version."""

    def __init__(self, blobs: Blobs, rows: list[dict[str, Any]]) -> None:
        self._blobs = blobs
        self.rows = rows
        """The rows of the table, without thumbnails; `rows[i]` describes `read(i)`."""

    def __len__(self) -> int:
        return len(self.rows)

    def read(self, i: int, frames: Indices[int] | None = None, without: Collection[Optional] = ()) -> Sequence:
        """Sequence `i`, or only its `frames` (rising indices; only their groups of 16 are decoded).

        `without` leaves members unread: they are None in the result. Raises StorageError where the shard is missing,
        cut off or damaged.
        """
        unknown = set(without) - set(get_args(Optional))
        if unknown:
            raise ConfigError(f"without takes {', '.join(get_args(Optional))}, got {sorted(unknown)}")
        return decode_sample(self.members(i, without), frames)

    def cameras(self, i: int) -> Cameras | None:
        """The cameras of all frames of sequence `i` without decoding its pictures; None where it has no poses."""
        if self.rows[i]["pose_source"] == "none":
            return None
        others = [member["ext"] for member in self.rows[i]["members"] if member["ext"] not in CAMERA_MEMBERS]
        return decode_cameras(self.members(i, others), self.rows[i]["width"], self.rows[i]["height"])

    def members(self, i: int, without: Collection[str] = ()) -> dict[str, bytes]:
        """The members of sequence `i` by extension, as stored, except `without`: extensions or their first words.

        Members that lie close together are read at once.
        """
        row = self.rows[i]
        found = [member for member in row["members"] if not {member["ext"], _first(member["ext"])} & set(without)]
        read: dict[str, bytes] = {}
        for run in _runs(found):
            start, stop = run[0]["offset"], run[-1]["offset"] + run[-1]["nbytes"]
            data = self._blobs.read_range(row["shard"], start, stop - start)
            for member in run:
                place = member["offset"] - start
                read[member["ext"]] = data[place : place + member["nbytes"]]
        return read

    def find(self, key: str) -> int:
        """The position of the sequence called `key`. Raises ConfigError where it is not in this part."""
        for place, row in enumerate(self.rows):
            if row["key"] == key:
                return place
        raise ConfigError(f"no sequence {key!r} among the {len(self)} of this part")


def _first(ext: str) -> str:
    """`rgb` of `rgb.mp4`."""
    return ext.partition(".")[0]


def _runs(members: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Members grouped so that a group is read at once: reading a small gap is cheaper than another call."""
    runs: list[list[dict[str, Any]]] = []
    for member in sorted(members, key=lambda member: member["offset"]):
        if runs and member["offset"] - runs[-1][-1]["offset"] - runs[-1][-1]["nbytes"] <= _GAP_BYTES:
            runs[-1].append(member)
        else:
            runs.append([member])
    return runs
