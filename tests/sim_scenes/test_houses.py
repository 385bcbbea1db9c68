"""Generated houses. If this breaks, rooms are shut off, furniture floats or walkers meet sofas in doorways."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from tests.sim_scenes.house_checks import problems
from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.sim_scenes.clearance import find_free_space
from video4spatial.sim_scenes.config import SimConfig, View, WalkConfig
from video4spatial.sim_scenes.floor_plan import draw_floor_plan
from video4spatial.sim_scenes.furnish import Placed
from video4spatial.sim_scenes.houses import GeneratedHouse, HouseRoom, generate_house
from video4spatial.sim_scenes.lights import draw_lighting
from video4spatial.sim_scenes.paths import draw_walks
from video4spatial.sim_scenes.place import interests_m, load_place
from video4spatial.sim_scenes.scene import flatten
from video4spatial.sim_scenes.sources import house_source, simulation_sources
from video4spatial.sim_scenes.stage import SimulateStage


@pytest.fixture(scope="module")
def houses() -> list[GeneratedHouse]:
    return [generate_house(seed) for seed in range(40)]


def test_nothing_overlaps_or_floats_and_every_room_is_lit_and_reached(houses: list[GeneratedHouse]) -> None:
    assert [line for house in houses for line in problems(house)] == []


@pytest.mark.slow
def test_a_thousand_houses_hold() -> None:
    assert [line for seed in range(1000) for line in problems(generate_house(seed))] == []


def test_the_map_for_cameras_joins_all_rooms(houses: list[GeneratedHouse]) -> None:
    """The map that walks are drawn on, at the default radius and eye height."""
    for house in houses[:2]:
        space = find_free_space(flatten(house.scene.bodies), eye_height_m=1.65)
        free = space.places_m(space.walkable(0.25))
        for room in house.rooms:
            half = np.array([room.shell.width_m, room.shell.depth_m]) / 2
            inside = np.all(np.abs(free - room.middle_m) < half, axis=1)
            assert inside.sum() * space.cell_m**2 > 0.3, (house.scene.name, room.name)
        assert abs(space.floor_m) < 0.02


def test_houses_have_two_to_six_rooms_and_some_a_corridor(houses: list[GeneratedHouse]) -> None:
    counts = [sum(room.kind != "corridor" for room in house.rooms) for house in houses]
    assert set(counts) == {2, 3, 4, 5, 6}
    corridors = sum(any(room.kind == "corridor" for room in house.rooms) for house in houses)
    assert 10 <= corridors <= 35


def test_houses_differ_in_light_and_in_the_colours_of_walls_and_fabrics(houses: list[GeneratedHouse]) -> None:
    assert {house.mood for house in houses} == {"day", "evening", "night"}
    words = {body.words[0] for house in houses for body in house.scene.bodies if body.category == "sofa"}
    assert len(words) >= 8


def test_nobody_passes_through_a_bathroom() -> None:
    for seed in range(300):
        plan = draw_floor_plan(np.random.default_rng(seed))
        for index, space in enumerate(plan.spaces):
            doorways = [d for d in plan.doorways if index in (d.first, d.second)]
            assert len(doorways) >= 1
            assert space.kind != "bathroom" or len(doorways) == 1


def test_rooms_of_a_plan_do_not_overlap() -> None:
    for seed in range(300):
        spaces = draw_floor_plan(np.random.default_rng(seed)).spaces
        for k, a in enumerate(spaces):
            for b in spaces[k + 1 :]:
                apart = a.x1 <= b.x0 + 1e-9 or b.x1 <= a.x0 + 1e-9 or a.z1 <= b.z0 + 1e-9 or b.z1 <= a.z0 + 1e-9
                assert apart, (seed, a, b)


def test_the_object_ids_of_the_room_table_are_those_of_the_bodies(houses: list[GeneratedHouse]) -> None:
    for house in houses:
        bodies = house.scene.bodies
        assert [body.object_id for body in bodies] == list(range(len(bodies)))
        assert [k for room in house.rooms for k in room.object_ids] == list(range(1, len(bodies)))
        for room in house.rooms:
            for placed, k in zip(room.placed, room.object_ids, strict=True):
                assert bodies[k].parts is placed.piece.parts
        names = [room.name for room in house.rooms]
        assert len(set(names)) == len(names)


def test_names_are_no_part_of_each_other(houses: list[GeneratedHouse]) -> None:
    """Habitat matches template names by substring."""
    for house in houses:
        names = [body.name for body in house.scene.bodies]
        assert not [(a, b) for a in names for b in names if a != b and a in b]


def test_one_seed_gives_one_house_and_another_seed_another() -> None:
    first, again, other = generate_house(5), generate_house(5), generate_house(6)
    assert flatten(first.scene.bodies).corners_m.tobytes() == flatten(again.scene.bodies).corners_m.tobytes()
    assert first.scene.lighting == again.scene.lighting
    assert first.scene.bounds_m()[1][0] != other.scene.bounds_m()[1][0]


def test_rooms_without_a_window_are_lit_by_day_too(houses: list[GeneratedHouse]) -> None:
    dark = [house for house in houses if house.fixtures.always]
    assert dark
    for house in dark:
        lighting = draw_lighting(np.random.default_rng(0), house.fixtures, "day")
        places = {lamp.position_m for lamp in lighting.lamps}
        assert {lamp.position_m for lamp in house.fixtures.always} <= places


def test_walks_go_through_doorways() -> None:
    house, walk = generate_house(1), WalkConfig()
    place = load_place(house_source(1), walk.radius_m, walk.eye_height_m[1])
    assert place.kind == "house"
    generators = [np.random.default_rng(k) for k in range(16)]
    walks = draw_walks(place.space, walk, interests_m(place, walk.radius_m), 48, 6, generators)
    visits = []
    for path in walks:
        where = path.world_from_camera[:, [0, 2], 3]
        inside = [
            np.all(np.abs(where - room.middle_m) < np.array([room.shell.width_m, room.shell.depth_m]) / 2, axis=1).any()
            for room in house.rooms
        ]
        visits.append(sum(inside))
        assert path.min_clearance_m >= walk.radius_m
    assert sum(count >= 2 for count in visits) >= 4


def test_a_house_is_one_unit_and_leaves_the_units_of_rooms_as_they_are(tmp_path: Path) -> None:
    view = View(size_px=16, paths=1, frames=3, depth_scale=1, lighting_variants=1, occluder_variants=0)
    rooms, both = SimConfig(rooms=1, views=(view,)), SimConfig(rooms=1, houses=1, views=(view,))
    units = SimulateStage(config=both, scene_folder=str(tmp_path)).units(simulation_sources(both, 2), 2)
    alone = SimulateStage(config=rooms, scene_folder=str(tmp_path)).units(simulation_sources(rooms, 2), 2)
    assert units[0].unit_id == alone[0].unit_id
    assert units[1].source.uri == "procedural:house?seed=2000000"
    products = list(SimulateStage(config=both, scene_folder=str(tmp_path)).build()(units[1]))
    assert [(p.variant, p.scene) for p in products] == [(0, "house-2000000"), (1, "house-2000000")]
    assert all(p.scores["geometry_error"] < 0.01 and p.scores["sky_share"] < 0.5 for p in products)
    folder = tmp_path / "house-2000000"
    assert (folder / "house-2000000.scene_dataset_config.json").is_file()
    assert json.loads((folder / "plan.json").read_text())["kind"] == "house"


def test_a_negative_number_of_houses_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"simulation\.houses must lie in 0 to 100000, got -1"):
        SimConfig(houses=-1)


def test_the_checks_see_a_shut_doorway_a_floating_sofa_and_an_overlap(houses: list[GeneratedHouse]) -> None:
    """Else the tests above could not fail."""
    house = houses[0]
    index, room = next((k, room) for k, room in enumerate(house.rooms) if room.kind == "living")
    at, sofa = next((k, p) for k, p in enumerate(room.placed) if p.piece.category == "sofa")
    lifted = _with(
        house, index, at, dataclasses.replace(sofa, position_m=(sofa.position_m[0], 0.3, sofa.position_m[2]))
    )
    assert any("off its floor" in line for line in problems(lifted))
    doorway = next(d for d in house.doorways if index in (d.first, d.second))
    x, z = np.asarray(doorway.place_m) - room.middle_m
    shut = _with(house, index, at, dataclasses.replace(sofa, position_m=(float(x), 0.0, float(z))))
    assert any("is blocked" in line for line in problems(shut))
    assert any("into a wall" in line for line in problems(shut))
    other = next(p for p in room.placed if p.support == "floor" and p.piece.category not in ("sofa", "rug"))
    met = _with(house, index, at, dataclasses.replace(sofa, position_m=other.position_m))
    assert any(" meets " in line for line in problems(met))


def _with(house: GeneratedHouse, index: int, at: int, placed: Placed) -> GeneratedHouse:
    """The house with one piece moved."""
    room = house.rooms[index]
    moved = dataclasses.replace(room, placed=(*room.placed[:at], placed, *room.placed[at + 1 :]))
    rooms: tuple[HouseRoom, ...] = (*house.rooms[:index], moved, *house.rooms[index + 1 :])
    bodies = list(house.scene.bodies)
    pose = bodies[room.object_ids[at]].world_from_body.copy()
    pose[:3, 3] = np.asarray(placed.position_m) + np.array([room.middle_m[0], 0.0, room.middle_m[1]])
    bodies[room.object_ids[at]] = dataclasses.replace(bodies[room.object_ids[at]], world_from_body=pose)
    return dataclasses.replace(house, rooms=rooms, scene=dataclasses.replace(house.scene, bodies=tuple(bodies)))
