"""The funnel: how many sequences there were, what took some of them away, how many were kept.

sources ─▶ sequences measured ─▶ above the floor ─▶ kept

Widths are proportional to counts; what left is written beside the step where it left.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from video4spatial.pipeline.report import svg
from video4spatial.pipeline.report.rows import Rows, fell_below_floor, reasons
from video4spatial.pipeline.report.text import count, plural

WIDTH, BAR, GAP, LINE = 360.0, 26.0, 30.0, 15.0


@dataclass(frozen=True, kw_only=True)
class Level:
    """One bar, and what is lost between it and the next."""

    label: str
    size: int
    lost: tuple[tuple[str, int], ...] = ()


def levels(rows: Rows, kind: str) -> list[Level]:
    """The levels of one kind, counted from the table. Sources are not among them: they count something else."""
    measured = [row for row in rows.of(kind) if row.get("verdict") != "failed"]
    below = [row for row in measured if fell_below_floor(row)]
    rejected = [row for row in measured if row.get("verdict") == "rejected" and not fell_below_floor(row)]
    return [
        Level(label="measured", size=len(measured), lost=tuple(reasons(below))),
        Level(label="above the floor", size=len(measured) - len(below), lost=tuple(reasons(rejected))),
        Level(label="kept by the selection", size=len(measured) - len(below) - len(rejected)),
    ]


def sources_line(rows: Rows, kind: str) -> str:
    """How many sources the kind came from, and how many of them failed as a whole."""
    found = {str(row.get("source_uri")) for row in rows.of(kind)}
    failed = {str(row.get("source_uri")) for row in rows.of(kind, "failed")}
    what = plural(len(found), "scene") if kind == "simulation" else plural(len(found), "video file")
    return f"{what} read" + (f", {count(len(failed))} failed as a whole or in part" if failed else ", none failed")


def draw(steps: Sequence[Level], label: str) -> str:
    """The funnel as SVG; an empty string when there is nothing to count."""
    top = max((level.size for level in steps), default=0)
    if not top:
        return ""
    body, y = "", 4.0
    for at, level in enumerate(steps):
        width = max(2.0, WIDTH * level.size / top)
        body += svg.rect(
            0, y + 18, width, BAR, "kept" if at == len(steps) - 1 else "flow", f"{level.size} {level.label}"
        )
        body += svg.text(0, y + 12, level.label, "tick") + svg.text(WIDTH, y + 12, count(level.size), "count", "end")
        y += 18 + BAR
        if at == len(steps) - 1:
            continue
        height = max(GAP, 12 + LINE * max(1, len(level.lost)))
        after = max(2.0, WIDTH * steps[at + 1].size / top)
        body += svg.polygon([(0, y), (width, y), (after, y + height), (0, y + height)], "between")
        body += _lost(level.lost, y, height)
        y += height + 6
    return svg.canvas(WIDTH, y + 4, body, label, "plot funnel")


def _lost(lost: Sequence[tuple[str, int]], y: float, height: float) -> str:
    if not lost:
        return svg.text(10, y + height / 2 + 4, "none lost", "tick")
    start = y + (height - LINE * len(lost)) / 2 + 11
    return "".join(
        svg.text(10, start + LINE * at, f"− {count(size)}  {reason.replace('_', ' ')}", "lost")
        for at, (reason, size) in enumerate(lost)
    )
