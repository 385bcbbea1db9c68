"""Walks. If this breaks, cameras pass through furniture or jump, and nobody sees it in a table."""

import numpy as np
import pytest

from video4spatial.pipeline.core.geometry import rotation_angle_rad
from video4spatial.pipeline.core.seeds import rng
from video4spatial.sim_scenes.config import WalkConfig
from video4spatial.sim_scenes.paths import Walk, draw_walks
from video4spatial.sim_scenes.place import Place, interests_m, load_place
from video4spatial.sim_scenes.rooms import generate_room
from video4spatial.sim_scenes.scene import flatten
from video4spatial.sim_scenes.sources import room_source

WALK = WalkConfig()
RATE_FPS = 6


def draw(place: Place, count: int, frames: int = 60, walk: WalkConfig = WALK, first: int = 0) -> list[Walk]:
    generators = [rng(0, "test", place.scene.name, first + k) for k in range(count)]
    return draw_walks(place.space, walk, interests_m(place, walk.radius_m), frames, RATE_FPS, generators)


@pytest.fixture(scope="module")
def places() -> list[Place]:
    return [load_place(room_source(seed), WALK.radius_m, WALK.eye_height_m[1]) for seed in (1, 2, 3)]


def test_no_walker_comes_closer_than_its_radius_to_anything(places: list[Place]) -> None:
    """Judged by the triangles themselves, sampled anew, not by the map that steered the walk."""
    for place in places:
        corners = flatten(place.scene.bodies).corners_m.astype(float)
        weights = np.random.default_rng(0).dirichlet(np.ones(3), size=60)
        for walk in draw(place, 4):
            eyes = walk.world_from_camera[:, :3, 3]
            band = (corners[..., 1].max(axis=1) > 0.15) & (corners[..., 1].min(axis=1) < eyes[0, 1])
            points = np.einsum("wk,fkc->fwc", weights, corners[band]).reshape(-1, 3)
            points = points[(points[:, 1] > 0.15) & (points[:, 1] < eyes[0, 1] + 0.2)]
            for eye in eyes[::6]:
                nearest = np.linalg.norm(points[:, [0, 2]] - eye[[0, 2]], axis=1).min()
                assert nearest >= WALK.radius_m
                assert nearest >= walk.min_clearance_m - 1e-6


def test_walkers_stay_inside_the_room() -> None:
    room = generate_room(1)
    place = load_place(room_source(1), WALK.radius_m, WALK.eye_height_m[1])
    half = np.array([room.shell.width_m, room.shell.depth_m]) / 2
    for walk in draw(place, 8):
        assert np.all(np.abs(walk.world_from_camera[:, [0, 2], 3]) <= half - WALK.radius_m)


def test_speed_and_turn_stay_within_their_bounds(places: list[Place]) -> None:
    for place in places:
        for walk in draw(place, 12):
            poses = walk.world_from_camera
            step_m = np.linalg.norm(np.diff(poses[:, :3, 3], axis=0), axis=1)
            assert step_m.max() <= WALK.speed_mps / RATE_FPS + 1e-9
            turn = rotation_angle_rad(poses[1:, :3, :3], poses[:-1, :3, :3])
            assert np.degrees(turn.max()) <= WALK.max_turn_dps / RATE_FPS + 1e-6


def test_poses_are_rigid_and_upright(places: list[Place]) -> None:
    for walk in draw(places[0], 3):
        rotation = walk.world_from_camera[:, :3, :3]
        np.testing.assert_allclose(rotation @ np.swapaxes(rotation, 1, 2), np.tile(np.eye(3), (60, 1, 1)), atol=1e-9)
        assert np.all(rotation[:, 1, 0] == pytest.approx(0.0))  # the camera's x axis stays level
        assert np.all(rotation[:, 1, 1] < -0.8)  # y points down


def test_walks_go_somewhere_and_look_around(places: list[Place]) -> None:
    walks = [walk for place in places for walk in draw(place, 8)]
    assert np.median([walk.length_m for walk in walks]) > 3.0
    yaws = [np.degrees(np.arctan2(-w.world_from_camera[:, 0, 2], -w.world_from_camera[:, 2, 2])) for w in walks]
    assert np.median([np.ptp(np.unwrap(yaw, period=360)) for yaw in yaws]) > 40


def test_a_walk_does_not_depend_on_who_else_walks(places: list[Place]) -> None:
    together, alone = draw(places[0], 5), draw(places[0], 1, first=3)
    np.testing.assert_array_equal(together[3].world_from_camera, alone[0].world_from_camera)


def test_the_first_frames_do_not_depend_on_how_many_follow(places: list[Place]) -> None:
    long, short = draw(places[0], 2, frames=40), draw(places[0], 2, frames=10)
    np.testing.assert_array_equal(long[1].world_from_camera[:10], short[1].world_from_camera)


def test_height_and_lens_stay_within_what_was_asked(places: list[Place]) -> None:
    walk = WalkConfig(eye_height_m=(0.9, 1.1), horizontal_fov_deg=(50.0, 52.0))
    for drawn in draw(places[0], 6, frames=4, walk=walk):
        height = drawn.world_from_camera[:, 1, 3] - places[0].space.floor_m
        assert 0.9 <= height.min() <= height.max() <= 1.1
        assert 50.0 <= drawn.horizontal_fov_deg <= 52.0
