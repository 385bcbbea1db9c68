"""A thing before the camera. Unseen: one that sticks to the scene, or floats against the way the camera goes."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from video4spatial.filters.config import AugmentConfig
from video4spatial.filters.footage import Footage
from video4spatial.filters.occluder import LEAST_SEEN, Occluder, draw_occluder, occlude, seen_share
from video4spatial.filters.scene_track import scene_track
from video4spatial.pipeline.core.camera import Cameras, pinhole

PAN_PX = 2
HEIGHT, WIDTH, COUNT = 64, 96, 16


def clip(frames: NDArray[np.uint8], **known: object) -> Footage:
    return Footage(frames=frames, times_s=np.arange(len(frames)) / 12, **known)  # type: ignore[arg-type]


@pytest.fixture
def still(texture: Callable) -> Footage:
    return clip(np.repeat(texture(3, HEIGHT, WIDTH)[None], COUNT, axis=0))


@pytest.fixture
def pan(texture: Callable) -> Footage:
    """The camera turns right: the scene moves left by `PAN_PX` a frame."""
    wall = texture(5, HEIGHT, 2 * WIDTH)
    return clip(np.stack([wall[:, PAN_PX * t : PAN_PX * t + WIDTH] for t in range(COUNT)]))


def sideways(footage: Footage, depth_m: float | None, step_m: float = 0.03) -> Footage:
    """The same pictures from a camera that moves right."""
    poses = np.repeat(np.eye(4)[None], COUNT, axis=0)
    poses[:, 0, 3] = step_m * np.arange(COUNT)
    cameras = Cameras(
        world_from_camera=poses, image_from_camera=pinhole(COUNT, WIDTH, HEIGHT, 60), width_px=WIDTH, height_px=HEIGHT
    )
    depth = None if depth_m is None else np.full((COUNT, HEIGHT // 2, WIDTH // 2), depth_m, np.float32)
    return clip(footage.frames, cameras=cameras, depth_m=depth)


def draw(footage: Footage, seed: int) -> Occluder:
    return draw_occluder(AugmentConfig(), footage, np.random.default_rng(seed))


def test_the_motion_of_a_pan_and_of_a_zoom_is_measured(pan: Footage, texture: Callable) -> None:
    track = scene_track(pan.frames)
    assert track[-1, 0] == pytest.approx(-PAN_PX * (COUNT - 1) / HEIGHT, rel=0.1)
    assert np.abs(track[:, 1:]).max() < 0.03
    import cv2

    wall = texture(6, 128, 192)
    zoom = [wall[4 * t : 128 - 4 * t, 6 * t : 192 - 6 * t] for t in range(6)]
    frames = np.stack([cv2.resize(f, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA) for f in zoom])
    assert scene_track(frames)[-1, 2] == pytest.approx(np.log(128 / 88), rel=0.15)


def test_what_stands_still_or_shows_nothing_does_not_move(still: Footage) -> None:
    assert np.abs(scene_track(still.frames)).max() < 1e-3
    assert np.abs(scene_track(np.full((5, HEIGHT, WIDTH, 3), 90, np.uint8))).max() == 0


@pytest.mark.parametrize("seed", range(8))
def test_without_cameras_a_thing_goes_with_the_scene_but_further(pan: Footage, seed: int) -> None:
    thing = draw(pan, seed)
    assert thing.moves_by == "flow"
    track, scene = np.array(thing.track), scene_track(pan.frames)
    moved = track[-1, :2] - track[0, :2] - np.array(thing.own)
    assert moved[0] == pytest.approx(thing.nearer * scene[-1, 0], abs=0.1)
    assert thing.nearer >= 1.3


def test_of_a_camera_that_only_turns_near_and_far_move_alike(pan: Footage) -> None:
    assert all(draw(replace(pan, camera_motion="pan"), seed).nearer == 1 for seed in range(4))
    assert all(draw(replace(pan, camera_motion="translation"), seed).nearer > 1 for seed in range(4))


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("depth_m", [4.0, None])
def test_with_cameras_it_stands_in_the_world_nearer_than_the_scene(
    still: Footage, seed: int, depth_m: float | None
) -> None:
    footage = sideways(still, depth_m)
    thing = draw(footage, seed)
    assert thing.moves_by == "cameras"
    assert footage.cameras is not None
    track = np.array(thing.track)
    focal = footage.cameras.image_from_camera[0, 0, 0] / HEIGHT
    step = np.diff(track[:, 0])
    # one place in the world: a camera that moves evenly to the right sees it go evenly to the left
    assert step == pytest.approx(np.full(COUNT - 1, step[0]), abs=3e-4)
    distance_m = -focal * 0.03 / step[0]
    assert track[:, 2] == pytest.approx(1, abs=1e-3)
    if depth_m is not None:
        assert 0.3 * depth_m * 0.95 <= distance_m <= 0.7 * depth_m * 1.05


def test_a_camera_that_comes_closer_sees_it_grow_and_pass_behind(still: Footage) -> None:
    footage = sideways(still, 3.0)
    assert footage.cameras is not None
    poses = np.repeat(np.eye(4)[None], COUNT, axis=0)
    poses[:, 2, 3] = np.linspace(0, 2.5, COUNT)
    ahead = clip(still.frames, depth_m=footage.depth_m, cameras=Cameras(
        world_from_camera=poses, image_from_camera=footage.cameras.image_from_camera, width_px=WIDTH, height_px=HEIGHT
    ))  # fmt: skip
    sizes = [np.array(draw(ahead, seed).track)[:, 2] for seed in range(8)]
    for size in sizes:
        known = size[size > 0]
        assert (np.diff(known) >= 0).all()
        assert known[-1] > 1.2 * known[0]


def test_it_is_seen_for_long_enough_hides_a_part_and_leaves_the_rest_untouched(pan: Footage, still: Footage) -> None:
    for seed in range(16):
        for footage in (pan, still):
            thing = draw(footage, seed)
            assert seen_share(thing, HEIGHT, WIDTH) >= LEAST_SEEN
            shown = occlude(footage, thing)
            changed = (shown.frames != footage.frames).any(axis=3)
            assert 0.005 < changed.mean(axis=(1, 2)).max() < 0.6
            assert shown.hidden is not None
            assert not (shown.hidden & ~changed).any()


def test_what_is_hidden_has_no_depth_and_all_else_keeps_its_own(still: Footage) -> None:
    footage = sideways(still, 2.0)
    shown = occlude(footage, draw(footage, 3))
    assert shown.hidden is not None
    assert shown.depth_m is not None
    cells = shown.hidden.reshape(COUNT, HEIGHT // 2, 2, WIDTH // 2, 2).any(axis=(2, 4))
    assert cells.any()
    assert (shown.depth_m[cells] == 0).all()
    assert (shown.depth_m[~cells] == 2).all()


def test_a_thing_is_as_dark_as_its_scene(still: Footage) -> None:
    dark = clip((still.frames // 12).astype(np.uint8))
    assert all(max(draw(dark, seed).colour) < 40 for seed in range(12))
