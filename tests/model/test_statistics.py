"""Unseen, an interval that is too narrow would turn noise into a finding."""

import numpy as np
import pytest

from video4spatial.model.statistics import interval


def test_the_interval_covers_the_true_mean_about_19_times_in_20() -> None:
    random = np.random.default_rng(0)
    covered = 0
    for trial in range(200):
        found = interval(random.normal(3.0, 1.0, 30), trial, 400)
        covered += found["low"] <= 3.0 <= found["high"]
    assert 0.88 <= covered / 200 <= 0.99


def test_the_same_values_give_the_same_interval_and_more_values_a_narrower_one() -> None:
    values = list(np.random.default_rng(0).normal(size=20))
    assert interval(values, 1) == interval(values, 1)
    few, many = interval(values, 1), interval(values * 9, 1)
    assert many["high"] - many["low"] < few["high"] - few["low"]
    assert few["n"] == 20


def test_nothing_has_no_interval() -> None:
    with pytest.raises(ValueError, match="at least one value"):
        interval([], 0)
