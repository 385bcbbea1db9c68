"""Lighting. If this breaks, a lighting variant looks like its original, or a room is black."""

from dataclasses import replace

import numpy as np
import pytest

from tests.sim_scenes.helpers import cameras_at
from video4spatial.pipeline.core.geometry import look_at
from video4spatial.pipeline.core.seeds import rng
from video4spatial.sim_scenes.lights import MOODS, Fixtures, draw_lighting
from video4spatial.sim_scenes.render.embedded import EmbeddedRenderer
from video4spatial.sim_scenes.rooms import generate_room
from video4spatial.sim_scenes.scene import Lamp
from video4spatial.sim_scenes.variants import relit

WINDOW = ((0.0, 1.5, -2.0), (0.0, 0.0, 1.0), 1.5)
LAMPS = (Lamp((0.0, 2.2, 0.0), (2.0, 2.0, 2.0)),)


@pytest.mark.parametrize("mood", MOODS)
def test_no_room_is_black_or_burnt_out(mood: str, place) -> None:  # type: ignore[no-untyped-def]
    poses = [look_at([0.4, 1.5, 0.3], target) for target in ([2, 1, 2], [-2, 1, -2], [2, 1, -2])]
    for seed in range(3):
        room = generate_room(seed)
        scene = relit(room_place(place, room), mood, rng(seed, "test", mood))
        rgb = EmbeddedRenderer(scene).render(cameras_at(poses, 48, 48)).rgb
        assert 12 < rgb.mean() < 215, (seed, mood)


def room_place(place, room):  # type: ignore[no-untyped-def]
    """The place fixture with another room in it: `relit` needs its scene and its lamps only."""
    return replace(place, scene=room.scene, fixtures=room.fixtures, mood=room.mood)


def test_the_sun_shines_in_by_day_and_not_by_night() -> None:
    fixtures = Fixtures((WINDOW,), LAMPS)
    day, night = (draw_lighting(rng(0, "test", mood), fixtures, mood) for mood in ("day", "night"))
    assert day.sun is not None
    assert night.sun is None
    direction = np.array(day.sun.direction)
    assert np.linalg.norm(direction) == pytest.approx(1.0)
    assert direction @ np.array(WINDOW[1]) > 0  # inwards
    assert direction[1] < 0  # downwards
    assert sum(night.sky) < 0.2 * sum(day.sky)


def test_lamps_burn_at_night_and_always_where_there_is_no_window() -> None:
    for fixtures, mood in ((Fixtures((WINDOW,), LAMPS), "night"), (Fixtures((), LAMPS), "day")):
        lighting = draw_lighting(rng(0, "test", "lamps"), fixtures, mood)
        assert LAMPS[0].position_m in [lamp.position_m for lamp in lighting.lamps]


def test_the_same_generator_gives_the_same_light() -> None:
    fixtures = Fixtures((WINDOW,), LAMPS)
    first, second = (draw_lighting(rng(4, "test", "same"), fixtures, "evening") for _ in range(2))
    assert first == second
    assert draw_lighting(rng(5, "test", "same"), fixtures, "evening") != first
