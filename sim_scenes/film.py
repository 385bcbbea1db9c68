"""A film of one of our own rooms, edited like what people upload: it stands in for a user's videos.

seed ─▶ room ─▶ hand-held shots in changing light ─▶ cuts and a fade ─▶ encoded twice ─▶ film.mp4 + film.json (truth)

It goes through the very same path as a real video. It is synthetic footage and is called so wherever it appears.
"""

import json
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from video4spatial.pipeline.core.camera import Cameras, pinhole
from video4spatial.pipeline.core.errors import RunFailed, SourceError
from video4spatial.pipeline.core.files import write_atomic
from video4spatial.pipeline.core.seeds import derive, rng
from video4spatial.pipeline.core.unit import Source
from video4spatial.pipeline.store.video import decode_video, encode_h264
from video4spatial.sim_scenes.config import WalkConfig
from video4spatial.sim_scenes.lights import MOODS
from video4spatial.sim_scenes.paths import draw_walks
from video4spatial.sim_scenes.place import Place, interests_m, load_place
from video4spatial.sim_scenes.render.choose import make_renderer
from video4spatial.sim_scenes.sources import ROOM_URI
from video4spatial.sim_scenes.variants import relit

SHOT_S = (4.1, 1.6, 4.1, 1.4, 4.1, 1.8, 4.1, 1.6)
"""Lengths of the shots. The long ones hold a clip of 48 frames at 12 fps."""
FADE_AFTER_SHOT = 4
"""This shot fades to black and the next one fades in; every other change is a hard cut."""
FADE_S = 0.4
BLACK_FRAMES = 6
FIRST_CRF, SECOND_CRF = 27, 23
"""Encoded twice, as an upload is: first as the camera does, then as the site does."""


@dataclass(frozen=True, eq=False)
class Film:
    """Frames and where they were cut."""

    frames: NDArray[np.uint8]
    """(T, H, W, 3)."""
    cuts: tuple[int, ...]
    """First frames of the shots that follow a hard cut."""
    fade: tuple[int, int]
    """[start, stop) of the frames that are darkened or black."""
    room: str


def write_film(path: Path, seed: int, size_px: tuple[int, int] = (320, 180), rate_fps: int = 24) -> None:
    """Writes the film (mp4) and, before it, its truth `<stem>.json`. The same seed gives the same bytes.

    `size_px` is (width, height), both even.
    """
    film = make_film(seed, size_px, rate_fps)
    times = np.arange(len(film.frames), dtype=np.int64)
    time_base = Fraction(1, rate_fps)
    once = encode_h264(film.frames, times, time_base, crf=FIRST_CRF)
    data = encode_h264(decode_video(once), times, time_base, crf=SECOND_CRF)
    truth = {
        "synthetic": True,
        "room": film.room,
        "seed": seed,
        "frames": len(film.frames),
        "rate_fps": rate_fps,
        "cuts": list(film.cuts),
        "fades": [list(film.fade)],
    }
    write_atomic(path.with_suffix(".json"), (json.dumps(truth, sort_keys=True) + "\n").encode())
    write_atomic(path, data)


def make_film(seed: int, size_px: tuple[int, int], rate_fps: int) -> Film:
    """Renders and edits the shots."""
    place, source = _find_room(seed)
    shots = [_shot(place, source, seed, number, size_px, rate_fps) for number in range(len(SHOT_S))]
    ramp = np.linspace(1.0, 0.0, max(2, round(FADE_S * rate_fps)))
    shots[FADE_AFTER_SHOT] = _dimmed(shots[FADE_AFTER_SHOT], ramp, at_end=True)
    shots[FADE_AFTER_SHOT + 1] = _dimmed(shots[FADE_AFTER_SHOT + 1], ramp[::-1], at_end=False)
    shots.insert(FADE_AFTER_SHOT + 1, np.zeros((BLACK_FRAMES, size_px[1], size_px[0], 3), dtype=np.uint8))
    starts = np.cumsum([0, *(len(shot) for shot in shots)])
    black = FADE_AFTER_SHOT + 1
    cuts = tuple(int(start) for k, start in enumerate(starts[1:-1], start=1) if k not in (black, black + 1))
    fade = int(starts[black] - len(ramp)), int(starts[black + 1] + len(ramp))
    return Film(np.concatenate(shots), cuts, fade, source.split_group)


def _find_room(seed: int) -> tuple[Place, Source]:
    """A room of the film's own: its seed lies above those of any run's rooms. The first one with room to walk."""
    walk = WalkConfig()
    for attempt in range(20):
        room = 10**12 + derive(seed, "film", attempt) % 10**9
        source = Source(uri=f"{ROOM_URI}{room}", sha256=f"{room:064x}", split_group=f"room-{room}")
        try:
            return load_place(source, walk.radius_m, walk.eye_height_m[1]), source
        except SourceError:
            continue
    raise RunFailed(f"none of 20 generated rooms for seed {seed} has room to film in; use another seed")


def _shot(
    place: Place, source: Source, seed: int, number: int, size_px: tuple[int, int], rate_fps: int
) -> NDArray[np.uint8]:
    draw = rng(seed, "film.shot", source.sha256, number)
    walk = WalkConfig(speed_mps=float(draw.uniform(0.25, 0.7)), max_turn_dps=40.0, horizontal_fov_deg=(55.0, 80.0))
    interests = interests_m(place, walk.radius_m)
    count = round(SHOT_S[number] * rate_fps)
    path = draw_walks(place.space, walk, interests, count, rate_fps, [draw])[0]
    width, height = size_px
    cameras = Cameras(
        world_from_camera=hand_held(path.world_from_camera, rate_fps, draw),
        image_from_camera=pinhole(count, width, height, path.horizontal_fov_deg),
        width_px=width,
        height_px=height,
    )
    scene = relit(place, MOODS[number % len(MOODS)], draw)
    renderer = make_renderer("embedded", scene, samples=1)
    frames = renderer.render(cameras).rgb
    renderer.close()
    grain = draw.integers(-4, 5, size=(count, height, width, 1), dtype=np.int8)
    return np.clip(frames.astype(np.int16) + grain, 0, 255).astype(np.uint8)


def hand_held(
    world_from_camera: NDArray[np.float64], rate_fps: float, draw: np.random.Generator
) -> NDArray[np.float64]:
    """(T, 4, 4) the same walk with an unsteady hand: up to about half a degree and 1 cm, swaying at 0.4 to 2.5 Hz."""
    seconds = np.arange(len(world_from_camera)) / rate_fps
    sway = np.zeros((len(seconds), 6))
    for hertz, strength in ((0.4, 1.0), (1.1, 0.6), (2.5, 0.25)):
        phase = draw.uniform(0, 2 * np.pi, size=6)
        pace = hertz * draw.uniform(0.8, 1.2, size=6)
        sway += strength * np.sin(2 * np.pi * pace * seconds[:, None] + phase)
    turn = _small_turns(np.radians(0.25) * sway[:, :3])
    shaken = world_from_camera.copy()
    shaken[:, :3, :3] = world_from_camera[:, :3, :3] @ turn
    shaken[:, :3, 3] += 0.006 * sway[:, 3:]
    return shaken


def _small_turns(angles_rad: NDArray[np.float64]) -> NDArray[np.float64]:
    """(T, 3, 3) rotations about x, then y, then z."""
    (cx, cy, cz), (sx, sy, sz) = np.cos(angles_rad).T, np.sin(angles_rad).T
    rows = [
        [cy * cz, sx * sy * cz - cx * sz, cx * sy * cz + sx * sz],
        [cy * sz, sx * sy * sz + cx * cz, cx * sy * sz - sx * cz],
        [-sy, sx * cy, cx * cy],
    ]
    return np.moveaxis(np.array(rows), -1, 0)


def _dimmed(frames: NDArray[np.uint8], ramp: NDArray[np.float64], at_end: bool) -> NDArray[np.uint8]:
    """The shot with its end or its beginning darkened by `ramp`."""
    light = np.ones(len(frames))
    if at_end:
        light[-len(ramp) :] = ramp
    else:
        light[: len(ramp)] = ramp
    return (frames * light[:, None, None, None]).astype(np.uint8)
