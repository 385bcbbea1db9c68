"""GLB files. If the check is weak, a broken file stops a run hours later instead of before it."""

import json
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import trimesh

from video4spatial.pipeline.core.errors import ConfigError, SourceError
from video4spatial.sim_scenes.config import SimConfig
from video4spatial.sim_scenes.glb import category_of, check_glb, load_glb
from video4spatial.sim_scenes.habitat_dataset import glb_of
from video4spatial.sim_scenes.materials import plain
from video4spatial.sim_scenes.place import load_place
from video4spatial.sim_scenes.shapes import box
from video4spatial.sim_scenes.sources import simulation_sources


@pytest.fixture
def glb(tmp_path: Path) -> Path:
    """A floor of 4 x 4 m, a wall, and the same green crate twice."""
    scene = trimesh.Scene()
    scene.add_geometry(trimesh.creation.box((4, 0.1, 4)), node_name="Floor_01", geom_name="floor")
    green = trimesh.visual.material.PBRMaterial(name="green", baseColorFactor=[0, 200, 0, 255], doubleSided=False)
    crate = trimesh.creation.box((0.4, 0.4, 0.4))
    crate.visual = trimesh.visual.TextureVisuals(uv=np.zeros((len(crate.vertices), 2)), material=green)
    for number, x in enumerate((-1.0, 1.0)):
        scene.add_geometry(crate, node_name=f"GreenCrate_0{number}", geom_name="crate", transform=_moved(x, 0.25, 0.5))
    path = tmp_path / "store_room.glb"
    path.write_bytes(scene.export(file_type="glb"))
    return path


def _moved(x: float, y: float, z: float) -> np.ndarray:
    return trimesh.transformations.translation_matrix([x, y, z])


def _with_json(path: Path, change) -> None:  # type: ignore[no-untyped-def]
    """Rewrites the JSON chunk of a GLB."""
    data = path.read_bytes()
    size = struct.unpack_from("<I", data, 12)[0]
    document = json.loads(data[20 : 20 + size])
    change(document)
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    body = struct.pack("<II", len(text), 0x4E4F534A) + text + data[20 + size :]
    path.write_bytes(struct.pack("<4sII", b"glTF", 2, 12 + len(body)) + body)


def test_a_sound_file_passes(glb: Path) -> None:
    assert len(check_glb(glb)["meshes"]) == 3


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere.glb is not a file"):
        check_glb(tmp_path / "nowhere.glb")


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda data: b"", "0 bytes"),
        (lambda data: b"PK" + data[2:], "does not begin with the letters glTF"),
        (lambda data: data[:4] + struct.pack("<I", 1) + data[8:], "version 1, expected 2"),
        (lambda data: data[: len(data) // 2], "header says"),
        (lambda data: data + b"\0" * 8, "header says"),
        (lambda data: data[:12] + struct.pack("<I", 2**30) + data[16:], "a chunk is longer than the file"),
        (lambda data: data[:16] + b"BIN\0" + data[20:], "first chunk is not JSON"),
        (lambda data: data[:20] + b"?" + data[21:], "does not parse"),
    ],
)
def test_a_damaged_file_is_refused_in_one_line(glb: Path, damage, said: str) -> None:  # type: ignore[no-untyped-def]
    glb.write_bytes(damage(glb.read_bytes()))
    with pytest.raises(ConfigError, match=said) as caught:
        check_glb(glb)
    assert "\n" not in str(caught.value)
    assert "export the scene again" in str(caught.value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d.update(meshes=[]), "holds no mesh"),
        (lambda d: d["bufferViews"][0].update(byteLength=10**9), "ends outside its buffer"),
        (lambda d: d["bufferViews"][0].update(buffer=4), "names buffer 4"),
        (lambda d: d["buffers"][0].update(byteLength=10**9), "its chunk"),
        (lambda d: d["buffers"][0].update(uri="elsewhere.bin"), "elsewhere.bin is not there"),
        (lambda d: d["accessors"][0].update(bufferView=99), "names buffer view 99"),
        (lambda d: d["buffers"][0].update(uri="../elsewhere.bin"), "no path below its own folder"),
        (lambda d: d["accessors"][0].update(count=2**32), "more than its buffer view holds"),
        (lambda d: d["nodes"][0].update(children=[0]), "form a tree"),
        (lambda d: d.update(extensionsRequired=["EXT_meshopt_compression"]), "EXT_meshopt_compression.*gltfpack"),
    ],
)
def test_contents_that_point_outside_are_refused(glb: Path, change, said: str) -> None:  # type: ignore[no-untyped-def]
    _with_json(glb, change)
    with pytest.raises(ConfigError, match=said):
        check_glb(glb)


def test_a_broken_scene_is_found_when_sources_are_listed(glb: Path) -> None:
    glb.write_bytes(b"not a scene")
    with pytest.raises(ConfigError, match=r"store_room\.glb"):
        simulation_sources(SimConfig(rooms=1, scenes=(str(glb),)), seed=0)


def test_nodes_become_objects_and_floors_the_stage(glb: Path) -> None:
    scene = load_glb(glb, "store")
    assert [(body.object_id, body.category) for body in scene.bodies] == [
        (0, "stage"),
        (1, "green crate"),
        (2, "green crate"),
    ]
    crates = scene.bodies[1:]
    assert crates[0].parts[0].material is crates[1].parts[0].material
    np.testing.assert_allclose(crates[1].world_vertices_m().mean(axis=0), [1.0, 0.25, 0.5], atol=1e-6)
    red, green, blue = crates[0].parts[0].material.colour
    assert green > 0.7
    assert red == blue == 0.0


def test_a_picture_that_does_not_decode_costs_that_scene_alone(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, size=(64, 64, 3), dtype=np.uint8)
    cushion = plain("cushion", (1.0, 1.0, 1.0))
    data = bytearray(glb_of((box((1, 1, 1), (0, 0, 0), replace(cushion, texture=noise)),)))
    start = data.index(b"IDAT")
    data[start + 4 : start + 4000] = bytes(3996)
    path = tmp_path / "cushion.glb"
    path.write_bytes(data)
    with pytest.raises(SourceError, match=r"cushion\.glb cannot be read") as caught:
        load_glb(path, "cushion")
    assert caught.value.reason == "unreadable_scene"


def test_a_file_that_changed_after_planning_is_not_rendered_under_the_old_hash(glb: Path) -> None:
    (source,) = simulation_sources(SimConfig(rooms=0, scenes=(str(glb),)), seed=0)
    _with_json(glb, lambda document: document.update(extras={"edited": True}))
    with pytest.raises(SourceError, match="has changed since the run was planned"):
        load_place(source, radius_m=0.25, eye_height_m=1.6)
    glb.unlink()
    with pytest.raises(SourceError, match="is gone"):
        load_place(source, radius_m=0.25, eye_height_m=1.6)


def test_vertices_that_are_not_numbers_are_refused(tmp_path: Path) -> None:
    mesh = trimesh.creation.box((1, 1, 1))
    mesh.vertices = np.where(np.arange(24).reshape(8, 3) == 4, np.nan, mesh.vertices)
    path = tmp_path / "nan.glb"
    path.write_bytes(trimesh.Scene(mesh).export(file_type="glb"))
    with pytest.raises(SourceError):
        load_glb(path, "nan")


@pytest.mark.parametrize(
    ("node", "words"),
    [
        ("CoffeeTable_01_001", "coffee table"),
        ("TV_02", "tv"),
        ("mesh308615427_8cb19c", "mesh"),
        ("SM_Sofa_LOD0", "sofa"),
        ("42", "thing"),
    ],
)
def test_categories_are_read_from_names(node: str, words: str) -> None:
    assert category_of(node) == words


@pytest.mark.parametrize("name", ["aws_small_house.glb", "webxr_garage.glb"])
def test_real_scenes_can_be_walked(shared_data: Path, name: str) -> None:
    (source,) = simulation_sources(SimConfig(rooms=0, scenes=(str(shared_data / "scenes" / name),)), seed=0)
    place = load_place(source, radius_m=0.25, eye_height_m=1.65)
    area_m2 = place.space.walkable(0.25).sum() * place.space.cell_m**2
    assert area_m2 > {"aws_small_house.glb": 60, "webxr_garage.glb": 15}[name]
    assert abs(place.space.floor_m) < 0.06
    assert source.split_group.startswith(Path(name).stem + "-")


def test_a_mesh_of_several_materials_is_one_thing_with_one_name_whenever_it_is_read(glb: Path) -> None:
    def join(document: dict) -> None:  # the crate's triangles twice, as two primitives of one mesh
        for mesh in document["meshes"]:
            mesh["primitives"] *= 2

    _with_json(glb, join)
    first, second = load_glb(glb, "store"), load_glb(glb, "store")
    assert [body.name for body in first.bodies] == [body.name for body in second.bodies]
    assert [body.category for body in first.bodies] == ["stage", "green crate", "green crate"]
    assert len(first.bodies[1].parts) == 2
