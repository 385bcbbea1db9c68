"""A lighting by its dials: the sun's place in the sky, and for each lamp whether it is on, how warm and how bright.

rng ─▶ [draw_dials] ─▶ Dials ─▶ [lighting_of] ─▶ Lighting

What `lights.draw_lighting` draws from three moods, spread out: every number here is recorded with the variant, so that
a model can be told what light it is in, and a test can ask for pairs that differ in one dial.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from video4spatial.pipeline.core.colour import LUMA, white_balanced
from video4spatial.sim_scenes.daylight import day_share, skylight, sunlight
from video4spatial.sim_scenes.lights import FAINT, Fixtures
from video4spatial.sim_scenes.scene import Lamp, Lighting, Sun

ELEVATION_DEG = (-15.0, 60.0)
LAMP_KELVIN = (2400.0, 6000.0)
DIM = (0.25, 1.2)
WHITE_KELVIN = 4300.0
"""The camera's white: halfway between bulbs and daylight, so that both keep their character."""
SUN_STRENGTH = 3.0
DARK_BELOW_DEG = 8.0
"""With a lower sun, at least one lamp is on."""


@dataclass(frozen=True)
class LampDial:
    """One lamp."""

    on: bool
    kelvin: float
    """Colour temperature: 2700 a warm bulb, 6500 daylight."""
    dim: float
    """Factor on the lamp's strength."""


@dataclass(frozen=True)
class Dials:
    """All that a lighting is made from."""

    sun_elevation_deg: float
    """Above the horizon; below -12 it is night."""
    sun_azimuth_deg: float
    """Direction the light travels to, seen from above: 0 along +x, 90 along +z."""
    lamps: tuple[LampDial, ...]
    """In the order of the fixtures' `lamps`, then `always`."""
    ambient: float
    """Factor on the light from everywhere."""


def draw_dials(rng: np.random.Generator, fixtures: Fixtures) -> Dials:
    """Any hour; lamps are likelier on when the sun is low. Their colours agree, give or take 300 K."""
    elevation = float(rng.uniform(*ELEVATION_DEG))
    azimuth = float(rng.uniform(-180.0, 180.0))
    if fixtures.windows:
        _, inward, _ = fixtures.windows[int(rng.integers(len(fixtures.windows)))]
        azimuth = float(np.degrees(np.arctan2(inward[2], inward[0]) + rng.uniform(-0.7, 0.7)))
    count = len(fixtures.lamps) + len(fixtures.always)
    likely = 0.25 if elevation > DARK_BELOW_DEG and fixtures.windows else 0.7
    on = rng.random(count) < likely
    dark = elevation <= DARK_BELOW_DEG or not fixtures.windows
    if count and dark and not on.any():
        on[int(rng.integers(count))] = True
    on[len(fixtures.lamps) :] = True  # rooms without a window
    kelvin = np.clip(rng.uniform(*LAMP_KELVIN) + rng.uniform(-300, 300, size=count), *LAMP_KELVIN)
    dim = rng.uniform(*DIM, size=count)
    lamps = [LampDial(bool(o), round(float(k), 1), round(float(d), 4)) for o, k, d in zip(on, kelvin, dim, strict=True)]
    return Dials(round(elevation, 3), round(azimuth, 3), tuple(lamps), round(float(rng.uniform(0.85, 1.15)), 4))


def lighting_of(dials: Dials, fixtures: Fixtures) -> Lighting:
    """The lighting that the dials stand for: a pure function of them and the fixtures."""
    elevation = dials.sun_elevation_deg
    day, sky = day_share(elevation), skylight(elevation)
    lamps = []
    for lamp, dial in zip((*fixtures.lamps, *fixtures.always), dials.lamps, strict=True):
        if dial.on:
            strength = float(LUMA @ np.asarray(lamp.colour)) * dial.dim
            lamps.append(
                Lamp(lamp.position_m, _triple(strength * white_balanced(dial.kelvin, WHITE_KELVIN)), lamp.radius_m)
            )
    largest = sorted(fixtures.windows, key=lambda window: -window[2])[:2]
    for centre, inward, area in largest if fixtures.daylight is None else fixtures.daylight:
        near = np.asarray(centre) + 0.12 * np.asarray(inward)
        colour = (0.35 * sky + 0.45 * day) * day * min(area, 3.0) * 1.1
        lamps.append(Lamp(_triple(near), _triple(colour), 0.9))
    lit = any(dial.on for dial in dials.lamps)
    base = (0.10 + 0.20 * day if fixtures.windows else 0.22) * (1.0 if lit or day > 0.3 else 0.75)
    ambient = base * dials.ambient * (0.75 * np.ones(3) + 0.25 * (sky / sky.max() if lit else 1.0))
    return Lighting(
        ambient=_triple(ambient),
        lamps=tuple(lamp for lamp in lamps if max(lamp.colour) > FAINT),
        sun=_sun(dials, fixtures),
        sky=_triple(sky),
        ground=_triple(np.array([0.28, 0.32, 0.20]) * max(day, 0.08)),
    )


def _sun(dials: Dials, fixtures: Fixtures) -> Sun | None:
    """None at night, and in scenes without windows, whose ceilings may be open."""
    colour = SUN_STRENGTH * sunlight(dials.sun_elevation_deg)
    if not fixtures.windows or colour.max() < FAINT:
        return None
    height, way = np.radians(dials.sun_elevation_deg), np.radians(dials.sun_azimuth_deg)
    direction = np.array([np.cos(way) * np.cos(height), -np.sin(height), np.sin(way) * np.cos(height)])
    return Sun(_triple(direction), _triple(colour))


def _triple(values: NDArray[np.float64]) -> tuple[float, float, float]:
    red, green, blue = (float(value) for value in values)
    return red, green, blue
