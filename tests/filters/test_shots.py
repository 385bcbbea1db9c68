"""Shots begin at the very frame of the cut; camera motion, flashes and noise make none."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from video4spatial.filters.blends import HELD
from video4spatial.filters.boundaries import Beginning
from video4spatial.filters.config import ShotConfig
from video4spatial.filters.decode import Picture
from video4spatial.filters.shots import split_shots
from video4spatial.filters.video import VideoReader


def beginnings(frames: list[NDArray[np.uint8]], times: list[int] | None = None) -> list[tuple[int, Beginning]]:
    pictures = [Picture(n, times[n] if times else n, frame) for n, frame in enumerate(frames)]
    return [(picture.index, how) for picture, how in split_shots(pictures, ShotConfig()) if how]


def boundaries(reader: VideoReader, path: Path) -> list[tuple[int, Beginning]]:
    reader.open(str(path), 128)
    return [(picture.index, how) for picture, how in split_shots(reader.pictures(), ShotConfig()) if how]


def pans(texture: Callable, lengths: list[int]) -> list[NDArray[np.uint8]]:
    """Shots of the given lengths; in each the camera pans over a texture of its own."""
    walls = [texture(seed, 120, 160 + length // 16 * 16 + 16) for seed, length in enumerate(lengths)]
    return [wall[:, x : x + 160] for wall, length in zip(walls, lengths, strict=True) for x in range(length)]


def dissolved(frames: list[NDArray[np.uint8]], cut: int, length: int) -> list[NDArray[np.uint8]]:
    """The film with `length` mixed pictures about its cut; each shot stands still where it has no pictures left."""
    first = cut - length // 2
    mixed = []
    for k in range(length):
        part = (k + 1) / (length + 1)
        a, b = frames[min(first + k, cut - 1)], frames[max(first + k, cut)]
        mixed.append((a * (1 - part) + b * part).astype(np.uint8))
    return [*frames[:first], *mixed, *frames[first + length :]]


def test_cuts_are_found_to_the_frame(film: Callable) -> None:
    assert beginnings(list(film([40, 25, 60]))) == [(0, "start"), (40, "cut"), (65, "cut")]


def test_a_cut_just_before_the_end_is_found(film: Callable) -> None:
    assert beginnings(list(film([40, 2])))[1:] == [(40, "cut")]


def test_a_fade_through_black_is_found_from_its_first_dimmed_picture_to_its_last(texture: Callable) -> None:
    frames = pans(texture, [40, 40])
    dim = [(frame * k).astype(np.uint8) for frame, k in zip(frames[30:50], np.abs(np.linspace(-1, 1, 20)), strict=True)]
    black = [np.zeros_like(frames[0])] * 12
    found = beginnings([*frames[:30], *dim[:10], *black, *dim[10:], *frames[50:]])
    assert [how for _, how in found] == ["start", "transition", "fade"]
    # picture 30 is dimmed by nothing, nor is 61
    assert 30 <= found[1][0] <= 31
    assert 60 <= found[2][0] <= 62


def test_a_long_black_stretch_holds_no_pictures_back(texture: Callable) -> None:
    frames = pans(texture, [40, 40])
    found = beginnings([*frames[:40], *[np.zeros_like(frames[0])] * 300, *frames[40:]])
    assert found == [(0, "start"), (40, "transition"), (340, "fade")]


@pytest.mark.parametrize("length", [8, 16, 30, 40])
def test_a_dissolve_is_found_with_its_length(texture: Callable, length: int) -> None:
    found = beginnings(dissolved(pans(texture, [60, 120]), 60, length))
    assert [how for _, how in found] == ["start", "transition", "dissolve"]
    start, stop = found[1][0], found[2][0]
    # the camera pans on, so that where the mixing ends is not quite sharp
    slack = 2 + 0.15 * length
    assert abs(start - (60 - length // 2)) <= slack
    assert abs(stop - (60 - length // 2 + length)) <= slack


def test_a_dissolve_at_the_end_of_the_video_is_found(texture: Callable) -> None:
    found = beginnings(dissolved(pans(texture, [60, 16]), 60, 20))
    assert [how for _, how in found] == ["start", "transition", "dissolve"]


def test_a_camera_that_turns_to_something_else_makes_no_dissolve(texture: Callable) -> None:
    wall = texture(3, 120, 640)
    assert beginnings([wall[:, x : x + 160] for x in range(0, 480, 6)]) == [(0, "start")]


def test_a_room_that_grows_dark_and_bright_again_makes_no_shot(texture: Callable) -> None:
    light = 0.6 + 0.4 * np.cos(np.linspace(0, 4 * np.pi, 120))
    frames = [(frame * k).astype(np.uint8) for frame, k in zip(pans(texture, [120]), light, strict=True)]
    assert beginnings(frames) == [(0, "start")]


def test_a_title_that_fades_in_over_a_still_shot_makes_no_dissolve(texture: Callable) -> None:
    frames = [frame.copy() for frame in pans(texture, [1]) * 80]
    for k, frame in enumerate(frames[20:]):
        part = min(k / 15, 1.0)
        frame[90:105, 30:130] = (frame[90:105, 30:130] * (1 - part) + 255 * part).astype(np.uint8)
    assert beginnings(frames) == [(0, "start")]


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
        for index, frame in enumerate(film([90, 90])):
            given = index + 1
            yield Picture(index, index, frame)

    seen = []
    for picture, _ in split_shots(pictures(), ShotConfig()):
        assert given - picture.index <= HELD + 1
        seen.append(picture.index)
    assert seen == list(range(180))


def test_every_cut_the_dissolve_and_the_fade_of_the_edited_mix_are_found_as_such(
    shared_data: Path, reader: VideoReader
) -> None:
    truth = json.loads((shared_data / "shots" / "edited_mix_25fps.json").read_text())
    found = boundaries(reader, shared_data / "shots" / "edited_mix_25fps.mp4")
    cuts = [entry["frame"] for entry in truth["transitions"] if entry["type"] == "cut"]
    assert [index for index, how in found if how == "cut"] == cuts
    gradual = [(index, how) for index, how in found if how in ("transition", "dissolve", "fade")]
    assert [how for _, how in gradual] == ["transition", "dissolve", "transition", "fade"]
    # the shot after the dissolve zooms, which looks like more of it
    for (index, _), wanted, slack in zip(gradual, (230, 250, 453, 477), (3, 8, 1, 1), strict=True):
        assert abs(index - wanted) <= slack


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
