"""What became of one input and why: the facts behind the page and the table of `v4s curate --explain`.

rehearsed rows ─▶ [Explanation] ─▶ explain_page.py (pictures) | explain_text.py (a terminal)
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from video4spatial.pipeline.report.facts import Threshold

Row = Mapping[str, Any]

BEGINNINGS = {
    "start": "the first of the file",
    "span": "the first of its span: what came before is another unit",
    "cut": "begins with a cut",
    "dissolve": "begins after a dissolve",
    "fade": "begins after a fade",
    "transition": "the pictures of a dissolve or fade themselves",
    "time": "begins where the times jump back",
    "camera": "begins where the camera is known again",
}

ADVICE = {
    "timed_out": "try again when the machine is less busy, or raise real.limits.stall_timeout_s",
    "out_of_memory": "raise real.limits.memory_gib",
    "crashed": "re-encode the file; what crashes a decoder here may crash others",
    "unopenable": "copy it again from where it came from; a download that was cut short looks like this",
    "undecodable": "copy it again from where it came from, or re-encode what plays elsewhere",
    "empty_file": "copy it again",
    "no_video": "it may be sound alone; take it out of the folder",
    "no_frames": "copy it again from where it came from",
    "hdr": "convert it to SDR (ffmpeg's zscale and tonemap filters), then give the converted file",
    "size_changes": "re-encode it at one size",
    "no_times": "remux it into another container; nothing is lost by that",
    "odd_rotation": "re-encode it upright",
    "unknown_codec": "re-encode it as H.264",
    "too_many_shots": "its pictures are noise or its times broken; else raise real.shots.min_shot_frames",
    "decord_refused": "set real.decoder=auto",
    "decord_lost_frames": "set real.decoder=pyav",
}
"""What to do about an input that fails as a whole, beside what the error itself says."""


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """One video or capture."""

    name: str
    facts: tuple[tuple[str, str], ...]
    """(name, words) of the file."""
    rows: tuple[Row, ...]
    """In the order of the source, with the verdicts that publish would give; of a unit that fails, what was found
    before."""
    frames: Mapping[str, NDArray[np.uint8]]
    """(up to 3, H, W, 3) by key."""
    scores: tuple[str, ...]
    """Names of everything that was measured of some row, sorted."""
    thresholds: tuple[Threshold, ...]
    failures: tuple[tuple[str, str], ...]
    """(reason, detail) of the units that fail as a whole."""
    lost_units: frozenset[str]
    """Their ids: of what was found in them nothing stays, whatever becomes of the other spans of the input."""
    recorded: tuple[str, ...]
    """What the store of the run knows of it, one sentence a unit."""
    settings: str
    """Which recipe the verdicts come from."""

    def is_lost(self, row: Row) -> bool:
        """Whether it goes with its unit."""
        return row["unit_id"] in self.lost_units


@dataclass(frozen=True, kw_only=True)
class Shot:
    """A run of rows from one camera recording."""

    unit_id: str
    number: int | None
    """None: rows that belong to no shot, as what could not be decoded."""
    began_by: str
    rows: tuple[Row, ...]

    @property
    def start(self) -> int:
        return min(int(row["start"]) for row in self.rows)

    @property
    def stop(self) -> int:
        return max(int(row["stop"]) for row in self.rows)

    @property
    def title(self) -> str:
        """`Shot 3, source frames 120 to 311, begins with a cut`."""
        frames = f"source frames {self.start} to {max(self.start, self.stop - 1)}"
        if self.number is None:
            return f"In no shot, {frames}"
        name = "Between shots" if self.began_by == "transition" else f"Shot {self.number}"
        return f"{name}, {frames}, {BEGINNINGS.get(self.began_by, self.began_by)}"


@dataclass(frozen=True, kw_only=True)
class Check:
    """One measured value beside its limits."""

    score: str
    value: float
    low: float | None
    high: float | None
    where: str
    """`floor` or `selection`."""

    @property
    def passes(self) -> bool:
        return (self.low is None or self.value >= self.low) and (self.high is None or self.value <= self.high)

    @property
    def limits(self) -> str:
        """`6 to 250`, `>= 2`, `<= 0.85`."""
        if self.low is not None and self.high is not None:
            return f"{self.low:g} to {self.high:g}"
        return f">= {self.low:g}" if self.low is not None else f"<= {self.high:g}"


def shots_of(rows: tuple[Row, ...]) -> Iterator[Shot]:
    """The rows by shot, in the order of the source."""
    held: list[Row] = []
    for row in rows:
        if held and _shot(row) != _shot(held[-1]):
            yield _close(held)
            held = []
        held.append(row)
    if held:
        yield _close(held)


def checks_of(row: Row, thresholds: tuple[Threshold, ...]) -> list[Check]:
    """Every limit that this row was held against, the floor's first."""
    limits: dict[tuple[str, str], list[float | None]] = {}
    for limit in thresholds:
        if limit.kind not in ("any", row["kind"]) or not isinstance(row.get(limit.score), (int, float)):
            continue
        low_high = limits.setdefault((limit.where, limit.score), [None, None])
        if limit.min is not None:
            low_high[0] = limit.min if low_high[0] is None else max(low_high[0], limit.min)
        if limit.max is not None:
            low_high[1] = limit.max if low_high[1] is None else min(low_high[1], limit.max)
    return [
        Check(score=score, value=float(row[score]), low=low, high=high, where=where)
        for (where, score), (low, high) in limits.items()
    ]


def advice_for(reason: str) -> str:
    """What to do, in one clause; empty where the error says all there is."""
    return ADVICE.get(reason, "")


def clip_name(row: Row) -> str:
    """`clip 3`, `clip 3, lighting`."""
    number = int(str(row["key"]).split("-")[1])
    return f"clip {number}" + (f", {row['variant_kind']}" if row.get("variant") else "")


def _shot(row: Row) -> tuple[Any, ...]:
    return row["unit_id"], row.get("shot"), row.get("shot_began_by") == "transition"


def _close(rows: list[Row]) -> Shot:
    first = rows[0]
    return Shot(
        unit_id=str(first["unit_id"]),
        number=first.get("shot"),
        began_by=str(first.get("shot_began_by") or ""),
        rows=tuple(rows),
    )
