"""Light by its dials. If what is recorded is not what lit the picture, a model is told a wrong hour."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from video4spatial.pipeline.core.colour import LUMA, blackbody, white_balanced
from video4spatial.pipeline.core.seeds import rng
from video4spatial.sim_scenes.daylight import day_share, skylight, sunlight
from video4spatial.sim_scenes.dials import DARK_BELOW_DEG, Dials, LampDial, draw_dials, lighting_of
from video4spatial.sim_scenes.lights import Fixtures
from video4spatial.sim_scenes.place import Place
from video4spatial.sim_scenes.scene import Lamp
from video4spatial.sim_scenes.variants import dials_variant

LAMPS = (Lamp((0.0, 2.0, 0.0), (2.0, 1.9, 1.7)), Lamp((2.0, 1.0, 0.0), (1.0, 0.9, 0.8)))
WINDOW = ((0.0, 1.5, -2.0), (0.0, 0.0, 1.0), 2.0)
SRGB_TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


@pytest.mark.parametrize(("kelvin", "x", "y"), [(2856, 0.4476, 0.4074), (4000, 0.3805, 0.3768), (6500, 0.3135, 0.3237)])
def test_a_glowing_body_has_the_published_chromaticity(kelvin: float, x: float, y: float) -> None:
    """2856 K is the CIE's illuminant A; the others are on the published Planckian locus."""
    xyz = SRGB_TO_XYZ @ blackbody(kelvin)
    assert xyz[0] / xyz.sum() == pytest.approx(x, abs=0.008)
    assert xyz[1] / xyz.sum() == pytest.approx(y, abs=0.008)
    assert LUMA @ blackbody(kelvin) == pytest.approx(1.0)


def test_a_low_sun_is_redder_and_weaker_and_none_is_left_below_the_horizon() -> None:
    strength = [sunlight(height) for height in (60.0, 20.0, 5.0, 1.0)]
    for higher, lower in pairwise(strength):
        assert np.all(lower < higher)
        assert lower[2] / lower[0] < higher[2] / higher[0]
    assert not sunlight(-1.0).any()
    assert skylight(40.0)[2] > skylight(40.0)[0]
    assert skylight(3.0)[0] > skylight(3.0)[2]
    assert day_share(-15.0) < day_share(0.0) < day_share(40.0)


def test_white_is_what_the_camera_takes_for_it() -> None:
    np.testing.assert_allclose(white_balanced(4300, 4300), 1.0)
    assert white_balanced(2700, 4300)[0] > 1.2 > 0.6 > white_balanced(2700, 4300)[2]


def dials(**changes: object) -> Dials:
    lamps = (LampDial(True, 2700.0, 1.0), LampDial(False, 4000.0, 0.5))
    return replace(Dials(30.0, 90.0, lamps, 1.0), **changes)  # type: ignore[arg-type]


def test_each_lamp_is_on_or_off_by_itself_and_dimmed_by_its_factor() -> None:
    fixtures = Fixtures((), LAMPS)
    one = lighting_of(dials(), fixtures)
    assert [lamp.position_m for lamp in one.lamps] == [LAMPS[0].position_m]
    half = lighting_of(dials(lamps=(LampDial(True, 2700.0, 0.5), LampDial(False, 4000.0, 0.5))), fixtures)
    np.testing.assert_allclose(half.lamps[0].colour, np.array(one.lamps[0].colour) / 2)
    both = lighting_of(dials(lamps=(LampDial(True, 2700.0, 1.0), LampDial(True, 6000.0, 1.0))), fixtures)
    warm, cold = (np.array(lamp.colour) for lamp in both.lamps)
    assert warm[2] / warm[0] < cold[2] / cold[0]
    assert LUMA @ cold == pytest.approx(LUMA @ np.array(LAMPS[1].colour))


def test_the_sun_stands_where_the_dials_say() -> None:
    sun = lighting_of(dials(), Fixtures((WINDOW,), LAMPS)).sun
    assert sun is not None
    np.testing.assert_allclose(sun.direction, [0.0, -0.5, np.sqrt(0.75)], atol=1e-9)
    assert lighting_of(dials(sun_elevation_deg=-5.0), Fixtures((WINDOW,), LAMPS)).sun is None
    assert lighting_of(dials(), Fixtures((), LAMPS)).sun is None


def test_drawn_dials_cover_day_and_night_lamps_on_and_off_and_leave_no_night_dark() -> None:
    fixtures = Fixtures((WINDOW,), LAMPS[:1], always=LAMPS[1:])
    drawn = [draw_dials(rng(0, "test", "dials", k), fixtures) for k in range(200)]
    heights = np.array([each.sun_elevation_deg for each in drawn])
    assert heights.min() < -12.0
    assert heights.max() > 50.0
    assert {each.lamps[0].on for each in drawn} == {True, False}
    assert all(each.lamps[1].on for each in drawn)
    windowed = [draw_dials(rng(1, "test", "dials", k), Fixtures((WINDOW,), LAMPS)) for k in range(200)]
    low = [each for each in windowed if each.sun_elevation_deg <= DARK_BELOW_DEG]
    assert low
    assert all(any(lamp.on for lamp in each.lamps) for each in low)
    assert len({tuple(lamp.on for lamp in each.lamps) for each in windowed}) == 4


def test_what_is_recorded_makes_the_lighting_again(place: Place) -> None:
    variant = dials_variant(place, rng(3, "test", "dials"))
    recorded = variant.parameters["dials"]
    lamps = tuple(LampDial(**lamp) for lamp in recorded["lamps"])
    assert lighting_of(Dials(**{**recorded, "lamps": lamps}), place.fixtures) == variant.scene.lighting
