"""Bounds of every path: speed, turn rate, and how fast both change. Broken, cameras jerk, and models learn it."""

from dataclasses import replace

import numpy as np
import pytest

from video4spatial.pipeline.core.seeds import rng
from video4spatial.sim_scenes.config import View, WalkConfig
from video4spatial.sim_scenes.grounding import draw_grounding
from video4spatial.sim_scenes.pace import ACCELERATION_MPS2, TURN_UP_PER_S, between, pace_of
from video4spatial.sim_scenes.place import Place, load_place
from video4spatial.sim_scenes.recordings import Recording, draw_recordings
from video4spatial.sim_scenes.render.embedded import EmbeddedRenderer
from video4spatial.sim_scenes.sources import house_source, room_source

KINDS = ("walk", "look_around", "orbit", "dolly", "loop")
WALK = WalkConfig()
FAST, SLOW = WalkConfig(speed_mps=1.5, max_turn_dps=90.0), WalkConfig(speed_mps=0.4, max_turn_dps=30.0)


@pytest.fixture(scope="module")
def places() -> list[Place]:
    sources = [room_source(1), room_source(4), house_source(2)]
    return [load_place(source, WALK.radius_m, WALK.eye_height_m[1]) for source in sources]


def film(place: Place, walk: WalkConfig, rate_fps: int, frames: int, paths: int = 15) -> list[Recording]:
    """All kinds of moves, walks to a thing among them."""
    view = View(paths=paths, frames=frames, rate_fps=rate_fps, moves=KINDS, walk=walk)
    see = EmbeddedRenderer(replace(place.scene, lighting=None))
    to_things = [rng(0, "test.things", place.scene.name, k) for k in range(paths // 5)]
    found = draw_recordings(place, view, [rng(0, "test.pace", place.scene.name, k) for k in range(paths)])
    return found + [arrival for _, arrival in draw_grounding(place, view, to_things, lambda c: see.render(c).object_id)]


def rates(poses: np.ndarray, rate_fps: float) -> tuple[np.ndarray, np.ndarray]:
    """(T - 1, 3) each: velocity in m/s and turn in rad/s, as a vector along its axis in the world."""
    turn = poses[1:, :3, :3] @ np.swapaxes(poses[:-1, :3, :3], 1, 2)
    axis = np.stack([turn[:, (i + 2) % 3, (i + 1) % 3] - turn[:, (i + 1) % 3, (i + 2) % 3] for i in range(3)], axis=1)
    sine = np.linalg.norm(axis, axis=1, keepdims=True) / 2
    angle = np.arctan2(sine[:, 0], (np.trace(turn, axis1=1, axis2=2) - 1) / 2)
    return np.diff(poses[:, :3, 3], axis=0) * rate_fps, axis / 2 * (angle / np.maximum(sine[:, 0], 1e-12))[
        :, None
    ] * rate_fps


def shares(poses: np.ndarray, walk: WalkConfig, rate_fps: float) -> np.ndarray:
    """Largest speed, turn rate and changes of both a second, each as a part of what is allowed."""
    most_rps = np.radians(walk.max_turn_dps)
    measured = rates(poses, rate_fps)
    found = [np.linalg.norm(rate, axis=1).max() for rate in measured]
    found += [np.linalg.norm(np.diff(rate, axis=0), axis=1).max() * rate_fps for rate in measured]
    return np.array(found) / (walk.speed_mps, most_rps, ACCELERATION_MPS2, TURN_UP_PER_S * most_rps)


@pytest.mark.parametrize(
    ("walk", "rate_fps", "frames"), [(WALK, 6, 150), (WALK, 24, 120), (FAST, 24, 120), (FAST, 60, 90), (SLOW, 60, 240)]
)
def test_every_kind_of_path_keeps_its_speed_its_turn_rate_and_both_accelerations(
    places: list[Place], walk: WalkConfig, rate_fps: int, frames: int
) -> None:
    seen = set()
    for place in places:
        for recording in film(place, walk, rate_fps, frames):
            seen.add(recording.move)
            used = shares(recording.walk.world_from_camera, walk, rate_fps)
            assert np.all(used[:2] <= 1 + 1e-6), (recording.move, used)
            assert used[2] <= 1.0, (recording.move, used)
            assert used[3] <= 1.02, (recording.move, used)  # a gaze that pans and tilts turns its axis
            assert recording.walk.min_clearance_m >= walk.radius_m
    assert seen == {*KINDS, "arrive"}


def test_a_hand_held_camera_keeps_speed_and_turn_rate_and_alone_shakes_faster(places: list[Place]) -> None:
    walk = WalkConfig(shake=1.0)
    used = np.array([shares(one.walk.world_from_camera, walk, 24) for one in film(places[0], walk, 24, 120)])
    assert used[:, :2].max() <= 1 + 1e-6
    assert used[:, 2:].max() > 1


def test_a_line_begins_and_ends_at_its_samples_and_has_no_corner() -> None:
    samples = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [2.0, 1.0]])
    line = between(samples, np.linspace(0, 3, 3001))
    np.testing.assert_allclose(line[[0, -1]], samples[[0, -1]], atol=1e-15)
    velocity = np.diff(line, axis=0) * 1000
    assert np.linalg.norm(np.diff(velocity, axis=0), axis=1).max() * 1000 <= np.sqrt(2) + 1e-6
    assert np.linalg.norm(line - samples[1], axis=1).min() == pytest.approx(np.sqrt(2) / 8)


def test_a_straight_line_is_gone_along_at_full_speed_from_its_start_unless_it_begins_at_rest() -> None:
    line = np.stack([np.linspace(0, 7, 141), np.zeros(141)], axis=1)
    walk = WalkConfig()
    assert pace_of(walk, line).time_s[-1] == pytest.approx(10.0)
    from_rest = pace_of(walk, line, at_rest=True)
    assert from_rest.per_s[0] == 0
    assert from_rest.time_s[-1] == pytest.approx(10.0 + walk.speed_mps / ACCELERATION_MPS2, rel=1e-3)


def test_one_who_turns_where_it_stands_comes_to_rest_before_and_starts_softly_after() -> None:
    there, still = np.stack([np.linspace(0, 2, 41), np.zeros(41)], axis=1), np.tile([[2.0, 0.0]], (24, 1))
    places, walk = np.concatenate([there, still, there[::-1]]), WalkConfig()
    yaw = np.concatenate([np.zeros(41), np.linspace(0, np.pi, 24), np.full(41, np.pi)])
    pace = pace_of(walk, places, (yaw, 0 * yaw))
    seconds = np.arange(0, pace.time_s[-1], 1 / 60)
    x, _, turn = between(np.column_stack([places, yaw]), pace.at(seconds)).T
    assert np.abs(np.diff(x, 2)).max() * 3600 <= ACCELERATION_MPS2
    assert np.abs(np.diff(turn, 2)).max() * 3600 <= TURN_UP_PER_S * np.radians(walk.max_turn_dps)
    assert np.ptp(x[(turn > 0.3) & (turn < np.pi - 0.3)]) < 1e-9
