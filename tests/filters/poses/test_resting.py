"""What rests in a picture. Unseen: a tripod before moving things that passes for a walk, a walk that passes for one."""

import numpy as np
from numpy.typing import NDArray

from video4spatial.filters.camera_motion import CameraMotion
from video4spatial.filters.poses.estimate import MOST_RESTING, PoseEstimator, Unposed
from video4spatial.filters.poses.resting import resting_share
from video4spatial.filters.poses.settings import PoseConfig
from video4spatial.pipeline.core.seeds import rng

FRAMES = 24


def speckled(seed: int, width: int) -> NDArray[np.uint8]:
    blocks = rng(seed, "resting", "wall").integers(40, 220, (24, width // 6), dtype=np.uint8)
    return np.kron(blocks, np.ones((6, 6), dtype=np.uint8))


def moving_things(from_column: int) -> NDArray[np.uint8]:
    """A still wall, before which two layers slide at different speeds, right of a column."""
    wall, thing = speckled(1, 192), speckled(2, 480)
    frames = np.repeat(wall[None], FRAMES, axis=0)
    for k in range(FRAMES):
        frames[k, :72, from_column:] = thing[:72, 2 * k : 2 * k + 192 - from_column]
        frames[k, 72:, from_column:] = thing[72:, 4 * k : 4 * k + 192 - from_column]
    return frames


def test_a_third_of_the_picture_that_stays_is_a_tripod() -> None:
    luma = moving_things(64)
    assert 0.25 < resting_share(luma) < 0.6
    used = PoseEstimator(PoseConfig(), least_frames=8, timeout_s=60, memory_gib=4)
    found = used.estimate(luma, np.arange(FRAMES) / 12, CameraMotion("translation", {"parallax": 0.01}))
    used.close()
    assert isinstance(found, Unposed)
    assert found.reason == "no_parallax"


def test_nothing_rests_before_a_camera_that_leaves_its_place() -> None:
    assert resting_share(moving_things(0)) < MOST_RESTING


def test_a_camera_that_stands_first_and_leaves_then_is_no_tripod() -> None:
    moves = moving_things(0)
    luma = np.concatenate([np.repeat(moves[:1], 12, axis=0), moves])
    assert resting_share(luma) < MOST_RESTING


def test_blank_pictures_have_nothing_that_rests() -> None:
    assert resting_share(np.full((10, 128, 128), 90, dtype=np.uint8)) == 0
