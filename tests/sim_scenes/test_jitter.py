"""Paths seen from slightly other poses. If one leaves the free space, its frames are of the inside of a wall."""

import numpy as np
import pytest

from video4spatial.pipeline.core.geometry import rotation_angle_rad
from video4spatial.pipeline.core.seeds import rng
from video4spatial.sim_scenes.config import View, WalkConfig
from video4spatial.sim_scenes.jitter import PITCH_RAD, RISE_M, ROLL_RAD, SHIFT_M, YAW_RAD, jitter_variant
from video4spatial.sim_scenes.paths import Walk
from video4spatial.sim_scenes.place import Place
from video4spatial.sim_scenes.recordings import draw_recordings

VIEW = View(paths=4, frames=24, rate_fps=4, moves=("walk", "loop", "look_around", "dolly"))


@pytest.fixture(scope="module")
def walks(place: Place) -> list[Walk]:
    return [r.walk for r in draw_recordings(place, VIEW, [rng(0, "walk", "test", k) for k in range(4)])]


def test_the_path_moves_and_turns_as_a_whole_within_its_bounds(place: Place, walks: list[Walk]) -> None:
    for number, walk in enumerate(walks):
        variant = jitter_variant(place, walk, VIEW.walk, rng(0, "jitter", "test", number))
        assert variant.walk is not None
        moved = variant.walk.world_from_camera
        shift = moved[:, :3, 3] - walk.world_from_camera[:, :3, 3]
        np.testing.assert_allclose(shift, np.tile(shift[0], (24, 1)), atol=1e-9)
        np.testing.assert_allclose(shift[0], variant.parameters["shift_m"], atol=1e-4)
        assert np.hypot(shift[0, 0], shift[0, 2]) <= SHIFT_M
        assert abs(shift[0, 1]) <= RISE_M
        turned = rotation_angle_rad(moved[:, :3, :3], walk.world_from_camera[:, :3, :3])
        assert 0.0 < turned.min() <= turned.max() <= YAW_RAD + PITCH_RAD + ROLL_RAD
        steps = [rotation_angle_rad(p[1:, :3, :3], p[:-1, :3, :3]) for p in (moved, walk.world_from_camera)]
        np.testing.assert_allclose(steps[0], steps[1], atol=1e-7)
        low, high = VIEW.walk.horizontal_fov_deg
        assert low <= variant.walk.horizontal_fov_deg <= high
        assert variant.walk.horizontal_fov_deg == pytest.approx(variant.parameters["horizontal_fov_deg"], abs=1e-3)


def test_clearance_and_height_are_kept_everywhere(place: Place, walks: list[Walk]) -> None:
    for number, walk in enumerate(walks * 5):
        variant = jitter_variant(place, walk, VIEW.walk, rng(1, "jitter", "test", number))
        assert variant.walk is not None
        places = variant.walk.world_from_camera[:, :3, 3]
        line = np.concatenate([places[:-1] + (places[1:] - places[:-1]) * part for part in np.linspace(0, 1, 5)])
        assert place.space.clearance_at(line[:, [0, 2]]).min() >= VIEW.walk.radius_m - 1e-9
        assert variant.walk.min_clearance_m >= VIEW.walk.radius_m
        assert np.all(places[:, 1] - place.space.floor_m <= VIEW.walk.eye_height_m[1] + 1e-9)
        assert np.all(places[:, 1] - place.space.floor_m >= VIEW.walk.eye_height_m[0] - 1e-9)


def test_where_there_is_no_room_the_path_turns_in_place(place: Place, walks: list[Walk]) -> None:
    variant = jitter_variant(place, walks[0], WalkConfig(radius_m=2.0), rng(0, "jitter", "test"))
    assert variant.walk is not None
    assert variant.parameters["shift_m"][0] == variant.parameters["shift_m"][2] == 0.0
    assert variant.walk.min_clearance_m == walks[0].min_clearance_m
