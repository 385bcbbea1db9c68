"""The map of free space. If it is wrong, paths cross walls of scenes that nobody looked at."""

import numpy as np

from tests.sim_scenes.helpers import placed
from video4spatial.sim_scenes.clearance import find_floor, find_free_space
from video4spatial.sim_scenes.materials import plain
from video4spatial.sim_scenes.scene import Body, Part, flatten
from video4spatial.sim_scenes.shapes import box

GREY = plain("grey", (0.5, 0.5, 0.5))


def soup(*parts: Part):  # type: ignore[no-untyped-def]
    return flatten((Body(0, "stage", "stage", ("stage",), parts, placed(0, 0, 0)),))


FLOOR = box((6, 0.2, 4), (0, -0.2, 0), GREY)


def test_clearance_is_never_too_large_and_not_much_too_small() -> None:
    space = find_free_space(soup(FLOOR, box((1, 1, 1), (0, 0, 0), GREY)), 1.6)
    places = np.array([[-1.5, 0.0], [1.7, 0.4], [-1.2, 1.1], [0.0, -1.0]])
    outside = np.maximum(np.abs(places) - 0.5, 0.0)
    truth = np.minimum(np.linalg.norm(outside, axis=1), np.min([3.0, 2.0] - np.abs(places), axis=1))
    found = space.clearance_at(places)
    assert np.all(found <= truth)
    assert np.all(found >= truth - 0.13)


def test_what_hangs_above_heads_is_not_in_the_way_and_what_hangs_lower_is() -> None:
    for height, free in ((2.2, True), (1.7, False)):
        space = find_free_space(soup(FLOOR, box((2, 0.1, 2), (0, height, 0), GREY)), 1.5)
        assert (space.clearance_at(np.array([[0.0, 0.0]]))[0] > 0.2) == free


def test_a_doorstep_is_stepped_over() -> None:
    space = find_free_space(soup(FLOOR, box((0.2, 0.05, 4), (0, 0, 0), GREY)), 1.5)
    assert space.clearance_at(np.array([[0.0, 0.0]]))[0] > 0.2


def test_a_thin_wall_parts_the_room() -> None:
    space = find_free_space(soup(FLOOR, box((0.01, 2.5, 4), (0.5, 0, 0), GREY)), 1.5)
    area = space.walkable(0.25)
    places = space.places_m(area)
    assert places[:, 0].max() < 0.5  # only the larger part is walked


def test_a_gap_narrower_than_the_walker_is_closed() -> None:
    walls = (box((0.1, 2.5, 1.8), (0, 0, -1.1), GREY), box((0.1, 2.5, 1.8), (0, 0, 1.1), GREY))  # gap of 0.4 m
    space = find_free_space(soup(FLOOR, *walls), 1.5)
    narrow, wide = space.walkable(0.25), space.walkable(0.05)
    assert np.ptp(space.places_m(narrow)[:, 0]) < 3.0
    assert np.ptp(space.places_m(wide)[:, 0]) > 5.0


def test_there_is_no_free_place_beyond_the_floor_or_off_the_map() -> None:
    space = find_free_space(soup(FLOOR), 1.5)
    assert np.all(space.clearance_at(np.array([[3.5, 0.0], [0.0, 2.4], [100.0, 100.0], [-50.0, 0.0]])) <= 0)


def test_the_floor_is_found_under_tables_and_below_the_ceiling() -> None:
    scene = soup(
        box((6, 0.2, 4), (0, 0.8, 0), GREY),  # a floor 1 m up
        box((1.5, 0.05, 1), (0, 1.7, 0), GREY),
        box((6, 0.2, 4), (0, 3.5, 0), GREY),
    )
    assert abs(find_floor(scene.corners_m.astype(float)) - 1.0) < 0.01


def test_a_scene_without_level_ground_has_no_free_place() -> None:
    wall = soup(box((4, 2, 0.001), (0, 0, 0), GREY))
    assert not find_free_space(wall, 1.5).walkable(0.2).any()


def test_a_look_passes_over_tables_and_ends_at_walls_and_hollow_wardrobes() -> None:
    table, wardrobe = box((1, 0.8, 1), (1.5, 0, -1), GREY), box((0.6, 2, 0.6), (1.5, 0, 1), GREY)
    space = find_free_space(soup(FLOOR, table, wardrobe, box((0.05, 2.5, 4), (2.5, 0, 0), GREY)), 1.6)
    here = np.array([[0.0, -1.0], [0.0, 1.0]])
    east = np.full(2, -np.pi / 2)
    np.testing.assert_allclose(space.sight_m(here, east, 8.0), [2.475, 1.2], atol=0.09)
    beyond = np.array([[2.0, -1.0], [2.0, 1.0]])
    hidden = space.hidden_m(here, beyond)
    assert hidden[0] == 0
    assert 0.6 < hidden[1] < 0.9
