"""What a sample says about the whole. Unseen: a bias that grows with the folder, or intervals that promise too much."""

import numpy as np
import pytest
from numpy.typing import NDArray

from video4spatial.pipeline.engine.estimate import (
    LEAST_INPUTS,
    estimate_totals,
    filled_weights,
    pick_sample,
    sample_size,
)

FAILS = frozenset({"fails"})


def population(seed: int, count: int = 100) -> tuple[NDArray[np.float64], list[dict[str, float]]]:
    """Films of very different lengths: clips go by length, leftovers partly by film, one in ten is broken."""
    random = np.random.default_rng(seed)
    seconds = np.exp(random.normal(3, 1.2, count))
    rate = random.gamma(2, 0.05, count)
    amounts = [
        {
            "kept": float(random.poisson(seconds[k] * rate[k])),
            "leftover": float(random.poisson(1 + seconds[k] * 0.02)),
            "fails": float(random.random() < 0.1),
        }
        for k in range(count)
    ]
    return seconds, amounts


def test_everything_run_is_a_count_and_no_estimate() -> None:
    seconds, amounts = population(1, 20)
    random = np.random.default_rng(0)
    sample = pick_sample(seconds, 20, random)
    assert sample.chosen.tolist() == list(range(20))
    totals = estimate_totals(amounts, seconds, sample, random, FAILS)
    for name, total in totals.items():
        assert total.value == total.low == total.high == sum(each[name] for each in amounts)


@pytest.mark.parametrize("count", [8, 24])
def test_intervals_hold_the_truth_about_as_often_as_they_say_and_the_mean_is_right(count: int) -> None:
    held: dict[str, list[bool]] = {}
    ratio: dict[str, list[float]] = {}
    for trial in range(20):
        seconds, amounts = population(trial)
        random = np.random.default_rng(trial)
        sample = pick_sample(seconds, count, random)
        totals = estimate_totals([amounts[k] for k in sample.chosen], seconds, sample, random, FAILS)
        for name, total in totals.items():
            true = sum(each[name] for each in amounts)
            assert total.low is not None
            assert total.high is not None
            held.setdefault(name, []).append(total.low <= true <= total.high)
            ratio.setdefault(name, []).append(total.value / true)
    for name in ("kept", "leftover", "fails"):
        assert np.mean(held[name]) >= 0.8, name
        assert 0.8 < np.mean(ratio[name]) < 1.25, name


def test_a_sample_has_no_input_twice_and_looks_at_small_and_large_ones() -> None:
    seconds, _ = population(3, 400)
    often = np.zeros(len(seconds))
    for seed in range(60):
        sample = pick_sample(seconds, 20, np.random.default_rng(seed))
        assert len(set(sample.chosen.tolist())) == 20
        assert ((sample.odds > 0) & (sample.odds <= 1)).all()
        often[sample.chosen] += 1
    halves = np.argsort(seconds)
    assert 0 < often[halves[:200]].sum() < often[halves[200:]].sum()


def test_one_input_that_is_most_of_the_folder_is_always_run() -> None:
    seconds = np.array([1.0] * 50 + [1e6])
    for seed in range(5):
        assert 50 in pick_sample(seconds, 6, np.random.default_rng(seed)).chosen


def test_the_same_seed_takes_the_same_sample() -> None:
    seconds, _ = population(4)
    one, other = (pick_sample(seconds, 12, np.random.default_rng(7)).chosen.tolist() for _ in range(2))
    assert one == other


def test_too_few_inputs_have_no_interval_and_never_seen_failures_may_still_come() -> None:
    seconds = np.full(60, 10.0)
    amounts = [{"kept": 3.0, "fails": 0.0}] * 10
    random = np.random.default_rng(0)
    few = pick_sample(seconds, LEAST_INPUTS - 1, random)
    totals = estimate_totals(amounts[: LEAST_INPUTS - 1], seconds, few, random, FAILS)
    assert totals["kept"].value == pytest.approx(180)
    assert totals["kept"].low is None
    ten = pick_sample(seconds, 10, random)
    totals = estimate_totals(amounts, seconds, ten, random, FAILS)
    assert totals["kept"].low == totals["kept"].high == pytest.approx(180)
    high = totals["fails"].high
    assert high is not None
    assert high > 3, "ten good ones of sixty do not promise that all are"


def test_lengths_that_are_not_known_are_taken_by_their_bytes() -> None:
    weights = filled_weights([10.0, None, 40.0, None], [1000, 2000, 4000, 0])
    assert weights[:3].tolist() == [10.0, 20.0, 40.0]
    assert 0 < weights[3] < 1e-3
    assert (filled_weights([None, None], [5, 0]) > 0).all()


@pytest.mark.parametrize(
    ("text", "inputs", "count"), [("12", 40, 12), ("12", 5, 5), ("0.1", 40, 4), ("10%", 41, 5), ("1.0", 7, 7)]
)
def test_a_sample_is_a_number_or_a_share(text: str, inputs: int, count: int) -> None:
    assert sample_size(text, inputs) == count


@pytest.mark.parametrize("text", ["0", "-3", "1.5", "many", "nan", "0%", "120%", "1e3"])
def test_what_is_neither_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        sample_size(text, 40)
