"""Shots begin at the very frame of the cut; camera motion, flashes and noise make none."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from video4spatial.filters.config import ShotConfig
from video4spatial.filters.decode import Picture
from video4spatial.filters.shots import Beginning, split_shots
from video4spatial.filters.video import VideoReader


def beginnings(frames: list[NDArray[np.uint8]], times: list[int] | None = None) -> list[tuple[int, Beginning]]:
    pictures = [Picture(n, times[n] if times else n, frame) for n, frame in enumerate(frames)]
    return [(picture.index, how) for picture, how in split_shots(pictures, ShotConfig()) if how]


def boundaries(reader: VideoReader, path: Path) -> list[tuple[int, Beginning]]:
    reader.open(str(path), 128)
    return [(picture.index, how) for picture, how in split_shots(reader.pictures(), ShotConfig()) if how]


def test_cuts_are_found_to_the_frame(film: Callable) -> None:
    assert beginnings(list(film([40, 25, 60]))) == [(0, "start"), (40, "cut"), (65, "cut")]


def test_a_cut_just_before_the_end_is_found(film: Callable) -> None:
    assert beginnings(list(film([40, 2])))[1:] == [(40, "cut")]


def test_a_fade_through_black_makes_the_black_a_shot_of_its_own(film: Callable) -> None:
    frames = list(film([40, 40]))
    dim = [(frame * k).astype(np.uint8) for frame, k in zip(frames[30:50], np.abs(np.linspace(-1, 1, 20)), strict=True)]
    black = [np.zeros_like(frames[0])] * 12
    found = beginnings([*frames[:30], *dim[:10], *black, *dim[10:], *frames[50:]])
    assert [how for _, how in found] == ["start", "fade", "fade"]
    assert 38 <= found[1][0] <= 40
    assert 51 <= found[2][0] <= 53


def test_a_flash_of_one_frame_is_no_cut(film: Callable) -> None:
    frames = list(film([60]))
    frames[30] = np.full_like(frames[30], 250)
    assert len(beginnings(frames)) <= 2


def test_times_that_jump_back_begin_a_shot(film: Callable) -> None:
    times = [*range(20), *range(5, 25)]
    assert beginnings(list(film([40])), times) == [(0, "start"), (20, "time")]


def test_pictures_pass_through_in_order_and_few_are_held_back(film: Callable) -> None:
    given = 0

    def pictures() -> Iterator[Picture]:
        nonlocal given
        for index, frame in enumerate(film([30, 30])):
            given = index + 1
            yield Picture(index, index, frame)

    seen = []
    for picture, _ in split_shots(pictures(), ShotConfig()):
        assert given - picture.index <= 3
        seen.append(picture.index)
    assert seen == list(range(60))


@pytest.mark.parametrize("decoder", ["auto", "pyav"])
def test_every_hard_cut_and_the_fade_of_the_edited_mix_are_found(
    shared_data: Path, reader: VideoReader, decoder: str
) -> None:
    truth = json.loads((shared_data / "shots" / "edited_mix_25fps.json").read_text())
    found = boundaries(reader, shared_data / "shots" / "edited_mix_25fps.mp4")
    cuts = [entry["frame"] for entry in truth["transitions"] if entry["type"] == "cut"]
    assert [index for index, how in found if how == "cut"] == cuts
    assert [453 < index < 477 for index, how in found if how == "fade"] == [True, True]


def test_cuts_of_a_fast_film_are_found(shared_data: Path, reader: VideoReader) -> None:
    truth = json.loads((shared_data / "shots" / "tears_of_steel_battle_clip.json").read_text())
    cuts = {entry["frame"] for entry in truth["transitions"]}
    found = {
        i for i, how in boundaries(reader, shared_data / "videos" / "tears_of_steel_battle_clip.webm") if how == "cut"
    }
    f1 = 2 * len(cuts & found) / (len(cuts) + len(found))
    assert f1 >= 0.95


@pytest.mark.parametrize("name", ["boofcv_indoor_walk.mjpeg", "boofcv_shake.mjpeg", "boofcv_forward_ditch.mp4"])
def test_walks_and_shakes_have_no_cut(shared_data: Path, reader: VideoReader, name: str) -> None:
    assert boundaries(reader, shared_data / "videos" / name) == [(0, "start")]
