"""The data in numbers: the funnel from raw to kept, the splits, the scores with their limits, the maps.

table, thresholds, maps ─▶ [parts of the page]
"""

from collections.abc import Mapping
from typing import Any

from video4spatial.pipeline.report import funnel, maps, plots, tables
from video4spatial.pipeline.report.facts import ReportFacts, SceneMap, Threshold
from video4spatial.pipeline.report.page import Part
from video4spatial.pipeline.report.pictures import Detail
from video4spatial.pipeline.report.rows import Rows, kind_name, origin, split_name
from video4spatial.pipeline.report.text import (
    count,
    duration,
    escape,
    is_number,
    number,
    plain_name,
    plural,
    set_name,
    setting,
    unit_of,
)

MAX_MAPS = 12
_SPLITS = ("train", "held_out", "val", "test")


def funnel_part(facts: ReportFacts, rows: Rows | None) -> Part:
    """From raw to kept, and how the kept are split."""
    lead = "Every sequence that was found, and what took some of them away. Widths are proportional to counts."
    if rows is None:
        body = tables.missing("No table was given: what was kept and dropped is not known here.")
    else:
        drawings = "".join(_funnel_figure(rows, kind) for kind in rows.kinds)
        body = f'<div class="grid two">{drawings}</div><h3>Splits</h3>{_splits(rows)}'
        body += tables.note(
            "A scene or a recording stands on one side only. Held-out paths lie in training scenes, and training never "
            "sees them."
        )
        body += _moved(facts) + "<h3>Frame sizes</h3>" + _sizes(rows)
    return Part(anchor="funnel", title="From raw to kept", short="Funnel", lead=lead, html=body)


def scores_part(facts: ReportFacts, rows: Rows | None) -> Part:
    """A histogram for each score of each kind, with the limits that were applied."""
    lead = "What was measured of each sequence. A line marks a limit that was applied; its dropped side is shaded."
    if rows is None or not rows.scores:
        html = tables.missing("The table holds no scores." if rows is not None else "No table was given.")
        return Part(anchor="scores", title="Scores", short="Scores", lead="", html=html)
    html = tables.legend([("kept box", "kept"), ("dropped box", "not kept")])
    for kind in rows.kinds:
        drawn = "".join(_score_figure(facts, rows, kind, score) for score in rows.scores)
        html += f"<h3>{escape(kind_name(rows, kind))}</h3><div class=grid>{drawn}</div>" if drawn else ""
    html += _idle(facts)
    return Part(anchor="scores", title="Scores", short="Scores", lead=lead, html=html)


def maps_part(facts: ReportFacts, rows: Rows | None, detail: Detail) -> Part:
    """Scenes from above with the cameras' walks."""
    lead = (
        "Scenes from above, world x to the right and −z up the page. A dot marks where a walk starts, the short line "
        "where the camera looks first. Variants of a walk share its cameras and are drawn once."
    )
    scenes = sorted(facts.maps, key=lambda scene: scene.scene)
    drawn = "".join(_map_figure(scene_map, rows, detail) for scene_map in scenes[:MAX_MAPS])
    if not scenes:
        drawn, lead = tables.missing("No scene with known cameras is part of this report."), ""
        return Part(anchor="maps", title="Where the cameras went", short="Maps", lead=lead, html=drawn)
    html = tables.legend((f"map {css}", name) for css, name in maps.SPLIT_COLOURS) + f"<div class=grid>{drawn}</div>"
    if len(scenes) > MAX_MAPS:
        html += tables.note(f"{MAX_MAPS} of {plural(len(scenes), 'scene')} are drawn.")
    return Part(anchor="maps", title="Where the cameras went", short="Maps", lead=lead, html=html)


def _funnel_figure(rows: Rows, kind: str) -> str:
    drawing = funnel.draw(funnel.levels(rows, kind), f"Funnel of {kind}")
    inner = drawing or tables.missing("No sequence was measured.")
    return tables.figure(inner, funnel.sources_line(rows, kind), kind_name(rows, kind))


def _splits(rows: Rows) -> str:
    kept = rows.of(verdict="kept")
    lines: list[list[tables.Cell]] = []
    for split in [*_SPLITS, *sorted({split_name(row) for row in kept} - set(_SPLITS))]:
        chosen = [row for row in kept if split_name(row) == split]
        if chosen or split in ("train", "val", "test"):
            lines.append([set_name(split), *_split_numbers(chosen)])
    lines.append([tables.Markup("<b>all kept</b>"), *_split_numbers(kept)])
    head = ["split", "scenes and recordings", "sequences", "with cameras", "of them variants", "frames", "footage"]
    return tables.table(head, lines)


def _split_numbers(chosen: list[Mapping[str, Any]]) -> list[str]:
    timed = [row for row in chosen if is_number(row.get("fps")) and row["fps"] > 0]
    footage = sum(row["n_frames"] / row["fps"] for row in timed if is_number(row.get("n_frames")))
    return [
        count(len({row.get("split_group") for row in chosen})),
        count(len(chosen)),
        count(sum(row.get("pose_source") not in (None, "", "none") for row in chosen)),
        count(sum(bool(row.get("variant")) for row in chosen)),
        count(sum(int(row.get("n_frames") or 0) for row in chosen)),
        duration(footage),
    ]


def _moved(facts: ReportFacts) -> str:
    moved = facts.version.moved if facts.version is not None else ()
    return tables.note("So that no split is empty, publish moved: " + "; ".join(moved) + ".") if moved else ""


def _sizes(rows: Rows) -> str:
    tally: dict[tuple[str, int, int], list[Mapping[str, Any]]] = {}
    for row in rows.of(verdict="kept"):
        width, height = int(row.get("width") or 0), int(row.get("height") or 0)
        tally.setdefault((origin(rows, row)[0], width, height), []).append(row)
    if not tally:
        return tables.missing("Nothing was kept.")
    lines = [
        [
            kind,
            f"{width} × {height} px",
            _rates(chosen),
            count(len(chosen)),
            count(sum(int(row.get("n_frames") or 0) for row in chosen)),
        ]
        for (kind, width, height), chosen in sorted(tally.items())
    ]
    return tables.table(["origin", "frame", "rate", "sequences", "frames"], lines, left=3)


def _rates(chosen: list[Mapping[str, Any]]) -> str:
    rates = sorted({number(float(row["fps"])) for row in chosen if is_number(row.get("fps"))})
    return ", ".join(rates) + " frames/s" if rates else "rate unknown"


def _idle(facts: ReportFacts) -> str:
    idle = facts.version.manifest.get("idle_rules", ()) if facts.version is not None else ()
    names = ", ".join(plain_name(str(name)) for name in idle)
    return tables.note(f"Rules that judged no row, because nothing was measured for them: {names}.") if idle else ""


def _score_figure(facts: ReportFacts, rows: Rows, kind: str, score: str) -> str:
    known = [row for row in rows.of(kind) if is_number(row.get(score))]
    if not known:
        return ""
    kept = [row[score] for row in known if row.get("verdict") == "kept"]
    dropped = [row[score] for row in known if row.get("verdict") != "kept"]
    limits = [
        limit
        for rule in facts.thresholds
        if rule.score == score and rule.kind in (kind, "any")
        for limit in _limits(rule)
    ]
    unit = unit_of(score, facts.score_units)
    label = f"{plain_name(score)}{f' ({unit})' if unit else ''}"
    drawing = plots.histogram(kept, dropped, label, limits)
    return tables.figure(drawing, _score_caption(kept + dropped, len(rows.of(kind)), unit, limits), plain_name(score))


def _limits(rule: Threshold) -> list[plots.Limit]:
    sides = [(rule.min, "at least", True), (rule.max, "at most", False)]
    return [
        plots.Limit(value=value, label=f"{rule.where}: {words} {setting(value)}", is_lower=is_lower)
        for value, words, is_lower in sides
        if value is not None
    ]


def _score_caption(values: list[float], total: int, unit: str, limits: list[plots.Limit]) -> str:
    low, high, tail = min(values), max(values), f"\u00a0{unit}" if unit and " " not in unit else ""
    said = f"{count(len(values))} of {plural(total, 'row')} measured, "
    said += f"all {number(low)}{tail}." if low == high else f"{number(low)} to {number(high)}{tail}."
    off = [limit for limit in limits if not plots.is_on_axis(limit, values, limits)]
    return said + "".join(f" The limit {limit.label} lies off the axis." for limit in off)


def _map_figure(scene: SceneMap, rows: Rows | None, detail: Detail) -> str:
    drawing = maps.draw(scene, rows, detail.plan_px)
    walks = plural(len(maps.original_paths(scene, rows)), "walk")
    if not drawing:
        return tables.figure(tables.missing("Neither a plan nor a camera path."), "", scene.scene)
    size = ""
    if scene.bounds_m is not None:
        x_min, z_min, x_max, z_max = scene.bounds_m
        size = f", {number(x_max - x_min)} m × {number(z_max - z_min)} m"
    lacking = "" if scene.plan is not None else ". No plan of this scene was stored; only the paths are drawn"
    return tables.figure(drawing, f"{walks}{size}{lacking}", scene.scene)
