"""Plots. Unseen without these: a value drawn at the wrong place, a NaN drawn as zero, a limit on the wrong side."""

import math
import re

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from video4spatial.pipeline.report import plots, svg
from video4spatial.pipeline.report.plots import Curve, Dot, Limit


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_ticks_are_round_rising_and_inside_the_axis(low: float, width: float) -> None:
    ticks = svg.linear_ticks(low, low + width)
    slack = 1e-6 * max(abs(low), width)
    assert 2 <= len(ticks) <= 12
    assert ticks == sorted(ticks)
    assert low - slack <= ticks[0]
    assert ticks[-1] <= low + width + slack


def test_tick_labels_tell_neighbours_apart() -> None:
    ticks = [0.0, 0.005, 0.01, 0.015]
    labels = [svg.tick_text(tick, ticks) for tick in ticks]
    assert len(set(labels)) == 4
    assert labels[0] == "0"


def test_a_logarithmic_scale_puts_the_geometric_mean_in_the_middle() -> None:
    scale = svg.Scale(low=0.01, high=100.0, start_px=0.0, stop_px=200.0, is_log=True)
    assert scale(1.0) == 100.0
    assert scale.ticks() == [0.01, 0.1, 1.0, 10.0, 100.0]


def test_a_curve_leaves_out_what_is_not_finite() -> None:
    drawn = plots.curves(
        [Curve(label="loss", xs=[0, 1, 2, 3], ys=[1.0, math.nan, math.inf, 0.5], css="c1")], "step", "loss"
    )
    line = re.search(r'polyline points="([^"]+)" class="line c1"', drawn)
    assert line is not None
    assert len(line.group(1).split()) == 2
    assert "nan" not in drawn
    assert "inf" not in drawn


def test_curves_without_values_are_no_plot() -> None:
    assert plots.curves([], "step", "loss") == ""
    assert plots.curves([Curve(label="x", xs=[0], ys=[math.nan], css="c1")], "step", "loss") == ""


def test_an_axis_that_turns_logarithmic_says_so() -> None:
    steep = Curve(label="loss", xs=[0, 1], ys=[10.0, 0.1], css="c1")
    flat = Curve(label="loss", xs=[0, 1], ys=[1.0, 0.5], css="c1")
    assert "log scale" in plots.curves([steep], "step", "loss")
    assert "log scale" not in plots.curves([flat], "step", "loss")


def test_the_zero_line_is_part_of_the_axis_when_all_gaps_are_positive() -> None:
    drawn = plots.curves([Curve(label="gap", xs=[0, 1], ys=[0.5, 0.6], css="c1")], "step", "gap", zero_line=True)
    zero = re.search(r'y1="([\d.]+)"[^>]*class="zero"', drawn)
    assert zero is not None
    assert plots.TOP < float(zero.group(1)) < plots.BOTTOM


def test_a_histogram_draws_every_value_once() -> None:
    kept, dropped = [0.1, 0.2, 0.2, 0.9, 1.0], [0.15, 1.0, math.nan]
    drawn = plots.histogram(kept, dropped, "score")
    assert sum(int(number) for number in re.findall(r": (\d+) kept<", drawn)) == 5
    assert sum(int(number) for number in re.findall(r": (\d+) not kept<", drawn)) == 2


def test_equal_values_are_one_bar() -> None:
    drawn = plots.histogram([3.0] * 7, [], "score")
    assert re.findall(r": (\d+) kept<", drawn) == ["7"]


def test_the_dropped_side_of_a_limit_is_shaded() -> None:
    def shade(is_lower: bool) -> tuple[float, float]:
        limit = Limit(value=5.0, label="limit", is_lower=is_lower)
        found = re.search(
            r'<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)"[^>]*class="out"',
            plots.histogram([0.0, 10.0], [], "score", [limit]),
        )
        assert found is not None
        return float(found.group(1)), float(found.group(2))

    left, width = shade(is_lower=True)
    assert left == plots.LEFT
    assert abs(left + width - shade(is_lower=False)[0]) < 0.2


def test_a_limit_far_away_does_not_squeeze_the_data_and_is_not_drawn() -> None:
    near, far = Limit(value=1.4, label="near", is_lower=False), Limit(value=900.0, label="far", is_lower=False)
    values = [0.0, 0.5, 1.0]
    assert plots.is_on_axis(near, values, [near, far])
    assert not plots.is_on_axis(far, values, [near, far])
    assert ">far<" not in plots.histogram(values, [], "score", [near, far])


def test_a_dot_stands_inside_its_interval_and_missing_bounds_draw_no_bar() -> None:
    rows = [
        Dot(label="model", mean=2.0, low=1.0, high=4.0, css="c1"),
        Dot(label="one", mean=3.0, low=None, high=None, css="base"),
    ]
    drawn = plots.dots([("val", rows)], "PSNR (dB)")
    bars = re.findall(r'x1="([\d.]+)"[^>]*x2="([\d.]+)"[^>]*class="whisker', drawn)
    points = [float(x) for x in re.findall(r'<circle cx="([\d.]+)"', drawn)]
    assert len(bars) == 1
    assert len(points) == 2
    assert float(bars[0][0]) < points[0] < float(bars[0][1])


def test_values_that_differ_by_rounding_only_are_shown_as_one() -> None:
    low, high = plots.histogram_range(np.array([1 / 12, np.nextafter(1 / 12, 1.0)]), [])
    assert high - low > 0.005
