"""The evaluation: every metric of the model beside its baselines, with intervals, as dots and as a table.

evaluation, not_run ─▶ [parts of the page]
"""

from collections.abc import Mapping
from typing import Any

from video4spatial.pipeline.report import plots, tables
from video4spatial.pipeline.report.facts import ReportFacts
from video4spatial.pipeline.report.page import Part
from video4spatial.pipeline.report.plots import Dot
from video4spatial.pipeline.report.text import (
    bounds,
    escape,
    interval_parts,
    is_number,
    number,
    plain_name,
    plural,
    set_name,
    unit_of,
)

_METHODS = {
    "model": "model",
    "nearest_context": "nearest context",
    "mean_colour": "mean colour",
    "truth": "true frames",
}
_FIRST = (
    "psnr_db",
    "one_step_psnr_db",
    "one_step_gain_db",
    "depth_reprojection_psnr_db",
    "depth_reprojection_coverage",
    "context_gap",
)
_NOTES = {
    "psnr_db": "Sampled frames against the true ones. Higher is closer.",
    "one_step_psnr_db": "One denoising step from noise against the true frames. Higher is closer.",
    "one_step_gain_db": "One-step PSNR minus the mean colour's, sequence by sequence. Above 0 the model does better.",
    "depth_reprojection_psnr_db": (
        "Context frames carried by their depth into the commanded camera, against the sampled frame there, on covered "
        "pixels. Higher agrees better; the true frames show what can be reached."
    ),
    "depth_reprojection_coverage": "Share of target pixels that the context covers.",
    "context_gap": (
        "Loss at sigma 0.9 with another sequence's context minus the loss with the true one. Above 0 the context helps."
    ),
}


def evaluation_part(facts: ReportFacts) -> Part:
    """All metrics of all sets."""
    title, short = "Evaluation", "Evaluation"
    sets: Mapping[str, Any] = (facts.evaluation or {}).get("sets", {})
    if not sets:
        html = tables.missing("No evaluation was given to this report.")
        return Part(anchor="evaluation", title=title, short=short, lead="", html=html)
    lead = (
        "Points are means, bars 95 % bootstrap intervals over sequences. The baselines need no model: the nearest "
        "context frame copies, the mean colour shows the "
        "true clip's own mean, the best single colour there is."
    )
    names = _ordered({metric for values in sets.values() for metric in values.get("metrics", {})}, _FIRST)
    figures = "".join(_figure(metric, sets) for metric in names)
    html = f"<div class=grid>{figures}</div><h3>The same in numbers</h3>{_table(names, sets)}"
    return Part(anchor="evaluation", title=title, short=short, lead=lead, html=_sizes(sets) + html)


def not_run_part(facts: ReportFacts) -> Part:
    """What a reader may expect and does not find, and why."""
    why = dict((facts.evaluation or {}).get("not_run", {})) | dict(facts.not_run)
    rows = [[plain_name(name), str(reason)] for name, reason in sorted(why.items())]
    html = (
        tables.table(["what", "why"], rows, left=2) if rows else tables.note("Everything the recipe asks for was run.")
    )
    return Part(anchor="not-run", title="What was not run, and why", short="Not run", lead="", html=html)


def methods_of(values: Any) -> list[tuple[str, Mapping[str, Any]]]:
    """(method, {mean, low, high, n}) of a metric; the method of a metric that has only one is empty, a bare number has
    no interval."""
    if is_number(values):
        return [("", {"mean": values})]
    if not isinstance(values, Mapping):
        return []
    if "mean" in values:
        return [("", values)]
    names = _ordered(set(values), tuple(_METHODS))
    return [(name, found) for name in names for _, found in methods_of(values[name])]


def _figure(metric: str, sets: Mapping[str, Any]) -> str:
    groups = []
    for name in _ordered(set(sets), ("held_out", "val", "test")):
        found = methods_of(sets[name].get("metrics", {}).get(metric))
        dots = [_dot(method, values) for method, values in found if is_number(values.get("mean"))]
        if dots:
            groups.append((set_name(name), dots))
    unit = unit_of(metric)
    label = plain_name(metric) + (f" ({unit})" if unit else "")
    drawing = plots.dots(groups, label)
    if not drawing:
        return ""
    name = plain_name(metric)
    return tables.figure(drawing, _NOTES.get(metric, ""), name[:1].upper() + name[1:])


def _dot(method: str, values: Mapping[str, Any]) -> Dot:
    low, high = bounds(values) or (None, None)
    return Dot(
        label=_METHODS.get(method, method.replace("_", " ")),
        mean=float(values["mean"]),
        low=low,
        high=high,
        css="c1" if method in ("", "model") else "base",
    )


def _table(metrics: list[str], sets: Mapping[str, Any]) -> str:
    """Each metric and set is named once, on its first row."""
    lines: list[list[tables.Cell]] = []
    for metric in metrics:
        named = plain_name(metric)
        for name in _ordered(set(sets), ("held_out", "val", "test")):
            words = set_name(name)
            for method, values in methods_of(sets[name].get("metrics", {}).get(metric)):
                lines.append([named, words, _method_cell(method), *_numbers(values), unit_of(metric)])
                named = words = ""
    head = ["metric", "set", "method", "mean", "95 % interval", "n", "unit"]
    return tables.table(head, lines, left=3)


def _method_cell(method: str) -> tables.Cell:
    words = _METHODS.get(method, method.replace("_", " "))
    return tables.Markup(f"<b>{escape(words)}</b>") if method == "model" else words


def _numbers(values: Mapping[str, Any]) -> list[str]:
    n = str(values["n"]) if "n" in values else "not given"
    known = bounds(values)
    if known is None:
        return [number(values.get("mean")), "none", n]
    centre, lower, upper = interval_parts(values["mean"], *known)
    return [centre, f"[{lower}, {upper}]", n]


def _sizes(sets: Mapping[str, Any]) -> str:
    said = []
    for name in _ordered(set(sets), ("held_out", "val", "test")):
        clips, scenes = sets[name].get("n_clips"), sets[name].get("n_scenes")
        counted = [plural(clips, "clip")] if isinstance(clips, int) else []
        counted += [plural(scenes, "scene")] if isinstance(scenes, int) else []
        said.append(f"{set_name(name)}: {' from '.join(counted) or 'size not given'}")
    return tables.note("; ".join(said) + ".")


def _ordered(names: set[str], first: tuple[str, ...]) -> list[str]:
    known = [name for name in first if name in names]
    return known + sorted(names - set(known))
