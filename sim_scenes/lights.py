"""How a scene is lit: daylight through its windows, its lamps, or both.

rng + windows + lamps ─▶ [draw_lighting] ─▶ Lighting

Three moods: `day` (sun and sky through the windows), `evening` (low warm sun, lamps on), `night` (lamps only). A
lighting variant of a path is the same scene in another mood, rendered again, so depth and ids stay true.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from video4spatial.pipeline.core.settings import to_plain
from video4spatial.sim_scenes.scene import Lamp, Lighting, Sun

MOODS = ("day", "evening", "night")
BRIGHTEST_BOUNCE = 0.45
FAINT = 0.05
"""Lamps weaker than this at 1 m are left out: each lamp costs a shadow lookup per pixel."""


Window = tuple[tuple[float, float, float], tuple[float, float, float], float]
"""(centre_m, inward direction, area_m2)."""


@dataclass(frozen=True)
class Fixtures:
    """Where a scene can be lit from."""

    windows: tuple[Window, ...]
    lamps: tuple[Lamp, ...]
    daylight: tuple[Window, ...] | None = None
    """The windows that light the room with sky; None: the two largest."""
    always: tuple[Lamp, ...] = ()
    """Lamps that are on in every mood: those of rooms without a window. None of them is among `lamps`."""
    bounce: float = 0.0
    """Light from everywhere for each unit of light from its lamps and windows: what walls and ceilings throw back."""


def draw_lighting(rng: np.random.Generator, fixtures: Fixtures, mood: str) -> Lighting:
    """A lighting in `mood`. Scenes without windows keep their lamps on, whatever the mood."""
    lamps_on = mood != "day" or not fixtures.windows or rng.random() < 0.25
    warmth = rng.uniform(0.0, 1.0)
    strength = rng.uniform(0.85, 1.25) * {"day": 0.5, "evening": 0.85, "night": 1.15}[mood]
    tint = np.array([1.0, 1.0 - 0.10 * warmth, 1.0 - 0.28 * warmth])
    lamps = []
    for lamp in (*(fixtures.lamps if lamps_on else ()), *fixtures.always):
        red, green, blue = (float(x) for x in np.asarray(lamp.colour) * strength * tint)
        lamps.append(Lamp(lamp.position_m, (red, green, blue), lamp.radius_m))
    day = {"day": 1.0, "evening": 0.3, "night": 0.03}[mood]
    skies = {"day": (0.52, 0.70, 0.95), "evening": (0.85, 0.52, 0.34), "night": (0.015, 0.02, 0.05)}
    sky = np.asarray(skies[mood]) * rng.uniform(0.85, 1.15)
    largest = sorted(fixtures.windows, key=lambda window: -window[2])[:2]
    for centre, inward, area in largest if fixtures.daylight is None else fixtures.daylight:
        near = np.asarray(centre) + 0.12 * np.asarray(inward)
        red, green, blue = (float(x) for x in (0.35 * sky + 0.45 * day) * day * min(area, 3.0) * 1.1)
        lamps.append(Lamp((float(near[0]), float(near[1]), float(near[2])), (red, green, blue), 0.9))
    lamps = [lamp for lamp in lamps if max(lamp.colour) > FAINT]
    base = {"day": 0.30, "evening": 0.17, "night": 0.12}[mood] if fixtures.windows else 0.22
    ambient = base * rng.uniform(0.85, 1.15) * (0.75 * np.ones(3) + 0.25 * (sky / sky.max() if lamps_on else 1.0))
    if fixtures.bounce:
        # furniture and open doors swallow part of it
        bounced = 0.6 * fixtures.bounce * np.sum([lamp.colour for lamp in lamps], axis=0)
        ambient = np.maximum(ambient, np.minimum(bounced, BRIGHTEST_BOUNCE))
    return Lighting(
        ambient=_triple(ambient),
        lamps=tuple(lamps),
        sun=_draw_sun(rng, fixtures, mood),
        sky=_triple(sky),
        ground=_triple(np.array([0.28, 0.32, 0.20]) * max(day, 0.08)),
    )


def _draw_sun(rng: np.random.Generator, fixtures: Fixtures, mood: str) -> Sun | None:
    """A sun that shines into one of the windows."""
    if mood == "night" or not fixtures.windows:
        return None
    _, inward, _ = fixtures.windows[int(rng.integers(len(fixtures.windows)))]
    yaw = np.arctan2(inward[2], inward[0]) + rng.uniform(-0.7, 0.7)
    height = rng.uniform(0.45, 0.85) if mood == "day" else rng.uniform(0.15, 0.3)
    direction = (np.cos(yaw) * np.cos(height), -np.sin(height), np.sin(yaw) * np.cos(height))
    colour = np.array([2.3, 2.15, 1.9]) if mood == "day" else np.array([2.0, 1.15, 0.6])
    return Sun(
        (float(direction[0]), float(direction[1]), float(direction[2])), _triple(colour * rng.uniform(0.8, 1.15))
    )


def _triple(values: np.ndarray) -> tuple[float, float, float]:
    red, green, blue = (float(x) for x in values)
    return red, green, blue


def describe(lighting: Lighting) -> dict[str, Any]:
    """The JSON of a lighting, rounded to what its pictures can show."""

    def rounded(value: Any) -> Any:
        if isinstance(value, float):
            return round(value, 4)
        if isinstance(value, dict):
            return {key: rounded(item) for key, item in value.items()}
        return [rounded(item) for item in value] if isinstance(value, list) else value

    return rounded(to_plain(lighting))
