"""Crops and mirror images. Unseen: cameras that belong to another picture than the one that is stored."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from tests.filters.captures.test_path_scores import CASES, path
from video4spatial.filters.captures.path_scores import describe_path
from video4spatial.filters.config import AugmentConfig
from video4spatial.filters.footage import Footage
from video4spatial.filters.reframe import (
    MIRROR_X,
    Crop,
    crop,
    draw_crop,
    mirror,
    mirrored_cameras,
    mirrored_words,
)
from video4spatial.pipeline.core.camera import Cameras, project, unproject
from video4spatial.pipeline.core.geometry import upright_pose

LENS = np.array([[70.0, 0.4, 44.0], [0.0, 75.0, 35.0], [0.0, 0.0, 1.0]])
"""Nothing in the middle and no two numbers alike: what is swapped shows."""
POSE = upright_pose([0.5, 1.4, -0.3], 0.8, 0.2)
CAMERAS = Cameras(
    world_from_camera=np.repeat(POSE[None], 2, axis=0),
    image_from_camera=np.repeat(LENS[None], 2, axis=0),
    width_px=96,
    height_px=64,
)


def footage(frames: np.ndarray, depth_m: np.ndarray | None = None) -> Footage:
    return Footage(frames=frames, times_s=np.arange(2.0), cameras=CAMERAS, depth_m=depth_m)


def dot(u: int, v: int) -> np.ndarray:
    """(2, 64, 96, 3) a white blob in the dark, its middle at the middle of pixel (u, v)."""
    frames = np.zeros((2, 64, 96, 3), np.uint8)
    frames[:, v - 1 : v + 2, u - 1 : u + 2] = 255
    return frames


def middle(frame: np.ndarray) -> np.ndarray:
    """Where the light is, in pixels with centres at +0.5."""
    light = frame.astype(float).sum(axis=2)
    v, u = np.mgrid[: light.shape[0], : light.shape[1]] + 0.5
    return np.array([(u * light).sum(), (v * light).sum()]) / light.sum()


def world_point(u: float, v: float, depth: float) -> np.ndarray:
    ray = np.linalg.inv(LENS) @ np.array([u, v, 1.0])
    return POSE[:3, :3] @ (ray * depth) + POSE[:3, 3]


WINDOWS = (
    Crop(left_px=20, top_px=10, width_px=60, height_px=40),
    Crop(left_px=0, top_px=13, width_px=75, height_px=50),
)


@pytest.mark.parametrize("window", WINDOWS)
def test_a_cropped_picture_shows_a_point_where_its_cameras_say(window: Crop) -> None:
    shown = crop(footage(dot(40, 30)), window)
    assert shown.frames.shape == (2, 64, 96, 3)
    assert shown.cameras is not None
    pixel, depth = project(world_point(40.5, 30.5, 2.0), shown.cameras.image_from_camera[1], POSE)
    assert depth == pytest.approx(2.0)
    assert middle(shown.frames[1]) == pytest.approx(pixel, abs=0.15)
    assert (shown.cameras.world_from_camera == CAMERAS.world_from_camera).all()


def test_a_mirrored_picture_shows_the_mirrored_point_where_its_cameras_say() -> None:
    shown = mirror(footage(dot(40, 30)))
    assert shown.cameras is not None
    point = MIRROR_X[:3, :3] @ world_point(40.5, 30.5, 2.0)
    pixel, depth = project(point, shown.cameras.image_from_camera[1], shown.cameras.world_from_camera[1])
    assert depth == pytest.approx(2.0)
    assert middle(shown.frames[1]) == pytest.approx(pixel, abs=1e-6)
    assert pixel == pytest.approx([96 - 40.5, 30.5])


def test_mirrored_poses_are_rigid_keep_up_up_and_mirrored_twice_are_themselves() -> None:
    once = mirrored_cameras(CAMERAS)
    rotation = once.world_from_camera[0, :3, :3]
    assert np.linalg.det(rotation) == pytest.approx(1)
    assert rotation @ rotation.T == pytest.approx(np.eye(3))
    # the camera's down and the world's up stand as they stood
    assert rotation[1, 1] == pytest.approx(POSE[1, 1])
    assert once.world_from_camera[0, :3, 3] == pytest.approx(POSE[:3, 3] * [-1, 1, 1])
    twice = mirrored_cameras(once)
    assert twice.world_from_camera == pytest.approx(CAMERAS.world_from_camera)
    assert twice.image_from_camera == pytest.approx(CAMERAS.image_from_camera)


def test_depth_goes_along(texture: Callable) -> None:
    random = np.random.default_rng(2)
    depth = random.uniform(1, 4, (2, 32, 48)).astype(np.float32)
    depth[:, :4] = 0
    clip = footage(np.repeat(texture(1, 64, 96)[None], 2, axis=0), depth)
    grid = CAMERAS.resized(48, 32)
    points = unproject(depth[0], grid.image_from_camera[0], POSE)
    shown = mirror(clip)
    assert shown.depth_m is not None
    assert shown.cameras is not None
    small = shown.cameras.resized(48, 32)
    again = unproject(shown.depth_m[0], small.image_from_camera[0], small.world_from_camera[0])
    np.testing.assert_allclose(again, (points * [-1, 1, 1])[:, ::-1], atol=1e-6)
    part = crop(clip, Crop(left_px=24, top_px=16, width_px=48, height_px=32))
    assert part.depth_m is not None
    # half of the sides at twice the size: every measured cell becomes four
    np.testing.assert_array_equal(part.depth_m[:, ::2, ::2], depth[:, 8:24, 12:36])
    np.testing.assert_array_equal(part.depth_m[:, 1::2, 1::2], depth[:, 8:24, 12:36])


@pytest.mark.parametrize(("legs", "words"), CASES, ids=[words for _, words in CASES])
def test_the_words_of_a_mirrored_path_are_the_mirrored_words(legs: list, words: str) -> None:
    walk = path(*legs)
    cameras = Cameras(
        world_from_camera=walk, image_from_camera=np.repeat(LENS[None], len(walk), axis=0), width_px=96, height_px=64
    )
    assert describe_path(mirrored_cameras(cameras).world_from_camera, is_metric=True) == mirrored_words(words)


def test_only_whole_words_change_sides() -> None:
    said = "turns left, then moves right and leftover brightens the left door."
    assert mirrored_words(said) == "turns right, then moves left and leftover brightens the right door."


def test_drawn_windows_lie_in_the_picture_keep_its_shape_and_are_no_smaller_than_asked() -> None:
    clip = footage(np.zeros((2, 64, 96, 3), np.uint8))
    config = replace(AugmentConfig(), max_crop=0.4)
    for seed in range(50):
        window = draw_crop(config, clip, np.random.default_rng(seed))
        assert 0 <= window.left_px <= 96 - window.width_px
        assert 0 <= window.top_px <= 64 - window.height_px
        assert window.width_px / window.height_px == pytest.approx(1.5, rel=0.03)
        assert 0.6 - 0.01 <= window.width_px / 96 <= 0.91
