"""Other light on a clip. Unseen: frames that flicker, colours that no light has, change where none was asked for."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from video4spatial.filters.config import AugmentConfig
from video4spatial.filters.footage import Footage
from video4spatial.filters.lighting import KNOTS, Lighting, curve, draw_lighting, relight, tint
from video4spatial.pipeline.core.colour import LUMA

NONE = {"stops": (0.0,) * KNOTS, "mired": (0.0,) * KNOTS, "slope_stops": 0.0, "direction_rad": 0.0}


@pytest.fixture
def still(texture: Callable) -> Footage:
    """One picture 16 times, so that all change in time comes from the light."""
    return Footage(frames=np.repeat(texture(3, 64, 96)[None], 16, axis=0), times_s=np.arange(16) / 12)


def lit(footage: Footage, **changes: object) -> NDArray[np.uint8]:
    return relight(footage, Lighting(**{**NONE, **changes})).frames


def draws(count: int = 40) -> list[Lighting]:
    return [draw_lighting(AugmentConfig(), np.random.default_rng(seed)) for seed in range(count)]


def test_no_change_of_light_leaves_every_pixel(still: Footage) -> None:
    assert np.abs(lit(still).astype(int) - still.frames).max() <= 1


def test_one_stop_doubles_linear_light() -> None:
    grey = Footage(frames=np.full((2, 2, 2, 3), 100, np.uint8), times_s=np.arange(2.0))
    brighter = lit(grey, stops=(1.0,) * KNOTS)[0, 0, 0, 0]
    linear = [((level / 255 + 0.055) / 1.055) ** 2.4 for level in (100, int(brighter))]
    assert linear[1] / linear[0] == pytest.approx(2, rel=0.02)


@pytest.mark.parametrize("mired", [-60.0, -20.0, 20.0, 60.0])
def test_warm_light_is_redder_and_cold_light_bluer_at_the_same_luminance(mired: float) -> None:
    red, green, blue = tint(mired)
    assert (red > green > blue) == (mired > 0)
    assert (blue > green > red) == (mired < 0)
    assert LUMA @ [red, green, blue] == pytest.approx(1)


@pytest.mark.parametrize("seed", range(12))
def test_light_changes_smoothly_in_time(still: Footage, seed: int) -> None:
    light = draw_lighting(AugmentConfig(), np.random.default_rng(seed))
    place = np.linspace(0, 1, 200)
    for knots in (light.stops, light.mired):
        values = curve(knots, place)
        assert (values.min(), values.max()) == pytest.approx((min(knots), max(knots)), rel=1e-3, abs=1e-3)
        speed = np.diff(values) / np.diff(place)
        # at most 1.5 times the straight line between two knots, and no corner
        assert np.abs(speed).max() <= 1.51 * np.abs(np.diff(knots)).max() * (KNOTS - 1) + 1e-9
        assert np.abs(np.diff(speed)).max() <= 0.2 * np.abs(speed).max() + 1e-9
    means = relight(still, light).frames.mean(axis=(1, 2, 3))
    assert np.abs(np.diff(means)).max() < 20


def test_a_curve_goes_by_time_not_by_frame_number() -> None:
    uneven = Footage(frames=np.full((3, 2, 2, 3), 100, np.uint8), times_s=np.array([0.0, 0.9, 1.0]))
    assert curve((0.0, 3.0), uneven.place).tolist() == pytest.approx([0, 3 * (0.81 * (3 - 1.8)), 3])


def test_some_lights_are_constant_and_all_are_visibly_different(still: Footage) -> None:
    lights = draws()
    constant = sum(len(set(light.stops)) == 1 and len(set(light.mired)) == 1 for light in lights)
    assert 8 < constant < 32
    assert all(np.abs(relight(still, light).frames.astype(int) - still.frames).mean() > 3 for light in lights[:12])
