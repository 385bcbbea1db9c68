"""A camera path in words: what the sentence says must be what the camera did, at any frame rate."""

import numpy as np
import pytest

from video4spatial.filters.captures.path_scores import describe_path, path_scores
from video4spatial.pipeline.core.camera import Cameras, pinhole
from video4spatial.pipeline.core.geometry import upright_pose


def path(*legs: tuple[float, tuple[float, float, float], float, float], frames: int = 48) -> np.ndarray:
    """(T, 4, 4): legs of (share, metres right, up and forward in the camera's heading, degrees left, degrees up)."""
    poses, eye, yaw, pitch = [], np.zeros(3), 0.3, 0.0
    for share, (right, up, forward), left, tilt in legs:
        count = round(share * frames)
        for _ in range(count):
            poses.append(upright_pose(eye, yaw, pitch))
            ahead = np.array([-np.sin(yaw), 0, -np.cos(yaw)])
            across = np.array([np.cos(yaw), 0, -np.sin(yaw)])
            eye = eye + (forward * ahead + right * across + up * np.array([0, 1.0, 0])) / count
            yaw, pitch = yaw + np.radians(left) / count, pitch + np.radians(tilt) / count
    return np.stack(poses)


CASES = [
    ([(1.0, (0, 0, 2.0), 0, 0)], "moves forward"),
    ([(1.0, (0, 0, -1.0), 0, 0)], "moves back"),
    ([(1.0, (1.0, 0, 0), 0, 0)], "moves right"),
    ([(1.0, (-1.0, 0, 0), 0, 0)], "moves left"),
    ([(1.0, (0, 0.8, 0), 0, 0)], "moves up"),
    ([(1.0, (0, 0, 0), 90, 0)], "turns left"),
    ([(1.0, (0, 0, 0), -90, 0)], "turns right"),
    ([(1.0, (0, 0, 0), 0, 40)], "looks up"),
    ([(1.0, (0, 0, 0), 0, -40)], "looks down"),
    ([(0.5, (0, 0, 2.0), 0, 0), (0.5, (0, 0, 0), 90, 0)], "moves forward, then turns left"),
    ([(0.5, (0, 0, 0), -60, 0), (0.5, (0, 0, 2.0), 0, 0)], "turns right, then moves forward"),
    ([(1.0, (0, 0, 2.0), 60, 0)], "moves forward while it turns left"),
    ([(0.5, (0, 0, 1.0), 60, 0), (0.5, (0, 0, 1.0), -60, 0)], "moves forward while it turns left, then turns right"),
    ([(1.0, (0, 0, 0), 0, 0)], "stays"),
]


@pytest.mark.parametrize(("legs", "words"), CASES, ids=[words for _, words in CASES])
@pytest.mark.parametrize("frames", [16, 48, 200])
def test_the_words_say_what_the_camera_did(legs: list, words: str, frames: int) -> None:
    assert describe_path(path(*legs, frames=frames), is_metric=True) == words


def test_where_the_world_lies_and_how_it_is_turned_says_nothing() -> None:
    walk = path((0.5, (0, 0, 2.0), 0, 0), (0.5, (0, 0, 0), 90, 0))
    moved = upright_pose([3.0, -1.0, 7.0], 2.0, 0.7) @ walk
    assert describe_path(moved, is_metric=True) == describe_path(walk, is_metric=True)


def test_unknown_scale_says_nothing_either() -> None:
    walk = path((1.0, (0, 0, 2.0), 0, 0))
    small = walk.copy()
    small[:, :3, 3] *= 1e-3
    assert describe_path(small, is_metric=False) == "moves forward"
    assert describe_path(small, is_metric=True) == "stays", "two millimetres are none"


def test_a_hand_that_trembles_moves_not() -> None:
    random = np.random.default_rng(1)
    still = path((1.0, (0, 0, 0), 0, 0))
    still[:, :3, 3] += random.normal(0, 0.003, (len(still), 3))
    assert describe_path(still, is_metric=True) == "stays"


def test_the_thresholds_are_those_of_the_page() -> None:
    # twelve steps: 1.5 degrees each are 18 in all
    assert describe_path(path((1.0, (0, 0, 0), 17.0, 0), frames=241), is_metric=True) == "stays"
    assert describe_path(path((1.0, (0, 0, 0), 19.0, 0), frames=241), is_metric=True) == "turns left"
    assert describe_path(path((1.0, (0, 0, 0.11), 0, 0), frames=241), is_metric=True) == "stays"
    assert describe_path(path((1.0, (0, 0, 0.13), 0, 0), frames=241), is_metric=True) == "moves forward"
    phases = [(0.15, (0, 0, 0.6), 0, 0), (0.2, (0, 0, 0), 60, 0)] * 3
    assert describe_path(path(*phases, frames=480), is_metric=True).count(", then ") <= 3


def test_few_frames_have_words_too() -> None:
    walk = path((1.0, (0, 0, 2.0), 0, 0))
    assert describe_path(walk[:1], is_metric=True) == "stays"
    assert describe_path(walk[:2], is_metric=True) == "moves forward"


def test_turns_and_metres_are_added_up() -> None:
    walk = path((0.5, (0, 0, 2.0), 0, 0), (0.5, (0, 0, 0), 90, 0), frames=100)
    cameras = Cameras(world_from_camera=walk, image_from_camera=pinhole(len(walk), 8, 8, 60), width_px=8, height_px=8)
    scores = path_scores(cameras, is_metric=True)
    assert scores["path_length_m"] == pytest.approx(2.0)
    assert scores["turn_deg"] == pytest.approx(90 * 49 / 50)
    assert scores["largest_turn_deg"] == pytest.approx(90 / 50)
    assert "path_length_m" not in path_scores(cameras, is_metric=False)
