"""Measures of a camera path, and what it does in words: "moves forward, then turns left". Plain functions.

cameras of a clip ─▶ [path_scores], [describe_path] ─▶ scores of the row, `sentence` of the navigation task

The words follow SpatialVID (arXiv 2509.09676): movement is judged step by step in the camera's own axes, after
smoothing; a step counts as a turn from 1.5 degrees on, and as a move by its share of the mean step. Ours differ: a
step is a fixed part of the clip, so that the words do not depend on the frame rate; what lasts too short is left out;
and a step that is half the mean counts as a move, for else a steady walk would stand still half of the time.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from video4spatial.pipeline.core.camera import Cameras, rigid_inverse
from video4spatial.pipeline.core.geometry import rotation_angle_rad

STEPS = 12
"""Equal parts of a clip, each judged by itself."""
TURN_DEG = 1.5
"""A part in which the camera turns by less, turns not."""
MOVE_SHARE = 0.45
"""A part in which the camera moves by less than this share of the mean part, moves not."""
STILL_M = 0.01
"""Nor does it in a part of less than this, where metres are known."""
LEAST_PARTS = 2
"""What is done in fewer parts in a row is a jerk and not told."""
MOST_PHASES = 4


@dataclass(frozen=True)
class _Axis:
    """One thing that a camera can do, in two directions."""

    positive: str
    negative: str


MOVES = (_Axis("moves right", "moves left"), _Axis("moves down", "moves up"), _Axis("moves forward", "moves back"))
"""Along the camera's x, y and z."""
TURNS = (_Axis("looks up", "looks down"), _Axis("turns right", "turns left"), _Axis("rolls right", "rolls left"))
"""About the camera's x, y and z (right-handed: about y, which points down, positive turns right)."""


_OPPOSITES = {
    word: {axis.positive, axis.negative} for axis in (*MOVES, *TURNS) for word in (axis.positive, axis.negative)
}
"""What cannot be done at the same time as a word, itself included."""


def path_scores(cameras: Cameras, *, is_metric: bool) -> dict[str, float]:
    """`turn_deg`: all rotation added up; `largest_turn_deg`: most between two frames; `path_length_m` where metric."""
    turns = np.degrees(
        rotation_angle_rad(cameras.world_from_camera[1:, :3, :3], cameras.world_from_camera[:-1, :3, :3])
    )
    scores = {"turn_deg": float(turns.sum()), "largest_turn_deg": float(turns.max(initial=0.0))}
    if is_metric:
        steps = np.diff(cameras.world_from_camera[:, :3, 3], axis=0)
        scores["path_length_m"] = float(np.linalg.norm(steps, axis=1).sum())
    return scores


def describe_path(world_from_camera: NDArray[np.float64], *, is_metric: bool) -> str:
    """What a camera path (T, 4, 4) does, in the order in which it does it; "stays" where it does nothing."""
    parts = min(STEPS, len(world_from_camera) - 1)
    if parts < 1:
        return "stays"
    marks = np.linspace(0, len(world_from_camera) - 1, parts + 1).round().astype(int)
    keys = world_from_camera[marks]
    step = rigid_inverse(keys[:-1]) @ keys[1:]
    words = [_words(move, turn) for move, turn in zip(_moves(step, is_metric), _turns(step), strict=True)]
    phases = _phases(words)
    return ", then ".join(phases) if phases else "stays"


def _moves(step: NDArray[np.float64], is_metric: bool) -> NDArray[np.int64]:
    """(P, 3) -1, 0 or 1 along each camera axis, the strongest axis and any that is nearly as strong."""
    shift = step[:, :3, 3]
    length = np.linalg.norm(shift, axis=1)
    least = max(MOVE_SHARE * length.mean(), STILL_M if is_metric else 0.0)
    strong = np.abs(shift) >= 0.5 * np.abs(shift).max(axis=1, keepdims=True)
    return np.where(strong & ((length >= least) & (length > 0))[:, None], np.sign(shift), 0).astype(np.int64)


def _turns(step: NDArray[np.float64]) -> NDArray[np.int64]:
    """(P, 3) -1, 0 or 1 about each camera axis."""
    rotation = step[:, :3, :3]
    # the rotation vector of a small turn, from the antisymmetric part; exact in direction
    axis = 0.5 * np.stack(
        [
            rotation[:, 2, 1] - rotation[:, 1, 2],
            rotation[:, 0, 2] - rotation[:, 2, 0],
            rotation[:, 1, 0] - rotation[:, 0, 1],
        ],
        axis=1,
    )
    degrees = np.degrees(np.arcsin(np.clip(axis, -1, 1)))
    strong = np.abs(degrees) >= 0.5 * np.abs(degrees).max(axis=1, keepdims=True)
    return np.where(strong & (np.abs(degrees) >= TURN_DEG), np.sign(degrees), 0).astype(np.int64)


def _words(move: NDArray[np.int64], turn: NDArray[np.int64]) -> tuple[str, ...]:
    told = [(axis.positive if sign > 0 else axis.negative) for axis, sign in zip(MOVES, move, strict=True) if sign]
    told += [(axis.positive if sign > 0 else axis.negative) for axis, sign in zip(TURNS, turn, strict=True) if sign]
    return tuple(told)


def _phases(words: list[tuple[str, ...]]) -> list[str]:
    """Each thing that is done long enough, joined with what is done at the same time, in the order of beginning."""
    runs = [run for word in sorted({word for part in words for word in part}) for run in _runs(words, word)]
    phases: list[tuple[int, int, list[str]]] = []
    for start, stop, word in sorted(runs):
        is_together = bool(phases) and min(stop, phases[-1][1]) - start >= (stop - start) / 2
        if is_together and not set(phases[-1][2]) & _OPPOSITES[word]:
            phases[-1][2].append(word)
        else:
            phases.append((start, stop, [word]))
    return [_joined(told) for _, _, told in phases[:MOST_PHASES]]


def _runs(words: list[tuple[str, ...]], word: str) -> list[tuple[int, int, str]]:
    """[start, stop) of the runs of a word that last; a gap of one part does not end a run."""
    marks = [word in part for part in words]
    for place in range(1, len(marks) - 1):
        marks[place] = marks[place] or (marks[place - 1] and marks[place + 1])
    edges = np.flatnonzero(np.diff([False, *marks, False]))
    long_enough = min(LEAST_PARTS, len(words))
    return [
        (int(start), int(stop), word)
        for start, stop in zip(edges[::2], edges[1::2], strict=True)
        if stop - start >= long_enough
    ]


def _joined(told: list[str]) -> str:
    """`moves forward and left`, `moves forward while it turns left`."""
    moves = [word.removeprefix("moves ") for word in told if word.startswith("moves ")]
    turns = [word for word in told if not word.startswith("moves ")]
    moving = "moves " + " and ".join(moves) if moves else ""
    turning = " and ".join(turns)
    return f"{moving} while it {turning}" if moving and turning else moving or turning
