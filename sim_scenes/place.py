"""A scene ready to be filmed: what is in it, where one can walk, what lights it.

Source ─▶ [load_place] ─▶ Place ─▶ paths, variants, stage
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from video4spatial.pipeline.core.errors import ConfigError, SourceError
from video4spatial.pipeline.core.seeds import rng
from video4spatial.pipeline.core.unit import Source
from video4spatial.sim_scenes.assets.library import Library, open_library
from video4spatial.sim_scenes.assets.stock import Stock
from video4spatial.sim_scenes.clearance import FreeSpace, find_free_space
from video4spatial.sim_scenes.dataset_files import unchanged_dataset
from video4spatial.sim_scenes.furnish import Placed
from video4spatial.sim_scenes.furniture import Piece
from video4spatial.sim_scenes.glb import load_glb
from video4spatial.sim_scenes.habitat_read import load_scene
from video4spatial.sim_scenes.houses import generate_house
from video4spatial.sim_scenes.lights import Fixtures, draw_lighting
from video4spatial.sim_scenes.plausible import check_floor, check_size, check_upright
from video4spatial.sim_scenes.room_table import RoomArea, room_area
from video4spatial.sim_scenes.rooms import generate_room
from video4spatial.sim_scenes.scene import STAGE_ID, Lamp, Scene, flatten
from video4spatial.sim_scenes.scene_files import states_up, unchanged_file
from video4spatial.sim_scenes.sources import (
    asset_folders,
    house_seed,
    house_source,
    is_dataset,
    room_seed,
    room_source,
    scene_name,
)

MIN_WALK_M2 = 1.0
"""A smaller place to walk is none."""


@dataclass(frozen=True, eq=False)
class Place:
    """A lit scene and its free space."""

    scene: Scene
    space: FreeSpace
    fixtures: Fixtures
    mood: str
    """One of `lights.MOODS`, or `own`: the light that the scene's files bring."""
    kind: str
    """`living`, `bedroom`, ... of a generated room; `house`; `file` of a scene that was read."""
    rooms: tuple[RoomArea, ...] = ()
    """Of a generated scene; files do not tell theirs."""
    assets: Mapping[str, Any] = field(default_factory=dict)
    """The user's files that a generated scene was furnished from: digests, what is used, what was drawn and found no
    place, what is left out and why."""


def load_place(source: Source, radius_m: float, eye_height_m: float) -> Place:
    """Generates or reads the scene. Raises SourceError(reason="no_free_space") when nobody can walk in it."""
    if (seed := room_seed(source)) is not None:
        library = unchanged_library(source)
        room = generate_room(seed, Stock(library))
        scene = replace(room.scene, name=scene_name(source))
        space = find_free_space(flatten(scene.bodies), eye_height_m)
        areas: tuple[RoomArea, ...] = (room_area(room.kind, room.kind, room.shell),)
        assets = _assets(library, scene, room.placed, room.offered)
        place = Place(scene, space, room.fixtures, room.mood, room.kind, areas, assets)
    elif (seed := house_seed(source)) is not None:
        library = unchanged_library(source)
        house = generate_house(seed, Stock(library))
        scene = replace(house.scene, name=scene_name(source))
        space = find_free_space(flatten(scene.bodies), eye_height_m)
        areas = tuple(room_area(room.name, room.kind, room.shell, room.middle_m) for room in house.rooms)
        placed = [item for room in house.rooms for item in room.placed]
        assets = _assets(library, scene, placed, house.offered)
        place = Place(scene, space, house.fixtures, house.mood, "house", areas, assets)
    elif is_dataset(source):
        place = _dataset_place(source, radius_m, eye_height_m)
    else:
        place = _file_place(source, radius_m, eye_height_m)
    if place.kind == "file":
        check_floor(place.scene, place.space.floor_m, source.uri)
    area_m2 = float(place.space.walkable(radius_m).sum()) * place.space.cell_m**2
    if area_m2 < MIN_WALK_M2:
        raise SourceError(
            f"{source.uri}: {area_m2:.2f} m2 of floor are free for a walker of {radius_m:g} m radius, "
            f"{MIN_WALK_M2:g} needed; is it y up and in metres, and has it a floor? Else lower walk.radius_m",
            reason="no_free_space",
        )
    return place


def _file_place(source: Source, radius_m: float, eye_height_m: float) -> Place:
    """A scene file in the light it brings, else in that of ceiling lamps."""
    path, axes = unchanged_file(source)
    scene = load_glb(path, scene_name(source), axes)
    check_size(scene, source.uri)
    if not states_up(source):
        check_upright(scene, source.uri)
    space = find_free_space(flatten(scene.bodies), eye_height_m)
    if scene.lighting is not None:
        lamps = scene.lighting.lamps
        return Place(scene, space, Fixtures((), lamps) if lamps else _ceiling_lamps(space, radius_m), "own", "file")
    fixtures = _ceiling_lamps(space, radius_m)
    lighting = draw_lighting(rng(0, "simulate.light", source.sha256), fixtures, "evening")
    return Place(replace(scene, lighting=lighting), space, fixtures, "evening", "file")


def _dataset_place(source: Source, radius_m: float, eye_height_m: float) -> Place:
    """A scene of a dataset in the light it brings; one without lights ("no_lights") is shown unlit, as Habitat does."""
    spec = unchanged_dataset(source)
    try:
        scene = replace(load_scene(spec), name=scene_name(source))
    except ConfigError as error:
        raise SourceError(f"{source.uri} cannot be read ({error})", reason="unreadable_scene") from None
    check_size(scene, source.uri)
    space = find_free_space(flatten(scene.bodies), eye_height_m)
    lamps = scene.lighting.lamps if scene.lighting else ()
    fixtures = Fixtures((), lamps) if lamps else _ceiling_lamps(space, radius_m)
    return Place(scene, space, fixtures, "own", "file")


def unchanged_library(source: Source) -> Library | None:
    """The user's files that a generated scene is furnished from, if they still are those that were planned; None for
    a scene without any."""
    folders = asset_folders(source)
    if not folders:
        return None
    again = room_source if room_seed(source) is not None else house_source
    seed = room_seed(source) if room_seed(source) is not None else house_seed(source)
    assert seed is not None
    try:
        now = again(seed, folders)
    except ConfigError as error:
        raise SourceError(f"{source.uri}: {error}", reason="changed") from None
    if now.sha256 != source.sha256:
        said = "the files in simulation.objects or simulation.textures have changed since the run was planned"
        raise SourceError(f"{source.uri}: {said}; start the run again", reason="changed")
    return open_library(folders)


def _assets(
    library: Library | None, scene: Scene, placed: Sequence[Placed], offered: Mapping[str, Piece]
) -> dict[str, Any]:
    """What the plan tells of the user's files."""
    if library is None:
        return {}
    catalogue = library.catalogue
    textures = {entry.name for entry in catalogue.textures}
    covered = {part.material.name for body in scene.bodies for part in body.parts} & textures
    used = sorted({item.piece.file for item in placed if item.piece.file} | covered)
    left_out = {**catalogue.left_out, **library.unusable}
    no_place = {
        file: f"{piece.category}, {' x '.join(f'{side:.2f}' for side in piece.size_m())} m"
        for file, piece in sorted(offered.items())
        if file not in used
    }
    return {**catalogue.digests, "used": used, "no_place": no_place, "left_out": left_out}


def interests_m(place: Place, radius_m: float) -> NDArray[np.float64]:
    """(n, 3) places worth a look: the objects' centres, and some places of the free floor at eye level.

    A hall of few objects is looked at across; n is at least 1.
    """
    centres = [
        np.mean([body.world_vertices_m().min(axis=0), body.world_vertices_m().max(axis=0)], axis=0)
        for body in place.scene.bodies
        if body.object_id != STAGE_ID
    ]
    near = [c for c in centres if place.space.floor_m < c[1] < place.space.floor_m + 2.0]
    floor = place.space.places_m(place.space.walkable(radius_m))
    across = floor[np.linspace(0, len(floor) - 1, 6).astype(int)]
    height = np.full((len(across), 1), place.space.floor_m + 1.2)
    return np.concatenate([np.array(near).reshape(-1, 3), np.insert(across, 1, height[:, 0], axis=1)])


def _ceiling_lamps(space: FreeSpace, radius_m: float, count: int = 5) -> Fixtures:
    """Lamps for a scene that brings none: over the free floor, far from each other."""
    places = space.places_m(space.walkable(radius_m))
    if not len(places):
        return Fixtures((), ())
    chosen = [places[int(np.linalg.norm(places - places.mean(axis=0), axis=1).argmin())]]
    while len(chosen) < count:
        distance = np.min([np.linalg.norm(places - lamp, axis=1) for lamp in chosen], axis=0)
        if distance.max() < 2.5:
            break
        chosen.append(places[int(distance.argmax())])
    height = space.floor_m + 2.25
    lamps = tuple(Lamp((float(x), height, float(z)), (2.4, 2.25, 2.0), 0.8) for x, z in chosen)
    return Fixtures((), lamps)
