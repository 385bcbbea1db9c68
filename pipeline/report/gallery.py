"""The data in pictures: what was kept, one walk under several lights, what a sequence holds, what was dropped and why.

pictures, table ─▶ [parts of the page]
"""

from collections.abc import Mapping
from typing import Any

from video4spatial.pipeline.report import pictures as pics
from video4spatial.pipeline.report import showcase, tables
from video4spatial.pipeline.report.captions import label, place, size, span
from video4spatial.pipeline.report.facts import Picture, ReportFacts
from video4spatial.pipeline.report.page import Part
from video4spatial.pipeline.report.pictures import Detail
from video4spatial.pipeline.report.rows import Rows, kind_name, split_name
from video4spatial.pipeline.report.text import count, escape, plural, set_name

MAX_KEPT = 24
MAX_DROPPED = 24
MAX_FAILED = 60


def kept_part(facts: ReportFacts, rows: Rows | None, detail: Detail) -> Part:
    """Films of kept sequences, variant groups, channels."""
    lead = "Frames as they are stored, a few from each sequence, first to last."
    shown = _shown(facts, rows, "kept")
    if rows is None or not shown:
        html = tables.missing("No frame of a kept sequence was given to this report.")
        return Part(anchor="kept", title="What was kept", short="Kept", lead="", html=html)
    html = showcase.channels(shown, rows, detail) + showcase.variants(shown, rows, detail)
    for kind in rows.kinds:
        films = [item for item in shown if item[1].get("kind") == kind and not item[1].get("variant")][: MAX_KEPT // 2]
        tiles = "".join(_film(picture, row, rows, detail) for picture, row in films)
        html += f"<h3>{escape(kind_name(rows, kind))}</h3><div class=grid>{tiles}</div>" if tiles else ""
    html += tables.note(
        f"{len(shown)} of {plural(len(rows.of(verdict='kept')), 'kept sequence')} brought pictures to this report."
    )
    return Part(anchor="kept", title="What was kept", short="Kept", lead=lead, html=html)


def dropped_part(facts: ReportFacts, rows: Rows | None, detail: Detail) -> Part:
    """Pictures of what was rejected with its reason, a table of what failed."""
    lead = (
        "Below the floor nothing is stored but a thumbnail and the reason; what a selection drops stays in the store."
    )
    title, short = "What was not kept, and why", "Dropped"
    if rows is None:
        return Part(anchor="dropped", title=title, short=short, lead="", html=tables.missing("No table was given."))
    given = {picture.key: picture for picture in facts.pictures}
    rejected = rows.of(verdict="rejected")
    tiles = [_dropped(row, rows, given.get(str(row.get("key"))), detail) for row in _by_turns(rejected)[:MAX_DROPPED]]
    html = f'<div class="grid small">{"".join(tiles)}</div>' if tiles else tables.note("No sequence was rejected.")
    if len(rejected) > MAX_DROPPED:
        html += tables.note(
            f"{MAX_DROPPED} of {count(len(rejected))} rejected sequences are shown; the table has them all."
        )
    return Part(anchor="dropped", title=title, short=short, lead=lead, html=html + _failed(facts, rows))


def _shown(facts: ReportFacts, rows: Rows | None, verdict: str) -> list[showcase.Shown]:
    if rows is None:
        return []
    found = [(picture, rows.by_key(picture.key)) for picture in facts.pictures]
    return sorted((item for item in found if item[1].get("verdict") == verdict), key=lambda item: item[0].key)


def _film(picture: Picture, row: Mapping[str, Any], rows: Rows, detail: Detail) -> str:
    side = max(96, detail.side_px // 2)
    cells = "".join(pics.photo(frame, f"frame of {picture.key}", side, detail.quality) for frame in picture.frames)
    facts = f"{place(row)}, {size(row)}, {plural(int(row.get('n_frames') or 0), 'frame')}"
    caption = f"{label(rows, row)} {escape(set_name(split_name(row)))}<br>{facts}<br><code>{escape(picture.key)}</code>"
    return tables.figure(f"<div class=film>{cells}</div>", tables.Markup(caption))


def _dropped(row: Mapping[str, Any], rows: Rows, picture: Picture | None, detail: Detail) -> str:
    reason = str(row.get("reason") or "no reason given").replace("_", " ")
    stored = pics.stored_jpeg_uri(row.get("thumbnail_jpeg") or b"")
    if picture is not None:
        seen = pics.photo(picture.frames[len(picture.frames) // 2], reason, min(200, detail.side_px), detail.quality)
    else:
        seen = pics.image(stored, reason) if stored else "<span class=note>no thumbnail stored</span>"
    detail_text = f"<br>{escape(row['detail'])}" if row.get("detail") else ""
    caption = f"{tables.chip(reason, 'reason')} {label(rows, row)}<br>{place(row)}{span(row)}{detail_text}"
    return tables.figure(f"<div class=thumb>{seen}</div>", tables.Markup(caption))


def _by_turns(rejected: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """One of each reason, then the next of each: a frequent reason must not hide a rare one."""
    lanes: dict[str, list[Mapping[str, Any]]] = {}
    for row in rejected:
        lanes.setdefault(str(row.get("reason")), []).append(row)
    longest = max((len(lane) for lane in lanes.values()), default=0)
    return [lanes[name][at] for at in range(longest) for name in sorted(lanes) if at < len(lanes[name])]


def _failed(facts: ReportFacts, rows: Rows) -> str:
    lost = {unit.unit_id for unit in facts.failed_units}
    failed = [row for row in rows.of(verdict="failed") if row.get("unit_id") not in lost]
    html = "<h3>Inputs that failed</h3>"
    if not failed and not facts.failed_units:
        return html + tables.note("None.")
    lines: list[list[tables.Cell]] = [
        [
            str(row.get("source_uri")),
            tables.Markup(tables.chip(str(row.get("reason")).replace("_", " "), "reason")),
            str(row.get("detail") or ""),
        ]
        for row in failed
    ]
    for unit in facts.failed_units:
        words = f"{unit.detail} Tried {plural(unit.attempts, 'time')}; a later run can try again."
        lines.append([unit.source_uri, tables.Markup(tables.chip(unit.reason.replace("_", " "), "reason")), words])
    html += tables.table(["source", "reason", "what happened"], lines[:MAX_FAILED], left=3)
    return html + (tables.note(f"{MAX_FAILED} of {len(lines)} are listed.") if len(lines) > MAX_FAILED else "")
