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
DRAWN = 12
LOOKS = 8
PROBE_PX = (64, 48)
TOUR_WALK = WalkConfig(speed_mps=0.8, max_turn_dps=45.0, horizontal_fov_deg=(78.0, 84.0), eye_height_m=(1.45, 1.55))
"""A calm visitor with a wide lens."""
MP4_CRF = 21


def draw_tours(place: Place, identity: str, count: int = DRAWN, seconds: float = SECONDS) -> list[Walk]:
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
    """Things seen (each once it is 0.5 % of a look), rooms walked through, length; less for walls before the lens."""
    looks = np.linspace(0, len(walk.world_from_camera) - 1, LOOKS).round().astype(int)
    frames = renderer.render(tour_cameras(walk, PROBE_PX)[looks])
    seen: set[int] = set()
    for picture in frames.object_id:
        ids, counts = np.unique(picture[picture > 0], return_counts=True)
        seen.update(ids[counts > 0.005 * picture.size].tolist())
    near = float(((frames.depth_m < 0.9) & (frames.depth_m > 0)).mean())
    ground = walk.world_from_camera[:, [0, 2], 3]
    entered = sum(bool(room.holds(ground).sum() > RATE_FPS / 2) for room in place.rooms)
    dark = max(0.0, 0.3 - float(frames.rgb.mean()) / 255)
    return 0.15 * len(seen) + 1.0 * entered + 0.2 * walk.length_m - 8.0 * near - 5.0 * dark
