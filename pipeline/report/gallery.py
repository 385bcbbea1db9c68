"""The data in pictures: what was kept, one walk under several lights, what a sequence holds, what was dropped and why.

pictures, table ─▶ [parts of the page]
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from video4spatial.pipeline.report import pictures as pics
from video4spatial.pipeline.report import tables
from video4spatial.pipeline.report.facts import Picture, ReportFacts
from video4spatial.pipeline.report.page import Part
from video4spatial.pipeline.report.pictures import Detail
from video4spatial.pipeline.report.rows import Rows, kind_name, origin, split_name
from video4spatial.pipeline.report.text import count, escape, plural, set_name, with_unit

MAX_KEPT = 24
MAX_DROPPED = 24
MAX_VARIANT_GROUPS = 6
MAX_FAILED = 60

Shown = tuple[Picture, Mapping[str, Any]]


def kept_part(facts: ReportFacts, rows: Rows | None, detail: Detail) -> Part:
    """Films of kept sequences, variant groups, channels."""
    lead = "Frames as they are stored, a few from each sequence, first to last."
    shown = _shown(facts, rows, "kept")
    if rows is None or not shown:
        html = tables.missing("No frame of a kept sequence was given to this report.")
        return Part(anchor="kept", title="What was kept", short="Kept", lead="", html=html)
    groups = _variant_groups(shown)
    html = _channels(shown, rows, detail) + _variants(groups, rows, detail)
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
    html = f'<div class="grid small">{"".join(tiles)}</div>' if tiles else tables.missing("No sequence was rejected.")
    if len(rejected) > MAX_DROPPED:
        html += tables.note(
            f"{MAX_DROPPED} of {count(len(rejected))} rejected sequences are shown; the table has them all."
        )
    return Part(anchor="dropped", title=title, short=short, lead=lead, html=html + _failed(facts, rows))


def label(rows: Rows, row: Mapping[str, Any]) -> str:
    """The chip that says what frames of this row are."""
    return tables.chip(*origin(rows, row))


def _shown(facts: ReportFacts, rows: Rows | None, verdict: str) -> list[Shown]:
    if rows is None:
        return []
    found = [(picture, rows.by_key(picture.key)) for picture in facts.pictures]
    return sorted((item for item in found if item[1].get("verdict") == verdict), key=lambda item: item[0].key)


def _variant_groups(shown: list[Shown]) -> list[list[Shown]]:
    groups: dict[str, list[Shown]] = {}
    for picture, row in shown:
        groups.setdefault(str(row.get("variant_group") or picture.key), []).append((picture, row))
    several = [members for members in groups.values() if len(members) > 1]
    return sorted(several, key=lambda members: (-members[0][0].frames.shape[1], members[0][0].key))


def _channels(shown: list[Shown], rows: Rows, detail: Detail) -> str:
    """Colour, depth and ids of the largest sequence that has them."""
    full = [item for item in shown if item[0].depth_m is not None and item[0].object_id is not None]
    if not full:
        return ""
    picture, row = max(full, key=lambda item: (item[0].frames.shape[1], _ids_in_view(item[0]), item[0].key))
    assert picture.depth_m is not None
    assert picture.object_id is not None
    colours, near_m, far_m = pics.depth_colours(picture.depth_m)
    colour = tables.figure(
        pics.photo(picture.frames[0], "colour", detail.side_px, detail.quality), tables.Markup(f"colour, {_size(row)}")
    )
    grid = f"{picture.depth_m.shape[1]} × {picture.depth_m.shape[0]} px"
    depth = tables.figure(
        pics.image(pics.drawing_uri(colours, detail.side_px), "depth"),
        f"depth, {grid}: yellow {with_unit(near_m, 'm')}, dark blue {with_unit(far_m, 'm')}",
    )
    ids = tables.figure(
        pics.image(pics.drawing_uri(pics.id_colours(picture.object_id), detail.side_px), "object ids"),
        f"object ids, {grid}: {plural(_ids_in_view(picture), 'object')} in view, grey is the building",
    )
    head = f"<h3>What a sequence holds {label(rows, row)}</h3>"
    return f"{head}<div class=triple>{colour}{depth}{ids}</div>"


def _ids_in_view(picture: Picture) -> int:
    return 0 if picture.object_id is None else len(set(np.unique(picture.object_id).tolist()) - {0})


def _variants(groups: list[list[Shown]], rows: Rows, detail: Detail) -> str:
    if not groups:
        return ""
    figures = "".join(_variant_figure(members, rows, detail) for members in groups[:MAX_VARIANT_GROUPS])
    return f'<h3>One camera path, changed light, something in the way</h3><div class="grid two">{figures}</div>'


def _variant_figure(members: list[Shown], rows: Rows, detail: Detail) -> str:
    """The same moment of an original and its variants, side by side."""
    cells = ""
    for picture, row in members:
        words = str(row.get("variant_kind") or "variant") if row.get("variant") else "original"
        middle = picture.frames[len(picture.frames) // 2]
        cells += f"<div>{pics.photo(middle, words, detail.side_px, detail.quality)}<span>{escape(words)}</span></div>"
    picture, row = members[0]
    caption = f"{label(rows, row)} {_place(row)}, {_size(row)} <code>{escape(picture.key)}</code>"
    return tables.figure(f"<div class=rowset>{cells}</div>", tables.Markup(caption))


def _film(picture: Picture, row: Mapping[str, Any], rows: Rows, detail: Detail) -> str:
    side = max(96, detail.side_px // 2)
    cells = "".join(pics.photo(frame, f"frame of {picture.key}", side, detail.quality) for frame in picture.frames)
    facts = f"{_place(row)}, {_size(row)}, {plural(int(row.get('n_frames') or 0), 'frame')}"
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
    caption = f"{tables.chip(reason, 'reason')} {label(rows, row)}<br>{_place(row)}{_span(row)}{detail_text}"
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


def _place(row: Mapping[str, Any]) -> str:
    """Scene, else source."""
    return escape(row.get("scene") or row.get("source_uri") or "source unknown")


def _span(row: Mapping[str, Any]) -> str:
    start, stop = row.get("start"), row.get("stop")
    return f", source frames {count(int(start))} to {count(int(stop) - 1)}" if start is not None and stop else ""


def _size(row: Mapping[str, Any]) -> str:
    width, height = row.get("width"), row.get("height")
    return f"{width} × {height} px" if width and height else "size unknown"
