"""Scenes small enough to know their truth by heart, and one furnished room for all tests."""

import numpy as np
import pytest

from tests.sim_scenes.helpers import placed
from video4spatial.sim_scenes.materials import plain
from video4spatial.sim_scenes.place import Place, load_place
from video4spatial.sim_scenes.render.habitat_session import HabitatConfig, habitat_from_environment
from video4spatial.sim_scenes.rooms import GeneratedRoom, generate_room
from video4spatial.sim_scenes.scene import Body, Material, Scene
from video4spatial.sim_scenes.shapes import box
from video4spatial.sim_scenes.sources import room_source


@pytest.fixture(scope="session")
def real_habitat(habitat_environment: dict[str, str]) -> HabitatConfig:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in habitat_environment.items():
            patch.setenv(name, value)
        config = habitat_from_environment()
    assert config is not None
    return config


@pytest.fixture(scope="session")
def room() -> GeneratedRoom:
    return generate_room(1)


@pytest.fixture(scope="session")
def place() -> Place:
    return load_place(room_source(1), radius_m=0.25, eye_height_m=1.65)


@pytest.fixture
def yard() -> Scene:
    """A checkered floor of 8 x 8 m, a red cube of 1 m at x = 1 and a blue one at x = -1.5, unlit, open to the sky."""
    squares = np.kron((np.indices((8, 8)).sum(axis=0) % 2), np.ones((8, 8)))
    checks = (np.repeat(squares[..., None], 3, axis=2) * 180 + 40).astype(np.uint8)
    floor = box((8, 0.2, 8), (0, -0.2, 0), Material("checks", texture=checks), tile_m=2.0)
    red = box((1, 1, 1), (0, 0, 0), plain("red", (0.8, 0.1, 0.1)))
    blue = box((1, 1, 1), (0, 0, 0), plain("blue", (0.1, 0.1, 0.8)))
    return Scene(
        "yard",
        (
            Body(0, "stage", "stage", ("yard",), (floor,)),
            Body(1, "red_cube", "cube", ("red cube",), (red,), placed(1.0, 0.0, 0.3)),
            Body(2, "blue_cube", "cube", ("blue cube",), (blue,), placed(-1.5, 0.0, -0.6)),
        ),
    )
