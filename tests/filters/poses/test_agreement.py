"""How far two solutions are apart. Unseen: a scale or a world that counts as a difference, frames that only one has."""

import numpy as np
from numpy.typing import NDArray

from video4spatial.filters.poses.agreement import apart
from video4spatial.filters.poses.mapped import Mapped

NONE = np.zeros(0)


def solution(world_from_camera: NDArray[np.float64], frames: NDArray[np.int64]) -> Mapped:
    return Mapped(frames, world_from_camera, frames, 100.0, NONE, NONE, NONE.reshape(0, 3), 1.0)


def walk(bend: float) -> NDArray[np.float64]:
    """Twenty cameras on an arc of `bend` radians, each looking along it."""
    poses = np.repeat(np.eye(4)[None], 20, axis=0)
    angle = bend * np.linspace(0, 1, 20)
    poses[:, 0, 0] = poses[:, 2, 2] = np.cos(angle)
    poses[:, 0, 2], poses[:, 2, 0] = np.sin(angle), -np.sin(angle)
    poses[:, :3, 3] = np.cumsum(poses[:, :3, 2], axis=0)
    return poses


def test_another_world_and_scale_are_no_difference() -> None:
    one = walk(0.5)
    other = one.copy()
    turn = walk(2.0)[-1, :3, :3]
    other[:, :3, :3] = turn @ one[:, :3, :3]
    other[:, :3, 3] = 3 * one[:, :3, 3] @ turn.T + 5
    found = apart(solution(one, np.arange(20)), solution(other, np.arange(20)))
    assert found is not None
    assert found.turn_deg.max() < 1e-5
    assert found.place_share < 1e-9


def test_a_path_that_bends_otherwise_is_apart() -> None:
    found = apart(solution(walk(0.5), np.arange(20)), solution(walk(1.5), np.arange(20)))
    assert found is not None
    assert np.median(found.turn_deg) > 10
    assert found.place_share > 0.02


def test_frames_that_the_other_solution_lacks_are_not_confirmed() -> None:
    found = apart(solution(walk(0.5), np.arange(20)), solution(walk(0.5)[:12], np.arange(12)))
    assert found is not None
    assert np.isinf(found.turn_deg[12:]).all()
    assert found.turn_deg[:12].max() < 1e-5


def test_solutions_that_share_few_frames_say_nothing() -> None:
    assert apart(solution(walk(0.5), np.arange(20)), solution(walk(0.5), np.arange(15, 35))) is None
