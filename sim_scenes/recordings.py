"""Every camera path of a view in one scene: walks, other moves, and what each is called.

Place + View + rng of each path ─▶ [draw_recordings] ─▶ Recording ... ─▶ stage.py
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from video4spatial.sim_scenes.config import View
from video4spatial.sim_scenes.moves import Target, draw_move
from video4spatial.sim_scenes.paths import Walk, draw_walks
from video4spatial.sim_scenes.place import Place, interests_m
from video4spatial.sim_scenes.play import draw_lens, play
from video4spatial.sim_scenes.scene import STAGE_ID
from video4spatial.sim_scenes.shake import calm, shaken


@dataclass(frozen=True, eq=False)
class Recording:
    """One camera path, to be filmed."""

    walk: Walk
    move: str
    """The move that was made: where nothing can be orbited, an `orbit` became a `look_around`."""
    task: dict[str, Any] = field(default_factory=lambda: {"task": "navigation"})
    """Entry of the sequence's `tasks`."""
    target: Target | None = None
    """The thing that an orbit or a grounding path shows."""


def draw_recordings(place: Place, view: View, generators: list[np.random.Generator]) -> list[Recording]:
    """One recording for each generator, the moves of the view in turn."""
    kinds = [view.moves[number % len(view.moves)] for number in range(len(generators))]
    walk = calm(view.walk)
    walkers = [draw for kind, draw in zip(kinds, generators, strict=True) if kind == "walk"]
    interests = interests_m(place, walk.radius_m)
    walks = iter(draw_walks(place.space, walk, interests, view.frames, view.rate_fps, walkers) if walkers else [])
    targets = find_targets(place) if len(walkers) < len(kinds) else ()
    recordings = []
    for kind, draw in zip(kinds, generators, strict=True):
        shown = None
        if kind == "walk":
            made, path = "walk", next(walks)
        else:
            duration_s = (view.frames - 1) / view.rate_fps
            lens = draw_lens(walk, draw)
            made, track, lens = draw_move(kind, place.space, walk, targets, lens, duration_s, draw)
            path = play(place.space, walk, track, lens, view.frames, view.rate_fps)
            shown = next((target for target in targets if target.object_id == track.around), None)
        recordings.append(Recording(shaken(path, view.walk, view.rate_fps, draw), made, target=shown))
    return recordings


def find_targets(place: Place) -> tuple[Target, ...]:
    """The objects between floor and head that are at most 3 m across."""
    targets = []
    for body in place.scene.bodies:
        if body.object_id == STAGE_ID:
            continue
        vertices = body.world_vertices_m()
        low, high = vertices.min(axis=0), vertices.max(axis=0)
        centre, reach = (low + high) / 2, float(np.hypot(*(high - low)[[0, 2]])) / 2
        if place.space.floor_m < centre[1] < place.space.floor_m + 2.0 and 0.05 < reach <= 1.5:
            targets.append(Target(body.object_id, centre, reach))
    return tuple(targets)
