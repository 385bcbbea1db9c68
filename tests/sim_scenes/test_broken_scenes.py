"""Damaged and absurd scenes. If one of them raises what is not in the error tree, hangs or eats the memory, it takes
the run with it instead of its own row."""

import copy
import io
import json
import os
import random
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.sim_scenes.gltf_maker import SQUARE, SQUARE_FACES, GltfMaker, house
from video4spatial.pipeline.core.errors import ConfigError, SourceError
from video4spatial.sim_scenes.clearance import find_free_space
from video4spatial.sim_scenes.config import SimConfig, View
from video4spatial.sim_scenes.glb import check_glb, load_glb
from video4spatial.sim_scenes.place import Place, load_place
from video4spatial.sim_scenes.plausible import check_size
from video4spatial.sim_scenes.scene import flatten
from video4spatial.sim_scenes.sources import simulation_sources
from video4spatial.sim_scenes.stage import SimulateStage

ODD: list[Any] = [None, -1, 0, 1, 2**31, 4e9, 1e308, float("nan"), float("inf"), "x", "", [], {}, [[]], True]
ODD += [[1, 2, 3], {"index": 0}, "../../etc/passwd", "/etc/passwd", [0] * 3, "*", "**/*", ".", "x\0y", ["*"]]


def tried(path: Path) -> str:
    """What becomes of a file; anything but a scene or a SourceError of one line fails the test."""
    try:
        scene = load_glb(path, "damaged")
        check_size(scene, "damaged")
    except SourceError as error:
        sound = "\n" not in str(error) and error.reason in ("unreadable_scene", "implausible_size")
        return "refused" if sound else f"refused badly: {error}"
    find_free_space(flatten(scene.bodies), 1.6)
    return "read"


def placed(path: Path | str) -> Place:
    (source,) = simulation_sources(SimConfig(rooms=0, scenes=(str(path),)), seed=0)
    return load_place(source, radius_m=0.25, eye_height_m=1.6)


def spots(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a JSON value, as (owner, key)."""
    for key in list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield value, key
        yield from spots(value[key])


def test_a_file_cut_off_anywhere_is_refused(tmp_path: Path) -> None:
    data, path = house().glb(), tmp_path / "cut.glb"
    for length in range(0, len(data), 37):
        path.write_bytes(data[:length])
        assert tried(path) == "refused"


@pytest.mark.parametrize("seed", range(4))
def test_flipped_bytes_cost_the_file_at_most(tmp_path: Path, seed: int) -> None:
    data, path, draw = house().glb(), tmp_path / "flipped.glb", random.Random(seed)
    start = 0 if seed % 2 else 28 + struct.unpack_from("<I", data, 12)[0]  # all of it, or the numbers and pictures
    outcomes = set()
    for _ in range(60):
        damaged = bytearray(data)
        for _ in range(draw.randrange(1, 6)):
            damaged[draw.randrange(start, len(data))] = draw.randrange(256)
        path.write_bytes(damaged)
        outcomes.add(tried(path))
    assert outcomes == {"refused", "read"}


@pytest.mark.parametrize("seed", range(3))
def test_absurd_values_cost_the_file_at_most(tmp_path: Path, seed: int) -> None:
    path, draw = tmp_path / "absurd.glb", random.Random(seed)
    outcomes = []
    for _ in range(80):
        made = house()
        made.glb()
        owner, key = draw.choice(list(spots(made.document)))
        owner[key] = copy.deepcopy(draw.choice(ODD))
        try:
            path.write_bytes(made.glb())
        except (TypeError, KeyError, AttributeError):
            continue
        outcomes.append(tried(path))
    assert outcomes.count("refused") > 40
    assert set(outcomes) <= {"refused", "read"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d["accessors"][1].update(count=2**30), "more than its buffer view holds"),
        (lambda d: d["accessors"].append({"componentType": 5126, "type": "VEC3", "count": 2**32}), "no buffer view"),
        (lambda d: d["nodes"][1].update(children=[1]), "form a tree"),
        (lambda d: d["nodes"][1].update(scale=[1e40, 1, 1]), "not a number"),
        (lambda d: d["nodes"][1].update(scale=[1e25, 1, 1]), "no places"),
        (lambda d: d["materials"][0]["pbrMetallicRoughness"].update(baseColorFactor=[1, 1]), "must be 4 numbers"),
        (lambda d: d.update(meshes={}), "must be a list of objects"),
        (lambda d: d.update(scenes=[{"nodes": []}]), "holds no triangles"),
        (lambda d: d.update(meshes=[]), "holds no mesh"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, change: Any, said: str) -> None:
    made = house()
    change(made.document)
    with pytest.raises(SourceError, match=said):
        load_glb(made.write(tmp_path / "house.glb"), "house")


def test_instances_do_not_multiply_without_end(tmp_path: Path) -> None:
    made = GltfMaker()
    mesh = made.mesh(np.zeros((30_000, 3), dtype=np.float32))
    for _ in range(2_100):
        made.node(name="Copy", mesh=mesh)
    with pytest.raises(ConfigError, match="it draws 21000000 triangles, at most 8000000 are read"):
        check_glb(made.write(tmp_path / "many.glb"))
    loop = GltfMaker()
    for number in range(40):  # each node twice below the one before: 2^40 instances, were they not refused
        loop.document.setdefault("nodes", []).append({"children": [number + 1] * 2})
    loop.document["nodes"].append({"mesh": loop.square()})
    loop.document["scenes"][0]["nodes"] = [0]
    with pytest.raises(ConfigError, match="form a tree"):
        check_glb(loop.write(tmp_path / "doubling.glb"))


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    stream = io.BytesIO()
    Image.new("L", (8, 8)).save(stream, format="PNG")
    bomb = bytearray(stream.getvalue())
    bomb[16:24] = struct.pack(">II", 40_000, 40_000)  # 5 GB of colours, so its header says
    bomb[29:33] = struct.pack(">I", zlib.crc32(bomb[12:29]))
    made = GltfMaker()
    texture = made.add("textures", {"source": made.add("images", {"bufferView": made.view(bytes(bomb))})})
    made.node(name="Sheet", mesh=made.square(material=made.material(texture)))
    with pytest.raises(SourceError, match="too many pixels"):
        load_glb(made.write(tmp_path / "bomb.glb"), "bomb")


def test_json_that_is_nested_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "deep.gltf"
    path.write_text("[" * 200_000)
    with pytest.raises(ConfigError, match="nested too deep"):
        check_glb(path)
    config = tmp_path / "deep.scene_dataset_config.json"
    config.write_text('{"stages":' * 100_000)
    with pytest.raises(ConfigError, match="nested too deep"):
        simulation_sources(SimConfig(rooms=0, scenes=(str(config),)), seed=0)


def test_a_folder_a_loop_and_a_locked_file_are_named(tmp_path: Path) -> None:
    (tmp_path / "folder.glb").mkdir()
    with pytest.raises(ConfigError, match=r"folder\.glb is a folder, not a scene"):
        check_glb(tmp_path / "folder.glb")
    (tmp_path / "loop.glb").symlink_to(tmp_path / "loop.glb")
    with pytest.raises(ConfigError, match=r"loop\.glb is not a file"):
        check_glb(tmp_path / "loop.glb")
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    locked = house().write(tmp_path / "locked.glb")
    locked.chmod(0)
    with pytest.raises(ConfigError, match=r"cannot read locked\.glb: Permission denied"):
        check_glb(locked)


def room(scale: float = 1.0, floor: bool = True) -> GltfMaker:
    """Four walls of 5 m, a floor and a ceiling."""
    made, half = GltfMaker(), 0.7071068
    level = [("Floor", -half, 0.0)] if floor else []
    for name, x, height in [*level, ("Ceiling", half, 2.5)]:
        place = [0, height * scale, 0]
        made.node(name=name, mesh=made.square(), rotation=[x, 0, 0, half], translation=place, scale=[2.5 * scale] * 3)
    for x, z, y, w in ((0, -2.5, 0, 1), (0, 2.5, 1, 0), (-2.5, 0, half, half), (2.5, 0, -half, half)):
        place, size = [x * scale, 1.25 * scale, z * scale], [2.5 * scale, 1.25 * scale, 1]
        made.node(name="Wall", mesh=made.square(), translation=place, rotation=[0, y, 0, w], scale=size)
    return made


def test_a_room_in_metres_is_a_place(tmp_path: Path) -> None:
    assert placed(room().write(tmp_path / "room.glb")).space.walkable(0.25).any()


def test_a_scene_without_a_floor_says_so(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="has it a floor") as caught:
        placed(room(floor=False).write(tmp_path / "walls.glb"))
    assert caught.value.reason == "no_free_space"


def test_a_room_in_centimetres_is_asked_after_and_read_with_its_unit(tmp_path: Path) -> None:
    path = room(100.0).write(tmp_path / "room.glb")
    with pytest.raises(SourceError, match="500 x 250 x 500 m large; is it in metres") as caught:
        placed(path)
    assert caught.value.reason == "implausible_size"
    low, high = placed(f"{path}#scale=0.01").scene.bounds_m()
    np.testing.assert_allclose(high - low, [5, 2.5, 5], atol=1e-4)


def test_a_room_on_its_side_is_told_from_one_that_stands(tmp_path: Path) -> None:
    made = room()
    inner = made.document["scenes"][0]["nodes"]
    turned = made.add("nodes", {"rotation": [0.7071068, 0, 0, 0.7071068], "children": inner})
    made.document["scenes"][0]["nodes"] = [turned]
    path = made.write(tmp_path / "room.glb")
    with pytest.raises(SourceError, match=r"looks z up .*; add #up=z") as caught:
        placed(path)
    assert caught.value.reason == "on_its_side"
    low, high = placed(f"{path}#up=z").scene.bounds_m()
    np.testing.assert_allclose(high - low, [5, 2.5, 5], atol=1e-4)
    assert placed(f"{path}#up=y").space.walkable(0.25).any()


def test_a_scene_of_no_size_is_refused(tmp_path: Path) -> None:
    made = GltfMaker()
    made.node(name="Dot", mesh=made.mesh(SQUARE * 0, SQUARE_FACES))
    with pytest.raises(SourceError, match="0 x 0 x 0 m large"):
        placed(made.write(tmp_path / "dot.glb"))


def test_addresses_name_axes_and_units_or_are_refused(tmp_path: Path) -> None:
    path = room().write(tmp_path / "room.glb")
    config = SimConfig(rooms=0, scenes=(str(path), f"{path}#up=z", f"{path}#up=z&scale=0.5"))
    plain, turned, small = simulation_sources(config, seed=0)
    assert (plain.uri, turned.uri, small.uri) == ("room.glb", "room.glb#up=z", "room.glb#up=z&scale=0.5")
    assert len({source.sha256 for source in (plain, turned, small)}) == 3
    for option in ("up=w", "scale=0", "scale=nan", "colour=red", "scale"):
        with pytest.raises(ConfigError):
            simulation_sources(SimConfig(rooms=0, scenes=(f"{path}#{option}",)), seed=0)


def test_the_others_go_on_when_one_scene_breaks(tmp_path: Path) -> None:
    path, broken = room().write(tmp_path / "room.glb"), room(floor=False).write(tmp_path / "walls.glb")
    config = SimConfig(
        rooms=0, scenes=(str(broken), str(path)), views=(View(size_px=16, paths=1, frames=2, depth_scale=1),)
    )
    stage = SimulateStage(config=config, scene_folder=str(tmp_path / "scenes"))
    first, second = stage.units(simulation_sources(config, 0), 0)
    worker = stage.build()
    with pytest.raises(SourceError):
        list(worker(first))
    assert list(worker(second))


DATASET: dict[str, Any] = {
    "d.scene_dataset_config.json": {
        "stages": {"default_attributes": {"up": [0, 1, 0], "front": [0, 0, -1]}, "paths": {".json": ["stages"]}},
        "objects": {"paths": {".json": ["objects/*"]}},
        "light_setups": {"default_attributes": {"positive_intensity_scale": 2.0}, "paths": {".json": ["lights"]}},
        "scene_instances": {"default_attributes": {"semantic_scene_instance": "names"}, "paths": {".json": ["scenes"]}},
        "semantic_scene_descriptor_instances": {"names": "names.json"},
    },
    "stages/house.stage_config.json": {"render_asset": "house.glb", "semantic_asset": "house.glb"},
    "objects/chair.object_config.json": {"render_asset": "../stages/house.glb", "semantic_id": 3, "COM": [0, 0, 0]},
    "lights/l.lighting_config.json": {
        "lights": {"0": {"type": "point", "position": [0, 2, 0], "color": [1, 1, 1], "intensity": 2.0}}
    },
    "scenes/s.scene_instance.json": {
        "stage_instance": {"template_name": "house"},
        "default_lighting": "l",
        "object_instances": [{"template_name": "chair", "translation": [1, 1, 0], "rotation": [1, 0, 0, 0]}],
        "articulated_object_instances": [{"template_name": "fridge"}],
        "user_defined": {"ambient": [0.1, 0.1, 0.1], "lamp_radius_m": [0.2]},
    },
    "names.json": {"classes": [{"id": 3, "name": "chair"}]},
}


@pytest.mark.parametrize("seed", range(3))
def test_absurd_dataset_files_cost_their_scene_at_most(tmp_path: Path, seed: int) -> None:
    for name, value in DATASET.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(json.dumps(value))
    house().write(tmp_path / "stages" / "house.glb")
    config = tmp_path / "d.scene_dataset_config.json"
    place = placed(config)
    assert [body.category for body in place.scene.bodies] == ["stage", "chair"]
    draw, refused, lines = random.Random(seed), 0, 0
    for _ in range(70):
        name = draw.choice(list(DATASET))
        value = copy.deepcopy(DATASET[name])
        owner, key = draw.choice(list(spots(value)))
        owner[key] = copy.deepcopy(draw.choice(ODD))
        (tmp_path / name).write_text(json.dumps(value))
        try:
            placed(config)
        except (ConfigError, SourceError) as error:
            refused += "\n" not in str(error)
            lines += str(error).count("\n")
        (tmp_path / name).write_text(json.dumps(DATASET[name]))
    assert refused > 20
    assert lines == 0
