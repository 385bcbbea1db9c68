"""Repeated frames. Unseen: slow motion taken for repeats, pulldown that a lower rate hides."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from video4spatial.filters.repeats import RepeatMeter


@pytest.fixture
def pan(film: Callable) -> NDArray[np.uint8]:
    """(60, 100, 160, 3): a camera pans 1 pixel a frame."""
    return np.stack([frame[20:] for frame in film([60])])


def share(frames: NDArray[np.uint8], start: int = 0, stop: int | None = None, offset: int = 0) -> float:
    meter = RepeatMeter(offset)
    for frame in frames:
        meter.push(frame)
    return meter.share(start, len(frames) if stop is None else stop)


def grainy(frames: NDArray[np.uint8], levels: int) -> NDArray[np.uint8]:
    """With other noise in each frame, as a lossy codec leaves it."""
    noise = np.random.default_rng(0).integers(-levels, levels + 1, frames.shape)
    return np.clip(frames.astype(int) + noise, 0, 255).astype(np.uint8)


def test_a_moving_camera_repeats_nothing_and_a_still_is_all_repeats(pan: NDArray[np.uint8]) -> None:
    assert share(pan) == 0
    assert share(grainy(pan, 1)) == 0
    assert share(pan[:1].repeat(30, axis=0)) == 1


def test_a_still_camera_with_noise_repeats_nothing(pan: NDArray[np.uint8]) -> None:
    assert share(grainy(pan[:1].repeat(30, axis=0), 2)) == 0


def test_doubled_and_pulled_down_frames_are_counted_also_after_compression(pan: NDArray[np.uint8]) -> None:
    rolled = np.stack([np.roll(pan[0], 4 * step, axis=1) for step in range(40)])
    doubled, pulled = rolled.repeat(2, axis=0), rolled.repeat([1, 1, 1, 2] * 10, axis=0)
    for levels in (0, 1):
        assert share(grainy(doubled, levels)) == pytest.approx(1 / 2, abs=0.02)
        assert share(grainy(pulled, levels)) == pytest.approx(1 / 5, abs=0.02)


def test_only_the_clip_s_own_frames_count(pan: NDArray[np.uint8]) -> None:
    frames = np.concatenate([pan[:20], pan[19:20].repeat(20, axis=0)])
    assert share(frames, 100, 120, offset=100) == 0
    assert share(frames, 121, 140, offset=100) == 1
    assert share(frames, 105, 106, offset=100) == 0
