"""Real recordings: what was read agrees with what the pictures and depth maps themselves show."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.filters.captures.test_stage import curate
from video4spatial.filters.captures.capture import ReadOptions
from video4spatial.filters.captures.formats import read_capture
from video4spatial.filters.captures.re10k import parse_re10k
from video4spatial.filters.captures.tum import parse_trajectory
from video4spatial.filters.config import RealConfig
from video4spatial.pipeline.core.camera import Cameras
from video4spatial.pipeline.core.geometry import rotation_angle_rad
from video4spatial.pipeline.core.sequence import Sequence


@pytest.fixture(scope="module")
def office(shared_data: Path) -> Sequence:
    """The first 64 frames of freiburg1/rpy, depth at every 20th."""
    folder = shared_data / "posed" / "tum_fr1_rpy_handheld"
    if not folder.is_dir():
        pytest.skip("the shared data has no TUM recording")
    products = curate(folder, RealConfig(size_px=256, clip_frames=64, rate_fps=30, max_clips_per_shot=1))
    sequence = products[0].sequence
    assert sequence is not None
    return sequence


def test_depth_of_the_real_office_agrees_with_its_cameras(shared_data: Path) -> None:
    folder = shared_data / "posed" / "tum_fr1_rpy_handheld"
    if not folder.is_dir():
        pytest.skip("the shared data has no TUM recording")
    products = curate(folder, RealConfig(size_px=128, clip_frames=200, rate_fps=30))
    assert products[0].scores["geometry_error"] < 0.05
    assert products[0].columns["up"] == "gravity"


def test_the_real_office_stands_upright(office: Sequence) -> None:
    assert office.cameras is not None
    down = office.cameras.world_from_camera[:, 1, 1]
    # the camera is rolled and pitched on purpose: upright on the whole
    assert np.median(down) < -0.6
    assert 1.0 < np.median(office.cameras.world_from_camera[:, 1, 3]) < 2.0, "the height of a hand, in metres"


def test_pictures_turn_as_the_real_poses_say(office: Sequence) -> None:
    """Rotation between frames five apart, from matched corners alone, against motion capture."""
    assert office.cameras is not None
    errors = [found for k in range(0, 55, 6) if (found := _rotation_error_deg(office, k, k + 5)) is not None]
    assert len(errors) >= 6
    assert np.median(errors) < 1.5


def _rotation_error_deg(sequence: Sequence, one: int, other: int) -> float | None:
    assert sequence.cameras is not None
    lens = sequence.cameras.image_from_camera[one]
    grey = [cv2.cvtColor(sequence.frames[k], cv2.COLOR_RGB2GRAY) for k in (one, other)]
    corners = cv2.goodFeaturesToTrack(grey[0], 300, 0.01, 5)
    moved, found, _ = cv2.calcOpticalFlowPyrLK(grey[0], grey[1], corners, None)  # type: ignore[call-overload]
    back, found_back, _ = cv2.calcOpticalFlowPyrLK(grey[1], grey[0], moved, None)  # type: ignore[call-overload]
    kept = (found & found_back).ravel().astype(bool) & (np.abs(back - corners).max(axis=(1, 2)) < 0.5)
    if kept.sum() < 40:
        return None
    # cv2 counts from the centre of the first pixel
    first, second = corners[kept].reshape(-1, 2) + 0.5, moved[kept].reshape(-1, 2) + 0.5
    essential, inliers = cv2.findEssentialMat(first, second, lens, method=cv2.RANSAC, prob=0.999, threshold=0.7)
    _, rotation, _, _ = cv2.recoverPose(essential, first, second, lens, mask=inliers)
    poses = sequence.cameras.world_from_camera
    true = poses[other, :3, :3].T @ poses[one, :3, :3]
    return float(np.degrees(rotation_angle_rad(rotation, true)))


def test_published_camera_files_are_read(shared_data: Path) -> None:
    files = sorted((shared_data / "posed" / "realestate10k_pose_txt").glob("*.txt"))
    if not files:
        pytest.skip("the shared data has no RealEstate10K files")
    for file in files:
        film, times, shares, poses = parse_re10k(file.read_text(), file.name)
        assert len(film) == 11
        assert len(times) == 16
        assert np.allclose(shares[:, 2:], 0.5)
        # cameras of one walk look into one direction on the whole
        cameras = Cameras(
            world_from_camera=poses, image_from_camera=np.repeat(np.eye(3)[None], 16, axis=0), width_px=1, height_px=1
        )
        assert np.abs(cameras.camera_from_world[0, :3] @ poses[0] - np.eye(4)[:3]).max() < 1e-6


def test_long_motion_capture_is_read(shared_data: Path) -> None:
    file = shared_data / "posed" / "tum_trajectories" / "fr2_desk_groundtruth.txt"
    if not file.is_file():
        pytest.skip("the shared data has no TUM trajectory")
    times, poses = parse_trajectory(file.read_text(), file.name)
    assert len(times) == len(poses) > 1000
    assert (np.diff(times) > 0).all()


def test_a_recording_named_for_its_camera_needs_no_intrinsics(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "posed" / "tum_fr1_rpy_handheld"
    if not folder.is_dir():
        pytest.skip("the shared data has no TUM recording")
    named = tmp_path / "rgbd_dataset_freiburg1_rpy"
    named.mkdir()
    for name in ("rgb.txt", "groundtruth.txt", "depth.txt", "rgb", "depth"):
        (named / name).symlink_to(folder / name)
    one, other = read_capture(folder, ReadOptions()), read_capture(named, ReadOptions())
    assert np.array_equal(one.cameras.image_from_camera, other.cameras.image_from_camera)
    assert one.lens.coefficients is not None
    assert other.lens.coefficients is not None
    assert np.array_equal(one.lens.coefficients, other.lens.coefficients)
