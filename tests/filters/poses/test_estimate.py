"""Estimated poses, against rendered truth. Unseen: poses of pans, another result on the second run, shifted frames."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.known_cameras import KnownClip, Studio
from video4spatial.filters.camera_motion import CameraMotion, measure_camera
from video4spatial.filters.poses.agreement import trajectory_error
from video4spatial.filters.poses.estimate import Posed, PoseEstimator, Unposed, is_held, longest_run, upright
from video4spatial.filters.poses.settings import PoseConfig
from video4spatial.filters.scores import to_luma
from video4spatial.pipeline.core.errors import ConfigError, WorkerLost

pytest.importorskip("pycolmap", reason="the extra `poses` is not installed")

LEAST_FRAMES = 8


@pytest.fixture
def idle() -> Iterator[PoseEstimator]:
    with closing(estimator()) as used:
        yield used


def estimator(**settings: float) -> PoseEstimator:
    return PoseEstimator(PoseConfig(**settings), least_frames=LEAST_FRAMES, timeout_s=300, memory_gib=4)


@pytest.fixture(scope="module")
def walk() -> KnownClip:
    return Studio(100).film_clip("walk", 100, (176, 132), 20)


@pytest.fixture(scope="module")
def posed(walk: KnownClip) -> Posed:
    found = estimated(walk)
    assert isinstance(found, Posed), found
    return found


def estimated(clip: KnownClip, kind: str = "translation", **settings: float) -> Posed | Unposed:
    used = estimator(**settings)
    try:
        if kind == "any":
            return used.map(to_luma(clip.frames))
        motion = CameraMotion(kind, {"parallax": 0.01})  # type: ignore[arg-type]
        return used.estimate(to_luma(clip.frames), clip.times_s, motion)
    finally:
        used.close()


def test_a_walk_gets_the_cameras_that_filmed_it(walk: KnownClip, posed: Posed) -> None:
    assert len(posed.cameras) >= 0.6 * len(walk.frames)
    truth = walk.cameras.world_from_camera[posed.start : posed.start + len(posed.cameras)]
    length_m = np.linalg.norm(np.diff(truth[:, :3, 3], axis=0), axis=1).sum()
    assert trajectory_error(posed.cameras.world_from_camera[:, :3, 3], truth[:, :3, 3]) < 0.05 * length_m
    assert np.median(turned_deg(posed.cameras.world_from_camera, truth)) < 3
    assert posed.error_px < 0.6


def turned_deg(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    a, b = (poses[0, :3, :3].T @ poses[:, :3, :3] for poses in (one, other))
    return np.degrees(np.arccos(np.clip((np.einsum("nij,nij->n", a, b) - 1) / 2, -1, 1)))


def test_a_second_run_gives_the_same_bytes(walk: KnownClip, posed: Posed) -> None:
    again = estimated(walk)
    assert isinstance(again, Posed)
    assert again.cameras.world_from_camera.tobytes() == posed.cameras.world_from_camera.tobytes()
    assert again.cameras.image_from_camera.tobytes() == posed.cameras.image_from_camera.tobytes()
    assert again.error_px == posed.error_px


def test_the_world_stands_upright_at_the_first_camera_and_has_no_metres(posed: Posed) -> None:
    poses = posed.cameras.world_from_camera
    assert np.allclose(poses[0, :3, 3], 0)
    assert np.linalg.norm(poses[:, :3, 3], axis=1).max() == pytest.approx(1)
    assert -poses[:, 1, 1].mean() > 0.9
    assert np.allclose(np.linalg.det(poses[:, :3, :3]), 1)


def test_a_known_lens_is_kept(walk: KnownClip) -> None:
    found = estimated(walk, fov_deg=70.0)
    assert isinstance(found, Posed)
    assert found.cameras.image_from_camera[0, 0, 0] == pytest.approx(88 / np.tan(np.radians(35)))


@pytest.mark.parametrize(
    ("kind", "words"),
    [("pan", "the camera pans"), ("zoom", "zooms"), ("static", "stands still"), ("handheld", "stays")],
)
def test_a_camera_that_stays_gets_no_poses_and_its_motion_is_named(walk: KnownClip, kind: str, words: str) -> None:
    found = estimated(walk, kind)
    assert isinstance(found, Unposed)
    assert found.reason == "no_parallax"
    assert words in found.detail


def test_a_pan_that_passed_for_a_walk_still_gets_no_poses() -> None:
    clip = Studio(100).film_clip("pan", 100, (176, 132), 20)
    found = estimated(clip, "any")
    assert isinstance(found, Unposed), (found.angle_deg, found.error_px)


def test_blank_walls_have_too_few_features(idle: PoseEstimator) -> None:
    blank = np.full((20, 128, 160), 90, dtype=np.uint8)
    motion = measure_camera(blank, np.arange(20) / 12)
    found = idle.estimate(blank, np.arange(20) / 12, motion)
    assert isinstance(found, Unposed)
    assert found.reason == "too_few_features"


def test_small_pictures_are_refused_by_name(idle: PoseEstimator) -> None:
    found = idle.estimate(np.zeros((20, 64, 64), dtype=np.uint8), np.arange(20) / 12, CameraMotion("translation", {}))
    assert isinstance(found, Unposed)
    assert found.reason == "too_small"
    assert "64 px" in found.detail


def test_a_child_that_dies_costs_the_clip_its_poses_alone(
    idle: PoseEstimator, walk: KnownClip, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def dies(*request: object) -> None:
        asked.append(request)
        raise WorkerLost("it was lost (signal -11)", reason="crashed")

    monkeypatch.setattr(idle._child, "ask", dies)
    found = idle.map(to_luma(walk.frames))
    assert isinstance(found, Unposed)
    assert (found.reason, len(asked)) == ("poses_failed", 2)
    assert "signal -11" in found.detail


def test_a_child_that_is_killed_leaves_no_files(
    walk: KnownClip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    used = PoseEstimator(PoseConfig(), least_frames=LEAST_FRAMES, timeout_s=2.0, memory_gib=4)
    (folder,) = tmp_path.iterdir()
    found = used.map(np.repeat(to_luma(walk.frames), 4, axis=0))
    assert isinstance(found, Unposed)
    assert "timed" in found.detail or "2 s" in found.detail
    (folder / "left").write_text("by a child that was killed")
    used.close()
    assert not list(tmp_path.iterdir())


def test_a_clip_is_cut_to_its_longest_run_of_frames() -> None:
    assert longest_run(np.array([0, 1, 2, 5, 6, 7, 8, 20])) == (5, 9)
    assert longest_run(np.array([3, 4, 9, 10])) == (3, 5)
    assert longest_run(np.zeros(0, dtype=np.int64)) == (0, 0)


def test_frames_that_few_points_hold_do_not_count() -> None:
    assert is_held(np.array([200, 180, 60, 220])).tolist() == [True, True, False, True]
    assert is_held(np.array([30, 35, 41])).tolist() == [False, False, True]
    assert is_held(np.zeros(0, dtype=np.int64)).tolist() == []


def test_cameras_that_look_straight_down_are_turned_too() -> None:
    poses = np.repeat(np.eye(4)[None], 3, axis=0)
    poses[:, 0, 3] = 0, 1, 2
    out = upright(poses)
    assert np.allclose(out[:, :3, 3], [[0, 0, 0], [0.5, 0, 0], [1, 0, 0]])
    assert np.allclose(out[0, :3, 2], [0, 0, -1])


def test_settings_out_of_range_are_refused() -> None:
    with pytest.raises(ConfigError, match="short_side_px"):
        PoseConfig(short_side_px=64)
