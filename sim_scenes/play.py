"""A drawn line in space becomes a camera path in time: within the bounds that every path keeps.

moves.py ─▶ Track ─▶ [play] ─▶ Walk

A track says where the camera goes and looks, not when. It is gone along at the fastest pace that pace.py allows, or
slower by one factor where the film lasts longer, or with the easing of ReCamMaster's sampler (arXiv 2503.11647):
L = L0 + (L1 - L0) (1 - exp(-a t)) / (1 - exp(-a)), where L is time at full pace.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from video4spatial.pipeline.core.geometry import upright_poses
from video4spatial.sim_scenes.clearance import FreeSpace
from video4spatial.sim_scenes.config import WalkConfig
from video4spatial.sim_scenes.pace import Pace, between, pace_of
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
    around: int | None = None
    """The object that it circles."""


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


def full_pace(track: Track, walk: WalkConfig) -> Pace:
    """The fastest along a track."""
    return pace_of(walk, track.places_m, (track.yaw, track.pitch))


def play(space: FreeSpace, walk: WalkConfig, track: Track, lens: Lens, frames: int, rate_fps: float) -> Walk:
    """The track filmed in `frames` frames: all of it, slower than allowed, or as much of its start as fits."""
    film_s = (frames - 1) / rate_fps
    pace = full_pace(track, walk)
    if lens.easing > 0:
        pace = _eased(track, walk, pace, lens.easing, film_s)
    number = pace.at(np.linspace(0.0, min(film_s, float(pace.time_s[-1])), frames))
    x, z, yaw, pitch = between(np.column_stack([track.places_m, track.yaw, track.pitch]), number).T
    eyes = np.stack([x, np.full(frames, space.floor_m + lens.eye_m), z], axis=1)
    passed = between(track.places_m, np.linspace(0.0, number[-1], 4 * int(number[-1]) + 5))
    length_m = float(np.linalg.norm(np.diff(passed, axis=0), axis=1).sum())
    return Walk(upright_poses(eyes, yaw, pitch), lens.fov_deg, length_m, float(space.clearance_at(passed).min()))


def _eased(track: Track, walk: WalkConfig, full: Pace, easing: float, film_s: float) -> Pace:
    """Full pace at the start and less and less of it, over the part that fits into the film then."""
    whole = 1.0 - np.exp(-easing)
    reach_s = min(float(full.time_s[-1]), film_s * whole / easing)
    # the formula's dL/dt is linear in L
    left = 1.0 - whole * np.minimum(full.time_s / max(reach_s, 1e-9), 1.0)
    return pace_of(walk, track.places_m, (track.yaw, track.pitch), full.per_s * left)
