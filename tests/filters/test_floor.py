"""What is dropped is dropped for the first rule it fails, in words that name the setting to change."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from video4spatial.filters.config import Floor, RealConfig, ShotConfig
from video4spatial.filters.cut import Window
from video4spatial.filters.decode import Picture
from video4spatial.filters.floor import judge_length, judge_scores
from video4spatial.filters.thumbnail import MAX_BYTES, thumbnail_jpeg
from video4spatial.pipeline.core.errors import ConfigError

GOOD = {"brightness": 100.0, "contrast": 40.0, "frozen_share": 0.0}


def window(kind: str, count: int) -> Window:
    pictures = tuple(Picture(n, n, np.zeros((2, 2, 3), np.uint8)) for n in range(count))
    return Window(kind, pictures, 0, count, 0, "start")  # type: ignore[arg-type]


def test_a_good_clip_passes() -> None:
    assert judge_scores(GOOD, Floor()) == ("", "")
    assert judge_length(window("clip", 48), Floor(), 8) == ("", "")


@pytest.mark.parametrize(
    ("change", "reason", "setting"),
    [
        ({"brightness": 1.0}, "black", "floor.min_brightness is 6"),
        ({"brightness": 254.0}, "white", "floor.max_brightness"),
        ({"contrast": 0.5}, "blank", "floor.min_contrast"),
        ({"frozen_share": 1.0}, "frozen", "floor.max_frozen_share"),
    ],
)
def test_each_rule_names_what_was_wrong_and_the_setting(change: dict[str, float], reason: str, setting: str) -> None:
    said = judge_scores({**GOOD, **change}, Floor())
    assert said[0] == reason
    assert setting in said[1]


def test_short_shots_leftovers_and_surplus_are_told_apart() -> None:
    kinds = ("whole_shot", "remainder", "surplus")
    assert [judge_length(window(kind, 3), Floor(), 8)[0] for kind in kinds] == [
        "too_short",
        "leftover",
        "enough_of_shot",
    ]
    assert judge_length(window("remainder", 20), Floor(), 8) == ("", "")


def test_thumbnails_are_small_whatever_the_picture(texture: Callable) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (720, 1280, 3), dtype=np.uint8)
    for picture in (noise, noise[:8], texture(0, 128, 228), np.zeros((2, 2, 3), np.uint8)):
        data = thumbnail_jpeg(picture)
        assert 0 < len(data) <= MAX_BYTES
        assert cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) is not None


def test_a_thumbnail_keeps_the_colours(texture: Callable) -> None:
    red = np.zeros((128, 128, 3), np.uint8)
    red[..., 0] = 200
    shown = cv2.imdecode(np.frombuffer(thumbnail_jpeg(red), np.uint8), cv2.IMREAD_COLOR)
    assert shown[36, 36, 2] > 180 > 20 > shown[36, 36, 0]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: RealConfig(rate_fps=0), "real.rate_fps must be above 0.*got 0"),
        (lambda: RealConfig(clip_frames=1), "real.clip_frames must lie within 2 and 1024, got 1"),
        (lambda: Floor(min_brightness=80, max_brightness=70), "min_brightness < max_brightness"),
        (lambda: ShotConfig(adaptive_threshold=1), "shots.adaptive_threshold must be above 1, got 1"),
    ],
)
def test_a_setting_out_of_range_is_refused_with_what_was_expected(make: Callable, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        make()
