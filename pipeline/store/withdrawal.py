"""Raw inputs that were withdrawn: no version that is made from now on holds anything of them.

datasets drop ─▶ withdrawn/ab/<source_sha256>.json ─▶ [without_withdrawn] ─▶ publish.py, derive.py

Versions that exist are immutable and keep them until they are removed (removal.py) and collected (gc.py).
"""

import json
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from video4spatial.pipeline.store.blobs import Blobs

REASON = "withdrawn"
_FORMAT = 1
PICTURES = ("thumbnail_jpeg", "perceptual_hash", "picture_hashes", "caption")
"""Columns that show a sequence, say what it shows, or from which that may be recognised."""

_OF_THE_BYTES = ("sample_sha256", "shard", "offset", "nbytes", "members", *PICTURES)


def withdraw(blobs: Blobs, source_sha256: str, source_uri: str) -> None:
    """Notes that the input is withdrawn; noting it twice is safe."""
    record = {
        "format": _FORMAT,
        "source_sha256": source_sha256,
        "source_uri": source_uri,
        "withdrawn": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    blobs.create(_path(source_sha256), json.dumps(record, sort_keys=True).encode())


def withdrawn_sources(blobs: Blobs) -> set[str]:
    """sha256 of every withdrawn input."""
    return {file.path.rpartition("/")[2].removesuffix(".json") for file in blobs.files("withdrawn")}


def without_withdrawn(table: pa.Table, sources: Collection[str]) -> pa.Table:
    """`table` with the rows of those inputs `rejected` as `withdrawn`, without bytes, hash, picture or caption.

    The rows stay, so that why something is missing remains a question one can ask of the table.
    """
    gone = pc.is_in(table["source_sha256"], value_set=pa.array(sorted(sources), pa.string()))
    if not pc.any(gone).as_py():
        return table
    told: dict[str, Any] = {"verdict": "rejected", "reason": REASON, "detail": "its source was withdrawn"}
    told |= dict.fromkeys(("split", "near_duplicate_of", *_OF_THE_BYTES)) | {"held_out": False}
    for name, value in told.items():
        if name not in table.column_names:  # an older program's table, or one without captions
            continue
        old, kind = table[name].to_pylist(), table.schema.field(name).type
        values = [value if out else old[row] for row, out in enumerate(gone.to_pylist())]
        table = table.set_column(table.column_names.index(name), name, pa.array(values, kind))
    return table


def _path(source_sha256: str) -> str:
    return f"withdrawn/{source_sha256[:2]}/{source_sha256}.json"
