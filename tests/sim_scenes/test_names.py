"""What things are called. If names are read wrong, the lamp on the wall is wall, and every leg is a thing."""

import pytest

from video4spatial.sim_scenes.names import category_of, is_structure, thing_of


@pytest.mark.parametrize(
    ("node", "category"),
    [
        ("CoffeeTable_01_001", "coffee table"),
        ("SM_Sofa_LOD0", "sofa"),
        ("shoe_box.003", "shoe box"),
        ("TVCabinet_01", "tv cabinet"),
        ("Mesh_8cb19c", "mesh"),
        ("3f9a77bc01", "thing"),
        ("Object_12", "object"),
        ("", "thing"),
    ],
)
def test_categories_are_the_words_that_people_would_say(node: str, category: str) -> None:
    assert category_of(node) == category


@pytest.mark.parametrize("node", ["Wall_01", "HouseWallB_01", "RoomCeiling_01_001", "kitchen floor", "SM_Walls_LOD1"])
def test_walls_floors_and_ceilings_belong_to_the_building(node: str) -> None:
    assert is_structure(node)


@pytest.mark.parametrize("node", ["WallLamp_01", "FloorLamp", "ceiling_fan", "RoomWindow_01", "Carpet", "Cube.001", ""])
def test_what_hangs_on_a_wall_or_stands_on_a_floor_does_not(node: str) -> None:
    assert not is_structure(node)


@pytest.mark.parametrize(
    ("path", "thing"),
    [
        (("Scene", "Chair_01", "leg_2"), "Chair_01"),
        (("Scene", "Chair_01", "Object_14"), "Chair_01"),
        (("Scene", "Chair_01", "back", "mesh_0"), "Chair_01"),
        (("Kitchen", "Fridge"), "Fridge"),
        (("Kitchen", "door"), "door"),
        (("RootNode", "Living_Room", "Cube.012"), "Cube.012"),
        (("Desk", "Laptop"), "Laptop"),
        (("Wardrobe",), "Wardrobe"),
        (("",), ""),
    ],
)
def test_parts_belong_to_what_they_hang_from_and_things_to_themselves(path: tuple[str, ...], thing: str) -> None:
    assert path[thing_of(path)] == thing
