"""The step that shows the generator's houses: a contact sheet and a walk, for the report and for people.

recipe.showcase ─▶ [showcase] ─▶ OUT/showcase/<id>/houses.jpg, walk.mp4, showcase.json
"""

import json
from pathlib import Path

import numpy as np

from video4spatial.pipeline.commands.context import RunContext
from video4spatial.pipeline.core.files import write_atomic
from video4spatial.pipeline.core.settings import fingerprint
from video4spatial.pipeline.engine.plan import local_workers
from video4spatial.pipeline.engine.side_work import hands
from video4spatial.sim_scenes import houses
from video4spatial.sim_scenes.sheet import contact_sheet, jpeg_of
from video4spatial.sim_scenes.showcase import (
    FILM_PX,
    VERSION,
    ShownHouse,
    film_house,
    house_of_walk,
    show_house,
    showcase_seeds,
)
from video4spatial.sim_scenes.tour import RATE_FPS, mp4_of

COLUMNS = 4
MOST_WORKERS = 8
"""Each piece of the walk makes the house again: more pieces than these cost more than they save."""
RECORD = "showcase.json"
"""Written last: where it is, the rest is whole."""


def showcase(context: RunContext, local: bool = False) -> Path | None:
    """The step; returns the folder, None where the recipe asks for no houses. What is finished is not made again."""
    seeds = showcase_seeds(context.recipe.showcase, context.recipe.seed)
    if not seeds:
        return None
    identity = fingerprint({"seeds": seeds, "houses": houses.VERSION, "showcase": VERSION})[:12]
    folder = context.out / "showcase" / identity
    if (folder / RECORD).exists():
        context.reporter.say("showcase: its pictures are made already")
    else:
        workers = 1 if local else min(MOST_WORKERS, local_workers(context.recipe.engine))
        with context.timed("showcase"):
            _make(context, folder, seeds, workers)
    context.remember("showcase", folder=identity)
    return folder


def _make(context: RunContext, folder: Path, seeds: list[int], workers: int) -> None:
    shown: list[ShownHouse] = []
    counting = context.reporter.counting("showcase", len(seeds) + workers, "pieces")
    with hands(workers) as work_off, counting as counter:
        for house in work_off(show_house, list(enumerate(seeds))):
            shown.append(house)
            counter.advance()
        walked = house_of_walk(shown)
        pieces = []
        for piece in work_off(film_house, [(walked, part, workers) for part in range(workers)]):
            pieces.append(piece)
            counter.advance()
    tiles = [(house.picture, f"house {house.seed}: {house.room}, {house.rooms} rooms in all") for house in shown]
    write_atomic(folder / "houses.jpg", jpeg_of(contact_sheet(tiles, COLUMNS)))
    write_atomic(folder / "walk.mp4", mp4_of(np.concatenate(pieces)))
    record = {
        "houses": [
            {"seed": house.seed, "room": house.room, "rooms": house.rooms, "objects": house.objects, "mood": house.mood}
            for house in shown
        ],
        "walk": {
            "seed": walked,
            "seconds": sum(map(len, pieces)) / RATE_FPS,
            "rate_fps": RATE_FPS,
            "width_px": FILM_PX[0],
            "height_px": FILM_PX[1],
        },
    }
    write_atomic(folder / RECORD, json.dumps(record, indent=1, sort_keys=True).encode())
