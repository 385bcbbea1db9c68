"""Unseen, a geometric score would not tell the right view from a wrong one."""

from collections.abc import Callable

import numpy as np
import pytest

from video4spatial.model.evaluate.geometry import covered_psnr_db, reproject, shrink
from video4spatial.model.source import Clip
from video4spatial.pipeline.core.geometry import upright_pose


@pytest.fixture
def arrived(room: Callable[..., Clip], turning: Callable[..., np.ndarray]) -> tuple[Clip, np.ndarray, np.ndarray]:
    """A target frame, and what its neighbours put there."""
    clip = room(turning(3, 12.0), 0, 64)
    assert clip.depth_m is not None
    known = [0, 2]
    colours, covered = reproject(
        clip.frames[known].astype(float),
        clip.depth_m[known],
        clip.image_from_camera[known],
        clip.world_from_camera[known],
        clip.image_from_camera[1],
        clip.world_from_camera[1],
    )
    return clip, colours, covered


def test_neighbours_cover_the_view_between_them_and_agree_with_it(
    arrived: tuple[Clip, np.ndarray, np.ndarray],
) -> None:
    clip, colours, covered = arrived
    assert covered.mean() > 0.7
    truth = covered_psnr_db(clip.frames[1].astype(float), colours, covered)
    assert truth is not None
    # flat patches with hard edges: half a pixel decides at every edge
    assert truth > 20


@pytest.mark.parametrize(("yaw_deg", "aside_m"), [(8.0, 0.0), (0.0, 0.4)])
def test_a_view_from_a_wrong_pose_scores_lower(
    arrived: tuple[Clip, np.ndarray, np.ndarray], room: Callable[..., Clip], yaw_deg: float, aside_m: float
) -> None:
    clip, colours, covered = arrived
    wrong = (
        clip.world_from_camera[1]
        @ upright_pose([aside_m, 0, 0], np.pi + np.radians(yaw_deg))
        @ np.diag([-1.0, 1.0, -1.0, 1.0])
    )
    view = room(wrong[None], 0, 64).frames[0].astype(float)
    right, other = (
        covered_psnr_db(clip.frames[1].astype(float), colours, covered),
        covered_psnr_db(view, colours, covered),
    )
    assert right is not None
    assert other is not None
    assert other < right - 4


def test_where_nothing_arrives_there_is_no_score() -> None:
    assert covered_psnr_db(np.zeros((4, 4, 3)), np.zeros((4, 4, 3)), np.zeros((4, 4), dtype=bool)) is None


def test_frames_shrink_by_averaging() -> None:
    frames = np.arange(2 * 4 * 4 * 3).reshape(2, 4, 4, 3)
    small = shrink(frames, 2, 2)
    assert small.shape == (2, 2, 2, 3)
    assert small[1, 0, 1, 2] == frames[1, :2, 2:, 2].mean()
