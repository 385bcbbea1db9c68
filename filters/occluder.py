"""Something between the camera and the scene: a blurred thing that moves as its distance asks.

Footage ─▶ [draw_occluder] ─▶ Occluder, its track with it ─▶ [occlude] ─▶ Footage

Where cameras are known, the thing stands at a place in the world, nearer than the scene, and its track is its
projection. Where they are not, it moves with the measured motion of the scene: as far, where the camera was found to
stay in its place (a turn or a zoom moves near and far alike), else further, as near things do when a camera travels;
and in most clips by itself too. The track is recorded, so that the same pixels are hidden when a variant is made
again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from video4spatial.filters.config import AugmentConfig
from video4spatial.filters.footage import Footage, pixel_grid
from video4spatial.filters.scene_track import scene_track
from video4spatial.pipeline.core.camera import Cameras, project

NEARER = (1.3, 2.5)
"""Times the scene's motion in the picture, where cameras are not known and the camera may travel."""
STAYS = ("static", "pan", "tilt", "zoom", "roll", "handheld")
"""Kinds of camera motion that leave the camera in its place."""
DEPTH_SHARE = (0.3, 0.7)
"""Of the distance of what is near in the scene, where depth is known: the 20th percentile."""
LEAST_SEEN = 0.3
"""Share of the frames in which the thing should be in the picture."""
LARGEST = 3.0
"""Times its size at the anchor; a thing that comes closer would fill the picture."""
_TRIES = 24


@dataclass(frozen=True, kw_only=True)
class Occluder:
    """A soft-edged superellipse; lengths are in short sides of the picture."""

    radius: Sequence[float]
    """(long, short), where its size is 1."""
    exponent: float
    """2 is an ellipse, larger ones are boxes with round corners."""
    angle_rad: float
    colour: Sequence[int]
    """sRGB of its middle; it darkens towards the edge."""
    bands: float
    """Dark bands across it, so many in a radius; 0 for one colour."""
    edge: float
    """Width of the soft edge as a share of the radius: things close to a lens are out of focus."""
    track: Sequence[Sequence[float]]
    """(T, 3): x and y of its centre from the picture's, and its size; size 0 is behind the camera."""
    moves_by: str
    """`cameras`: it stands still in the world; `flow`: it moves with the measured motion, `nearer` times, and by itself
    with `own`."""
    nearer: float
    own: Sequence[float]
    """Way over the whole clip, in short sides; (0, 0) where it stands still."""


def draw_occluder(config: AugmentConfig, footage: Footage, random: np.random.Generator) -> Occluder:
    """A thing that covers a part of the picture. Of several places the first is taken from which it is seen for long
    enough, else the one from which it is seen longest."""
    long = float(random.uniform(0.4, 1.0)) * config.max_cover
    thing = Occluder(
        radius=(round(long, 4), round(long * float(random.uniform(0.35, 1.0)), 4)),
        exponent=round(float(random.uniform(2, 6)), 4),
        angle_rad=round(float(random.uniform(0, np.pi)), 4),
        colour=_colour(footage.frames, random),
        bands=round(float(random.uniform(0.5, 2.5)), 4) if random.random() < 0.5 else 0.0,
        edge=round(float(random.uniform(0.08, 0.35)), 4),
        track=(),
        moves_by="flow" if footage.cameras is None else "cameras",
        nearer=0.0,
        own=(0.0, 0.0),
    )
    measured = scene_track(footage.frames) if footage.cameras is None else None
    best, longest = thing, -1.0
    for _ in range(_TRIES):
        if measured is None:
            assert footage.cameras is not None
            moved = _standing(thing, footage, footage.cameras, random)
        else:
            moved = _moving(thing, footage, measured, random)
        seen = seen_share(moved, footage.frames.shape[1], footage.frames.shape[2])
        if seen > longest:
            best, longest = moved, seen
        if longest >= LEAST_SEEN:
            break
    return best


def occlude(footage: Footage, thing: Occluder) -> Footage:
    """The clip with the thing before it; depth is none where the thing is."""
    frames = footage.frames
    count, height, width = frames.shape[:3]
    out, hidden = frames.copy(), np.zeros((count, height, width), dtype=bool)
    x, y = pixel_grid(height, width)
    cos, sin = np.cos(thing.angle_rad), np.sin(thing.angle_rad)
    for t, (centre_x, centre_y, size) in enumerate(thing.track):
        if size <= 0:
            continue
        dx, dy = x - centre_x, y - centre_y
        along = (cos * dx + sin * dy) / (thing.radius[0] * size)
        across = (cos * dy - sin * dx) / (thing.radius[1] * size)
        distance = (np.abs(along) ** thing.exponent + np.abs(across) ** thing.exponent) ** (1 / thing.exponent)
        cover = np.clip((1 + thing.edge / 2 - distance) / thing.edge, 0, 1)
        shade = np.clip(1.1 - 0.5 * distance, 0.3, 1.1)
        if thing.bands:
            shade = shade * (1 - 0.18 * (1 + np.sin(2 * np.pi * thing.bands * along)))
        colour = np.clip(np.array(thing.colour) * shade[..., None], 0, 255)
        out[t] = np.rint(frames[t] * (1 - cover[..., None]) + colour * cover[..., None]).astype(np.uint8)
        hidden[t] = cover >= 0.5
    depth_m = footage.depth_m
    if depth_m is not None:
        depth_m = np.where(on_grid(hidden, depth_m.shape[1], depth_m.shape[2]), np.float32(0), depth_m)
    return replace(footage, frames=out, depth_m=depth_m, hidden=hidden)


def on_grid(hidden: NDArray[np.bool_], height: int, width: int) -> NDArray[np.bool_]:
    """(T, h, w): is any pixel of a cell of a coarser grid hidden?"""
    rows, columns = hidden.shape[1] // height, hidden.shape[2] // width
    return np.asarray(hidden.reshape(len(hidden), height, rows, width, columns).any(axis=(2, 4)))


def seen_share(thing: Occluder, height: int, width: int) -> float:
    """Share of the frames whose picture the thing's middle is in; 0 where it comes too close to the camera."""
    side = min(height, width)
    track = np.asarray(thing.track, dtype=np.float64)
    inside = (np.abs(track[:, 0]) <= width / side / 2) & (np.abs(track[:, 1]) <= height / side / 2) & (track[:, 2] > 0)
    return 0.0 if track[inside, 2].max(initial=0.0) > LARGEST else float(inside.mean())


def _moving(thing: Occluder, footage: Footage, measured: NDArray[np.float64], random: np.random.Generator) -> Occluder:
    """With the measured motion (T, 3), more strongly, and in two of three clips by itself too."""
    height, width = footage.frames.shape[1:3]
    nearer = 1.0 if footage.camera_motion in STAYS else float(random.uniform(*NEARER))
    way = float(random.uniform(0.2, 0.8)) if random.random() < 2 / 3 else 0.0
    heading = float(random.uniform(0, 2 * np.pi))
    own = np.array([way * np.cos(heading), way * np.sin(heading)])
    anchor = int(random.integers(len(measured) // 4, max(len(measured) * 3 // 4, len(measured) // 4 + 1)))
    centre = random.uniform(-0.4, 0.4, 2) * np.array([width, height]) / min(height, width)
    since = measured - measured[anchor]
    size = np.exp(nearer * since[:, 2])
    place = footage.place - footage.place[anchor]
    at = size[:, None] * centre + nearer * since[:, :2] + place[:, None] * own
    track = np.column_stack([at, size])
    return replace(thing, track=_rows(track), nearer=round(nearer, 4), own=_rows(own[None])[0])


def _standing(thing: Occluder, footage: Footage, cameras: Cameras, random: np.random.Generator) -> Occluder:
    """At a place in the world that the camera of some frame sees."""
    height, width = footage.frames.shape[1:3]
    count = len(cameras)
    anchor = int(random.integers(count // 4, max(count * 3 // 4, count // 4 + 1)))
    pixel = np.array([width, height]) * (0.5 + random.uniform(-0.4, 0.4, 2))
    distance = _distance(footage, cameras, anchor) * float(random.uniform(*DEPTH_SHARE))
    ray = np.linalg.inv(cameras.image_from_camera[anchor]) @ np.array([*pixel, 1.0])
    pose = cameras.world_from_camera[anchor]
    place = pose[:3, :3] @ (ray * distance) + pose[:3, 3]
    track = np.zeros((count, 3))
    for t, (world_from_camera, image_from_camera) in enumerate(cameras):
        found, depth = project(place, image_from_camera, world_from_camera)
        if depth > distance / 20:
            track[t] = [*((found - np.array([width, height]) / 2) / min(height, width)), distance / depth]
    return replace(thing, track=_rows(track))


def _distance(footage: Footage, cameras: Cameras, frame: int) -> float:
    """Of what is near in the scene: by depth, else by how far the camera travels; in units of the cameras."""
    if footage.depth_m is not None:
        measured = footage.depth_m[frame][footage.depth_m[frame] > 0]
        measured = measured if measured.size else footage.depth_m[footage.depth_m > 0]
        if measured.size:
            return float(np.percentile(measured, 20))
    positions = cameras.world_from_camera[:, :3, 3]
    extent = float(np.linalg.norm(positions - positions.mean(axis=0), axis=1).max())
    # without depth a camera is taken to see things about as far as it travels; one that only turns, at arm's length
    return 2 * extent if extent > 1e-6 else 1.0


def _colour(frames: NDArray[np.uint8], random: np.random.Generator) -> tuple[int, int, int]:
    """A muted colour, as bright as things of this scene may be: a lamp in a dark room would give itself away."""
    light = float(frames.mean()) * float(random.uniform(0.4, 1.3))
    hue = light * (1 + random.uniform(-0.35, 0.35, 3))
    return tuple(int(level) for level in np.clip(hue, 8, 240))  # type: ignore[return-value]


def _rows(track: NDArray[np.float64]) -> tuple[tuple[float, ...], ...]:
    # + 0: no negative zero in a record
    return tuple(tuple(round(float(value), 4) + 0.0 for value in row) for row in np.clip(track, -99, 99))
