"""A drawn line in space becomes a camera path in time: never faster, never turning faster than asked.

moves.py ─▶ Track ─▶ [play] ─▶ Walk

A track says where the camera goes and looks, not when. Each of its pieces takes at least the time that the walking
speed and the turn rate need for it; the path then runs at one pace, or with the easing of ReCamMaster's sampler
(arXiv 2503.11647): L = L0 + (L1 - L0) (1 - exp(-a t)) / (1 - exp(-a)).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from video4spatial.pipeline.core.geometry import upright_poses
from video4spatial.sim_scenes.clearance import FreeSpace
from video4spatial.sim_scenes.config import WalkConfig
from video4spatial.sim_scenes.paths import Walk


@dataclass(frozen=True, eq=False)
class Track:
    """A finely sampled line of camera positions and directions; N of each."""

    places_m: NDArray[np.float64]
    """(N, 2) as (x, z)."""
    yaw: NDArray[np.float64]
    """(N,) rad, continuous (no jump at pi)."""
    pitch: NDArray[np.float64]
    """(N,) rad."""


@dataclass(frozen=True)
class Lens:
    """What one path draws once and keeps."""

    eye_m: float
    """Height over the floor."""
    fov_deg: float
    easing: float = 0.0
    """a of the formula above: 0 is one pace, larger starts faster and ends slower."""


def draw_lens(walk: WalkConfig, draw: np.random.Generator) -> Lens:
    """Height and field of view within the settings; half of the paths are eased, a in 0.5 to 2."""
    eased = float(draw.uniform(0.5, 2.0)) if draw.random() < 0.5 else 0.0
    return Lens(float(draw.uniform(*walk.eye_height_m)), float(draw.uniform(*walk.horizontal_fov_deg)), eased)


def seconds_along(track: Track, walk: WalkConfig) -> NDArray[np.float64]:
    """(N,) seconds from the start of the track to each of its samples, at the full speed and turn rate."""
    step_m = np.linalg.norm(np.diff(track.places_m, axis=0), axis=1)
    # an upright camera turns by yaw about the vertical and by pitch about its level x axis: they are orthogonal
    turn = np.hypot(np.diff(track.yaw), np.diff(track.pitch))
    each = np.maximum(step_m / walk.speed_mps, turn / np.radians(walk.max_turn_dps))
    return np.concatenate([[0.0], np.cumsum(each)])


def play(space: FreeSpace, walk: WalkConfig, track: Track, lens: Lens, frames: int, rate_fps: float) -> Walk:
    """The track filmed in `frames` frames: all of it, slower than allowed, or as much of its start as fits."""
    due_s = seconds_along(track, walk)
    part = np.arange(frames) / (frames - 1)
    peak, eased = 1.0, part
    if lens.easing > 0:
        whole = 1.0 - np.exp(-lens.easing)
        peak, eased = lens.easing / whole, (1.0 - np.exp(-lens.easing * part)) / whole
    reach_s = min(float(due_s[-1]), (frames - 1) / rate_fps / peak)
    now_s = eased * reach_s
    rising = np.concatenate([[True], np.diff(due_s) > 0])
    knots = due_s[rising]
    x, z, yaw, pitch = (
        np.interp(now_s, knots, column[rising]) for column in (*track.places_m.T, track.yaw, track.pitch)
    )
    eyes = np.stack([x, np.full(frames, space.floor_m + lens.eye_m), z], axis=1)
    poses = upright_poses(eyes, yaw, pitch)
    used = track.places_m[due_s <= reach_s + 1e-9]
    ends = np.concatenate([used, [[x[-1], z[-1]]]])
    length_m = float(np.linalg.norm(np.diff(ends, axis=0), axis=1).sum())
    return Walk(poses, lens.fov_deg, length_m, float(space.clearance_at(ends).min()))
