"""Houses for people to look at: one picture of each, and a walk through one of them.

ShowcaseConfig + run seed ─▶ [showcase_seeds] ─▶ [show_house] x n ─▶ [house_of_walk] ─▶ [film_house] ─▶ report, README

They come from the generator that makes `sim.houses`, by seeds that no run renders: no dataset holds them. Consecutive
seeds, none left out.
"""

from contextlib import closing
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.pipeline.core.settings import Settings
from video4spatial.sim_scenes.preview import usual_place
from video4spatial.sim_scenes.render.choose import make_renderer
from video4spatial.sim_scenes.scene import STAGE_ID
from video4spatial.sim_scenes.sources import house_source
from video4spatial.sim_scenes.tour import DRAWN, SECONDS, draw_tours, film_tour, rank_tours
from video4spatial.sim_scenes.viewpoints import camera_of, choose_viewpoints

VERSION = 1
"""Raised by hand when the same house would be shown by another picture."""
FIRST_SEED = 900_000
"""Above those of `sim.houses`, which has at most 100000."""
PICTURE_PX, SAMPLES = (320, 240), 3
FILM_PX, FILM_SAMPLES = (448, 336), 2
KINDS = ("living", "bedroom", "kitchen", "living", "dining", "study")
"""What is shown of one house after the other, where it has such a room and the room looks well."""
NEARLY = 0.72
"""A view of the wanted room with this part of the best view's score is taken."""


@dataclass(frozen=True, kw_only=True)
class ShowcaseConfig(Settings):
    """Houses that the report shows beside the data. They shape no data."""

    houses: int = 0
    """How many, a picture each, and a walk of 8 s through one of them; 0: none. A house takes about 2 cpu-seconds."""

    def __post_init__(self) -> None:
        if not 0 <= self.houses <= 100:
            raise ConfigError(f"showcase.houses must lie in 0 to 100, got {self.houses}")


@dataclass(frozen=True, eq=False)
class ShownHouse:
    """One house of the sheet."""

    seed: int
    picture: NDArray[np.uint8]
    """(H, W, 3)."""
    room: str
    """What is shown of it: "living room"."""
    rooms: int
    objects: int
    mood: str
    score: float
    """Of the picture, as viewpoints.py judges it."""


def showcase_seeds(config: ShowcaseConfig, run_seed: int) -> list[int]:
    """The seeds of the houses, one after the other."""
    return [run_seed * 1_000_000 + FIRST_SEED + number for number in range(config.houses)]


def show_house(number: int, seed: int) -> ShownHouse:
    """The picture of the `number`-th house: the same on every machine of one CPU type."""
    place = usual_place(house_source(seed))
    with closing(make_renderer("embedded", place.scene, 1)) as probe:
        views = choose_viewpoints(place, probe, len(place.rooms))
        wanted = KINDS[number % len(KINDS)]
        good = [view for view in views if view.kind == wanted and view.score >= NEARLY * views[0].score]
        view = (good or views)[0]
        with closing(make_renderer("embedded", place.scene, SAMPLES)) as renderer:
            picture = renderer.render(camera_of(view.world_from_camera[None], PICTURE_PX)).rgb[0]
    things = sum(body.object_id != STAGE_ID for body in place.scene.bodies)
    room = f"{view.kind} room" if view.kind in ("living", "dining") else view.kind
    return ShownHouse(seed, picture, room, len(place.rooms), things, place.mood, view.score)


def house_of_walk(houses: list[ShownHouse]) -> int:
    """The seed of the house to walk through: by day or in the evening if there is one, the most rooms."""
    return max(houses, key=lambda house: (house.mood != "night", house.rooms, house.score)).seed


def film_house(seed: int, part: int, parts: int) -> NDArray[np.uint8]:
    """(T, H, W, 3): one of `parts` pieces of the walk, in order."""
    place = usual_place(house_source(seed))
    with closing(make_renderer("embedded", place.scene, 1)) as probe:
        walk = rank_tours(place, draw_tours(place, house_source(seed).sha256, DRAWN, SECONDS), probe)[0][1]
        poses = np.array_split(walk.world_from_camera, parts)[part]
        with closing(make_renderer("embedded", place.scene, FILM_SAMPLES)) as renderer:
            return film_tour(replace(walk, world_from_camera=poses), renderer, FILM_PX).rgb
