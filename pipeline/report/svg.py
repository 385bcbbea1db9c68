"""Inline SVG from plain functions: scales, ticks and the few shapes that plots are made of.

Coordinates are CSS pixels of a small canvas (360 wide) so that text stays readable on a phone; colours are classes that
`style.py` paints for light and dark.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from video4spatial.pipeline.report.text import escape


@dataclass(frozen=True, kw_only=True)
class Scale:
    """Maps values to pixels, linearly or by logarithm."""

    low: float
    high: float
    start_px: float
    stop_px: float
    is_log: bool = False

    def __call__(self, value: float) -> float:
        low, high = self._bend(self.low), self._bend(self.high)
        share = (self._bend(value) - low) / (high - low) if high > low else 0.5
        return self.start_px + share * (self.stop_px - self.start_px)

    def _bend(self, value: float) -> float:
        return math.log10(value) if self.is_log else value

    def ticks(self, count: int = 5) -> list[float]:
        """Round values inside the range, about `count` of them."""
        if not self.is_log:
            return linear_ticks(self.low, self.high, count)
        first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
        factors = (1.0,) if last - first > 3 else (1.0, 2.0, 5.0)
        values = [factor * 10.0**power for power in range(first, last + 1) for factor in factors]
        return [value for value in values if self.low <= value <= self.high]


def linear_ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten within [low, high]."""
    if high <= low:
        return [low]
    raw = (high - low) / max(1, count)
    power = 10.0 ** math.floor(math.log10(raw))
    step = min((factor * power for factor in (1.0, 2.0, 5.0, 10.0)), key=lambda step: abs(math.log(step / raw)))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [index * step for index in range(first, last + 1)]


def tick_text(value: float, ticks: list[float]) -> str:
    """A tick's label with the decimals that tell neighbouring ticks apart."""
    gaps = [abs(b - a) for a, b in pairwise(ticks) if b != a]
    smallest = min([*gaps, *([abs(value)] if value else [])], default=1.0)
    if abs(value) >= 1e6 or (value and abs(value) < 1e-5):
        return f"{value:.0e}".replace("e-0", "e−").replace("e+0", "e")
    decimals = max(0, -math.floor(math.log10(smallest) + 1e-9)) if smallest > 0 else 0
    text = f"{value:,.{min(decimals, 8)}f}".replace(",", "\u202f")
    return text.replace("-", "−") if float(f"{value:.8f}") else "0"


def px(value: float) -> str:
    """A coordinate with a tenth of a pixel: short, and the same on every machine."""
    text = f"{value:.1f}"
    return "0" if text in ("-0.0", "0.0") else text.removesuffix(".0")


def points(pairs: Iterable[tuple[float, float]]) -> str:
    """The `points` attribute of a polyline."""
    return " ".join(f"{px(x)},{px(y)}" for x, y in pairs)


def line(x1: float, y1: float, x2: float, y2: float, css: str) -> str:
    return f'<line x1="{px(x1)}" y1="{px(y1)}" x2="{px(x2)}" y2="{px(y2)}" class="{css}"/>'


def rect(x: float, y: float, width: float, height: float, css: str, title: str = "") -> str:
    inner = f"<title>{escape(title)}</title>" if title else ""
    shape = f'x="{px(x)}" y="{px(y)}" width="{px(max(0.0, width))}" height="{px(max(0.0, height))}"'
    return f'<rect {shape} class="{css}">{inner}</rect>'


def circle(x: float, y: float, radius: float, css: str, title: str = "") -> str:
    inner = f"<title>{escape(title)}</title>" if title else ""
    return f'<circle cx="{px(x)}" cy="{px(y)}" r="{px(radius)}" class="{css}">{inner}</circle>'


def polyline(pairs: Iterable[tuple[float, float]], css: str, title: str = "") -> str:
    inner = f"<title>{escape(title)}</title>" if title else ""
    return f'<polyline points="{points(pairs)}" class="{css}">{inner}</polyline>'


def polygon(pairs: Iterable[tuple[float, float]], css: str) -> str:
    return f'<polygon points="{points(pairs)}" class="{css}"/>'


def text(x: float, y: float, words: object, css: str = "tick", anchor: str = "start") -> str:
    return f'<text x="{px(x)}" y="{px(y)}" class="{css}" text-anchor="{anchor}">{escape(words)}</text>'


def canvas(width: float, height: float, body: str, label: str, css: str = "plot") -> str:
    """A drawing that scales with its box; `label` is what a screen reader says."""
    head = f'class="{css}" viewBox="0 0 {px(width)} {px(height)}" role="img" aria-label="{escape(label)}"'
    return f"<svg {head}>{body}</svg>"
