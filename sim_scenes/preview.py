"""A scene to look at: a plan with names and numbers, a contact sheet of its rooms, a walk as film or as a recording.

Source ─▶ place.py ─▶ viewpoints.py, tour.py ─▶ [preview_scene] ─▶ Preview (files as bytes) ─▶ `v4s scenes preview`
"""

from contextlib import closing
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from video4spatial.pipeline.core.errors import SourceError
from video4spatial.pipeline.core.sequence import Provenance, Sequence
from video4spatial.pipeline.core.unit import Source
from video4spatial.sim_scenes.config import WalkConfig
from video4spatial.sim_scenes.objects import object_table
from video4spatial.sim_scenes.paths import Walk
from video4spatial.sim_scenes.place import Place, load_place
from video4spatial.sim_scenes.plan_drawing import draw_annotated
from video4spatial.sim_scenes.render.base import Renderer
from video4spatial.sim_scenes.render.choose import make_renderer
from video4spatial.sim_scenes.sheet import contact_sheet, jpeg_of, png_of
from video4spatial.sim_scenes.survey import SceneFacts, survey
from video4spatial.sim_scenes.tour import (
    DRAWN,
    RATE_FPS,
    SECONDS,
    draw_tours,
    film_tour,
    mp4_of,
    rank_tours,
    tour_cameras,
)
from video4spatial.sim_scenes.viewpoints import Viewpoint, camera_of, choose_viewpoints

VIEWS = 9
VIEW_PX, FILM_PX, RECORDING_PX = (480, 360), (512, 384), (320, 240)
SAMPLES, FILM_SAMPLES = 3, 2
"""Visibility samples per pixel side: these pictures are for people."""
WALKS_ON_PLAN = 3
RECORDING_STEP = 4
"""Every so many frames of the walk go into a recording: 6 a second."""


@dataclass(frozen=True, eq=False)
class Preview:
    """The files of one scene."""

    facts: SceneFacts
    plan_png: bytes
    views_jpg: bytes
    walk_mp4: bytes | None = None
    recording: Sequence | None = field(default=None, repr=False)
    """The walk with depth, ids and objects, at 6 frames a second."""


def usual_place(source: Source) -> Place:
    """The scene for a walker of the usual size. Raises SourceError when it cannot be read or walked in."""
    walker = WalkConfig()
    return load_place(source, walker.radius_m, walker.eye_height_m[1])


def preview_scene(source: Source, walk: bool = False, recording: bool = False) -> Preview:
    """Renders the pictures. The same scene gives the same bytes. Raises SourceError."""
    place = usual_place(source)
    facts = survey(place, WalkConfig().radius_m)
    with closing(make_renderer("embedded", place.scene, 1)) as probe:
        views = choose_viewpoints(place, probe, VIEWS)
        tours = [tour for _, tour in rank_tours(place, draw_tours(place, source.sha256, DRAWN, SECONDS), probe)]
        plan = draw_annotated(
            place,
            [tour.world_from_camera for tour in tours[:WALKS_ON_PLAN]],
            [view.world_from_camera for view in views],
        )
        with closing(make_renderer("embedded", place.scene, SAMPLES)) as renderer:
            sheet = _sheet(facts, views, renderer)
        with closing(make_renderer("embedded", place.scene, FILM_SAMPLES)) as renderer:
            film = mp4_of(film_tour(tours[0], renderer, FILM_PX).rgb) if walk else None
            recorded = _recorded(source, place, tours[0], renderer) if recording else None
    return Preview(facts, png_of(plan), jpeg_of(sheet), film, recorded)


def _sheet(facts: SceneFacts, views: list[Viewpoint], renderer: Renderer) -> np.ndarray:
    if not views:
        raise SourceError(f"{facts.name} has no place to take a picture from", reason="no_free_space")
    pictures = renderer.render(camera_of(np.array([view.world_from_camera for view in views]), VIEW_PX)).rgb
    entries = {entry["id"]: entry for entry in facts.objects}
    tiles = []
    for number, (view, picture) in enumerate(zip(views, pictures, strict=True)):
        here = [entries[each] for each in view.seen if entries[each]["room"] == view.room]
        things = ", ".join(dict.fromkeys(entry["category"] for entry in here))
        tiles.append((picture, f"{chr(ord('a') + number)}  {': '.join(filter(None, (view.room, things)))}"))
    notes = f"{len(facts.objects)} objects, {facts.triangles:,} triangles, {facts.walkable_m2:g} m2 to walk"
    return contact_sheet(tiles, 3, facts.name, notes if len(tiles) > 1 else "")


def _recorded(source: Source, place: Place, walk: Walk, renderer: Renderer) -> Sequence:
    cameras = tour_cameras(walk, RECORDING_PX)[::RECORDING_STEP]
    frames = renderer.render(cameras)
    count = len(cameras)
    return Sequence(
        frames=frames.rgb,
        times=np.arange(count, dtype=np.int64) * RECORDING_STEP,
        time_base=Fraction(1, RATE_FPS),
        provenance=Provenance(
            source_uri=source.uri, source_sha256=source.sha256, start=0, stop=count, unit_id="", seed=0
        ),
        cameras=cameras,
        camera_valid=np.ones(count, dtype=bool),
        pose_source="rendered",
        scale="metric",
        depth_m=frames.depth_m,
        object_id=frames.object_id,
        objects=object_table(place.scene, frames),
    )
