"""Something stands between the camera and the thing that a path shows, for part of the path.

Recording + what it shows of its target ─▶ [hidden_variant] ─▶ Variant ─▶ stage.py

Places are drawn on the lines of sight, then looked up: every point of the footprint is free floor, the camera keeps its
radius. What is hidden is counted in rendered ids, frame by frame, against the scene without the thing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from video4spatial.pipeline.core.camera import Cameras
from video4spatial.sim_scenes import furniture
from video4spatial.sim_scenes.clearance import HEADROOM_M, FreeSpace
from video4spatial.sim_scenes.config import View
from video4spatial.sim_scenes.furniture import Piece
from video4spatial.sim_scenes.grounding import windows_of
from video4spatial.sim_scenes.household import folding_screen
from video4spatial.sim_scenes.moves import Target
from video4spatial.sim_scenes.palette import draw_palette
from video4spatial.sim_scenes.place import Place
from video4spatial.sim_scenes.recordings import Recording
from video4spatial.sim_scenes.scene import Body, Scene
from video4spatial.sim_scenes.sentences import referring_sentences
from video4spatial.sim_scenes.shapes import yaw_matrix
from video4spatial.sim_scenes.variants import Variant, box_stack

See = Callable[[Scene, Cameras], NDArray[np.int32]]
"""Object ids (N, H, W) that cameras see of a scene."""

PIECES = (
    furniture.plant, furniture.floor_lamp, furniture.armchair, furniture.bookshelf, furniture.dresser, box_stack,
    folding_screen,
)  # fmt: skip
PIECES_TRIED, PLACES, LOOKED_AT, GLANCES = 7, 600, 6, 24
"""Things tried for a variant; places drawn for each; of these rendered; frames of a first look."""
GAP_M = 0.03
"""Free floor around the thing, on the map; between it and its target, twice that."""
HIDDEN_SHARE, OPEN_SHARE = 0.5, 0.95
"""A frame hides the target when at most the first part of its pixels is left, and shows it openly from the second
on."""
LEAST_HIDDEN, MOST_HIDDEN = 0.1, 0.7
"""Of the frames that show the target without the thing."""
MOST_COVERED = 0.6
"""Of any frame that the thing may cover: a picture of nothing but cloth shows no place."""
LEAST_PX = 4
"""A target of fewer pixels counts as not in the picture."""
END_S, END_SHARE = 1.0, 0.25
"""What is the end of a path: its last second, at most a quarter of it."""


@dataclass(frozen=True, eq=False)
class Shown:
    """What the original shows of its target."""

    target: Target
    entry: Mapping[str, Any]
    """Of the target in the object table."""
    cameras: Cameras
    """Of the id grid."""
    see: See

    @property
    def pixels(self) -> NDArray[np.int64]:
        """(T,) of the target."""
        return np.array(self.entry["visible_px"])


def hidden_variant(
    place: Place, recording: Recording, shown: Shown, view: View, draw: np.random.Generator
) -> Variant | None:
    """The scene with a thing that hides the target for part of the path; None where there is no room for one."""
    last = max(1, round(min(END_S * view.rate_fps, END_SHARE * view.frames)))
    if (shown.pixels[-last:] < LEAST_PX).any():
        return None
    for number in draw.permutation(len(PIECES))[:PIECES_TRIED]:
        piece = PIECES[number](draw, draw_palette(draw))
        if piece.size_m()[1] > view.walk.eye_height_m[1] + HEADROOM_M:
            continue  # the map does not say what hangs so high
        drawn = _draw_places(place.space, recording, shown, piece, view, draw)
        for x, z, yaw in _promising(drawn, recording, shown, piece, last, view.hidden_end, draw):
            body = _body(place, piece, (x, z), yaw)
            scene = replace(place.scene, bodies=(*place.scene.bodies, body))
            frames = np.unique(np.linspace(0, view.frames - 1, min(view.frames, GLANCES)).astype(int))
            if not _holds(_shares(scene, body, shown, frames), frames >= view.frames - last, view.hidden_end):
                continue
            frames = np.arange(view.frames)
            shares = _shares(scene, body, shown, frames)
            holds = _holds(shares, frames >= view.frames - last, view.hidden_end)
            if shares is not None and holds and _still_meant(place, scene, recording, shown.target):
                return Variant("hidden", scene, _parameters(body, (x, z), yaw, piece, recording, shown, shares))
    return None


def _draw_places(
    space: FreeSpace, recording: Recording, shown: Shown, piece: Piece, view: View, draw: np.random.Generator
) -> NDArray[np.float64]:
    """(n, 3) x, z and yaw on lines of sight where the piece stands free and out of the walker's way."""
    eyes, line = recording.walk.world_from_camera[:, [0, 2], 3], _line(recording)
    half = np.array(piece.size_m())[[0, 2]] / 2
    frames = np.flatnonzero(shown.pixels >= LEAST_PX)[draw.integers(int((shown.pixels >= LEAST_PX).sum()), size=PLACES)]
    away = shown.target.centre_m[[0, 2]] - eyes[frames]
    distance = np.linalg.norm(away, axis=1)
    nearest = view.walk.radius_m + half.min()
    farthest = distance - half.min() - 2 * GAP_M
    part = draw.random(PLACES)
    at = nearest + part * np.maximum(farthest - nearest, 0.0)
    way = away / np.maximum(distance, 1e-9)[:, None]
    aside = draw.uniform(-half[0], half[0], size=PLACES)
    places = eyes[frames] + way * at[:, None] + np.stack([way[:, 1], -way[:, 0]], axis=1) * aside[:, None]
    yaw = np.arctan2(-way[:, 0], -way[:, 1]) + draw.uniform(-0.6, 0.6, size=PLACES)  # its front to the camera
    drawn = np.column_stack([places, yaw])[(farthest > nearest) & (space.clearance_at(places) > half.min())]
    drawn = drawn[_distance_m(line, drawn[:, :2], drawn[:, 2], half).min(axis=1, initial=np.inf) >= view.walk.radius_m]
    return drawn[_stands_free(space, drawn[:, :2], drawn[:, 2], half)]


def _line(recording: Recording) -> NDArray[np.float64]:
    """(n, 2) cameras, and places between them: a path is read between its frames as well."""
    eyes = recording.walk.world_from_camera[:, [0, 2], 3]
    between = [eyes[:-1] + (eyes[1:] - eyes[:-1]) * part for part in (0.0, 0.25, 0.5, 0.75)]
    return np.concatenate([*between, eyes[-1:]])


def _stands_free(
    space: FreeSpace, places_m: NDArray[np.float64], yaw: NDArray[np.float64], half_m: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """(N,) is every point of the footprint free floor, GAP_M from anything."""
    across, along = (np.linspace(-h, h, 2 + int(2 * h / space.cell_m)) for h in half_m)
    grid = np.stack(np.meshgrid(across, along), axis=-1).reshape(-1, 2)
    points = places_m[:, None] + np.einsum("nij,pj->npi", _turns(yaw), grid)
    return np.all(space.clearance_at(points) > GAP_M, axis=1)


def _turns(yaw: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, 2, 2) from (x, z) of the thing to (x, z) of the world, as `yaw_matrix` turns."""
    c, s = np.cos(yaw), np.sin(yaw)
    return np.stack([np.stack([c, s], axis=-1), np.stack([-s, c], axis=-1)], axis=-2)


def _distance_m(
    eyes_m: NDArray[np.float64], places_m: NDArray[np.float64], yaw: NDArray[np.float64], half_m: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(N, T) from places (T, 2) to each footprint, seen from above."""
    local = np.einsum("nij,nti->ntj", _turns(yaw), eyes_m[None] - places_m[:, None])
    return np.asarray(np.linalg.norm(np.maximum(np.abs(local) - half_m, 0.0), axis=2))


def _promising(
    drawn: NDArray[np.float64],
    recording: Recording,
    shown: Shown,
    piece: Piece,
    last: int,
    end: str,
    draw: np.random.Generator,
) -> NDArray[np.float64]:
    """Of the places drawn, those whose footprint crosses the line to the target's middle in the right frames; first
    those whose share of frames is nearest to one that is drawn."""
    wanted = draw.uniform(LEAST_HIDDEN, MOST_HIDDEN)
    eyes, counted = recording.walk.world_from_camera[:, [0, 2], 3], shown.pixels >= LEAST_PX
    crossed = _crosses(eyes, shown.target.centre_m[[0, 2]], drawn, np.array(piece.size_m())[[0, 2]] / 2) & counted
    share = crossed.sum(axis=1) / max(1, int(counted.sum()))
    at_end = crossed[:, -last:]
    right = at_end.all(axis=1) if end == "hidden" else ~at_end.any(axis=1)
    right &= (share >= LEAST_HIDDEN / 2) & (share <= (1.0 + MOST_HIDDEN) / 2)
    order = np.argsort(np.abs(share - wanted) + np.where(right, 0.0, np.inf), kind="stable")
    return drawn[order[: min(LOOKED_AT, int(right.sum()))]]


def _crosses(
    eyes_m: NDArray[np.float64], target_m: NDArray[np.float64], drawn: NDArray[np.float64], half_m: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """(N, T) does the line from a camera to the target pass through the footprint (slabs)."""
    turns = _turns(drawn[:, 2])
    start = np.einsum("nij,nti->ntj", turns, eyes_m[None] - drawn[:, None, :2])
    stop = np.einsum("nij,ni->nj", turns, target_m - drawn[:, :2])[:, None]
    way = stop - start
    way = np.where(np.abs(way) < 1e-9, 1e-9, way)
    one, other = (-half_m - start) / way, (half_m - start) / way
    enters, leaves = np.minimum(one, other).max(axis=2), np.maximum(one, other).min(axis=2)
    return np.asarray((enters <= leaves) & (leaves > 0.0) & (enters < 1.0))


def _shares(scene: Scene, body: Body, shown: Shown, frames: NDArray[np.intp]) -> NDArray[np.float64] | None:
    """(n,) which part of the target's pixels is left in some frames, NaN where it is not in the picture; None when
    `body` covers too much of one of them."""
    ids = shown.see(scene, shown.cameras[frames])
    if (ids == body.object_id).mean(axis=(1, 2)).max() > MOST_COVERED:
        return None
    left = (ids == shown.target.object_id).sum(axis=(1, 2))
    before = shown.pixels[frames]
    return np.where(before >= LEAST_PX, left / np.maximum(before, 1), np.nan)


def _holds(shares: NDArray[np.float64] | None, at_end: NDArray[np.bool_], end: str) -> bool:
    """Is the target hidden for part of the path, in open view for another, and at the end as the recipe says?"""
    if shares is None:
        return False
    counted = ~np.isnan(shares)
    hidden, open_ = shares <= HIDDEN_SHARE, shares >= OPEN_SHARE
    some = max(1.0, LEAST_HIDDEN * counted.sum())
    right = (hidden if end == "hidden" else open_)[at_end].all()
    return bool(right and hidden.sum() >= some and open_.sum() >= some and hidden.sum() <= MOST_HIDDEN * counted.sum())


def _still_meant(place: Place, scene: Scene, recording: Recording, target: Target) -> bool:
    """Does the sentence of a grounding path mean its target alone, with one more thing in the scene?"""
    if "sentence" not in recording.task:
        return True
    said = referring_sentences(scene, windows_of(place), target.object_id).get(target.object_id, ())
    return recording.task["sentence"] in said


def _body(place: Place, piece: Piece, place_m: tuple[float, float], yaw: float) -> Body:
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = yaw_matrix(yaw), (place_m[0], place.space.floor_m, place_m[1])
    object_id = 1 + max(body.object_id for body in place.scene.bodies)
    return Body(object_id, f"occluder_{object_id:03d}", piece.category, piece.words, piece.parts, pose)


def _parameters(
    body: Body,
    place_m: tuple[float, float],
    yaw: float,
    piece: Piece,
    recording: Recording,
    shown: Shown,
    shares: NDArray[np.float64],
) -> dict[str, Any]:
    half = np.array(piece.size_m())[[0, 2]] / 2
    apart_m = _distance_m(_line(recording), np.array([place_m]), np.array([yaw]), half).min()
    parameters = {
        "object": body.object_id,
        "category": piece.category,
        "position_m": [round(float(value), 4) for value in body.world_from_body[:3, 3]],
        "yaw_rad": round(float(yaw), 4),
        "least_distance_m": round(float(apart_m), 4),
        "target": shown.target.object_id,
        "visible_share": [None if np.isnan(share) else round(float(share), 4) for share in shares],
        "hidden_frames": [int(frame) for frame in np.flatnonzero(shares <= HIDDEN_SHARE)],
    }
    return parameters | ({"whole_box_px": shown.entry["box_px"]} if "box_px" in shown.entry else {})
