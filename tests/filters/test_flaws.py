"""Noise and overlays. Unseen: texture taken for noise, a still camera's scene taken for captions."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from video4spatial.filters.flaws import noise, overlay_share
from video4spatial.filters.scores import measure, to_luma


@pytest.fixture
def walls(texture: Callable) -> list[NDArray[np.uint8]]:
    """Luma of clips of 48 frames, (128, 224), in which a camera moves over a wall with a grid."""
    clips = []
    for seed in range(4):
        wall = to_luma(texture(seed, 192, 448)[None])[0].astype(int)
        wall[:, ::7] -= 40
        wall[::9] += 35
        frames = [
            np.clip(wall[step : step + 128, 3 * step : 3 * step + 224], 0, 255).astype(np.uint8) for step in range(48)
        ]
        clips.append(np.stack([cv2.GaussianBlur(frame, (0, 0), 0.7) for frame in frames]))
    return clips


def written(luma: NDArray[np.uint8], words: str = "nobody said a word") -> NDArray[np.uint8]:
    """With a caption, as drawn large and scaled."""
    height, width = luma.shape[1:]
    large = np.zeros((4 * height, 4 * width), dtype=np.uint8)
    cv2.putText(large, words, (width // 2, int(3.6 * height)), cv2.FONT_HERSHEY_SIMPLEX, 2.2, 255, 8)
    mask = cv2.resize(large, (width, height), interpolation=cv2.INTER_AREA)[None] / 255
    return (luma * (1 - mask) + 235 * mask).astype(np.uint8)


@pytest.mark.parametrize("levels", [2, 4, 8])
def test_noise_is_measured_in_levels_beside_texture(walls: list[NDArray[np.uint8]], levels: float) -> None:
    random = np.random.default_rng(0)
    flat = np.full((6, 128, 224), 120)
    noisy = np.clip(flat + random.normal(0, levels, flat.shape), 0, 255).astype(np.uint8)
    assert noise(noisy) == pytest.approx(levels, rel=0.15)
    smooth = [np.stack([cv2.GaussianBlur(frame, (0, 0), 3) for frame in clip[:6]]) for clip in walls]
    for clip in smooth:
        grain = np.clip(clip + random.normal(0, levels, clip.shape), 0, 255).astype(np.uint8)
        assert noise(clip) < 0.5
        assert noise(grain) == pytest.approx(levels, rel=0.35)


def test_black_bars_do_not_hide_noise_and_black_pictures_have_none() -> None:
    random = np.random.default_rng(0)
    noisy = np.clip(120 + random.normal(0, 5, (6, 128, 224)), 0, 255).astype(np.uint8)
    noisy[:, :40] = 0
    assert noise(noisy) == pytest.approx(5, rel=0.2)
    assert noise(np.zeros_like(noisy)) == 0


def test_captions_on_a_moving_picture_are_told_from_the_picture(walls: list[NDArray[np.uint8]]) -> None:
    for clip in walls:
        bare, captioned = overlay_share(clip), overlay_share(written(clip))
        assert bare is not None
        assert captioned is not None
        assert bare < 0.003
        assert captioned > 0.01


def test_of_a_still_camera_nothing_is_said(walls: list[NDArray[np.uint8]]) -> None:
    still = walls[0][:1].repeat(48, axis=0)
    assert overlay_share(still) is None
    assert overlay_share(written(still)) is None
    assert "overlay_share" not in measure(np.repeat(still[..., None], 3, axis=3), np.arange(48) / 12)
    assert overlay_share(walls[0][:4]) is None
