"""Rooms and houses furnished from the user's folders. If this breaks, other people's sofas float, or data changes with
a folder without changing its name."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.sim_scenes.asset_maker import made, write_home, write_object, write_picture
from tests.sim_scenes.house_checks import problems
from video4spatial.pipeline.core.errors import ConfigError, SourceError
from video4spatial.sim_scenes.assets import library as library_module
from video4spatial.sim_scenes.assets.library import SourceFolders, open_library
from video4spatial.sim_scenes.assets.stock import Stock
from video4spatial.sim_scenes.assets.usage import told_usage
from video4spatial.sim_scenes.config import SimConfig, View
from video4spatial.sim_scenes.houses import GeneratedHouse, generate_house
from video4spatial.sim_scenes.place import load_place
from video4spatial.sim_scenes.rooms import generate_room
from video4spatial.sim_scenes.scene import flatten
from video4spatial.sim_scenes.sources import asset_folders, house_source, room_source, scene_name, simulation_sources
from video4spatial.sim_scenes.stage import SimulateStage

VIEW = View(size_px=32, paths=1, frames=4, depth_scale=1, samples=1, lighting_variants=0, occluder_variants=0)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> SourceFolders:
    objects, textures = write_home(tmp_path_factory.mktemp("home"))
    return SourceFolders((str(objects),), (str(textures),))


@pytest.fixture(scope="module")
def houses(home: SourceFolders) -> list[GeneratedHouse]:
    return [generate_house(seed, Stock(open_library(home))) for seed in range(12)]


def files_of(house: GeneratedHouse) -> set[str]:
    return {item.piece.file for room in house.rooms for item in room.placed} - {""}


def test_houses_with_the_users_things_hold_like_all_others(houses: list[GeneratedHouse]) -> None:
    assert [line for house in houses for line in problems(house)] == []


@pytest.mark.slow
def test_houses_of_downloaded_objects_hold_and_use_nearly_all_of_them(shared_data: Path) -> None:
    """Objects and textures as people publish them: benches, L-shaped sofas, a bicycle, tiles, planks."""
    library = open_library(SourceFolders((str(shared_data / "objects"),), (str(shared_data / "textures"),)))
    houses = [generate_house(seed, Stock(library)) for seed in range(40)]
    assert [line for house in houses for line in problems(house)] == []
    used = set[str]().union(*(files_of(house) for house in houses))
    placeless = set[str]().union(*(house.offered for house in houses)) - used
    assert used | placeless == {entry.name for entry in library.catalogue.objects}
    assert len(used) > 0.9 * len(library.catalogue.objects)


def test_the_users_things_take_the_place_of_generated_ones(houses: list[GeneratedHouse]) -> None:
    used = set[str]().union(*(files_of(house) for house in houses))
    assert used >= {"MyBed_01.glb", "MySofa_00.glb", "MyDiningTable_03.glb", "old chair 0.glb"}
    chairs = [
        item for house in houses for room in house.rooms for item in room.placed if item.piece.category == "chair"
    ]
    assert sum(bool(item.piece.file) for item in chairs) > 0.9 * len(chairs)  # three files: always the user's
    names = {part.material.name for house in houses for part in house.scene.bodies[0].parts}
    assert {"WoodFloor051.png", "brick_wall_10.png"} <= names


def test_sofas_and_beds_have_their_back_to_a_wall(houses: list[GeneratedHouse]) -> None:
    for house in houses:
        for room in house.rooms:
            for item in room.placed:
                if item.piece.file and item.piece.category in ("sofa", "bed"):
                    back = np.asarray(item.position_m)[[0, 2]] - (
                        np.array([np.sin(item.yaw_rad), np.cos(item.yaw_rad)]) * (item.piece.size_m()[2] / 2 + 0.1)
                    )
                    assert np.any(np.abs(back) > np.array([room.shell.width_m, room.shell.depth_m]) / 2)


def test_one_seed_gives_one_house_whatever_was_made_before(home: SourceFolders) -> None:
    first = generate_house(3, Stock(open_library(home)))
    open_library(home)._kept.clear()
    for seed in (5, 6, 3):
        again = generate_house(seed, Stock(open_library(home)))
    assert flatten(first.scene.bodies).corners_m.tobytes() == flatten(again.scene.bodies).corners_m.tobytes()
    assert [body.words for body in first.scene.bodies] == [body.words for body in again.scene.bodies]


def test_the_word_of_a_texture_is_looked_up_once(home: SourceFolders, monkeypatch: pytest.MonkeyPatch) -> None:
    """It sorts every pixel; asked again by each room it was half of the time of a house."""
    looked_up: list[int] = []
    monkeypatch.setattr(library_module, "colour_word", lambda colours: looked_up.append(len(colours)) or "blue")
    library = library_module.Library(open_library(home).catalogue)
    for seed in range(4):
        generate_house(seed, Stock(library))
    assert len(looked_up) == 1  # one of the textures is cloth


def test_what_was_drawn_and_found_no_place_is_told_by_name(home: SourceFolders, tmp_path: Path) -> None:
    """A kitchen for a hall is drawn again and again; nobody should have to guess why it is never seen."""
    write_object(tmp_path / "kitchen_cabinet.glb", made("kitchen_counter"), scale=1.6)
    (tmp_path / "objects.yaml").write_text("kitchen_cabinet: {category: kitchen cabinet, scale: 1}\n")
    write_object(tmp_path / "chair.glb", made("chair"))
    library = open_library(SourceFolders((str(tmp_path),)))
    huge = next(entry for entry in library.catalogue.objects if entry.kind.category == "kitchen unit")
    places = [load_place(house_source(seed, SourceFolders((str(tmp_path),))), 0.25, 1.65) for seed in range(4)]
    assets = [place.assets for place in places]
    for each in assets:
        assert not set(each["used"]) & set(each["no_place"])
    told = told_usage(library.catalogue, assets)
    assert any(huge.name in each["no_place"] for each in assets)
    assert told[0] == "your files: 1 of 2 objects are used in 4 scenes"
    assert told[1].startswith(f"  no place   {huge.name} (kitchen unit, ")
    assert "fits in none of them" in told[1]


def test_files_that_were_not_drawn_or_left_out_are_told_too(home: SourceFolders) -> None:
    catalogue = replace(open_library(home).catalogue, left_out={"x.fbx": "not a GLB"})
    told = told_usage(catalogue, [{"used": ["MySofa_00.glb"], "no_place": {}, "left_out": {"y.png": "empty"}}])
    assert told[0] == "your files: 1 of 9 objects and 0 of 7 textures are used in 1 scene"
    assert "  not drawn  old chair 0.glb: by chance, or no room of its kind; more scenes use more files" in told
    assert told[-2:] == ["  left out   x.fbx: not a GLB", "  left out   y.png: empty"]
    many = {f"{k}.fbx": "not a GLB" for k in range(50)}
    told = told_usage(replace(catalogue, left_out=many), [])
    assert told[-1] == "  left out   10 more"


def test_materials_are_shared_between_houses(home: SourceFolders) -> None:
    """The renderer takes textures again where scenes share materials."""
    stock = Stock(open_library(home))
    own = [
        {id(p.material) for body in generate_house(seed, stock).scene.bodies for p in body.parts} for seed in (1, 2, 3)
    ]
    assert own[0] & own[1] & own[2]


def test_rooms_that_stand_alone_are_furnished_too(home: SourceFolders) -> None:
    rooms = [generate_room(seed, Stock(open_library(home))) for seed in range(6)]
    assert {item.piece.file for room in rooms for item in room.placed} > {"", "MySofa_00.glb", "MyBed_01.glb"}


def test_without_folders_sources_are_as_they_were(home: SourceFolders) -> None:
    assert house_source(7).uri == "procedural:house?seed=7"
    assert house_source(7).location == ""
    assert asset_folders(house_source(7)) == SourceFolders()
    assert house_source(7, home).sha256 != house_source(7).sha256
    assert house_source(7, home).split_group == house_source(7).split_group == "house-7"
    assert scene_name(house_source(7, home)) != scene_name(house_source(7)) == "house-7"
    assert house_source(7, home).uri.startswith("procedural:house?seed=7&objects=")
    assert room_source(7, home).sha256 != house_source(7, home).sha256


def test_the_identity_follows_the_bytes_and_not_the_place(tmp_path: Path) -> None:
    def identity(folder: Path) -> str:
        return house_source(1, SourceFolders((str(folder),))).sha256

    for name in ("a", "b"):
        write_object(tmp_path / name / "chair.glb", made("chair"))
    first = identity(tmp_path / "a")
    assert identity(tmp_path / "b") == first
    write_object(tmp_path / "a" / "chair.glb", made("chair", 5))
    assert identity(tmp_path / "a") != first


def test_a_file_that_changes_between_plan_and_render_is_an_error_of_the_unit(tmp_path: Path) -> None:
    objects, _ = write_home(tmp_path)
    source = house_source(1, SourceFolders((str(objects),)))
    write_object(objects / "old chair 0.glb", made("chair", 9))
    with pytest.raises(SourceError, match="have changed since the run was planned") as caught:
        load_place(source, 0.25, 1.65)
    assert caught.value.reason == "changed"


def test_a_house_of_the_users_things_is_filmed_and_says_what_it_is_made_of(home: SourceFolders, tmp_path: Path) -> None:
    config = SimConfig(rooms=0, houses=1, views=(VIEW,), objects=home.objects[0], textures=home.textures)
    stage = SimulateStage(config=config, scene_folder=str(tmp_path))
    (unit,) = stage.units(simulation_sources(config, 2), 2)
    assert not any("home" in json.dumps(part) for part in (unit.settings, unit.source.uri))
    (product,) = stage.build()(unit)
    assert product.sequence is not None
    assert "&objects=" in product.sequence.provenance.source_uri
    name = scene_name(unit.source)
    plan = json.loads((tmp_path / name / "plan.json").read_text())
    assert plan["assets"]["left_out"] == {}
    assert set(plan["assets"]["used"]) & {"MySofa_00.glb", "MyBed_01.glb", "old chair 0.glb", "WoodFloor051.png"}
    assert (tmp_path / name / f"{name}.scene_dataset_config.json").is_file()


def test_the_written_dataset_holds_the_users_things(home: SourceFolders, tmp_path: Path) -> None:
    from video4spatial.sim_scenes.habitat_dataset import write_dataset

    house = generate_house(2, Stock(open_library(home)))
    config = write_dataset(tmp_path, house.scene)
    body = next(b for room in house.rooms for b in house.scene.bodies if b.category == "chair")
    described = json.loads((tmp_path / "objects" / f"{body.name}.object_config.json").read_text())
    assert described["user_defined"]["words"] == list(body.words)
    assert (tmp_path / "objects" / f"{body.name}.glb").stat().st_size > 1000
    assert config.is_file()


def test_settings_that_cannot_be_meant_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"simulation\.objects: .* is not a folder"):
        simulation_sources(SimConfig(rooms=0, houses=1, objects=str(tmp_path / "nowhere")), 0)
    with pytest.raises(ConfigError, match=r"simulation\.textures: .* has nothing to use"):
        simulation_sources(SimConfig(rooms=1, textures=(str(tmp_path),)), 0)
    with pytest.raises(ConfigError, match=r"simulation\.objects furnishes rooms and houses, of which there are none"):
        SimConfig(rooms=0, houses=0, scenes=("a.glb",), objects=str(tmp_path))
    with pytest.raises(ConfigError, match=r"simulation\.textures names an empty path"):
        SimConfig(textures=("",))


def test_things_that_never_fit_do_not_stop_a_house(tmp_path: Path) -> None:
    """Three huge chairs: generated ones take their place where nothing else does."""
    for seed in range(3):
        write_object(tmp_path / f"chair {seed}.glb", made("dresser", seed), scale=0.9)
    (tmp_path / "objects.yaml").write_text("".join(f"chair {k}: {{category: chair, scale: 1}}\n" for k in range(3)))
    write_picture(tmp_path / "wall.png")
    library = open_library(SourceFolders((str(tmp_path),), (str(tmp_path),)))
    assert len(library.catalogue.objects) >= 1
    for seed in range(4):
        assert problems(generate_house(seed, Stock(library))) == []


def test_what_no_generated_piece_stands_for_is_added_where_it_belongs(tmp_path: Path) -> None:
    write_object(tmp_path / "bicycle.glb", made("bench"), scale=1.4)
    write_object(tmp_path / "m.glb", made("nightstand"), scale=0.6)
    write_object(tmp_path / "k.glb", made("nightstand"), scale=0.5)
    write_object(tmp_path / "x.glb", made("stool"))
    said = {"m": ("samovar", "table"), "k": ("mask", "wall"), "x": ("dog", "ceiling")}
    notes = [f"{name}: {{category: {category}, stands: {stands}}}\n" for name, (category, stands) in said.items()]
    (tmp_path / "objects.yaml").write_text("".join(notes))
    library = open_library(SourceFolders((str(tmp_path),)))
    assert library.catalogue.left_out == {"x.glb": "only lamps hang from ceilings"}
    houses = [generate_house(seed, Stock(library)) for seed in range(8)]
    assert [line for house in houses for line in problems(house)] == []
    placed = [item for house in houses for room in house.rooms for item in room.placed]
    found = {(item.piece.category, "table" if item.support.isdigit() else item.support) for item in placed}
    assert {("bicycle", "floor"), ("samovar", "table"), ("mask", "wall")} <= found
