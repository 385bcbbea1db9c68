"""The words under pictures: what the frames are, where they come from, how large they are.

row of the table ─▶ [caption]
"""

from collections.abc import Mapping
from typing import Any

from video4spatial.pipeline.report import tables
from video4spatial.pipeline.report.rows import Rows, origin
from video4spatial.pipeline.report.text import count, escape


def label(rows: Rows, row: Mapping[str, Any]) -> str:
    """The chip that says what frames of this row are."""
    return tables.chip(*origin(rows, row))


def place(row: Mapping[str, Any]) -> str:
    """Scene, else source."""
    return escape(row.get("scene") or row.get("source_uri") or "source unknown")


def span(row: Mapping[str, Any]) -> str:
    """Which frames of the source."""
    start, stop = row.get("start"), row.get("stop")
    return f", source frames {count(int(start))} to {count(int(stop) - 1)}" if start is not None and stop else ""


def size(row: Mapping[str, Any]) -> str:
    """Of one frame."""
    width, height = row.get("width"), row.get("height")
    return f"{width} × {height} px" if width and height else "size unknown"
