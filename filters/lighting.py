"""Other light on a clip: exposure and colour temperature that change smoothly, and light that falls from one side.

Footage ─▶ [draw_lighting] ─▶ Lighting ─▶ [relight] ─▶ Footage

A picture holds no geometry, so no shadow moves: this is the light of a dimmer, a cloud or a camera's own exposure.
Frames that flicker would teach a video model to flicker: everything is constant or a smooth curve in time.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from video4spatial.filters.config import AugmentConfig
from video4spatial.filters.footage import Footage, pixel_grid
from video4spatial.pipeline.core.colour import white_balanced

WHITE_KELVIN = 6504.0
"""Of sRGB."""
KNOTS = 4
"""Values of a curve over the clip: the first at its first frame, the last at its last."""


@dataclass(frozen=True, kw_only=True)
class Lighting:
    """A change of light. Curves have `KNOTS` values; equal ones are constant in time."""

    stops: Sequence[float]
    """Exposure: linear light is multiplied by 2 to the power of it."""
    mired: Sequence[float]
    """Colour temperature, as filters of photographers are marked: 1e6 / kelvin rises by this. Above 0 is warmer."""
    slope_stops: float
    """Exposure from one edge of the picture to the other, along `direction_rad`; 0 is even light."""
    direction_rad: float


def draw_lighting(config: AugmentConfig, random: np.random.Generator) -> Lighting:
    """Light that is visibly different: at least a third of the strongest exposure; half of the clips vary in time."""
    stops = config.max_exposure_stops * random.uniform(1 / 3, 1) * random.choice([-1.0, 1.0])
    mired = random.uniform(-config.max_mired, config.max_mired)
    curves = np.zeros((2, KNOTS))
    if random.random() < 0.5:
        curves = random.uniform(-0.5, 0.5, (2, KNOTS))
    return Lighting(
        stops=_rounded(stops + config.max_exposure_stops * curves[0]),
        mired=_rounded(mired + config.max_mired * curves[1]),
        slope_stops=round(float(random.uniform(0, config.max_exposure_stops)), 4),
        direction_rad=round(float(random.uniform(0, 2 * np.pi)), 4),
    )


def relight(footage: Footage, light: Lighting) -> Footage:
    """The clip under other light: gains on linear light (sRGB transfer function, IEC 61966-2-1)."""
    frames = footage.frames
    height, width = frames.shape[1:3]
    x, y = pixel_grid(height, width)
    along = (x * np.cos(light.direction_rad) + y * np.sin(light.direction_rad)) / (width / min(height, width))
    stops, mired = curve(light.stops, footage.place), curve(light.mired, footage.place)
    out = np.empty_like(frames)
    for t, frame in enumerate(frames):
        gain = np.exp2(stops[t] + light.slope_stops * along)[..., None] * tint(float(mired[t]))
        out[t] = _encode(_LINEAR[frame] * gain.astype(np.float32))
    return replace(footage, frames=out)


def tint(mired: float) -> NDArray[np.float64]:
    """(3,) gains on linear sRGB of luminance 1, of a light whose temperature is that much off white."""
    return white_balanced(1e6 / (1e6 / WHITE_KELVIN + mired), WHITE_KELVIN)


def curve(knots: Sequence[float], place: NDArray[np.float64]) -> NDArray[np.float64]:
    """(T,) values at places 0 to 1 between evenly spaced knots: no corner, and never beyond the two knots around."""
    values = np.asarray(knots, dtype=np.float64)
    at = place * (len(values) - 1)
    before = np.minimum(at.astype(int), len(values) - 2)
    share = at - before
    share = share * share * (3 - 2 * share)
    return np.asarray(values[before] * (1 - share) + values[before + 1] * share)


def _rounded(values: NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(round(float(value), 4) for value in values)


def _to_linear(level: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(level <= 0.04045, level / 12.92, ((level + 0.055) / 1.055) ** 2.4)


_LINEAR = _to_linear(np.arange(256) / 255).astype(np.float32)
_STEPS = 4096
_SRGB = np.rint(
    255 * np.where((v := np.arange(_STEPS + 1) / _STEPS) <= 0.0031308, 12.92 * v, 1.055 * v ** (1 / 2.4) - 0.055)
).astype(np.uint8)
"""sRGB levels of 4097 steps of linear light; a step is 0.8 of a level where the curve is steepest."""


def _encode(linear: NDArray[np.float32]) -> NDArray[np.uint8]:
    return _SRGB[np.rint(np.clip(linear, 0, 1) * _STEPS).astype(np.int32)]
