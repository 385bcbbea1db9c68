"""Walks in houses. If this breaks, cameras stay in one room, look at walls, or cut through door frames."""

from dataclasses import replace

import numpy as np
import pytest

from tests.sim_scenes.helpers import cameras_at
from video4spatial.pipeline.core.consistency import geometry_error
from video4spatial.pipeline.core.geometry import rotation_angle_rad
from video4spatial.pipeline.core.seeds import rng
from video4spatial.sim_scenes.config import View, WalkConfig
from video4spatial.sim_scenes.houses import GeneratedHouse, generate_house
from video4spatial.sim_scenes.pace import ACCELERATION_MPS2
from video4spatial.sim_scenes.paths import Walk, draw_walks
from video4spatial.sim_scenes.place import Place, interests_m, load_place
from video4spatial.sim_scenes.recordings import draw_recordings
from video4spatial.sim_scenes.render.embedded import EmbeddedRenderer
from video4spatial.sim_scenes.scene import flatten
from video4spatial.sim_scenes.sources import house_source

WALK = WalkConfig()
RATE_FPS = 6
SEEDS = (1, 2, 3)


@pytest.fixture(scope="module")
def houses() -> list[tuple[GeneratedHouse, Place]]:
    return [
        (generate_house(seed), load_place(house_source(seed), WALK.radius_m, WALK.eye_height_m[1])) for seed in SEEDS
    ]


def draw(place: Place, count: int, frames: int = 48, first: int = 0, rate_fps: float = RATE_FPS) -> list[Walk]:
    generators = [rng(0, "test", place.scene.name, first + k) for k in range(count)]
    return draw_walks(place.space, WALK, interests_m(place, WALK.radius_m), frames, rate_fps, generators)


def rooms_entered(house: GeneratedHouse, walk: Walk) -> set[str]:
    where = walk.world_from_camera[:, [0, 2], 3]
    halves = {room.name: np.array([room.shell.width_m, room.shell.depth_m]) / 2 for room in house.rooms}
    return {room.name for room in house.rooms if np.any(np.all(np.abs(where - room.middle_m) < halves[room.name], 1))}


def surface_points(place: Place, spacing_m: float) -> np.ndarray:
    """Points on all triangles, drawn anew: nothing of the map that planned the walks is used."""
    corners = flatten(place.scene.bodies).corners_m.astype(float)
    sides = corners[:, 1:] - corners[:, :1]
    area = np.linalg.norm(np.cross(sides[:, 0], sides[:, 1]), axis=1) / 2
    chosen = np.repeat(np.arange(len(corners)), np.ceil(area / spacing_m**2).astype(int) + 2)
    weights = np.random.default_rng(0).dirichlet(np.ones(3), size=len(chosen))
    return np.einsum("nk,nkc->nc", weights, corners[chosen])


def test_between_frames_too_a_walk_keeps_its_radius_from_every_triangle(
    houses: list[tuple[GeneratedHouse, Place]],
) -> None:
    for _, place in houses:
        points = surface_points(place, 0.03)
        for walk in draw(place, 3):
            eyes = walk.world_from_camera[:, :3, 3]
            band = points[(points[:, 1] > 0.12) & (points[:, 1] < eyes[0, 1] + 0.2)][:, [0, 2]]
            part = np.linspace(0, 1, 6)[:, None]
            for start, end in zip(eyes[:-1, [0, 2]], eyes[1:, [0, 2]], strict=True):
                near = band[np.abs(band - start).max(axis=1) < 0.8]
                between = start + (end - start) * part
                nearest = np.linalg.norm(near[:, None] - between, axis=2).min(initial=9.0)
                assert nearest >= WALK.radius_m
                assert nearest >= walk.min_clearance_m - 1e-6


def test_most_walks_of_8_s_enter_two_rooms_and_none_gets_stuck(houses: list[tuple[GeneratedHouse, Place]]) -> None:
    entered, standing = [], []
    for house, place in houses:
        for walk in draw(place, 8):
            entered.append(len(rooms_entered(house, walk)))
            speed = np.linalg.norm(np.diff(walk.world_from_camera[:, :3, 3], axis=0), axis=1) * RATE_FPS
            standing.append((speed < 0.1).mean())
            assert walk.length_m > 2.0
    assert np.mean(np.array(entered) >= 2) >= 0.75
    assert np.mean(standing) < 0.1
    assert max(standing) < 0.5


def test_speed_turn_and_acceleration_are_bounded(houses: list[tuple[GeneratedHouse, Place]]) -> None:
    for _, place in houses:
        for walk in draw(place, 6, frames=96, rate_fps=12):
            poses = walk.world_from_camera
            velocity = np.diff(poses[:, [0, 2], 3], axis=0) * 12
            assert np.linalg.norm(velocity, axis=1).max() <= WALK.speed_mps + 1e-9
            turn = rotation_angle_rad(poses[1:, :3, :3], poses[:-1, :3, :3])
            assert np.degrees(turn.max()) <= WALK.max_turn_dps / 12 + 1e-6
            change = np.linalg.norm(np.diff(velocity, axis=0), axis=1) * 12
            assert change.max() <= 1.1 * ACCELERATION_MPS2  # a line of 5 cm steps, read at frames


def test_walkers_look_into_rooms_and_not_at_walls_from_close_by(houses: list[tuple[GeneratedHouse, Place]]) -> None:
    near, frames = 0, 0
    for _, place in houses:
        renderer = EmbeddedRenderer(replace(place.scene, lighting=None))
        for walk in draw(place, 4):
            cameras = cameras_at(list(walk.world_from_camera[::2]), 32, 32, walk.horizontal_fov_deg)
            depth_m = renderer.render(cameras).depth_m
            middle_m = np.median(np.where(depth_m > 0, depth_m, np.inf).reshape(len(depth_m), -1), axis=1)
            near, frames = near + int((middle_m < 0.6).sum()), frames + len(middle_m)
    assert near <= 0.02 * frames


def test_a_long_walk_covers_the_house(houses: list[tuple[GeneratedHouse, Place]]) -> None:
    for house, place in houses:
        (walk,) = draw(place, 1, frames=600)
        assert len(walk.world_from_camera) == 600
        floor = place.space.places_m(place.space.walkable(WALK.radius_m))[::11]
        where = walk.world_from_camera[:, [0, 2], 3]
        passed = np.linalg.norm(floor[:, None] - where, axis=2).min(axis=1) < 1.0
        assert passed.mean() > 0.7
        assert len(rooms_entered(house, walk)) >= len(house.rooms) - 1
        assert walk.min_clearance_m >= WALK.radius_m


def test_a_walk_through_doors_is_its_own_and_begins_alike_however_long(
    houses: list[tuple[GeneratedHouse, Place]],
) -> None:
    place = houses[0][1]
    together, alone = draw(place, 5), draw(place, 1, first=3)
    np.testing.assert_array_equal(together[3].world_from_camera, alone[0].world_from_camera)
    long = draw(place, 2, frames=200)
    np.testing.assert_array_equal(long[1].world_from_camera[:48], together[1].world_from_camera)


def test_loops_come_back_to_their_first_view_and_some_through_another_room(
    houses: list[tuple[GeneratedHouse, Place]],
) -> None:
    through = 0
    for house, place in houses:
        view = View(paths=8, frames=96, rate_fps=RATE_FPS, moves=("loop",))
        for recording in draw_recordings(place, view, [rng(0, "test", place.scene.name, k) for k in range(8)]):
            poses = recording.walk.world_from_camera
            np.testing.assert_allclose(poses[-1], poses[0], atol=1e-9)
            assert recording.walk.min_clearance_m >= WALK.radius_m
            step_m = np.linalg.norm(np.diff(poses[:, :3, 3], axis=0), axis=1)
            assert step_m.max() <= WALK.speed_mps / RATE_FPS + 1e-9
            through += len(rooms_entered(house, recording.walk)) >= 2
    assert through >= 4


def test_depth_and_cameras_agree_in_every_move_and_a_wrong_pose_or_depth_is_caught(
    houses: list[tuple[GeneratedHouse, Place]],
) -> None:
    """Held against the bound of recipes/demo.yaml."""
    bound = 0.001
    place = houses[1][1]
    view = View(paths=5, frames=36, moves=("walk", "look_around", "orbit", "dolly", "loop"), walk=WalkConfig(shake=0.3))
    renderer = EmbeddedRenderer(replace(place.scene, lighting=None))
    for recording in draw_recordings(place, view, [rng(0, "test", place.scene.name, k) for k in range(5)]):
        walk = recording.walk
        cameras = cameras_at(list(walk.world_from_camera), 64, 64, walk.horizontal_fov_deg)
        depth_m = renderer.render(cameras).depth_m
        assert geometry_error(depth_m, cameras) < bound / 3
        wrong = cameras.world_from_camera.copy()
        wrong[18, :3, 3] += 0.01 * cameras.world_from_camera[18, :3, 2]  # one frame, 1 cm ahead
        assert geometry_error(depth_m, replace(cameras, world_from_camera=wrong)) > bound
        turned = cameras.world_from_camera.copy()
        half = np.radians(0.5)
        turned[18, :3, :3] @= [[np.cos(half), 0, np.sin(half)], [0, 1, 0], [-np.sin(half), 0, np.cos(half)]]
        assert geometry_error(depth_m, replace(cameras, world_from_camera=turned)) > bound
        deeper = depth_m.copy()
        deeper[18] *= 1.01
        assert geometry_error(deeper, cameras) > bound
