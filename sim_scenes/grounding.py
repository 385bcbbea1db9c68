"""Paths that go to a thing and show it: the ground truth of "find the red chair".

Place + sentences + rng ─▶ [draw_grounding] ─▶ Recording ... ─▶ stage.py ─▶ core/grounding.py ─▶ tasks

A thing is drawn among those that one sentence means alone; a place to stand is drawn where the renderer really sees it,
in the middle of the picture; a walk is drawn that ends there.
"""

import logging
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from video4spatial.pipeline.core.camera import Cameras, pinhole
from video4spatial.pipeline.core.geometry import upright_pose
from video4spatial.pipeline.core.grounding import CENTRED_SHARE
from video4spatial.sim_scenes.config import View, WalkConfig
from video4spatial.sim_scenes.moves import Target, aim, is_open
from video4spatial.sim_scenes.paths import ARRIVAL_PITCH_RAD, Arrival, draw_arrivals
from video4spatial.sim_scenes.place import Place, interests_m
from video4spatial.sim_scenes.play import Lens, draw_lens
from video4spatial.sim_scenes.recordings import Recording, find_targets
from video4spatial.sim_scenes.sentences import Window, referring_sentences
from video4spatial.sim_scenes.shake import calm, shaken

logger = logging.getLogger(__name__)

See = Callable[[Cameras], NDArray[np.int32]]
"""Object ids (N, H, W) that cameras see."""

PROBE_PX = 48
LEAST_SHARE, MOST_SHARE = 0.004, 0.5
"""Of the picture that the thing covers at the end: to be recognised, and to be seen as a whole."""
DISTANCE_M = (0.5, 3.0)
"""From the thing's box to the camera at the end."""
THINGS, STANDS = 6, 4
"""Things tried for a path, and places to stand for each."""


def draw_grounding(
    place: Place, view: View, generators: list[np.random.Generator], see: See
) -> list[tuple[int, Recording]]:
    """A recording, with its number, for each generator that found a thing to show."""
    walk = calm(view.walk)
    sentences = referring_sentences(place.scene, windows_of(place))
    targets = tuple(target for target in find_targets(place) if target.object_id in sentences)
    found = [(number, _draw_end(place, walk, targets, see, draw)) for number, draw in enumerate(generators)]
    chosen = [(number, *end) for number, end in found if end is not None]
    if len(chosen) < len(generators):
        said = "%s: %d of %d grounding paths found a thing to show"
        logger.info(said, place.scene.name, len(chosen), len(generators))
    if not chosen:
        return []
    draws = [generators[number] for number, _, _ in chosen]
    goals = tuple(goal for _, _, goal in chosen)
    interests = interests_m(place, walk.radius_m)
    walks = draw_arrivals(place.space, walk, interests, goals, view.frames, view.rate_fps, draws)
    recordings = []
    for (number, target, _), path, draw in zip(chosen, walks, draws, strict=True):
        words = sentences[target.object_id]
        task = {"task": "grounding", "object": target.object_id, "sentence": words[int(draw.integers(len(words)))]}
        recordings.append((number, Recording(shaken(path, view.walk, view.rate_fps, draw), "arrive", task, target)))
    return recordings


def windows_of(place: Place) -> tuple[Window, ...]:
    """As sentences speak of them."""
    return tuple(Window(np.asarray(centre), np.asarray(inward)) for centre, inward, _ in place.fixtures.windows)


def _draw_end(
    place: Place, walk: WalkConfig, targets: tuple[Target, ...], see: See, draw: np.random.Generator
) -> tuple[Target, Arrival] | None:
    """Something to show and a place from which it is seen well; None where the draws found none."""
    lens = draw_lens(walk, draw)
    floor = place.space.places_m(place.space.walkable(walk.radius_m))
    stands: list[tuple[Target, NDArray[np.float64]]] = []
    for number in draw.permutation(len(targets))[:THINGS]:
        target = targets[number]
        away = np.linalg.norm(floor - target.centre_m[[0, 2]], axis=1) - target.reach_m
        within = floor[(away >= DISTANCE_M[0]) & (away <= DISTANCE_M[1])]
        drawn = within[draw.integers(len(within), size=24)] if len(within) else within
        open_ones = drawn[_is_tame(place, lens, drawn, target) & is_open(place.space, drawn, target)]
        stands += [(target, stand) for stand in open_ones[:STANDS]]
    if not stands:
        return None
    shares = _shares(see(_end_cameras(place, lens, stands)), stands)
    for target in dict.fromkeys(target for target, _ in stands):
        mine = [k for k, (other, _) in enumerate(stands) if other is target]
        best = max(mine, key=lambda k: shares[k])
        if shares[best] > 0:
            x, z = (float(value) for value in stands[best][1])
            return target, Arrival((x, z), lens.eye_m, lens.fov_deg, target.centre_m)
    return None


def _is_tame(place: Place, lens: Lens, stands_m: NDArray[np.float64], target: Target) -> NDArray[np.bool_]:
    """(N,) can a walker's gaze reach the target's height from there."""
    _, pitch = aim(stands_m, place.space.floor_m + lens.eye_m, target.centre_m)
    return (pitch > ARRIVAL_PITCH_RAD[0]) & (pitch < ARRIVAL_PITCH_RAD[1])


def _end_cameras(place: Place, lens: Lens, stands: list[tuple[Target, NDArray[np.float64]]]) -> Cameras:
    height, poses = place.space.floor_m + lens.eye_m, []
    for target, (x, z) in stands:
        yaw, pitch = aim(np.array([[x, z]]), height, target.centre_m)
        poses.append(upright_pose((x, height, z), float(yaw[0]), float(pitch[0])))
    return Cameras(
        world_from_camera=np.stack(poses),
        image_from_camera=pinhole(len(poses), PROBE_PX, PROBE_PX, lens.fov_deg),
        width_px=PROBE_PX,
        height_px=PROBE_PX,
    )


def _shares(ids: NDArray[np.int32], stands: list[tuple[Target, NDArray[np.float64]]]) -> list[float]:
    """Which part of each picture its target covers; 0 where that is too little, too much or not in the middle."""
    shares = []
    for picture, (target, _) in zip(ids, stands, strict=True):
        rows, columns = np.nonzero(picture == target.object_id)
        share = len(rows) / picture.size
        if LEAST_SHARE <= share <= MOST_SHARE:
            middle = (np.array([rows.mean(), columns.mean()]) + 0.5) / PROBE_PX - 0.5
            share = share if np.abs(middle).max() <= CENTRED_SHARE else 0.0
        else:
            share = 0.0
        shares.append(share)
    return shares
