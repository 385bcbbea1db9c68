"""Variants of a clip made in image space: other light, and something that passes before the camera.

cut ─▶ [augment] ─▶ frames and the parameters that made them ─▶ Product with variant > 0

Every change is constant or smooth in time: frames that flicker would teach a video model to flicker. The parameters are
drawn from seeds.rng and recorded whole, so that `relight` and `occlude` make the same frames again.
"""

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from video4spatial.filters.config import AugmentConfig


@dataclass(frozen=True, kw_only=True)
class Lighting:
    """A change of light; at time s from 0 to 1 over the clip its strength is 1 + swing * sin(2 pi (s + phase))."""

    exposure_stops: float
    """Light is multiplied by 2 to the power of this."""
    warmth: float
    """Red gains exp(warmth), blue loses as much."""
    slope_stops: float
    """Exposure from one edge of the picture to the other, along `direction_rad`; 0 is even light."""
    direction_rad: float
    swing: float
    """0: constant in time."""
    phase: float


@dataclass(frozen=True, kw_only=True)
class Occluder:
    """A soft-edged superellipse that moves on a straight line; lengths are in short sides of the picture."""

    radius: tuple[float, float]
    exponent: float
    """2 is an ellipse, larger ones are boxes with round corners."""
    angle_rad: float
    centre: tuple[float, float]
    """(x, y) at the middle of the clip, from the picture's centre."""
    velocity: tuple[float, float]
    """Way over the whole clip; (0, 0) stands still."""
    colour: tuple[int, int, int]
    """sRGB of its middle; it darkens towards the edge."""
    edge: float
    """Width of the soft edge as a share of the radius: things close to a lens are out of focus."""


def draw_lighting(config: AugmentConfig, random: np.random.Generator) -> Lighting:
    """Light that is visibly different: at least a third of the strongest exposure, half of the clips vary in time."""
    stops = config.max_exposure_stops * random.uniform(1 / 3, 1) * random.choice([-1.0, 1.0])
    return Lighting(
        exposure_stops=round(float(stops), 4),
        warmth=round(float(random.uniform(-config.max_warmth, config.max_warmth)), 4),
        slope_stops=round(float(random.uniform(0, config.max_exposure_stops)), 4),
        direction_rad=round(float(random.uniform(0, 2 * np.pi)), 4),
        swing=round(float(random.uniform(0.2, 0.5)) if random.random() < 0.5 else 0.0, 4),
        phase=round(float(random.random()), 4),
    )


def draw_occluder(config: AugmentConfig, random: np.random.Generator) -> Occluder:
    """A thing that covers a part of the picture and, in two of three clips, crosses it."""
    long = float(random.uniform(0.4, 1.0)) * config.max_cover
    short = long * float(random.uniform(0.35, 1.0))
    way = float(random.uniform(0.4, 1.2)) if random.random() < 2 / 3 else 0.0
    heading = float(random.uniform(0, 2 * np.pi))
    return Occluder(
        radius=(round(long, 4), round(short, 4)),
        exponent=round(float(random.uniform(2, 6)), 4),
        angle_rad=round(float(random.uniform(0, np.pi)), 4),
        centre=(round(float(random.uniform(-0.4, 0.4)), 4), round(float(random.uniform(-0.3, 0.3)), 4)),
        velocity=(round(way * float(np.cos(heading)), 4), round(way * float(np.sin(heading)), 4)),
        colour=tuple(int(level) for level in random.integers(25, 200, 3)),  # type: ignore[arg-type]
        edge=round(float(random.uniform(0.05, 0.3)), 4),
    )


def relight(frames: NDArray[np.uint8], light: Lighting) -> NDArray[np.uint8]:
    """(T, H, W, 3) under other light: gains on linear light (sRGB transfer function, IEC 61966-2-1)."""
    count, height, width = frames.shape[:3]
    x, y = _grid(height, width)
    along = (x * np.cos(light.direction_rad) + y * np.sin(light.direction_rad)) / (width / min(height, width))
    # green stays, so that warm and cold change the colour and hardly the brightness
    tint = np.exp(light.warmth * np.array([1.0, 0.0, -1.0]))
    out = np.empty_like(frames)
    for t in range(count):
        strength = 1 + light.swing * np.sin(2 * np.pi * (t / max(1, count - 1) + light.phase))
        stops = strength * (light.exposure_stops + light.slope_stops * along)
        gain = np.exp2(stops)[..., None] * tint
        out[t] = _encode(_LINEAR[frames[t]] * gain.astype(np.float32))
    return out


def occlude(frames: NDArray[np.uint8], thing: Occluder) -> NDArray[np.uint8]:
    """(T, H, W, 3) with the occluder before them."""
    count, height, width = frames.shape[:3]
    x, y = _grid(height, width)
    cos, sin = np.cos(thing.angle_rad), np.sin(thing.angle_rad)
    out = np.empty_like(frames)
    for t in range(count):
        s = t / max(1, count - 1) - 0.5
        dx = x - (thing.centre[0] + s * thing.velocity[0])
        dy = y - (thing.centre[1] + s * thing.velocity[1])
        along, across = np.abs(cos * dx + sin * dy) / thing.radius[0], np.abs(cos * dy - sin * dx) / thing.radius[1]
        distance = (along**thing.exponent + across**thing.exponent) ** (1 / thing.exponent)
        cover = np.clip((1 + thing.edge / 2 - distance) / thing.edge, 0, 1)[..., None]
        colour = np.array(thing.colour) * np.clip(1.1 - 0.5 * distance, 0.3, 1.1)[..., None]
        out[t] = np.rint(frames[t] * (1 - cover) + np.clip(colour, 0, 255) * cover).astype(np.uint8)
    return out


def parameters(variant: Lighting | Occluder) -> dict[str, object]:
    """What is recorded in `Sequence.variant`."""
    return asdict(variant)


def is_chosen(clip: int, share: float) -> bool:
    """Whether clip number `clip` (from 0) is among the evenly spread `share` of clips; the first one is if any is."""
    return share > 0 and (clip == 0 or int(clip * share) > int((clip - 1) * share))


def _grid(height: int, width: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Pixel centres, (1, W) and (H, 1), from the picture's centre, in short sides."""
    side = min(height, width)
    x = ((np.arange(width, dtype=np.float32) + 0.5 - width / 2) / side)[None, :]
    y = ((np.arange(height, dtype=np.float32) + 0.5 - height / 2) / side)[:, None]
    return np.asarray(x, dtype=np.float32), np.asarray(y, dtype=np.float32)


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
