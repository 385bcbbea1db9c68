"""Films of generated houses whose camera motion is known exactly: truth for camera motion, parallax and poses.

house, kind of motion, seed ─▶ [film_clip] ─▶ KnownClip: frames as a phone would store them, and their cameras

Kinds without parallax: static, pan, tilt, zoom, roll, shake (a hand that turns and barely moves), pan_zoom, and static
and pan with somebody who walks through (`static_passerby`, `pan_passerby`). Kinds with: dolly, truck, orbit, walk
(hand-held), truck_passerby. Frames carry sensor noise and are encoded once at a moderate rate.
"""

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from video4spatial.pipeline.core.camera import Cameras
from video4spatial.pipeline.core.seeds import rng
from video4spatial.pipeline.store.video import decode_video, encode_h264
from video4spatial.sim_scenes.config import WalkConfig
from video4spatial.sim_scenes.figures import bodies_at, draw_person
from video4spatial.sim_scenes.film import hand_held
from video4spatial.sim_scenes.filming import film
from video4spatial.sim_scenes.paths import draw_walks
from video4spatial.sim_scenes.place import Place, interests_m, load_place
from video4spatial.sim_scenes.render.embedded import EmbeddedRenderer
from video4spatial.sim_scenes.scene import Scene
from video4spatial.sim_scenes.sources import house_source
from video4spatial.sim_scenes.viewpoints import choose_viewpoints

STILL_KINDS = ("static", "pan", "tilt", "zoom", "roll", "shake", "pan_zoom", "static_passerby", "pan_passerby")
MOVING_KINDS = ("dolly", "truck", "orbit", "walk", "truck_passerby")
RATE_FPS = 12
NOISE_LEVELS = 2.0
CRF = 23
WALK = WalkConfig(shake=0.3)


@dataclass(frozen=True, eq=False)
class KnownClip:
    """One shot."""

    kind: str
    frames: NDArray[np.uint8]
    """(T, H, W, 3)."""
    cameras: Cameras
    """The truth."""

    @property
    def times_s(self) -> NDArray[np.float64]:
        return np.arange(len(self.frames)) / RATE_FPS


class Studio:
    """One house, its views and its renderer."""

    def __init__(self, house: int) -> None:
        self.place: Place = load_place(house_source(house), WALK.radius_m, WALK.eye_height_m[1])
        self.renderer = EmbeddedRenderer(self.place.scene)
        self.views = [view.world_from_camera for view in choose_viewpoints(self.place, self.renderer, 6)]

    def film_clip(
        self,
        kind: str,
        seed: int,
        size_px: tuple[int, int] = (320, 240),
        frames: int = 48,
        fov_deg: tuple[float, float] = (50.0, 80.0),
    ) -> KnownClip:
        """A clip of `size_px` (width, height), its field of view drawn from `fov_deg`. The same words give the same
        clip. Any kind may end in `_passerby`."""
        draw = rng(seed, "known_cameras", kind)
        view = self.views[int(draw.integers(len(self.views)))]
        fovs_deg = np.full(frames, draw.uniform(*fov_deg))
        move = kind.removesuffix("_passerby")
        poses = self._walk(frames, draw) if move == "walk" else self._poses(move, view, frames, draw)
        if "zoom" in move:
            factor = draw.uniform(1.4, 2.2) ** np.linspace(0, 1, frames)[:: int(draw.choice([-1, 1]))]
            fovs_deg = 2 * np.degrees(np.arctan(np.tan(np.radians(fovs_deg) / 2) / factor))
        cameras = lens(poses, fovs_deg, size_px)
        scenes = self._passerby(poses, frames, draw) if kind.endswith("passerby") else ()
        rgb = film(self.renderer, self.place.scene, scenes, cameras).rgb
        return KnownClip(kind, developed(rgb, draw), cameras)

    def _walk(self, frames: int, draw: np.random.Generator) -> NDArray[np.float64]:
        things = interests_m(self.place, WALK.radius_m)
        path = draw_walks(self.place.space, WALK, things, frames, RATE_FPS, [draw])[0]
        return hand_held(path.world_from_camera, RATE_FPS, draw)

    def _poses(
        self, move: str, view: NDArray[np.float64], frames: int, draw: np.random.Generator
    ) -> NDArray[np.float64]:
        part, side = np.linspace(0, 1, frames), float(draw.choice([-1.0, 1.0]))
        still = np.repeat(view[None], frames, axis=0)
        match move:
            case "pan" | "pan_zoom":
                return turned(still, 1, np.radians(side * draw.uniform(15, 70)) * part)
            case "tilt":
                return turned(still, 0, np.radians(side * draw.uniform(10, 35)) * part)
            case "roll":
                return turned(still, 2, np.radians(side * draw.uniform(15, 60)) * part)
            case "shake":
                return self._shaken(still, draw)
            case "dolly":
                return moved(still, np.array([0, 0, 1.0]), self._room_m(view, 2, 1.0, draw) * part)
            case "truck":
                return moved(still, np.array([1.0, 0, 0]), self._room_m(view, 0, side, draw) * part)
            case "orbit":
                return self._orbit(still, side, draw)
        return still

    def _shaken(self, still: NDArray[np.float64], draw: np.random.Generator) -> NDArray[np.float64]:
        """A standing hand: it turns by some degrees and moves by a centimetre."""
        seconds = np.arange(len(still)) / RATE_FPS
        for axis in range(3):
            waves = sum(
                draw.uniform(0.3, 1.0) * np.sin(2 * np.pi * (hertz * seconds + draw.random()))
                for hertz in (0.7, 1.6, 3.1)
            )
            still = turned(still, axis, np.radians(0.6 if axis < 2 else 0.3) * waves)
        drift = np.cumsum(draw.normal(size=(len(still), 3)), axis=0)
        still = still.copy()
        still[:, :3, 3] += 0.01 * drift / np.abs(drift).max()
        return still

    def _room_m(self, view: NDArray[np.float64], axis: int, sign: float, draw: np.random.Generator) -> float:
        """How far the camera may move along one of its axes, level: signed, a part of the free way up to 1.5 m."""
        way = sign * view[:3, axis] * np.array([1.0, 0, 1.0])
        ahead = np.arange(1, 31) * 0.05
        clear = self.place.space.clearance_at((view[:3, 3] + way * ahead[:, None])[:, [0, 2]]) > 0.15
        free_m = float(ahead[-1] if clear.all() else ahead[int(np.argmin(clear))] - 0.05)
        return sign * max(0.25, free_m * float(draw.uniform(0.6, 1.0)))

    def _orbit(self, still: NDArray[np.float64], side: float, draw: np.random.Generator) -> NDArray[np.float64]:
        """About a point that the camera looks at, level."""
        view, radius_m = still[0], float(draw.uniform(1.0, 2.0))
        centre = view[:3, 3] + radius_m * view[:3, 2]
        angle = np.radians(side * draw.uniform(20, 50)) * np.linspace(-0.5, 0.5, len(still))
        about_y = np.repeat(np.eye(4)[None], len(still), axis=0)
        about_y[:, 0, 0] = about_y[:, 2, 2] = np.cos(angle)
        about_y[:, 0, 2], about_y[:, 2, 0] = np.sin(angle), -np.sin(angle)
        about_y[:, :3, 3] = centre - np.einsum("nij,j->ni", about_y[:, :3, :3], centre)
        return about_y @ still

    def _passerby(self, poses: NDArray[np.float64], frames: int, draw: np.random.Generator) -> tuple[Scene, ...]:
        """Somebody who crosses the view, 1.8 to 3 m away."""
        person, view = draw_person(draw), poses[frames // 2]
        ahead, aside = (view[:3, axis] * np.array([1.0, 0, 1.0]) for axis in (2, 0))
        ahead, aside = ahead / np.linalg.norm(ahead), aside / np.linalg.norm(aside)
        side, away_m = float(draw.choice([-1.0, 1.0])), float(draw.uniform(1.8, 3.0))
        path = view[:3, 3] + away_m * ahead + side * np.linspace(-2.0, 2.0, frames)[:, None] * aside
        yaw = float(np.arctan2(-side * aside[0], -side * aside[2]))
        object_id = 1 + max(body.object_id for body in self.place.scene.bodies)
        phase = np.linspace(0, 4.0 / person.step_m(1.0), frames)
        still, floor_m = self.place.scene.bodies, self.place.space.floor_m
        scenes = []
        for place, turn in zip(path[:, [0, 2]].tolist(), phase.tolist(), strict=True):
            figure = bodies_at(person, object_id, floor_m, (place[0], place[1]), yaw, turn, 1.0)
            scenes.append(replace(self.place.scene, bodies=(*still, *figure)))
        return tuple(scenes)


def lens(poses: NDArray[np.float64], fov_deg: NDArray[np.float64], size_px: tuple[int, int]) -> Cameras:
    """Cameras (N, 4, 4) whose field of view along the width is `fov_deg` (N,)."""
    width, height = size_px
    matrix = np.tile(np.eye(3), (len(poses), 1, 1))
    matrix[:, 0, 0] = matrix[:, 1, 1] = width / (2 * np.tan(np.radians(fov_deg) / 2))
    matrix[:, 0, 2], matrix[:, 1, 2] = width / 2, height / 2
    return Cameras(world_from_camera=poses, image_from_camera=matrix, width_px=width, height_px=height)


def turned(poses: NDArray[np.float64], axis: int, angle: NDArray[np.float64]) -> NDArray[np.float64]:
    """Poses (N, 4, 4) turned about their own axis by angles (N,)."""
    one, two = [(1, 2), (2, 0), (0, 1)][axis]
    turn = np.repeat(np.eye(4)[None], len(poses), axis=0)
    turn[:, one, one] = turn[:, two, two] = np.cos(angle)
    turn[:, one, two], turn[:, two, one] = -np.sin(angle), np.sin(angle)
    return poses @ turn


def moved(poses: NDArray[np.float64], own_way: NDArray[np.float64], far_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """Poses moved along a direction of their own axes, level, by (N,) metres."""
    way = (poses[0, :3, :3] @ own_way) * np.array([1.0, 0, 1.0])
    out = poses.copy()
    out[:, :3, 3] += way / np.linalg.norm(way) * far_m[:, None]
    return out


def developed(rgb: NDArray[np.uint8], draw: np.random.Generator) -> NDArray[np.uint8]:
    """With the noise of a sensor, encoded and decoded."""
    noise = draw.normal(scale=NOISE_LEVELS, size=rgb.shape).astype(np.float32)
    frames = np.clip(rgb + noise, 0, 255).astype(np.uint8)
    ticks = np.arange(len(frames), dtype=np.int64)
    return decode_video(encode_h264(frames, ticks, Fraction(1, RATE_FPS), crf=CRF))
