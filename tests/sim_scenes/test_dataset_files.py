"""Habitat datasets as inputs. If this breaks, a wrong path in a dataset is found hours into a run, or never."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from video4spatial.pipeline.core.errors import ConfigError, SourceError
from video4spatial.sim_scenes.config import SimConfig, View
from video4spatial.sim_scenes.dataset_files import split_address
from video4spatial.sim_scenes.habitat_dataset import write_dataset
from video4spatial.sim_scenes.place import load_place
from video4spatial.sim_scenes.rooms import GeneratedRoom
from video4spatial.sim_scenes.sources import Source, scene_name, simulation_sources
from video4spatial.sim_scenes.stage import SimulateStage


@pytest.fixture(scope="module")
def original(room: GeneratedRoom, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_dataset(tmp_path_factory.mktemp("original"), room.scene)


@pytest.fixture
def dataset(original: Path, tmp_path: Path) -> Path:
    """A dataset of one room, to be damaged."""
    shutil.copytree(original.parent, tmp_path / "dataset")
    return tmp_path / "dataset" / original.name


def listed(*scenes: str) -> list[Source]:
    return simulation_sources(SimConfig(rooms=0, scenes=scenes), seed=0)


def edit(path: Path, change: Callable[[Any], Any]) -> None:
    value = json.loads(path.read_text())
    change(value)
    path.write_text(json.dumps(value))


def copy_scene(dataset: Path, name: str) -> None:
    scenes = dataset.parent / "scenes"
    (scenes / f"{name}.scene_instance.json").write_bytes(next(scenes.glob("*.json")).read_bytes() + b"\n")


def test_a_scene_is_chosen_after_the_number_sign_and_all_are_taken_without_one(dataset: Path) -> None:
    copy_scene(dataset, "second")
    room = dataset.name.split(".")[0]
    assert [source.uri.split("#")[1] for source in listed(str(dataset))] == [room, "second"]
    (one,) = listed(f"{dataset}#second")
    assert one.uri == f"{dataset.name}#second"
    assert scene_name(one) == f"second-{one.sha256[:8]}"


def test_scenes_with_one_stage_never_stand_on_two_sides_of_a_split(dataset: Path) -> None:
    copy_scene(dataset, "second")
    first, second = listed(str(dataset))
    assert first.split_group == second.split_group
    assert first.sha256 != second.sha256
    assert scene_name(first) != scene_name(second)


def test_a_scene_is_its_files_wherever_they_lie(dataset: Path, original: Path) -> None:
    (here,), (there,) = listed(str(dataset)), listed(str(original))
    assert here.sha256 == there.sha256
    copy_scene(dataset, "second")  # another scene of the dataset does not matter
    assert listed(str(dataset))[0].sha256 == here.sha256
    template = sorted((dataset.parent / "objects").glob("*.object_config.json"))[0]
    edit(template, lambda value: value.update(scale=[1, 1.5, 1]))
    assert listed(str(dataset))[0].sha256 != here.sha256


@pytest.mark.parametrize(
    ("kind", "change", "said"),
    [
        ("objects", lambda d: d.update(render_asset="gone.glb"), r"names gone\.glb, which is not there"),
        ("objects", lambda d: d.pop("render_asset"), "names no render_asset"),
        ("stages", lambda d: d.update(up="y"), "up must be 3 numbers, got 'y'"),
        ("scenes", lambda d: d.pop("stage_instance"), "every scene needs a stage"),
        ("scenes", lambda d: d["stage_instance"].update(template_name="attic"), "stages of .* have no 'attic'"),
        ("scenes", lambda d: d["object_instances"][0].update(template_name="unicorn"), "have no 'unicorn'; there are"),
        ("scenes", lambda d: d["object_instances"][1].update(rotation=[1, 0, 0]), r"\[1\]\.rotation must be 4 numbers"),
        ("scenes", lambda d: d.update(default_lighting="disco"), "light_setups of .* have no 'disco'"),
        ("lighting", lambda d: d.update(lights=[]), "lights must be an object, got list"),
        (".", lambda d: d["scene_instances"]["paths"].update({".json": ["elsewhere"]}), "lists no scene instance"),
        (".", lambda d: d.update(stages="stages"), "stages must read"),
        (".", lambda d: d["objects"]["paths"].update({".json": ["/objects"]}), "absolute path /objects"),
    ],
)
def test_what_is_wrong_inside_is_said_before_the_start(dataset: Path, kind: str, change: Any, said: str) -> None:
    edit(sorted((dataset.parent / kind).glob("*.json"))[0], change)
    with pytest.raises(ConfigError, match=said) as caught:
        listed(str(dataset))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["stages", "objects", "lighting", "scenes", "."])
def test_malformed_json_is_named(dataset: Path, kind: str) -> None:
    path = sorted((dataset.parent / kind).glob("*.json"))[0]
    path.write_text(path.read_text()[:-5])
    with pytest.raises(ConfigError, match=f"{path.name} is not JSON"):
        listed(str(dataset))
    path.write_text("[]")
    with pytest.raises(ConfigError, match=f"{path.name} must hold a JSON object, got list"):
        listed(str(dataset))


def test_a_mesh_that_is_cut_off_is_named(dataset: Path) -> None:
    mesh = sorted((dataset.parent / "objects").glob("*.glb"))[0]
    mesh.write_bytes(mesh.read_bytes()[:-100])
    with pytest.raises(ConfigError, match=f"{mesh.name} is not a usable GLB"):
        listed(str(dataset))


def test_a_missing_dataset_and_an_unknown_scene_are_named(dataset: Path) -> None:
    with pytest.raises(ConfigError, match="is not a file"):
        listed(str(dataset.parent / "other.scene_dataset_config.json"))
    with pytest.raises(ConfigError, match=f"have no 'attic'; there are: {dataset.name.split('.')[0]}"):
        listed(f"{dataset}#attic")


def test_addresses_of_other_files_are_left_alone() -> None:
    assert split_address("house.glb") is None
    assert split_address("a.scene_dataset_config.json#x#y") == (Path("a.scene_dataset_config.json"), "x#y")
    assert split_address("a.scene_dataset_config.json#") == (Path("a.scene_dataset_config.json"), "")


def test_a_dataset_that_changed_after_planning_is_not_rendered_under_the_old_hash(dataset: Path) -> None:
    (source,) = listed(str(dataset))
    edit(sorted((dataset.parent / "objects").glob("*.json"))[0], lambda value: value.update(COM=[0, 0.1, 0]))
    with pytest.raises(SourceError, match="has changed since the run was planned"):
        load_place(source, radius_m=0.25, eye_height_m=1.6)
    sorted((dataset.parent / "objects").glob("*.glb"))[0].unlink()
    with pytest.raises(SourceError, match="which is not there"):
        load_place(source, radius_m=0.25, eye_height_m=1.6)


def test_the_scenes_of_a_dataset_are_walked_and_filmed(shared_data: Path, tmp_path: Path) -> None:
    address = shared_data / "habitat_golden" / "dataset" / "flat.scene_dataset_config.json"
    assert len(listed(str(address))) == 4
    views = (View(size_px=32, paths=2, frames=6, depth_scale=1),)
    config = SimConfig(rooms=0, scenes=(f"{address}#flat_no_lights", f"{address}#flat_phong"), views=views)
    stage = SimulateStage(config=config, scene_folder=str(tmp_path))
    units = stage.units(simulation_sources(config, 0), 0)
    for unit, lit in zip(units, (False, True), strict=True):
        place = load_place(unit.source, radius_m=0.25, eye_height_m=1.65)
        assert (place.scene.lighting is not None) is lit
        products = list(stage.build()(unit))
        assert {product.variant for product in products} >= {0, 1}
        seen: set[str] = set()
        for product in products:
            assert product.scene == scene_name(unit.source)
            assert product.scores["geometry_error"] < 0.01
            assert product.scores["min_clearance_m"] >= 0.25
            assert product.sequence is not None
            seen |= {entry["category"] for entry in product.sequence.objects}
        assert {"chair", "table", "sofa"} & seen
        assert (tmp_path / scene_name(unit.source) / "plan.json").is_file()
