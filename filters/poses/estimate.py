"""Gives a clip its cameras, or the reason why it has none: the parent's side of the child, and the judgement.

luma of a clip + what the camera does ─▶ [PoseEstimator] ─▶ Posed | Unposed ─▶ filters/curate.py

A camera that stays in its place has no poses to estimate: parallax is what they are estimated from. Frames that the
mapper does not register get no camera: the clip is cut to its longest registered run, never interpolated.
"""

import os
import tempfile
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from video4spatial.filters.camera_motion import CameraMotion, measure_camera
from video4spatial.filters.parallax import following_noise_px
from video4spatial.filters.poses.limits import MOST_APART_DEG, MOST_APART_FOCAL, MOST_APART_SHARE, MOST_FRAME_DEG
from video4spatial.filters.poses.resting import resting_share
from video4spatial.filters.poses.settings import PoseConfig
from video4spatial.pipeline.core.camera import Cameras
from video4spatial.pipeline.core.child import Child, Message
from video4spatial.pipeline.core.errors import NotAvailable, WorkerLost

CHILD_MODULE = "video4spatial.filters.poses.child"
LEAST_CORNERS = 40
"""Of the median frame."""
LEAST_POINTS = 40
LEAST_IN_FRAME, LEAST_OF_MEDIAN = 40, 0.5
"""Points that a frame must show for its camera to count, in all and of what the median frame shows: what hangs on a few
drifts."""
LEAST_EXPLAINED = 0.5
"""Share of the followed corners that a model must explain: right ones explain 0.8 to 1, one that was 29 % off 0.3."""
LEAST_SHORT_SIDE_PX = 128
FOV_DEG = 20.0, 130.0
"""Along the longer side, that a focal length must give: outside it ran away."""
MOST_RESTING = 0.15
"""Share of the picture that may stay in place while the rest moves: 0 for cameras that leave their place, 0.35 for a
tripod before which hands move bottles."""
WORDS = {
    "static": "stands still",
    "pan": "pans",
    "tilt": "tilts",
    "zoom": "zooms",
    "roll": "rolls",
    "handheld": "is held by hand and stays in its place",
}

Refusal = Literal["no_parallax", "too_few_features", "too_small", "poses_failed"]


@dataclass(frozen=True)
class Unposed:
    """Why a clip has no cameras."""

    reason: Refusal
    detail: str


@dataclass(frozen=True, eq=False)
class Posed:
    """The cameras of a run of the clip's frames."""

    start: int
    """Its first frame in the clip."""
    cameras: Cameras
    """Of the run, in pixels of the pictures that were given. Relative scale; the mean camera stands upright."""
    error_px: float
    """Mean reprojection error, in pixels of the pictures that were given."""
    registered_share: float
    """Frames of the clip that the mapper registered, also outside the run."""
    points: int
    angle_deg: float
    """Median over the points of the widest angle under which they are seen."""


class PoseEstimator:
    """Holds the child, which starts at the first clip that needs it. Close it."""

    def __init__(self, config: PoseConfig, *, least_frames: int, timeout_s: float, memory_gib: float) -> None:
        self._config, self._least_frames, self._timeout_s = config, least_frames, timeout_s
        # ours, not the child's: what a killed child leaves in it goes with it
        self._scratch = tempfile.TemporaryDirectory(prefix="v4s-poses-", ignore_cleanup_errors=True)
        one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        environment = {**os.environ, **one_thread, "TMPDIR": self._scratch.name}
        self._child = Child(CHILD_MODULE, memory_gib=memory_gib, environment=environment)

    def estimate(self, luma: NDArray[np.uint8], times_s: NDArray[np.float64], motion: CameraMotion) -> Posed | Unposed:
        """Of a clip (T, H, W); `motion` is what the stored frames say of its camera. What these larger ones say is
        asked too: a camera must leave its place by both."""
        if refusal := _refuse(luma, motion) or _refuse(luma, measure_camera(luma, times_s)):
            return refusal
        if (rests := resting_share(luma)) > MOST_RESTING:
            told = f"{100 * rests:.0f} % of the picture stays in place while things move in it"
            return Unposed("no_parallax", f"the camera stands still: {told}")
        return self.map(luma)

    def map(self, luma: NDArray[np.uint8]) -> Posed | Unposed:
        """Of a clip (T, H, W) of which it is not asked whether its camera leaves its place."""
        try:
            answer, arrays = self._ask_twice(luma)
        except WorkerLost as error:
            # pycolmap that dies of one clip must not cost the others of the video
            return Unposed("poses_failed", f"twice, {error}")
        if answer["corners"] < LEAST_CORNERS:
            found = f"the median frame has {answer['corners']:.0f} corners to follow, {LEAST_CORNERS} are needed"
            return Unposed("too_few_features", found)
        return self._judge(luma, answer, arrays)

    def _ask_twice(self, luma: NDArray[np.uint8]) -> Message:
        """The child's answer; a child that was lost is tried once more, for the machine may be at fault."""
        request = {"op": "map", "fov_deg": self._config.fov_deg}
        try:
            return self._child.ask(request, self._timeout_s, {"luma": luma})
        except WorkerLost:
            return self._child.ask(request, self._timeout_s, {"luma": luma})

    def close(self) -> None:
        """Kills the child. Calling it twice is safe."""
        self._child.close()
        self._scratch.cleanup()

    def _judge(self, luma: NDArray[np.uint8], answer: dict[str, Any], arrays: dict[str, NDArray]) -> Posed | Unposed:
        config, count = self._config, len(luma)
        if len(arrays["frames"]) and (doubt := _doubt(answer, arrays, max(luma.shape[1:]))):
            return Unposed("poses_failed", doubt)
        is_sure = is_held(arrays["seen"])
        if len(is_sure):
            is_sure &= arrays["apart_deg"] < MOST_FRAME_DEG
        start, stop = longest_run(arrays["frames"][is_sure])
        if stop - start < max(self._least_frames, config.min_registered * count):
            return Unposed(
                "poses_failed",
                f"{stop - start} of {count} frames in a row got a camera that enough points hold",
            )
        if len(arrays["points"]) < LEAST_POINTS:
            return Unposed("poses_failed", f"{len(arrays['points'])} points, {LEAST_POINTS} are needed")
        error_px, angle_deg = float(arrays["errors_px"].mean()), float(np.median(arrays["angles_deg"]))
        if answer["explained_share"] < LEAST_EXPLAINED:
            told = f"{answer['explained_share']:.2f} of the followed corners are explained"
            return Unposed("poses_failed", f"{told}, {LEAST_EXPLAINED:g} are needed")
        if angle_deg < config.min_angle_deg:
            told = (
                f"points are seen under {angle_deg:.2g} degrees, real.poses.min_angle_deg is {config.min_angle_deg:g}"
            )
            return Unposed("no_parallax", told)
        size_px = luma.shape[2], luma.shape[1]
        allowed_px = config.max_error_px * following_noise_px(size_px) / following_noise_px((256, 256))
        # also where the adjustment diverged to what is no number
        if not (error_px <= allowed_px and np.isfinite(arrays["world_from_camera"]).all()):
            return Unposed("poses_failed", f"the reprojection error is {error_px:.3g} px, {allowed_px:.2f} are allowed")
        height, width = luma.shape[1:]
        focal_px = float(answer["focal_px"])
        lens = np.array([[focal_px, 0, width / 2], [0, focal_px, height / 2], [0, 0, 1]])
        places = np.flatnonzero((arrays["frames"] >= start) & (arrays["frames"] < stop))
        return Posed(
            start=start,
            cameras=Cameras(
                world_from_camera=upright(arrays["world_from_camera"][places]),
                image_from_camera=np.repeat(lens[None], len(places), axis=0),
                width_px=width,
                height_px=height,
            ),
            error_px=error_px,
            registered_share=len(arrays["frames"]) / count,
            points=len(arrays["points"]),
            angle_deg=angle_deg,
        )


def _refuse(luma: NDArray[np.uint8], motion: CameraMotion) -> Unposed | None:
    """What can be told without the child."""
    short = min(luma.shape[1:])
    if short < LEAST_SHORT_SIDE_PX:
        return Unposed("too_small", f"the short side is {short} px, poses need {LEAST_SHORT_SIDE_PX}")
    if motion.kind in WORDS:
        return Unposed("no_parallax", f"the camera {WORDS[motion.kind]}")
    if motion.kind == "unclear" and motion.scores:
        return Unposed("no_parallax", "what moves in the picture moves by itself")
    return None


def _doubt(answer: dict[str, Any], arrays: dict[str, NDArray], longer_px: int) -> str | None:
    """Why a model is not believed, however well it fits."""
    fov_deg = 2 * np.degrees(np.arctan(longer_px / 2 / answer["focal_px"]))
    if not FOV_DEG[0] <= fov_deg <= FOV_DEG[1]:
        return f"the field of view came out as {fov_deg:.0f} degrees, which no usual lens has"
    share, turn_deg = answer["apart_share"], float(np.median(arrays["apart_deg"]))
    if share is None:
        return "only one solution was found, two that agree are needed"
    if not (share < MOST_APART_SHARE and turn_deg < MOST_APART_DEG):
        told = f"{turn_deg:.2g} degrees and {100 * share:.2g} % of the path apart"
        return f"two solutions are {told}, {MOST_APART_DEG:g} and {100 * MOST_APART_SHARE:.2g} are allowed"
    if not answer["apart_focal"] < MOST_APART_FOCAL:
        told = f"the focal lengths of two solutions differ by a factor of {answer['apart_focal']:.2f}"
        return f"{told}, {MOST_APART_FOCAL:g} is allowed: give real.poses.fov_deg"
    return None


def is_held(seen: NDArray[np.int64]) -> NDArray[np.bool_]:
    """(R,) do frames show points enough (R,) for their cameras to count."""
    if not len(seen):
        return np.zeros(0, dtype=bool)
    return seen >= max(LEAST_IN_FRAME, LEAST_OF_MEDIAN * float(np.median(seen)))


def longest_run(frames: NDArray[np.int64]) -> tuple[int, int]:
    """[start, stop) of the longest run of neighbouring numbers in `frames` (R,), rising; the first of equals."""
    if not len(frames):
        return 0, 0
    edges = np.concatenate([[0], np.flatnonzero(np.diff(frames) > 1) + 1, [len(frames)]])
    longest = int(np.argmax(np.diff(edges)))
    return int(frames[edges[longest]]), int(frames[edges[longest + 1] - 1]) + 1


def upright(world_from_camera: NDArray[np.float64]) -> NDArray[np.float64]:
    """(R, 4, 4) in a world whose y is the cameras' mean up, that begins at the first camera and looks along -z there,
    in which the farthest camera stands 1 from the first."""
    up = -world_from_camera[:, :3, 1].mean(axis=0)
    up /= np.linalg.norm(up)
    back = -world_from_camera[0, :3, 2]
    right = np.cross(up, back)
    if np.linalg.norm(right) < 1e-6:
        right = world_from_camera[0, :3, 0] - up * (up @ world_from_camera[0, :3, 0])
    right /= np.linalg.norm(right)
    turn = np.stack([right, up, np.cross(right, up)])
    out = world_from_camera.copy()
    away = world_from_camera[:, :3, 3] - world_from_camera[0, :3, 3]
    out[:, :3, :3] = turn @ world_from_camera[:, :3, :3]
    out[:, :3, 3] = away @ turn.T / max(1e-12, float(np.linalg.norm(away, axis=1).max()))
    return out


def pycolmap_version() -> str:
    """Raises NotAvailable where pycolmap is not installed."""
    try:
        return version("pycolmap")
    except PackageNotFoundError:
        raise NotAvailable(
            "real.poses.estimate needs pycolmap, which is not installed: pip install 'video4spatial[poses]'"
        ) from None
