"""Each score moves the way its name says, and with nothing else."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from video4spatial.filters.scores import clipped_share, frozen_share, measure, motion, sharpness


@pytest.fixture
def pan(film: Callable) -> NDArray[np.uint8]:
    """(24, 100, 160, 3): the camera pans by 1 of 160 pixels a frame, over a wall with fine grain."""
    grain = np.random.default_rng(1).integers(-20, 21, (100, 200, 1))
    frames = [frame[20:].astype(int) + grain[:, n : n + 160] for n, frame in enumerate(film([24]))]
    return np.clip(np.stack(frames), 0, 255).astype(np.uint8)


TIMES_S = np.arange(24) / 12


def luma(frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.stack([cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in frames])


def test_motion_is_measured_in_picture_widths_a_second(pan: NDArray[np.uint8]) -> None:
    assert motion(luma(pan), TIMES_S) == pytest.approx(12 / 160, rel=0.15)
    assert motion(luma(pan), TIMES_S * 2) == pytest.approx(6 / 160, rel=0.15)


def test_a_still_camera_has_no_motion_but_noise_is_not_frozen(pan: NDArray[np.uint8]) -> None:
    noise = np.random.default_rng(0).integers(-3, 4, (24, *pan.shape[1:]))
    still = np.clip(pan[0].astype(int) + noise, 0, 255).astype(np.uint8)
    scores = measure(still, TIMES_S)
    assert scores["motion"] < 0.005
    assert scores["frozen_share"] == 0


def test_repeated_frames_are_frozen(pan: NDArray[np.uint8]) -> None:
    assert frozen_share(luma(pan.repeat(2, axis=0))) == pytest.approx(24 / 47)
    assert frozen_share(luma(pan[:1].repeat(24, axis=0))) == 1
    assert frozen_share(luma(pan)) == 0


def test_blur_lowers_sharpness_and_one_sharp_frame_does_not_save_a_blurred_clip(pan: NDArray[np.uint8]) -> None:
    blurred = np.stack([cv2.GaussianBlur(frame, (0, 0), 4) for frame in pan])
    assert sharpness(luma(blurred)) < 0.2 * sharpness(luma(pan))
    blurred[7] = pan[7]
    assert sharpness(luma(blurred)) < 0.2 * sharpness(luma(pan))


def test_brightness_and_contrast_follow_light(pan: NDArray[np.uint8]) -> None:
    whole, half = measure(pan, TIMES_S), measure(pan // 2, TIMES_S)
    assert half["brightness"] == pytest.approx(whole["brightness"] / 2, rel=0.05)
    assert half["contrast"] == pytest.approx(whole["contrast"] / 2, rel=0.05)


def test_a_fade_shows_as_brightness_swing(pan: NDArray[np.uint8]) -> None:
    faded = (pan * np.linspace(1, 0, 24)[:, None, None, None]).astype(np.uint8)
    assert measure(pan, TIMES_S)["brightness_swing"] < 10
    assert measure(faded, TIMES_S)["brightness_swing"] > 80


def test_crushed_and_burnt_pixels_are_counted() -> None:
    frames = np.full((2, 4, 4), 128, dtype=np.uint8)
    frames[:, :2] = 255
    frames[:, 2, :2] = 0
    assert clipped_share(frames) == pytest.approx(10 / 16)


def test_the_largest_hole_in_the_times_is_told(pan: NDArray[np.uint8]) -> None:
    times_s = TIMES_S.copy()
    times_s[10:] += 3
    assert measure(pan, times_s)["largest_gap_s"] == pytest.approx(3 + 1 / 12)
