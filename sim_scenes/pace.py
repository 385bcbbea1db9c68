"""When a camera is where on its line: as fast as speed, turn rate and both accelerations allow, for every path alike.

samples of a line ─▶ [pace_of] ─▶ Pace ─▶ [between] ─▶ places and directions at frames ─▶ route.py, play.py

The line is the quadratic B-spline of its samples (a corner of it is rounded by an eighth of what its two steps differ
by). Beside a sample its second derivative is that difference, so what holds at samples holds between them, at any
frame rate. Half of an acceleration may go into bends and half into changes of pace; the fastest pace under that comes
from one pass forwards and one backwards (Bobrow, Dubowsky, Gibson 1985).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from video4spatial.sim_scenes.config import WalkConfig

ACCELERATION_MPS2 = 1.5
"""How fast a camera's velocity changes at most."""
TURN_UP_PER_S = 3.0
"""How fast its turn rate changes at most, in a second, as a multiple of `max_turn_dps`."""
BEND_SHARE = 0.5
"""Of both, for bends; the rest is for changes of pace."""
MOST_PER_S = 1e6
"""Samples a second where neither place nor direction changes."""


@dataclass(frozen=True, eq=False)
class Pace:
    """When a line of N samples is gone along."""

    time_s: NDArray[np.float64]
    """(N,) rising."""
    per_s: NDArray[np.float64]
    """(N,) samples a second; between two samples it changes evenly in time."""

    def at(self, seconds: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where on the line, as a number of samples from 0 to N - 1; before and after it stands at its ends."""
        if len(self.time_s) < 2:
            return 0.0 * seconds
        now_s = np.clip(seconds, self.time_s[0], self.time_s[-1])
        k = np.clip(np.searchsorted(self.time_s, now_s, side="right") - 1, 0, len(self.time_s) - 2)
        since_s, lasts_s = now_s - self.time_s[k], self.time_s[k + 1] - self.time_s[k]
        gained = (self.per_s[k + 1] - self.per_s[k]) * since_s / lasts_s
        return k + (self.per_s[k] + gained / 2) * since_s


def between(samples: NDArray[np.float64], at: NDArray[np.float64]) -> NDArray[np.float64]:
    """(..., k) the line of samples (N, k) at numbers of samples (...)."""
    if len(samples) < 2:
        return samples[np.zeros(np.shape(at), dtype=int)]
    steps = np.diff(samples, axis=0)
    before, after = np.concatenate([steps[:1], steps]), np.concatenate([steps, steps[-1:]])
    k = np.clip(np.floor(np.asarray(at) + 0.5).astype(int), 0, len(samples) - 1)
    part = (at - k)[..., None]
    slope, bend = (before[k] + after[k]) / 2, after[k] - before[k]
    return samples[k] + part * slope + (part * part + 0.25) / 2 * bend


def pace_of(
    walk: WalkConfig,
    places_m: NDArray[np.float64],
    gaze: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None,
    most_per_s: NDArray[np.float64] | None = None,
    at_rest: bool = False,
) -> Pace:
    """The fastest along places (N, 2) and yaw and pitch (N,) of a `gaze`, with at most `most_per_s` (N,); `at_rest`:
    it begins at speed 0."""
    if len(places_m) < 2:
        return Pace(np.zeros(1), np.zeros(1))
    square, gain = _bounds(np.diff(places_m, axis=0), walk.speed_mps, ACCELERATION_MPS2)
    if gaze is not None:
        most_rps = np.radians(walk.max_turn_dps)
        turns = np.stack([np.diff(angle) for angle in gaze], axis=1)
        turn_square, turn_gain = _bounds(turns, most_rps, TURN_UP_PER_S * most_rps, np.abs(turns.prod(axis=1)))
        square, gain = np.minimum(square, turn_square), np.minimum(gain, turn_gain)
    if most_per_s is not None:
        square = np.minimum(square, most_per_s**2)
    per_s = np.sqrt(_passed(square, gain, at_rest))
    return Pace(np.concatenate([[0.0], np.cumsum(2 / (per_s[:-1] + per_s[1:]))]), per_s)


def _bounds(
    steps: NDArray[np.float64], fastest: float, acceleration: float, twist: NDArray[np.float64] | float = 0.0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Of steps (N - 1, 2) from sample to sample: the largest square of samples a second at each sample (N,), and what
    it may gain from one to the next (N - 1,).

    `twist`: yaw and pitch that change together also turn the axis of the pitch, by their product.
    """
    change = np.diff(steps, axis=0, prepend=steps[:1], append=steps[-1:])
    slopes = steps + change[1:] / 2
    size, at_ends = np.hypot(*steps.T), np.hypot(*slopes.T)
    longest = np.maximum(np.append(size, 0.0), np.insert(size, 0, 0.0))
    bend = np.hypot(*change.T)
    bend = np.maximum(bend, np.maximum(np.append(bend[1:], 0.0), np.insert(bend[:-1], 0, 0.0)))
    bend += np.maximum(np.append(twist + 0 * size, 0.0), np.insert(twist + 0 * size, 0, 0.0))
    square = np.minimum((fastest / _above_0(longest)) ** 2, BEND_SHARE * acceleration / _above_0(bend))
    slope = np.maximum(size, np.maximum(at_ends, np.insert(at_ends[:-1], 0, size[0])))
    return np.minimum(square, MOST_PER_S**2), 2 * (1 - BEND_SHARE) * acceleration / _above_0(slope)


def _passed(square: NDArray[np.float64], gain: NDArray[np.float64], at_rest: bool) -> NDArray[np.float64]:
    """(N,) the largest that is nowhere above `square` and changes from one to the next by at most `gain`."""
    found, gains = square.tolist(), gain.tolist()
    if at_rest:
        found[0] = 0.0
    for i, more in enumerate(gains):
        found[i + 1] = min(found[i + 1], found[i] + more)
    for i in range(len(gains) - 1, -1, -1):
        found[i] = min(found[i], found[i + 1] + gains[i])
    return np.array(found)


def _above_0(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.maximum(values, 1e-12)
