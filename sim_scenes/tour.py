"""One walk that shows a scene well, as a film.

Place + Renderer ─▶ [choose_tour] ─▶ Walk ─▶ [film_tour] ─▶ frames ─▶ mp4

Several walks are drawn; each is looked at in a handful of small frames, and the one that shows most things, from most
places, with little right before the lens, is filmed.
"""

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from video4spatial.pipeline.core.camera import Cameras, pinhole
from video4spatial.pipeline.core.seeds import rng
from video4spatial.pipeline.store.video import encode_h264
from video4spatial.sim_scenes.config import View, WalkConfig
from video4spatial.sim_scenes.paths import Walk
from video4spatial.sim_scenes.place import Place
from video4spatial.sim_scenes.recordings import draw_recordings
from video4spatial.sim_scenes.render.base import Frames, Renderer

RATE_FPS = 24
SECONDS = 8
DRAWN = 24
LOOKS = 12
NEAR_M = 1.3
PROBE_PX = (64, 48)
TOUR_WALK = WalkConfig(speed_mps=0.8, max_turn_dps=45.0, horizontal_fov_deg=(78.0, 84.0), eye_height_m=(1.45, 1.55))
"""A calm visitor with a wide lens."""
MP4_CRF = 21


def draw_tours(place: Place, identity: str, count: int, seconds: float) -> list[Walk]:
    """Some walks of a scene; `identity` (its hash) decides which."""
    view = View(paths=count, frames=max(2, round(seconds * RATE_FPS)), rate_fps=RATE_FPS, walk=TOUR_WALK)
    generators = [rng(0, "scenes.tour", identity, number) for number in range(count)]
    return [recording.walk for recording in draw_recordings(place, view, generators)]


def rank_tours(place: Place, walks: list[Walk], renderer: Renderer) -> list[tuple[float, Walk]]:
    """The walks with their scores, best first."""
    scored = [(_score(place, walk, renderer), number, walk) for number, walk in enumerate(walks)]
    return [(score, walk) for score, _, walk in sorted(scored, key=lambda item: (-item[0], item[1]))]


def film_tour(walk: Walk, renderer: Renderer, size_px: tuple[int, int]) -> Frames:
    """All frames of a walk; `size_px` is (width, height)."""
    return renderer.render(tour_cameras(walk, size_px))


def mp4_of(frames: NDArray[np.uint8], crf: int = MP4_CRF) -> bytes:
    """The frames (T, H, W, 3) as a film of RATE_FPS; even sides."""
    return encode_h264(frames, np.arange(len(frames), dtype=np.int64), Fraction(1, RATE_FPS), crf=crf)


def tour_cameras(walk: Walk, size_px: tuple[int, int]) -> Cameras:
    """The cameras of a walk at a frame size."""
    width, height = size_px
    lens = pinhole(len(walk.world_from_camera), width, height, walk.horizontal_fov_deg)
    return Cameras(world_from_camera=walk.world_from_camera, image_from_camera=lens, width_px=width, height_px=height)


def _score(place: Place, walk: Walk, renderer: Renderer) -> float:
    """Things in view at a time (each once it is 0.5 % of a look) and in all, rooms walked through, length; less for
    walls and things before the lens, and for the dark."""
    looks = np.linspace(0, len(walk.world_from_camera) - 1, LOOKS).round().astype(int)
    frames = renderer.render(tour_cameras(walk, PROBE_PX)[looks])
    seen = [_in_view(picture) for picture in frames.object_id]
    at_a_time = [min(len(things), 8) for things in seen]
    near = float(((frames.depth_m < NEAR_M) & (frames.depth_m > 0)).mean())
    ground = walk.world_from_camera[:, [0, 2], 3]
    entered = sum(bool(room.holds(ground).sum() > RATE_FPS / 2) for room in place.rooms)
    score = 0.4 * float(np.mean(at_a_time)) + 0.15 * min(at_a_time) + 0.08 * len(set().union(*seen))
    score += 0.6 * entered + 0.15 * walk.length_m
    return score - 6.0 * near - 5.0 * max(0.0, 0.3 - float(frames.rgb.mean()) / 255)


def _in_view(object_id: NDArray[np.int32]) -> set[int]:
    ids, counts = np.unique(object_id[object_id > 0], return_counts=True)
    return set(ids[counts > 0.005 * object_id.size].tolist())
