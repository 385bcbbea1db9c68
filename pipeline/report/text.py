"""Words and numbers of a page: escaped text, numbers with their units, intervals rounded outwards.

Every string that reaches the page passes through `escape`; every number through one of the functions below.
"""

import html
import math
from collections.abc import Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from typing import Any

NOT_MEASURED = "not measured"
_UNITS = {
    "_db": "dB",
    "_m": "m",
    "_px": "px",
    "_s": "s",
    "_fps": "frames/s",
    "_mps": "m/s",
    "_dps": "°/s",
    "_deg": "°",
    "_share": "0 to 1",
    "_fraction": "0 to 1",
}
# Units of the scores whose name does not say it (filters/scores.py, sim_scenes/stage.py).
_SCORE_UNITS = {
    "brightness": "mean luma, 0 to 255",
    "brightness_swing": "luma levels, 0 to 255",
    "contrast": "luma levels",
    "sharpness": "squared luma levels",
    "motion": "picture widths per second",
    "noise": "luma levels",
    "source_blockiness": "relative",
    "source_combing": "0 to 1",
    "geometry_error": "relative",
}
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_SET_NAMES = {
    "train": "training",
    "held_out": "held-out paths of training scenes",
    "val": "validation scenes",
    "test": "test scenes",
}


def escape(value: object) -> str:
    """`value` as text that is safe between tags and inside quoted attributes."""
    return html.escape(str(value), quote=True)


def plain_name(name: str) -> str:
    """A column or metric name as words, without the unit that `unit_of` speaks: `psnr_db` -> `PSNR`."""
    spoken = (suffix for suffix in _UNITS if name.endswith(suffix) and suffix not in ("_share", "_fraction"))
    suffix = next(spoken, "")
    words = (name.removesuffix(suffix) if suffix else name).replace("_", " ")
    return words.replace("psnr", "PSNR").replace("lpips", "LPIPS").replace("fps", "frames/s")


def set_name(name: str) -> str:
    """The set of an evaluation in words; names that are not ours stay as they are."""
    return _SET_NAMES.get(name, name.replace("_", " "))


def unit_of(name: str, stated: Mapping[str, str] | None = None) -> str:
    """The unit of a column: stated, or known, or spoken by its suffix, or nothing."""
    if stated and name in stated:
        return stated[name]
    spoken_by_suffix = next((unit for suffix, unit in _UNITS.items() if name.endswith(suffix)), "")
    return _SCORE_UNITS.get(name, spoken_by_suffix)


def is_number(value: Any) -> bool:
    """True for what can be drawn: a finite int or float."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def count(value: int) -> str:
    """A whole number with thin spaces between thousands."""
    return f"{value:,}".replace(",", "\u202f").replace("-", "−")


def plural(value: int, one: str, many: str | None = None) -> str:
    """`1 scene`, `3 scenes`."""
    return f"{count(value)} {one if value == 1 else many or one + 's'}"


def number(value: float | int | None, digits: int = 3) -> str:
    """A measured number with `digits` significant digits, whole parts never cut; `not measured` for None and NaN."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return NOT_MEASURED
    if isinstance(value, float) and math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if isinstance(value, int):
        return count(value)
    if value == 0:
        return "0"
    power = math.floor(math.log10(abs(value)))
    if power < -4:
        return f"{number(value / 10.0**power, digits)} × 10{str(power).translate(_SUPERSCRIPTS)}"
    decimals = max(0, digits - 1 - power)
    return _grouped(Decimal(repr(value)), min(decimals, 12), ROUND_HALF_EVEN)


def spoken(value: Any) -> str:
    """A recorded fact as text: yes and no, `none`, numbers as they are, words."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "none"
    return number(value) if isinstance(value, (int, float)) else str(value)


def setting(value: float | int) -> str:
    """A number that somebody set, as it was written: all of its digits, none added."""
    return f"{value:.12g}".replace("-", "−")


def with_unit(value: float | int | None, unit: str, digits: int = 3) -> str:
    """`3.2 m`; no unit after `not measured`."""
    text = number(value, digits)
    return text if text == NOT_MEASURED or not unit else f"{text}\u00a0{unit}"


def bounds(values: Mapping[str, Any]) -> tuple[float, float] | None:
    """(low, high) of `{mean, low, high, n}`; None without them, and for a single sequence, whose interval would be a
    point and say nothing."""
    low, high = values.get("low"), values.get("high")
    if low is None or high is None or values.get("n") == 1 or not (is_number(low) and is_number(high)):
        return None
    return float(low), float(high)


def said_interval(values: Mapping[str, Any], unit: str = "") -> str:
    """`21.4 [20.9, 21.9] dB (n = 8)`, or the mean and why it has no interval."""
    known, n = bounds(values), values.get("n")
    if known is not None:
        return interval(values["mean"], *known, unit) + (f" (n = {n})" if n is not None else "")
    return with_unit(values.get("mean"), unit) + (", one sequence only: no interval" if n == 1 else ", no interval")


def interval_parts(mean: float, low: float, high: float) -> tuple[str, str, str]:
    """Mean and bounds with as many decimals as give the width two significant digits. Bounds are rounded outwards, so
    that the interval on the page is never narrower than the measured one."""
    if not all(math.isfinite(value) for value in (mean, low, high)):
        return number(mean), number(low), number(high)
    width = high - low
    decimals = 3 if width <= 0 else min(8, max(0, 1 - math.floor(math.log10(width))))
    return (
        _grouped(Decimal(repr(float(mean))), decimals, ROUND_HALF_EVEN),
        _grouped(Decimal(repr(float(low))), decimals, ROUND_FLOOR),
        _grouped(Decimal(repr(float(high))), decimals, ROUND_CEILING),
    )


def interval(mean: float, low: float, high: float, unit: str = "") -> str:
    """`21.4 [20.9, 21.9] dB`."""
    centre, lower, upper = interval_parts(mean, low, high)
    return f"{centre} [{lower}, {upper}]" + (f"\u00a0{unit}" if unit else "")


def duration(seconds: float) -> str:
    """`0.8 s`, `42 s`, `3 min 05 s`, `2 h 07 min`."""
    if seconds < 10:
        return f"{seconds:.1f}\u00a0s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole}\u00a0s"
    if whole < 3600:
        return f"{whole // 60}\u00a0min {whole % 60:02d}\u00a0s"
    minutes = round(seconds / 60)
    return f"{minutes // 60}\u00a0h {minutes % 60:02d}\u00a0min"


def _grouped(value: Decimal, decimals: int, rounding: str) -> str:
    rounded = value.quantize(Decimal(1).scaleb(-decimals), rounding=rounding)
    if rounded == 0:
        rounded = abs(rounded)
    return f"{rounded:,f}".replace(",", "\u202f").replace("-", "−")
