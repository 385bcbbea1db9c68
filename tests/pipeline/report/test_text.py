"""Numbers as people read them. Unseen without these: an interval that looks narrower than it is, a zero for a missing
value, a unit that is gone."""

import math

from hypothesis import given
from hypothesis import strategies as st

from video4spatial.pipeline.report import text


def parsed(words: str) -> float:
    return float(words.replace("\u202f", "").replace("−", "-"))


@given(st.floats(-1e4, 1e4), st.floats(1e-6, 1e3), st.floats(1e-6, 1e3))
def test_the_interval_on_the_page_is_never_narrower_than_the_measured_one(mean: float, down: float, up: float) -> None:
    low, high = mean - down, mean + up
    centre, lower, upper = (parsed(part) for part in text.interval_parts(mean, low, high))
    assert lower <= low < high <= upper
    assert upper - lower <= 1.3 * (high - low) + 1e-7
    assert abs(centre - mean) <= 0.1 * (high - low) + 1e-8


def test_a_bound_just_above_zero_is_not_rounded_across_it() -> None:
    assert text.interval(0.021, 0.00041, 0.042) == "0.021 [0.000, 0.042]"
    assert text.interval(-0.021, -0.042, -0.00041) == "−0.021 [−0.042, 0.000]"


def test_what_was_not_measured_is_said_and_never_zero() -> None:
    assert text.number(None) == text.number(math.nan) == text.with_unit(None, "dB") == "not measured"
    assert text.number(0.0) == "0"
    assert text.number(math.inf) == "∞"


def test_whole_parts_are_never_cut_and_small_numbers_keep_their_digits() -> None:
    assert text.number(12345.6) == "12\u202f346"
    assert text.number(0.000123456) == "0.000123"
    assert text.number(-9.9e-8) == "−9.90 × 10⁻⁸"
    assert text.number(1_234_567) == "1\u202f234\u202f567"


def test_a_setting_is_shown_as_it_was_written() -> None:
    assert [text.setting(value) for value in (0.06, 60, 0.3, -2.5)] == ["0.06", "60", "0.3", "−2.5"]


def test_one_sequence_has_no_interval() -> None:
    assert text.bounds({"mean": 3.0, "low": 3.0, "high": 3.0, "n": 1}) is None
    assert text.said_interval({"mean": 3.0, "low": 3.0, "high": 3.0, "n": 1}, "dB").endswith("no interval")
    assert text.bounds({"mean": 3.0, "low": 2.0, "high": 4.0, "n": 2}) == (2.0, 4.0)


def test_units_are_read_from_names_and_stated_ones_win() -> None:
    assert text.unit_of("psnr_db") == "dB"
    assert text.plain_name("psnr_db") == "PSNR"
    assert text.unit_of("path_length_m") == "m"
    assert text.plain_name("path_length_m") == "path length"
    assert text.unit_of("sharpness") == "squared luma levels"
    assert text.unit_of("beauty") == ""
    assert text.unit_of("sharpness", {"sharpness": "levels"}) == "levels"


def test_durations_read_as_people_say_them() -> None:
    assert [text.duration(value) for value in (0.84, 42.4, 185, 7620)] == [
        "0.8\u00a0s",
        "42\u00a0s",
        "3\u00a0min 05\u00a0s",
        "2\u00a0h 07\u00a0min",
    ]
