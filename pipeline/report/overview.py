"""The head of the report: what was made in one paragraph and a few large numbers, and what a reader must know first.

table, metrics, evaluation ─▶ [header of the page]
"""

from collections.abc import Mapping
from typing import Any

from video4spatial.pipeline.report import tables
from video4spatial.pipeline.report.facts import ReportFacts
from video4spatial.pipeline.report.rows import Rows
from video4spatial.pipeline.report.text import (
    bounds,
    count,
    escape,
    interval_parts,
    is_number,
    number,
    plural,
    set_name,
)

FEW = 5
"""Below so many sequences a bootstrap interval is too narrow to be believed."""


def header(facts: ReportFacts, rows: Rows | None) -> str:
    """Title, paragraph, numbers, warnings."""
    name = facts.version.name if facts.version is not None else facts.title
    title = (
        f"<h1>{escape(name)}</h1>"
        if facts.version is not None
        else f"<h1>{escape(name)} <small>not published</small></h1>"
    )
    cells = "".join(f"<div><b>{value}</b><span>{escape(label)}</span></div>" for value, label in stats(facts, rows))
    warned = "".join(tables.warning(sentence) for sentence in warnings(facts, rows))
    intro = f"<p class=intro>{escape(' '.join(introduction(facts, rows)))}</p>"
    return f"<p class=eyebrow>video4spatial · report of a run</p>{title}{intro}{warned}<div class=stats>{cells}</div>"


def introduction(facts: ReportFacts, rows: Rows | None) -> list[str]:
    """Sentences: the data, the model."""
    said = []
    if rows is None:
        said.append("No table was given, so this report says nothing about the data.")
    else:
        kept = rows.of(verdict="kept")
        cameras = f"{count(_posed(kept))} of them with known cameras"
        said.append(f"A training set of {plural(len(kept), 'video sequence')}, {cameras}, from {_origins(rows)}.")
    steps = [row["step"] for row in facts.metrics if row.get("kind") == "train" and is_number(row.get("step"))]
    if steps:
        said.append(f"A video diffusion model was trained on it for {plural(int(max(steps)), 'step')}.")
    else:
        said.append("No model was trained.")
    if facts.evaluation is not None:
        names = [set_name(name) for name in _set_order(set(facts.evaluation.get("sets", {})))]
        said.append(f"It was evaluated on {_listed(names)}." if names else "Its evaluation names no set of clips.")
    else:
        said.append("Nothing was evaluated.")
    return said


def stats(facts: ReportFacts, rows: Rows | None) -> list[tuple[str, str]]:
    """(large number as markup, what it is) for what the facts hold; nothing takes the place of what they do not."""
    cells = []
    if rows is not None:
        measured = [row for row in rows.every if row.get("verdict") != "failed"]
        kept = rows.of(verdict="kept")
        cells.append(
            (f"{count(len(kept))} <small>of {count(len(measured))}</small>", "sequences kept of those measured")
        )
        frames = sum(int(row.get("n_frames") or 0) for row in kept)
        cells.append((count(frames), f"frames kept; {plural(_posed(kept), 'sequence')} with known cameras"))
    gap = context_gap(facts)
    if gap is not None:
        name, values = gap
        label = f"context gap on {set_name(name)}, 95 % interval. {finding(values)}"
        cells.append((_interval(values, ""), label))
    psnr = _metric(facts, "psnr_db", "model")
    if psnr is not None:
        name, values = psnr
        label = f"PSNR of sampled frames on {set_name(name)}"
        nearest = _metric(facts, "psnr_db", "nearest_context")
        if nearest is not None and is_number(nearest[1].get("mean")):
            label += f"; the nearest context frame has {number(nearest[1]['mean'])} dB"
        cells.append((_interval(values, "dB"), label))
    return cells


def warnings(facts: ReportFacts, rows: Rows | None) -> list[str]:
    """What a reader must know before any number."""
    said = []
    if rows is not None and rows.synthetic_shown:
        named = ", ".join(rows.synthetic_shown)
        said.append(
            f"Synthetic footage: {named} was filmed by this pipeline itself in one of its own rooms, in place of a "
            "user's videos. It is labelled wherever it is shown."
        )
    if facts.version is not None and facts.version.manifest.get("complete") is False:
        said.append("This version is not complete: some units failed and are named below.")
    elif facts.failed_units:
        said.append(f"{plural(len(facts.failed_units), 'unit')} failed and can be tried again; they are named below.")
    if rows is not None and not rows.of(verdict="kept"):
        said.append("Nothing was kept: see the reasons below.")
    return said


def context_gap(facts: ReportFacts) -> tuple[str, Mapping[str, Any]] | None:
    """The context gap to put first, with its set: of the evaluation, else of the last validation."""
    found = _metric(facts, "context_gap", "")
    if found is not None:
        return found
    validations = [row for row in facts.metrics if row.get("kind") == "validation" and row.get("context_gap")]
    for name in _set_order({str(row.get("set")) for row in validations}):
        last = max((row for row in validations if row.get("set") == name), key=lambda row: row.get("step", 0))
        return name, last["context_gap"]
    return None


def finding(gap: Mapping[str, Any]) -> str:
    """What a context gap does and does not show, in a sentence."""
    known, n = bounds(gap), int(gap.get("n") or 0)
    if known is not None and 0 < n < FEW:
        return f"With {plural(n, 'sequence')} the interval says little; a verdict needs {FEW} or more."
    if known is None:
        return "Without an interval it is not known whether the model uses its context."
    low, high = known
    if low > 0:
        return "The whole interval lies above 0: the model predicts better with the true context than with another's."
    if high < 0:
        return "The whole interval lies below 0: the true context makes the model's prediction worse."
    return "The interval contains 0: this run does not show that the model uses its context."


def _metric(facts: ReportFacts, metric: str, method: str) -> tuple[str, Mapping[str, Any]] | None:
    sets = (facts.evaluation or {}).get("sets", {})
    for name in _set_order(set(sets)):
        values = sets[name].get("metrics", {}).get(metric)
        values = values.get(method) if isinstance(values, Mapping) and "mean" not in values else values
        if isinstance(values, Mapping) and is_number(values.get("mean")):
            return name, values
    return None


def _set_order(names: set[str]) -> list[str]:
    first = [name for name in ("held_out", "val", "test", "train") if name in names]
    return first + sorted(names - set(first))


def _interval(values: Mapping[str, Any], unit: str) -> str:
    known = bounds(values)
    if known is None:
        return (
            f"{number(values['mean'])} <small>{unit}, no interval</small>"
            if unit
            else f"{number(values['mean'])} <small>no interval</small>"
        )
    mean, low, high = interval_parts(values["mean"], *known)
    return f"{mean} <small>[{low}, {high}] {unit}</small>"


def _posed(rows: list[Mapping[str, Any]]) -> int:
    return sum(row.get("pose_source") not in (None, "", "none") for row in rows)


def _origins(rows: Rows) -> str:
    scenes = {row.get("source_uri") for row in rows.of("simulation")}
    captures = {row.get("source_uri") for row in rows.of("real") if row.get("capture_format")}
    films = {row.get("source_uri") for row in rows.of("real")} - captures
    synthetic = films & set(rows.synthetic_sources)
    said = [plural(len(scenes), "rendered scene")] if scenes else []
    if films - synthetic:
        said.append(plural(len(films - synthetic), "real video"))
    if captures:
        said.append(plural(len(captures), "posed capture"))
    if synthetic:
        said.append(plural(len(synthetic), "film") + " of synthetic footage")
    return _listed(said) or "no source"


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1] if words else ""
