"""Camera moves beside walking. If this breaks, orbits cut through walls, loops do not close, cameras whirl."""

import numpy as np
import pytest

from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.pipeline.core.geometry import rotation_angle_rad
from video4spatial.pipeline.core.seeds import rng
from video4spatial.sim_scenes.clearance import FreeSpace
from video4spatial.sim_scenes.config import MoveKind, View, WalkConfig
from video4spatial.sim_scenes.moves import Target, draw_move
from video4spatial.sim_scenes.place import Place, load_place
from video4spatial.sim_scenes.play import Lens, draw_lens
from video4spatial.sim_scenes.recordings import Recording, draw_recordings, find_targets
from video4spatial.sim_scenes.scene import flatten
from video4spatial.sim_scenes.shake import calm, reach_m
from video4spatial.sim_scenes.sources import room_source

RATE_FPS = 6
MOVES: tuple[MoveKind, ...] = ("look_around", "orbit", "dolly", "loop")


@pytest.fixture(scope="module")
def places() -> list[Place]:
    return [load_place(room_source(seed), 0.25, 1.65) for seed in (1, 2, 3)]


def film(
    place: Place, moves: tuple[MoveKind, ...], count: int = 8, frames: int = 48, walk: WalkConfig | None = None
) -> list[Recording]:
    view = View(paths=count, frames=frames, rate_fps=RATE_FPS, moves=moves, walk=walk or WalkConfig())
    return draw_recordings(place, view, [rng(0, "test", place.scene.name, path) for path in range(count)])


def check_bounds(recording: Recording, walk: WalkConfig) -> None:
    poses = recording.walk.world_from_camera
    step_m = np.linalg.norm(np.diff(poses[:, :3, 3], axis=0), axis=1)
    assert step_m.max() <= walk.speed_mps / RATE_FPS + 1e-9
    turn = rotation_angle_rad(poses[1:, :3, :3], poses[:-1, :3, :3])
    assert np.degrees(turn.max()) <= walk.max_turn_dps / RATE_FPS + 1e-6
    rotation = poses[:, :3, :3]
    np.testing.assert_allclose(
        rotation @ np.swapaxes(rotation, 1, 2), np.tile(np.eye(3), (len(poses), 1, 1)), atol=1e-9
    )


@pytest.mark.parametrize("shake", [0.0, 1.0])
def test_every_move_keeps_to_the_bounds_of_the_walk(places: list[Place], shake: float) -> None:
    """Judged by the triangles themselves, sampled anew, not by the map that steered the camera."""
    walk = WalkConfig(shake=shake)
    weights = np.random.default_rng(0).dirichlet(np.ones(3), size=40)
    for place in places:
        corners = flatten(place.scene.bodies).corners_m.astype(float)
        points = np.einsum("wk,fkc->fwc", weights, corners).reshape(-1, 3)
        points = points[(points[:, 1] > 0.15) & (points[:, 1] < 1.4)]
        for recording in film(place, ("walk", *MOVES), count=10, walk=walk):
            check_bounds(recording, walk)
            assert recording.walk.min_clearance_m >= walk.radius_m
            for eye in recording.walk.world_from_camera[::8, :3, 3]:
                nearest = np.linalg.norm(points[:, [0, 2]] - eye[[0, 2]], axis=1).min()
                assert nearest >= walk.radius_m
                assert nearest >= recording.walk.min_clearance_m - 1e-6


def test_looking_around_turns_far_and_stays_where_it_is(places: list[Place]) -> None:
    for recording in film(places[0], ("look_around",)):
        poses = recording.walk.world_from_camera
        np.testing.assert_array_equal(poses[:, :3, 3], np.tile(poses[0, :3, 3], (48, 1)))
        turn = np.degrees(rotation_angle_rad(poses[1:, :3, :3], poses[:-1, :3, :3]).sum())
        assert turn > 80
        assert recording.walk.length_m == 0


def test_an_orbit_keeps_its_distance_and_its_object_in_the_middle(places: list[Place]) -> None:
    seen = 0
    for place in places:
        targets = find_targets(place)
        for recording in film(place, ("orbit",)):
            if recording.move != "orbit":
                continue
            seen += 1
            poses = recording.walk.world_from_camera
            away = np.array([t.centre_m for t in targets])[None] - poses[:, None, :3, 3]
            beside = np.linalg.norm(np.cross(away, poses[:, None, :3, 2]), axis=2).max(axis=0)
            centred = np.flatnonzero(beside < 0.02)
            assert len(centred) == 1
            distance = np.linalg.norm(away[:, centred[0]][:, [0, 2]], axis=1)
            assert np.ptp(distance) < 0.01
            assert distance.min() > targets[centred[0]].reach_m
            turned = np.degrees(rotation_angle_rad(poses[0, :3, :3], poses[-1, :3, :3]))
            assert 5 < turned < 80
    assert seen >= 12


def test_a_loop_ends_where_it_began_after_going_somewhere(places: list[Place]) -> None:
    lengths = []
    for place in places:
        for recording in film(place, ("loop",)):
            poses = recording.walk.world_from_camera
            np.testing.assert_allclose(poses[-1], poses[0], atol=1e-9)
            lengths.append(recording.walk.length_m)
    assert np.median(lengths) > 2.5
    assert min(lengths) > 0.3


def test_a_loop_closes_however_short_the_film(places: list[Place]) -> None:
    for recording in film(places[0], ("loop",), count=4, frames=5):
        check_bounds(recording, WalkConfig())
        poses = recording.walk.world_from_camera
        np.testing.assert_allclose(poses[-1], poses[0], atol=1e-9)
        assert recording.walk.length_m > 0.04  # a larger circle in 0.7 s needs more than the acceleration allowed


def test_a_dolly_is_straight_and_level(places: list[Place]) -> None:
    lengths = []
    for recording in film(places[0], ("dolly",), count=12):
        path = recording.walk.world_from_camera[:, :3, 3]
        line = path[-1] - path[0]
        lengths.append(recording.walk.length_m)
        assert np.linalg.norm(line) == pytest.approx(recording.walk.length_m, abs=1e-6)
        assert np.ptp(path[:, 1]) == 0
    assert np.median(lengths) > 0.4


def test_moves_take_turns_and_do_not_depend_on_each_other(places: list[Place]) -> None:
    mixed = film(places[0], ("walk", "loop"), count=4)
    assert [recording.move for recording in mixed] == ["walk", "loop", "walk", "loop"]
    walks = film(places[0], ("walk",), count=4)
    np.testing.assert_array_equal(mixed[2].walk.world_from_camera, walks[2].walk.world_from_camera)
    again = film(places[0], ("walk", "loop"), count=2)
    np.testing.assert_array_equal(mixed[1].walk.world_from_camera, again[1].walk.world_from_camera)


def test_where_nothing_can_be_orbited_the_camera_looks_around_and_says_so() -> None:
    hall = FreeSpace((0.0, 0.0), 0.04, 0.0, np.full((100, 100), 0.6, dtype=np.float32))
    made, track, _ = draw_move("orbit", hall, WalkConfig(), (), Lens(1.5, 70.0), 8.0, rng(0, "test", "hall"))
    assert made == "look_around"
    assert np.ptp(track.places_m, axis=0).max() == 0


def test_moves_are_drawn_from_the_ranges_of_the_sampler() -> None:
    """Pan 5 to 45 degrees, tilt 5 to 30, arc 15 to 75, shifts of a quarter to all of the free way; half are eased."""
    hall = FreeSpace((-10.0, -10.0), 0.04, 0.0, np.full((500, 500), 2.5, dtype=np.float32))
    target = Target(1, np.array([0.0, 0.8, 0.0]), 0.4)
    drawn: dict[str, list[float]] = {
        "pan": [],
        "tilt": [],
        "shift": [],
        "arc": [],
        "start": [],
        "pitch": [],
        "easing": [],
    }
    for k in range(300):
        draw = rng(0, "test", "ranges", k)
        lens = draw_lens(WalkConfig(), draw)
        drawn["easing"].append(lens.easing)
        _, dolly, _ = draw_move("dolly", hall, WalkConfig(), (target,), lens, 8.0, draw)
        drawn["pan"].append(float(np.degrees(np.ptp(dolly.yaw))))
        drawn["tilt"].append(float(np.degrees(np.ptp(dolly.pitch))))
        drawn["shift"].append(float(np.linalg.norm(dolly.places_m[-1] - dolly.places_m[0])))
        _, orbit, _ = draw_move("orbit", hall, WalkConfig(), (target,), lens, 8.0, draw)
        angle = np.unwrap(np.arctan2(*orbit.places_m.T))
        drawn["arc"].append(float(np.degrees(np.ptp(angle))))
        drawn["start"].append(float(np.linalg.norm(orbit.places_m, axis=1).min()))
        drawn["pitch"].append(float(np.degrees(np.abs(orbit.pitch).max())))
    ranges = {"pan": (5, 45), "arc": (15, 75), "shift": (0.25, 4.0), "start": (0.5, 3.0), "pitch": (0, 45)}
    for name, (low, high) in ranges.items():
        assert low - 1e-6 <= min(drawn[name]) <= max(drawn[name]) <= high + 1e-6, name
    for name in ("pan", "arc"):
        low, high = ranges[name]
        assert np.ptp(drawn[name]) > 0.9 * (high - low)
    tilts = np.array([tilt for tilt in drawn["tilt"] if tilt > 1e-9])
    assert 5 - 1e-6 <= tilts.min() <= tilts.max() <= 30 + 1e-6
    assert 0.35 < len(tilts) / 300 < 0.65
    eased = np.array([easing for easing in drawn["easing"] if easing > 0])
    assert 0.4 < len(eased) / 300 < 0.6
    assert 0.5 <= eased.min() <= eased.max() <= 2.0


def test_shake_is_small_smooth_and_of_its_own(places: list[Place]) -> None:
    walk = WalkConfig(shake=1.0)
    steady = film(places[0], ("dolly",), count=3, walk=calm(WalkConfig()))
    held = film(places[0], ("dolly",), count=3, walk=walk)
    for recording in held:
        height = recording.walk.world_from_camera[:, 1, 3]
        assert 0.002 < np.ptp(height) < 0.1
        roll = np.degrees(np.arcsin(recording.walk.world_from_camera[:, 1, 0]))
        assert 0.02 < np.abs(roll).max() < 3
    assert np.ptp(steady[0].walk.world_from_camera[:, 1, 3]) == 0
    assert 0 < reach_m(walk) < 0.05
    assert calm(WalkConfig()) == WalkConfig()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (lambda: View(moves=()), "view.moves is empty"),
        (lambda: WalkConfig(shake=1.5), "walk.shake must lie in 0 to 1"),
        (lambda: calm(WalkConfig(shake=1.0, radius_m=2.0)), "walk.radius_m"),
    ],
)
def test_moves_out_of_range_are_refused(settings, said: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ConfigError, match=said):
        settings()
