"""Training: losses, the context gap with its interval, one-step PSNR beside a mean colour.

metrics.jsonl ─▶ [part of the page]
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from video4spatial.pipeline.report import plots, tables
from video4spatial.pipeline.report.facts import ReportFacts
from video4spatial.pipeline.report.overview import context_gap, finding
from video4spatial.pipeline.report.page import Part
from video4spatial.pipeline.report.plots import Curve
from video4spatial.pipeline.report.text import (
    bounds,
    duration,
    escape,
    is_number,
    number,
    plain_name,
    plural,
    said_interval,
    set_name,
    spoken,
    unit_of,
)

MAX_POINTS = 500
_COLOURS = ("c1", "c2", "c3", "c4")


def training_part(facts: ReportFacts) -> Part:
    """Losses, the context gap, one-step PSNR over training."""
    train = [row for row in facts.metrics if row.get("kind") == "train"]
    checks = [row for row in facts.metrics if row.get("kind") == "validation"]
    if not train and not checks:
        html = tables.missing("No training metrics were given: nothing was trained, or its metrics.jsonl is empty.")
        return Part(anchor="training", title="Training", short="Training", lead="", html=html)
    html = (
        tables.pairs(
            {plain_name(name): f"{spoken(value)} {unit_of(name)}".strip() for name, value in facts.model.items()}
        )
        if facts.model
        else ""
    )
    html += f'<div class="grid two">{_train_loss(train)}{_validation_losses(checks)}</div>'
    html += "<h3>Does the model use its context?</h3>" + _gap(facts, checks)
    html += "<h3>One denoising step from noise</h3>" + _one_step(checks)
    return Part(anchor="training", title="Training", short="Training", lead=_effort(train), html=html)


def _effort(train: list[Mapping[str, Any]]) -> str:
    if not train:
        return "Only validation was recorded."
    last = max(train, key=lambda row: row.get("step", 0))
    said = [f"{plural(int(last.get('step', 0)), 'step')}"]
    if is_number(last.get("cpu_s")):
        said.append(f"{duration(float(last['cpu_s']))} of CPU time")
    rates = [row["samples_per_s"] for row in train if is_number(row.get("samples_per_s"))]
    if rates:
        said.append(f"{number(float(np.median(rates)))} samples per second (median)")
    skipped = max((int(row["skipped"]) for row in train if is_number(row.get("skipped"))), default=0)
    return ", ".join(said) + f". {plural(skipped, 'step')} skipped for a loss or gradient that was not finite."


def _train_loss(train: list[Mapping[str, Any]]) -> str:
    rows = sorted((row for row in train if is_number(row.get("loss"))), key=lambda row: row["step"])
    if not rows:
        return tables.missing("No training loss was recorded.")
    xs, ys = [row["step"] for row in rows], [row["loss"] for row in rows]
    window = max(3, len(rows) // 30 | 1)
    every = -(-len(rows) // MAX_POINTS)
    smooth = running_median(np.array(ys, dtype=float), window)
    lines = [
        Curve(label="each record", xs=xs[::every], ys=ys[::every], css="faint"),
        Curve(label="running median", xs=xs[::every], ys=smooth[::every].tolist(), css="c1"),
    ]
    thinned = f" One record in {every} is drawn." if every > 1 else ""
    caption = f"{plural(len(rows), 'record')}; the line is a running median over {window}.{thinned}"
    keys = tables.legend([("base", "each record"), ("c1", "running median")])
    return tables.figure(keys + plots.curves(lines, "training step", "loss"), caption, "Training loss")


def _validation_losses(checks: list[Mapping[str, Any]]) -> str:
    sigmas = sorted({sigma for row in checks for sigma in (row.get("loss") or {})}, key=float)
    sets = _sets(checks)
    html = ""
    for sigma in sigmas:
        lines = []
        for name, css in zip(sets, _COLOURS, strict=False):
            rows = [row for row in checks if row.get("set") == name and is_number((row.get("loss") or {}).get(sigma))]
            xs, ys = [row["step"] for row in rows], [row["loss"][sigma] for row in rows]
            lines.append(Curve(label=set_name(name), xs=xs, ys=ys, css=css))
        keys = tables.legend((curve.css, curve.label) for curve in lines)
        drawing = plots.curves(lines, "training step", "loss")
        last = [f"{curve.label} {number(curve.ys[-1])} at step {number(curve.xs[-1])}" for curve in lines if curve.ys]
        html += tables.figure(keys + drawing, f"Last: {'; '.join(last)}.", f"Validation loss, sigma {sigma}")
    return html


def _gap(facts: ReportFacts, checks: list[Mapping[str, Any]]) -> str:
    found = context_gap(facts)
    lines = [
        _measured(checks, name, "context_gap", css, set_name(name))
        for name, css in zip(_sets(checks), _COLOURS, strict=False)
    ]
    lines = [curve for curve in lines if curve.ys]
    html = ""
    if found is not None:
        name, gap = found
        value = said_interval(gap)
        html += f"<p class=finding>On {escape(set_name(name))}: {escape(value)}. {escape(finding(gap))}</p>"
    if not lines:
        return html + tables.missing("The context gap was not measured during training.")
    keys = tables.legend((curve.css, curve.label) for curve in lines)
    drawing = plots.curves(lines, "training step", "context gap", zero_line=True)
    caption = (
        "Validation loss at sigma 0.9 with another sequence's context, minus the loss with the true one. Bands are "
        "95 % bootstrap intervals over sequences; the dashed line is 0."
    )
    return f'<div class="grid two side">{tables.figure(keys + drawing, caption)}{html}</div>'


def _one_step(checks: list[Mapping[str, Any]]) -> str:
    html = ""
    for name in _sets(checks):
        model = _measured(checks, name, "one_step_psnr_db", "c1", "model")
        base = _measured(checks, name, "mean_colour_psnr_db", "base", "mean colour")
        lines = [curve for curve in (model, base) if curve.ys]
        if lines:
            keys = tables.legend((curve.css, curve.label) for curve in lines)
            drawing = plots.curves(lines, "training step", "PSNR (dB)")
            caption = "Higher is closer to the truth. Bands are 95 % bootstrap intervals over sequences."
            caption += _last_gain(checks, name)
            html += tables.figure(keys + drawing, caption, set_name(name).capitalize())
    return f'<div class="grid two">{html}</div>' if html else tables.missing("One-step PSNR was not measured.")


def _last_gain(checks: list[Mapping[str, Any]], name: str) -> str:
    """The last gain of the model over the mean colour, measured sequence by sequence."""
    gains = [row["one_step_gain_db"] for row in checks if row.get("set") == name and row.get("one_step_gain_db")]
    return f" Last gain over the mean colour, sequence by sequence: {said_interval(gains[-1], 'dB')}." if gains else ""


def _measured(checks: list[Mapping[str, Any]], name: str, metric: str, css: str, words: str) -> Curve:
    rows = [row for row in checks if row.get("set") == name and is_number((row.get(metric) or {}).get("mean"))]
    known = [bounds(row[metric]) for row in rows]
    intervals = [pair for pair in known if pair is not None]
    bounded = len(intervals) == len(rows)
    return Curve(
        label=words,
        xs=[row["step"] for row in rows],
        ys=[row[metric]["mean"] for row in rows],
        css=css,
        low=[low for low, _ in intervals] if bounded else (),
        high=[high for _, high in intervals] if bounded else (),
    )


def running_median(values: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    """(N,) medians over `window` neighbours, fewer at the ends."""
    half = window // 2
    return np.array([np.median(values[max(0, at - half) : at + half + 1]) for at in range(len(values))])


def _sets(checks: list[Mapping[str, Any]]) -> list[str]:
    found = {str(row.get("set")) for row in checks}
    first = [name for name in ("held_out", "val", "test") if name in found]
    return first + sorted(found - set(first))
