"""The plots of a report: histograms with limits, curves with interval bands, dots with intervals.

Each takes plain numbers and returns one inline SVG. A value that is not finite is left out and never drawn as zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from video4spatial.pipeline.report import svg
from video4spatial.pipeline.report.text import interval, is_number, number

WIDTH, LEFT, RIGHT = 360.0, 46.0, 350.0
TOP, BOTTOM = 12.0, 168.0
BINS = 24


@dataclass(frozen=True, kw_only=True)
class Curve:
    """One line of a plot."""

    label: str
    xs: Sequence[float]
    ys: Sequence[float]
    css: str
    """`c1` to `c4`, or `faint` for raw points behind a smoothed line."""
    low: Sequence[float] = ()
    """Bounds of the interval at each x; empty without one."""
    high: Sequence[float] = ()


@dataclass(frozen=True, kw_only=True)
class Dot:
    """One row of an interval plot."""

    label: str
    mean: float
    low: float | None
    high: float | None
    css: str


@dataclass(frozen=True, kw_only=True)
class Limit:
    """A threshold on a histogram's axis: `is_lower` when values below it were dropped."""

    value: float
    label: str
    is_lower: bool


def curves(lines: Sequence[Curve], x_label: str, y_label: str, *, zero_line: bool = False) -> str:
    """Lines over a common x; the y axis turns logarithmic when positive values span more than a factor of 12, and
    says so."""
    ys = [y for curve in lines for values in (curve.ys, curve.low, curve.high) for y in values if is_number(y)]
    xs = [x for curve in lines for x in curve.xs if is_number(x)]
    if not ys or not xs:
        return ""
    is_log = min(ys) > 0 and max(ys) / min(ys) > 12 and not zero_line
    low, high = (min(ys), max(ys)) if is_log else _padded([*ys, *([0.0] if zero_line else [])])
    x = svg.Scale(low=min(xs), high=max(xs), start_px=LEFT, stop_px=RIGHT)
    y = svg.Scale(low=low, high=high, start_px=BOTTOM, stop_px=TOP, is_log=is_log)
    body = _axes(x, y, x_label, y_label + (", log scale" if is_log else ""), whole_x=all(at == int(at) for at in xs))
    if zero_line:
        body += svg.line(LEFT, y(0.0), RIGHT, y(0.0), "zero")
    body += "".join(_band(curve, x, y) for curve in lines)
    body += "".join(_stroke(curve, x, y) for curve in lines)
    names = ", ".join(curve.label for curve in lines)
    return svg.canvas(WIDTH, 206, body, f"{y_label} over {x_label}: {names}")


def histogram(kept: Sequence[float], dropped: Sequence[float], label: str, limits: Sequence[Limit] = ()) -> str:
    """Stacked bars of kept and dropped values; each limit is a marked line, its dropped side shaded."""
    values = np.array([value for value in (*kept, *dropped) if is_number(value)], dtype=float)
    if not values.size:
        return ""
    low, high = histogram_range(values, limits)
    edges = np.linspace(low, high, BINS + 1)
    good = np.histogram([value for value in kept if is_number(value)], edges)[0]
    bad = np.histogram([value for value in dropped if is_number(value)], edges)[0]
    top = max(1, int((good + bad).max()))
    x = svg.Scale(low=low, high=high, start_px=LEFT, stop_px=RIGHT)
    y = svg.Scale(low=0.0, high=float(top), start_px=BOTTOM, stop_px=TOP + 14)
    body = _axes(x, y, label, "sequences", whole_y=True)
    body += "".join(_limit(limit, x) for limit in limits if low <= limit.value <= high)
    for left, right, lower, upper in zip(edges, edges[1:], good, bad, strict=False):
        width = x(right) - x(left) - 1.0
        span = f"{number(float(left))} to {number(float(right))}"
        if lower:
            body += svg.rect(x(left) + 0.5, y(lower), width, BOTTOM - y(lower), "kept", f"{span}: {lower} kept")
        if upper:
            height = y(lower) - y(lower + upper)
            body += svg.rect(x(left) + 0.5, y(lower + upper), width, height, "dropped", f"{span}: {upper} not kept")
    return svg.canvas(WIDTH, 206, body, f"Histogram of {label}: {len(values)} sequences")


def histogram_range(values: np.ndarray, limits: Sequence[Limit]) -> tuple[float, float]:
    """The axis of a histogram: the data, widened to a limit that lies within one more width of it."""
    low, high = float(values.min()), float(values.max())
    width = high - low
    if width <= 1e-6 * max(abs(low), abs(high)):
        # one value, or one value and its rounding: no tick could tell such bins apart
        width = abs(high) * 0.1 or 1.0
        low, high = low - width / 2, high + width / 2
    near = [limit.value for limit in limits if low - width <= limit.value <= high + width]
    lower, upper = min([low, *near]), max([high, *near])
    margin = 0.03 * (upper - lower)
    return (lower - margin if lower in near else lower), (upper + margin if upper in near else upper)


def is_on_axis(limit: Limit, values: Sequence[float], limits: Sequence[Limit]) -> bool:
    """Whether `histogram` of these values draws the limit."""
    low, high = histogram_range(np.array(values, dtype=float), limits)
    return low <= limit.value <= high


def dots(groups: Sequence[tuple[str, Sequence[Dot]]], label: str) -> str:
    """A row per dot under its group's name: the mean as a point, the interval as a bar."""
    every = [dot for _, rows in groups for dot in rows]
    bounds = [value for dot in every for value in (dot.mean, dot.low, dot.high) if is_number(value)]
    if not bounds:
        return ""
    low, high = _padded([float(value) for value in bounds if value is not None])
    left, row, y_px = 116.0, 20.0, 6.0
    bottom = y_px + sum(22.0 + row * len(rows) for _, rows in groups)
    x = svg.Scale(low=low, high=high, start_px=left, stop_px=RIGHT)
    ticks, body = x.ticks(4), ""
    for tick in ticks:
        body += svg.line(x(tick), 4, x(tick), bottom, "grid") + svg.text(
            x(tick), bottom + 15, svg.tick_text(tick, ticks), "tick", "middle"
        )
    if low < 0 < high:
        body += svg.line(x(0.0), 4, x(0.0), bottom, "zero")
    for name, rows in groups:
        body += svg.text(0, y_px + 14, name, "group")
        y_px += 22.0
        for dot in rows:
            body += _dot(dot, x, y_px + row / 2, left)
            y_px += row
    body += svg.text((left + RIGHT) / 2, bottom + 32, label, "axis", "middle")
    return svg.canvas(WIDTH, bottom + 38, body, f"{label} with 95 % intervals")


def _dot(dot: Dot, x: svg.Scale, y_px: float, left: float) -> str:
    body = svg.text(left - 8, y_px + 4, dot.label, "tick", "end")
    if not is_number(dot.mean):
        return body + svg.text(left + 4, y_px + 4, number(dot.mean), "tick")
    said = f"{dot.label}: {number(dot.mean)}, no interval"
    if dot.low is not None and dot.high is not None and is_number(dot.low) and is_number(dot.high):
        said = f"{dot.label}: {interval(dot.mean, dot.low, dot.high)}"
        body += svg.line(x(dot.low), y_px, x(dot.high), y_px, f"whisker {dot.css}")
    return body + svg.circle(x(dot.mean), y_px, 4, f"dot {dot.css}", said)


def _axes(x: svg.Scale, y: svg.Scale, x_label: str, y_label: str, whole_x: bool = False, whole_y: bool = False) -> str:
    body = ""
    y_ticks = [tick for tick in y.ticks(4) if not whole_y or tick == int(tick)]
    for tick in y_ticks:
        body += svg.line(LEFT, y(tick), RIGHT, y(tick), "grid")
        body += svg.text(LEFT - 6, y(tick) + 4, svg.tick_text(tick, y_ticks), "tick", "end")
    x_ticks = [tick for tick in x.ticks(5) if not whole_x or tick == int(tick)]
    for tick in x_ticks:
        body += svg.line(x(tick), BOTTOM, x(tick), BOTTOM + 4, "rule")
        body += svg.text(x(tick), BOTTOM + 17, svg.tick_text(tick, x_ticks), "tick", "middle")
    body += svg.line(LEFT, BOTTOM, RIGHT, BOTTOM, "rule")
    body += svg.text(LEFT, TOP - 2, y_label, "axis")
    return body + svg.text((LEFT + RIGHT) / 2, BOTTOM + 34, x_label, "axis", "middle")


def _band(curve: Curve, x: svg.Scale, y: svg.Scale) -> str:
    rows = [row for row in zip(curve.xs, curve.low, curve.high, strict=False) if all(is_number(v) for v in row)]
    if not rows:
        return ""
    upper = [(x(at), y(high)) for at, _, high in rows]
    lower = [(x(at), y(low)) for at, low, _ in reversed(rows)]
    return svg.polygon([*upper, *lower], f"band {curve.css}")


def _stroke(curve: Curve, x: svg.Scale, y: svg.Scale) -> str:
    pairs = [(x(at), y(value)) for at, value in zip(curve.xs, curve.ys, strict=True) if is_number(value)]
    body = svg.polyline(pairs, f"line {curve.css}") if len(pairs) > 1 else ""
    if curve.css != "faint" and len(pairs) <= 12:
        body += "".join(svg.circle(at, value, 2.6, f"dot {curve.css}") for at, value in pairs)
    return body


def _limit(limit: Limit, x: svg.Scale) -> str:
    at = x(limit.value)
    start, stop = (LEFT, at) if limit.is_lower else (at, RIGHT)
    anchor = "start" if at < (LEFT + RIGHT) / 2 else "end"
    shade = svg.rect(start, TOP + 4, stop - start, BOTTOM - TOP - 4, "out")
    label = svg.text(at + (4 if anchor == "start" else -4), TOP + 14, limit.label, "limit", anchor)
    return shade + svg.line(at, TOP + 4, at, BOTTOM, "limitline") + label


def _padded(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    pad = 0.06 * (high - low) or 0.05 * abs(high) or 1.0
    return low - pad, high + pad
