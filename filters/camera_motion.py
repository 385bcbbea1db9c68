"""What the camera of a clip does: how fast it turns, zooms and rolls, whether it leaves its place, and what moves.

luma of a clip ─▶ tracks ─▶ [measure_camera] ─▶ scores, and the word of the column `camera_motion`

docs/camera-motion.md gives formulas, ranges and failures. Nothing here decides what is kept.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from video4spatial.filters.frame_moves import frame_moves
from video4spatial.filters.parallax import measure_parallax
from video4spatial.filters.tracks import Stretch, follow

MotionKind = Literal["static", "pan", "tilt", "zoom", "roll", "handheld", "translation", "unclear"]
"""`translation`: the camera leaves its place (walks, orbits, dollies). `handheld`: it stays and trembles more than it
turns. `unclear`: too little to follow, or most of what is followed moves by itself."""

ASSUMED_FOV_DEG = 60.0
"""Along the longer side: what turns a shift of the picture into degrees. Lenses of 40 to 80 are off by a third."""
MOST_STRETCHES = 8
"""Whose parallax is measured; of more, so many evenly spread."""
STILL_SHARE = 0.012
"""Of the picture's width: a camera whose picture moves by less in all is static."""
LEAST_KNOWN = 0.5
"""Share of the clip's steps in which corners were followed; with less, nothing is said."""
MOST_MOVING = 0.3
"""Share of points that move by themselves, beyond which parallax may be theirs."""
SMOOTH_S = 1.0
"""Shake is what a mean over this time takes away."""


@dataclass(frozen=True)
class CameraMotion:
    """Of one clip."""

    kind: MotionKind
    scores: dict[str, float]
    """Empty where the kind is unclear for lack of corners."""


@dataclass(frozen=True, eq=False)
class _Path:
    """How the whole picture moves, step by step."""

    moves: NDArray[np.float64]
    """(S, 4) of each step: right, down, larger (logarithm), clockwise (radians); the first two in picture widths."""
    seconds: NDArray[np.float64]
    """(S,) how long each step took."""


def measure_camera(luma: NDArray[np.uint8], times_s: NDArray[np.float64]) -> CameraMotion:
    """Of a clip: luma (T, H, W), times_s (T,) rising seconds."""
    stretches = list(follow(luma))
    path = _path(stretches, luma, times_s)
    if len(path.moves) < LEAST_KNOWN * (len(luma) - 1) or not len(path.moves):
        return CameraMotion("unclear", {})
    chosen = {round(place) for place in np.linspace(0, len(stretches) - 1, min(len(stretches), MOST_STRETCHES))}
    found = [measured for k in sorted(chosen) if (measured := measure_parallax(luma, stretches[k])) is not None]
    if not found:
        return CameraMotion("unclear", {})
    steps = np.array([one.steps for one in found])
    evidence = time_quantile(np.array([one.evidence for one in found]), steps)
    width, height = luma.shape[2], luma.shape[1]
    scores = _amounts(path, width, height) | {
        "parallax": time_quantile(np.array([one.parallax_px for one in found]), steps) / width,
        "parallax_evidence": evidence,
        "scene_motion": float(np.average([one.moving_share for one in found], weights=steps)),
    }
    return CameraMotion(_kind(path, evidence, scores["scene_motion"]), scores)


def time_quantile(values: NDArray[np.float64], steps: NDArray[np.int64], part: float = 0.75) -> float:
    """The value that stretches of `part` of the time do not exceed."""
    order = np.argsort(values, kind="stable")
    share = np.cumsum(steps[order]) / steps.sum()
    return float(values[order][int(np.searchsorted(share, part - 1e-9))])


def _path(stretches: list[Stretch], luma: NDArray[np.uint8], times_s: NDArray[np.float64]) -> _Path:
    height, width = luma.shape[1:]
    moves, seconds = [], []
    for frame, move in frame_moves(stretches, width, height):
        moves.append(move / (width, width, 1, 1))
        seconds.append(times_s[frame] - times_s[frame - 1])
    return _Path(np.array(moves).reshape(-1, 4), np.array(seconds))


def _amounts(path: _Path, width: int, height: int) -> dict[str, float]:
    """Mean rates over the clip, without their signs; `camera_shake` in picture widths."""
    whole_s = path.seconds.sum()
    shift = float(np.linalg.norm(path.moves[:, :2], axis=1).sum() / whole_s)
    focal_widths = max(width, height) / width / 2 / np.tan(np.radians(ASSUMED_FOV_DEG / 2))
    return {
        "camera_shift_wps": shift,
        "camera_turn_dps": float(np.degrees(shift / focal_widths)),
        "camera_zoom_per_s": float(np.abs(path.moves[:, 2]).sum() / whole_s),
        "camera_roll_dps": float(np.degrees(np.abs(path.moves[:, 3]).sum() / whole_s)),
        "camera_shake": _shake_and_reach(path)[0],
    }


def _kind(path: _Path, evidence: float, moving_share: float) -> MotionKind:
    shake, reach = _shake_and_reach(path)
    is_still = max(shake, reach.max()) < STILL_SHARE
    if evidence > 1:
        # a picture that stays as a whole while its points go their own ways shows things that move
        return "unclear" if is_still or moving_share > MOST_MOVING else "translation"
    if is_still:
        return "static"
    if shake > reach.max() / 2:
        return "handheld"
    kinds: tuple[MotionKind, ...] = ("pan", "tilt", "zoom", "roll")
    return kinds[int(reach.argmax())]


def _shake_and_reach(path: _Path) -> tuple[float, NDArray[np.float64]]:
    """How far the picture trembles, and (4,) how far it goes in each way apart from that; in picture widths.

    Growth and roll count by how far they move a point a third of a width off the middle.
    """
    places = np.concatenate([np.zeros((1, 4)), np.cumsum(path.moves * [1, 1, 1 / 3, 1 / 3], axis=0)])
    radius = max(1, round(SMOOTH_S / 2 / max(1e-6, float(np.median(path.seconds)))))
    padded = np.concatenate([
        2 * places[0] - places[1 : radius + 1][::-1], places, 2 * places[-1] - places[-radius - 1 : -1][::-1]
    ])  # fmt: skip
    if len(padded) < 2 * radius + 1:
        return 0.0, np.ptp(places, axis=0)
    sums = np.cumsum(np.concatenate([np.zeros((1, 4)), padded]), axis=0)
    smooth = (sums[2 * radius + 1 :] - sums[: -2 * radius - 1]) / (2 * radius + 1)
    tremble = places[(len(places) - len(smooth)) // 2 :][: len(smooth)] - smooth
    # a sine of that mean square swings so far from end to end
    return float(2 * np.sqrt(2 * (tremble**2).sum(axis=1).mean())), np.ptp(smooth, axis=0)
