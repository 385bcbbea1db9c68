"""Variants are seeded, recorded whole, smooth in time, and change what they say and nothing else."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from video4spatial.filters.augment import (
    Lighting,
    Occluder,
    draw_lighting,
    draw_occluder,
    is_chosen,
    occlude,
    parameters,
    relight,
)
from video4spatial.filters.config import AugmentConfig

STILL = {"exposure_stops": 0.0, "warmth": 0.0, "slope_stops": 0.0, "direction_rad": 0.0, "swing": 0.0, "phase": 0.0}


@pytest.fixture
def still(texture: Callable) -> NDArray[np.uint8]:
    """(16, 64, 96, 3): one picture, so that all change in time comes from the variant."""
    return np.repeat(texture(3, 64, 96)[None], 16, axis=0)


def draws(draw: Callable, count: int = 40) -> list:
    return [draw(AugmentConfig(), np.random.default_rng(seed)) for seed in range(count)]


def test_no_change_of_light_leaves_every_pixel(still: NDArray[np.uint8]) -> None:
    assert np.abs(relight(still, Lighting(**STILL)).astype(int) - still).max() <= 1


def test_one_stop_doubles_linear_light() -> None:
    grey = np.full((1, 2, 2, 3), 100, np.uint8)
    brighter = relight(grey, Lighting(**{**STILL, "exposure_stops": 1.0}))[0, 0, 0, 0]
    linear = [((level / 255 + 0.055) / 1.055) ** 2.4 for level in (100, int(brighter))]
    assert linear[1] / linear[0] == pytest.approx(2, rel=0.02)


def test_warm_light_raises_red_and_lowers_blue(still: NDArray[np.uint8]) -> None:
    means = relight(still, Lighting(**{**STILL, "warmth": 0.25})).mean(axis=(0, 1, 2)) - still.mean(axis=(0, 1, 2))
    assert means[0] > 5
    assert abs(means[1]) < 0.5
    assert means[2] < -5


@pytest.mark.parametrize("seed", range(12))
def test_variants_change_smoothly_in_time(still: NDArray[np.uint8], seed: int) -> None:
    random = np.random.default_rng(seed)
    lit = relight(still, draw_lighting(AugmentConfig(), random)).mean(axis=(1, 2, 3))
    assert np.abs(np.diff(lit)).max() < 16
    # no flicker: it turns at most twice, as one period of a sine does
    assert np.count_nonzero(np.diff(np.sign(np.diff(lit)[np.abs(np.diff(lit)) > 0.3]))) <= 2
    covered = (occlude(still, draw_occluder(AugmentConfig(), random)) != still).any(axis=3)
    moved = np.logical_xor(covered[1:], covered[:-1]).mean(axis=(1, 2))
    assert moved.max() < 0.15


def test_some_variants_are_constant_and_some_move() -> None:
    assert 8 < sum(light.swing == 0 for light in draws(draw_lighting)) < 32
    assert 4 < sum(thing.velocity == (0.0, 0.0) for thing in draws(draw_occluder)) < 24


def test_an_occluder_hides_a_part_and_leaves_the_rest_untouched(still: NDArray[np.uint8]) -> None:
    for thing in draws(draw_occluder, 20):
        covered = (occlude(still, thing) != still).any(axis=3).mean(axis=(1, 2))
        assert 0.005 < covered.max() < 0.5


def test_recorded_parameters_make_the_same_frames_again(still: NDArray[np.uint8]) -> None:
    light, thing = draws(draw_lighting)[0], draws(draw_occluder)[0]
    assert (relight(still, Lighting(**parameters(light))) == relight(still, light)).all()
    assert (occlude(still, Occluder(**parameters(thing))) == occlude(still, thing)).all()


def test_the_share_of_clips_is_spread_evenly_and_begins_with_the_first() -> None:
    chosen = [clip for clip in range(16) if is_chosen(clip, 0.25)]
    assert chosen[0] == 0
    assert len(chosen) in (4, 5)
    assert not any(is_chosen(clip, 0) for clip in range(16))
    assert all(is_chosen(clip, 1) for clip in range(16))
