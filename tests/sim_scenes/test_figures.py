"""The walking person. If it floats, or its box is not around it, what a model learns of people is wrong."""

from itertools import pairwise

import numpy as np
import pytest

from video4spatial.sim_scenes.figures import HEIGHT_M, bodies_at, box_around, draw_person


@pytest.mark.parametrize("seed", range(6))
def test_a_person_is_as_tall_as_people_and_narrower_than_a_door(seed: int) -> None:
    person = draw_person(np.random.default_rng(seed))
    points = np.concatenate([body.world_vertices_m() for body in bodies_at(person, 7, 0.2, (1.0, -2.0), 0.0, 0.0, 0.0)])
    assert HEIGHT_M[0] <= person.height_m <= HEIGHT_M[1]
    assert points[:, 1].min() == pytest.approx(0.2, abs=1e-6)
    assert points[:, 1].max() - 0.2 == pytest.approx(person.height_m, rel=0.03)
    assert np.ptp(points[:, 0]) < 0.7
    np.testing.assert_allclose(points[:, [0, 2]].mean(axis=0), [1.0, -2.0], atol=0.05)


@pytest.mark.parametrize("pace", [0.0, 0.5, 1.0])
def test_a_sole_is_on_the_floor_in_every_phase_and_no_foot_below(pace: float) -> None:
    person = draw_person(np.random.default_rng(1))
    for phase in np.linspace(0, 2 * np.pi, 13):
        bodies = bodies_at(person, 1, 0.0, (0.0, 0.0), 0.7, float(phase), pace)
        assert min(body.world_vertices_m()[:, 1].min() for body in bodies) == pytest.approx(0.0, abs=1e-6)


def test_the_foot_on_the_floor_stays_about_where_it_is_while_the_body_moves_on() -> None:
    person = draw_person(np.random.default_rng(2))
    step_m = person.step_m(1.0)
    places = []
    for part in np.linspace(0.0, 1.0, 9):  # from one step's middle to the next: the right foot stands
        bodies = bodies_at(person, 1, 0.0, (0.0, -part * step_m), 0.0, float(np.pi * (part - 0.5)), 1.0)
        feet = {body.name.split("_")[2]: body for body in bodies if "shin" in body.name}
        low = {side: body.world_vertices_m()[body.world_vertices_m()[:, 1].argmin()] for side, body in feet.items()}
        places.append(min(low.values(), key=lambda point: point[1])[2])
    moved_m = max(abs(after - before) for before, after in pairwise(places[1:-1]))
    assert moved_m < 0.6 * step_m
    assert np.ptp(places) < 1.2 * step_m


def test_the_box_holds_the_figure_and_touches_it() -> None:
    person = draw_person(np.random.default_rng(3))
    bodies = bodies_at(person, 1, 0.1, (2.0, 3.0), 1.1, 0.8, 1.0)
    box = box_around(bodies, 1.1)
    points = np.concatenate([body.world_vertices_m() for body in bodies])
    along = (points - np.array(box["centre_m"])) @ np.array(box["axes"]).T
    np.testing.assert_allclose(along.max(axis=0), np.array(box["extent_m"]) / 2, atol=2e-4)
    np.testing.assert_allclose(along.min(axis=0), -np.array(box["extent_m"]) / 2, atol=2e-4)


def test_nine_bodies_under_one_id_have_names_of_which_none_is_part_of_another() -> None:
    bodies = bodies_at(draw_person(np.random.default_rng(4)), 12, 0.0, (0.0, 0.0), 0.0, 0.0, 1.0)
    names = [body.name for body in bodies]
    assert {body.object_id for body in bodies} == {12}
    assert len(set(names)) == 9
    assert not any(a != b and a in b for a in names for b in names)
