"""Bars. Unseen: a sky taken for a letterbox, bars that compression roughened and that are missed."""

import os
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from video4spatial.filters.borders import Box, border_share, content_box
from video4spatial.filters.scores import measure, to_luma


@pytest.fixture
def pan(film: Callable) -> NDArray[np.uint8]:
    """(24, 100, 160) luma of a camera that pans."""
    return to_luma(np.stack([frame[20:] for frame in film([24])]))


def framed(luma: NDArray[np.uint8], top: int, bottom: int, left: int, right: int, level: int) -> NDArray[np.uint8]:
    return np.pad(luma, ((0, 0), (top, bottom), (left, right)), constant_values=level)


@pytest.mark.parametrize("level", [0, 16, 128, 255])
@pytest.mark.parametrize("bars", [(12, 12, 0, 0), (0, 0, 30, 30), (9, 9, 20, 20), (0, 8, 0, 0), (2, 2, 0, 0)])
def test_bars_of_any_colour_are_found_to_the_pixel(
    pan: NDArray[np.uint8], bars: tuple[int, int, int, int], level: int
) -> None:
    top, bottom, left, right = bars
    assert content_box(framed(pan, *bars, level)) == Box(left, top, left + 160, top + 100)
    assert border_share(Box(left, top, left + 160, top + 100), 100 + top + bottom, 160 + left + right) == pytest.approx(
        1 - 16000 / ((100 + top + bottom) * (160 + left + right))
    )


def test_a_full_picture_a_flat_one_and_a_dark_one_have_no_bars(pan: NDArray[np.uint8]) -> None:
    assert content_box(pan) == Box(0, 0, 160, 100)
    assert content_box(np.full_like(pan, 200)) == Box(0, 0, 160, 100)
    assert content_box(pan // 60) == Box(0, 0, 160, 100)


def test_a_burnt_out_sky_is_no_bar(pan: NDArray[np.uint8]) -> None:
    sky = pan.copy()
    skyline = 20 + (10 * np.sin(np.arange(160) / 9) + 10 * (np.arange(160) % 23 < 4)).astype(int)
    sky[:, np.arange(100)[:, None] < skyline] = 255
    assert content_box(sky) == Box(0, 0, 160, 100)


def test_compressed_and_scaled_bars_are_found_within_two_pixels(pan: NDArray[np.uint8]) -> None:
    boxed = framed(np.repeat(np.repeat(pan, 4, 1), 4, 2), 60, 60, 0, 0, 16)
    coded = [cv2.imdecode(cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, 40])[1], 0) for frame in boxed]
    small = np.stack([cv2.resize(frame, (158, 128), interpolation=cv2.INTER_AREA) for frame in coded])
    box = content_box(small)
    assert abs(box.top - 60 * 128 / 520) <= 2
    assert abs(128 - box.bottom - 60 * 128 / 520) <= 2
    assert (box.left, box.right) == (0, 158)


def test_the_score_is_the_share_of_the_bars(pan: NDArray[np.uint8]) -> None:
    frames = np.repeat(framed(pan, 14, 14, 0, 0, 0)[..., None], 3, axis=3)
    assert measure(frames, np.arange(24) / 12)["border_share"] == pytest.approx(28 / 128)


@pytest.mark.skipif("V4S_TEST_DATA" not in os.environ, reason="needs real footage: V4S_TEST_DATA is not set")
def test_real_footage_without_bars_has_none_and_with_bars_has_them() -> None:
    paths = sorted(path for path in (Path(os.environ["V4S_TEST_DATA"]) / "videos").iterdir() if path.suffix == ".mp4")
    assert paths
    for path in paths:
        with av.open(str(path)) as container:
            shown = [frame.to_ndarray(format="gray") for frame in islice(container.decode(video=0), 24)][::8]
        luma = np.stack([cv2.resize(frame, (228, 128), interpolation=cv2.INTER_AREA) for frame in shown])
        assert content_box(luma) == Box(0, 0, 228, 128), path.name
        if luma.mean() > 30:
            assert content_box(framed(luma, 16, 16, 0, 0, 16)) == Box(0, 16, 228, 144), path.name
