"""Walking distances. If this breaks, a benchmark's shortest way leads through a wall or around the house."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from tests.sim_scenes.helpers import placed
from video4spatial.sim_scenes.clearance import FreeSpace, find_free_space
from video4spatial.sim_scenes.geodesics import length_of, shortest_way, walking_distances
from video4spatial.sim_scenes.habitat_dataset import read_dataset
from video4spatial.sim_scenes.materials import plain
from video4spatial.sim_scenes.scene import Body, Part, flatten
from video4spatial.sim_scenes.shapes import box

GREY = plain("grey", (0.5, 0.5, 0.5))
FLOOR = box((8, 0.2, 6), (0, -0.2, 0), GREY)
RADIUS_M = 0.25


def yard(*things: Part) -> FreeSpace:
    return find_free_space(flatten((Body(0, "stage", "stage", ("stage",), (FLOOR, *things), placed(0, 0, 0)),)), 1.5)


def test_across_an_empty_floor_the_way_is_the_straight_line_in_every_direction() -> None:
    space = yard()
    for angle in np.linspace(0, np.pi, 13):
        end = 2.4 * np.array([np.cos(angle), np.sin(angle)])
        way = shortest_way(space, -end, end, RADIUS_M)
        assert way is not None
        assert length_of(way) == pytest.approx(4.8, abs=1e-9)


def test_around_a_corner_the_way_is_a_taut_string_around_the_walkers_disc() -> None:
    """A wall from the left edge to x = 0: two tangents to the disc around its end and the arc between them."""
    space = yard(box((4, 2, 0.2), (-2, 0, 0), GREY))
    for x, z in ((-2.5, 2.0), (-1.0, 1.0), (-3.0, 0.8)):
        found = walking_distances(space, np.array([[x, z]]), np.array([[x, -z]]), RADIUS_M, voxel_m=0.0)[0]
        assert found == pytest.approx(around_the_end(x, z), rel=0.02)


def around_the_end(x: float, z: float) -> float:
    """Twice the way from (x, z) to (RADIUS, 0) around the wall's corner (0, 0.1)."""
    away = np.hypot(x, z - 0.1)
    tangent = np.sqrt(away**2 - RADIUS_M**2)
    # angle from the corner to the place, less that to the point of contact; the arc ends at the wall's straight end
    touched = np.arctan2(z - 0.1, x) - np.arccos(RADIUS_M / away)
    return 2 * (tangent + RADIUS_M * touched + 0.1)


def test_through_a_door_the_way_goes_through_the_door() -> None:
    walls = (box((3.5, 2, 0.1), (-2.25, 0, 0), GREY), box((3.5, 2, 0.1), (2.25, 0, 0), GREY))  # door of 1 m at x = 0
    space = yard(*walls)
    start, end = np.array([-3.0, 0.0, 2.0]), np.array([-3.0, 0.0, -2.0])
    way = shortest_way(space, start, end, RADIUS_M, voxel_m=0.0)
    assert way is not None
    np.testing.assert_array_equal(way[[0, -1]], [[-3.0, 2.0], [-3.0, -2.0]])
    passing = way[np.abs(way[:, 1]) < 0.4]
    assert len(passing)
    assert np.all(np.abs(passing[:, 0]) < 0.5 - RADIUS_M + 0.07)
    # tangents to the discs around the two jamb corners (-0.5, +-0.05), arcs, and the straight piece between them
    away, corner = np.hypot(2.5, 1.95), np.arctan2(1.95, -2.5)
    truth = 2 * (np.sqrt(away**2 - RADIUS_M**2) + RADIUS_M * (corner - np.arccos(RADIUS_M / away)) + 0.05)
    assert length_of(way) == pytest.approx(truth, rel=0.02)


def test_where_the_walker_does_not_fit_there_is_no_way() -> None:
    shut = yard(box((8, 2, 0.1), (0, 0, 0), GREY))
    narrow = yard(box((3.8, 2, 0.1), (-2.1, 0, 0), GREY), box((3.8, 2, 0.1), (2.1, 0, 0), GREY))  # a gap of 0.4 m
    start, end = np.array([[-1.0, 2.0]]), np.array([[-1.0, -2.0]])
    assert np.isinf(walking_distances(shut, start, end, RADIUS_M)).all()
    assert np.isinf(walking_distances(narrow, start, end, RADIUS_M)).all()
    assert walking_distances(narrow, start, end, 0.1)[0] < 5.0
    assert shortest_way(shut, start[0], end[0], RADIUS_M) is None


def test_a_point_that_is_not_free_is_moved_to_the_nearest_place_unless_it_is_far_away() -> None:
    space = yard(box((1, 2, 1), (0, 0, 0), GREY))
    inside, beside = np.array([[0.0, 0.45]]), np.array([[0.0, 2.0]])
    assert walking_distances(space, inside, beside, RADIUS_M)[0] == pytest.approx(1.55, abs=0.02)  # out, and on
    for far in ([[0.0, 6.0]], [[50.0, 0.0]], [[-300.0, -300.0]]):
        assert np.isinf(walking_distances(space, np.array(far), beside, RADIUS_M)).all()
        assert np.isinf(walking_distances(space, beside, np.array(far), RADIUS_M)).all()


def test_ways_are_as_long_in_both_directions_and_keep_the_triangle_inequality() -> None:
    space = yard(box((1, 2, 1), (-1, 0, 0.3), GREY), box((0.4, 2, 3), (1.5, 0, -1), GREY))
    places = np.random.default_rng(0).uniform([-3.5, -2.5], [3.5, 2.5], size=(30, 2))
    places = places[space.clearance_at(places) > RADIUS_M]
    there = walking_distances(space, places[:-1], places[1:], RADIUS_M)
    np.testing.assert_allclose(there, walking_distances(space, places[1:], places[:-1], RADIUS_M), rtol=1e-9)
    assert np.all(there >= np.linalg.norm(places[1:] - places[:-1], axis=1) - 1e-9)
    direct = walking_distances(space, places[:-2], places[2:], RADIUS_M)
    assert np.all(direct <= there[:-1] + there[1:] + 0.03)


def test_a_floor_nobody_fits_on_has_no_way() -> None:
    nowhere = FreeSpace((0.0, 0.0), 0.04, 0.0, np.full((50, 50), -1.0, dtype=np.float32))
    assert np.isinf(walking_distances(nowhere, np.ones((1, 2)), np.ones((1, 2)) * 1.5, 0.2)).all()


def test_distances_are_those_of_habitats_navmesh() -> None:
    """The golden scene: a flat of two rooms with 16 objects, 12 walks of a real habitat-sim."""
    folder = os.environ.get("V4S_TEST_DATA")
    if not folder:
        pytest.skip("V4S_TEST_DATA is not set: the golden navmesh of a real habitat-sim is not here")
    golden = Path(folder) / "habitat_golden"
    navmesh = json.loads((golden / "navmesh.json").read_text())
    scene = read_dataset(golden / "dataset" / "flat.scene_dataset_config.json", "flat_no_lights")
    space = find_free_space(flatten(scene.bodies), navmesh["settings"]["agent_height"] - 0.25)
    asked = navmesh["queries"]
    starts, ends = (np.array([query[name] for query in asked]) for name in ("start", "end"))
    found = walking_distances(space, starts, ends, navmesh["settings"]["agent_radius"])
    np.testing.assert_allclose(found, [query["geodesic_distance"] for query in asked], rtol=0.03)
    outside = starts + np.array([40.0, 0.0, 0.0])
    assert np.isinf(walking_distances(space, starts, outside, navmesh["settings"]["agent_radius"])).all()
