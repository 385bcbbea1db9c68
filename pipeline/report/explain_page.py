"""An Explanation as one HTML page with pictures, in the looks of the report.

Explanation ─▶ [explain_page] ─▶ html ─▶ write_report
"""

from video4spatial.pipeline.report import pictures, svg, tables
from video4spatial.pipeline.report.explain_text import summary
from video4spatial.pipeline.report.explained import (
    Explanation,
    Row,
    Shot,
    advice_for,
    checks_of,
    clip_name,
    shots_of,
)
from video4spatial.pipeline.report.page import Part, skeleton
from video4spatial.pipeline.report.text import escape, is_number, number, plain_name

_TILE_PX, _QUALITY = 220, 82
_MANY = 120
"""Of more clips than this, smaller pictures are shown: an hour of film must still open."""
_WIDTH, _SHOT_PX, _CLIP_PX = 1060.0, 14.0, 24.0


def explain_page(told: Explanation) -> str:
    """The whole document; the same facts give the same bytes."""
    shots = list(shots_of(told.rows))
    parts = [Part(anchor="file", title="The file", short="File", lead="", html=tables.pairs(_facts(told)))]
    if told.failures:
        parts.append(Part(anchor="failure", title="Why it fails", short="Failure", lead="", html=_failures(told)))
    if shots:
        lead = "Above: shots, from one cut, dissolve or fade to the next. Below: clips, by what becomes of them."
        html = _timeline(shots, told)
        parts.append(Part(anchor="time", title="Shots and clips", short="Shots and clips", lead=lead, html=html))
        lead = "Each clip with its first, middle and last frame, and what was measured against the limits."
        html = "".join(_shot(shot, told) for shot in shots)
        parts.append(Part(anchor="clips", title="Every clip", short="Every clip", lead=lead, html=html))
    header = (
        "<p class=eyebrow>video4spatial · what was found, and why</p>"
        f"<h1>{escape(told.name)}</h1><p class=intro>{escape(summary(told))}.</p>"
        f"<p class=note>Judged by {escape(told.settings)}.</p>"
    )
    return skeleton(f"{told.name} · explained", header, parts)


def _facts(told: Explanation) -> list[tuple[str, tables.Cell]]:
    facts: list[tuple[str, tables.Cell]] = list(told.facts)
    return facts + [("recorded", sentence) for sentence in told.recorded]


def _failures(told: Explanation) -> str:
    blocks = ""
    for reason, detail in told.failures:
        blocks += tables.warning(f"{reason}: {detail}")
        if advice := advice_for(reason):
            blocks += tables.note(f"What to do: {advice}.")
    return blocks + (tables.note("What was found before is shown below; none of it is kept.") if told.rows else "")


def _timeline(shots: list[Shot], told: Explanation) -> str:
    """Shots and clips as bars over the source's frames."""
    length = max(1, max(shot.stop for shot in shots))
    scale = svg.Scale(low=0, high=length, start_px=0, stop_px=_WIDTH)
    body = ""
    for shot in shots:
        wide = max(1.5, scale(shot.stop) - scale(shot.start) - 1)
        css = "dropped" if shot.number is None or shot.began_by == "transition" else "flow"
        body += svg.rect(scale(shot.start), 4, wide, _SHOT_PX, css, shot.title)
        for row in shot.rows:
            if row.get("variant"):
                continue
            wide = max(1.5, scale(row["stop"]) - scale(row["start"]) - 1)
            css = "kept" if _is_kept(row, told) else "dropped"
            title = f"{clip_name(row)}: {row['reason'] or _verdict(row, told)}"
            body += svg.rect(scale(row["start"]), 8 + _SHOT_PX, wide, _CLIP_PX, css, title)
    ticks = scale.ticks(8)
    y = 8 + _SHOT_PX + _CLIP_PX
    for tick in ticks:
        body += svg.line(scale(tick), y + 3, scale(tick), y + 8, "rule")
        anchor = "start" if tick == 0 else "end" if scale(tick) > _WIDTH - 30 else "middle"
        body += svg.text(scale(tick), y + 22, svg.tick_text(tick, ticks), "tick", anchor)
    drawing = svg.canvas(_WIDTH, y + 28, body, "shots and clips over the frames of the source", "plot wide")
    keys = tables.legend(
        [("box kept", "kept"), ("box dropped", "not kept; a dissolve or fade, or pictures that did not decode")]
    )
    # the plots of a report are narrow; this one is as wide as the page
    return keys + drawing.replace('class="plot wide"', 'class="plot" style="max-width:none"')


def _shot(shot: Shot, told: Explanation) -> str:
    tiles = "".join(_clip(row, told) for row in shot.rows)
    return f'<h3>{escape(shot.title)}</h3><div class="grid two">{tiles}</div>'


def _clip(row: Row, told: Explanation) -> str:
    film = told.frames.get(str(row["key"]))
    if film is not None:
        side_px = _TILE_PX if len(told.frames) <= _MANY else _TILE_PX // 2
        shown = "".join(pictures.photo(frame, f"frame of {clip_name(row)}", side_px, _QUALITY) for frame in film)
        shown = f"<div class=film>{shown}</div>"
    else:
        uri = pictures.stored_jpeg_uri(row["thumbnail_jpeg"]) if row.get("thumbnail_jpeg") else None
        shown = pictures.image(uri, f"middle frame of {clip_name(row)}") if uri else ""
        shown = f'<div style="max-width:{_TILE_PX}px">{shown}</div>' if shown else tables.missing("No picture.")
    frames = f"source frames {row['start']} to {max(row['start'], row['stop'] - 1)}"
    seconds = "" if row.get("start_s") is None else f", {row['start_s']:.2f} to {row['end_s']:.2f} s"
    chip = tables.chip(_verdict(row, told), "rendered" if _is_kept(row, told) else "reason")
    why = f" {escape(row['detail'])}" if row.get("detail") else ""
    caption = f"<b>{escape(clip_name(row))}</b> {chip} {escape(frames + seconds)}.{why}"
    return tables.figure(shown + _checks(row, told) + _measured(row, told), tables.Markup(caption))


def _checks(row: Row, told: Explanation) -> str:
    checks = checks_of(row, told.thresholds)
    if not checks:
        return ""
    lines = [
        (
            plain_name(check.score),
            check.where,
            check.limits,
            number(check.value),
            tables.Markup("yes" if check.passes else tables.chip("no", "reason")),
        )
        for check in checks
    ]
    return tables.table(("score", "limit of", "must be", "is", "passes"), lines, left=3)


def _measured(row: Row, told: Explanation) -> str:
    """Everything that was measured of the row, to unfold; selection rules may be made of it."""
    found = [(name, number(row[name])) for name in told.scores if is_number(row.get(name))]
    if row.get("camera_motion"):
        found.insert(0, ("camera_motion", str(row["camera_motion"])))
    return f"<details><summary>All that was measured</summary>{tables.pairs(found)}</details>" if found else ""


def _is_kept(row: Row, told: Explanation) -> bool:
    return row["verdict"] == "kept" and not told.is_lost(row)


def _verdict(row: Row, told: Explanation) -> str:
    if told.is_lost(row) and not row["reason"]:
        return "found"
    return "kept" if row["verdict"] == "kept" else str(row["reason"]).replace("_", " ")
