"""Datasets laid out as HSSD, ReplicaCAD, HM3D and Matterport3D are, with tiny meshes. If one is read otherwise than
habitat-sim reads it, its rooms lie on their side or its chairs are somebody else's. The datasets themselves are not
here: their layouts are imitated from their configs and from habitat-sim's source."""

import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.sim_scenes.gltf_maker import SQUARE, SQUARE_FACES, GltfMaker
from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.sim_scenes.dataset_files import dataset_sources
from video4spatial.sim_scenes.habitat_dataset import read_dataset
from video4spatial.sim_scenes.habitat_lights import AMBIENT
from video4spatial.sim_scenes.scene import Body

ROOM = np.array([[-4, 0, -3], [4, 0, -3], [4, 0, 3], [-4, 0, 3]], dtype=np.float32)
"""A floor of 8 x 6 m, y up."""


def put(root: Path, name: str, value: Any) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(value, GltfMaker):
        value.write(path)
    else:
        path.write_text(value if isinstance(value, str) else json.dumps(value))
    return path


def sheet(vertices: np.ndarray = SQUARE) -> GltfMaker:
    made = GltfMaker()
    made.node(name="mesh", mesh=made.mesh(vertices.astype(np.float32), SQUARE_FACES))
    return made


def middle(body: Body) -> list[float]:
    vertices = body.world_vertices_m()
    return [round(float(x), 5) for x in (vertices.min(axis=0) + vertices.max(axis=0)) / 2]


def size(body: Body) -> list[float]:
    return [round(float(x), 5) for x in np.ptp(body.world_vertices_m(), axis=0)]


@pytest.fixture
def hssd(tmp_path: Path) -> Path:
    """Templates by hash in folders by first letter, decomposed parts, scales on instances, names in a lexicon."""
    put(tmp_path, "stages/102344022.stage_config.json", {"render_asset": "102344022.glb"})
    put(tmp_path, "stages/102344022.glb", sheet(ROOM))
    for folder, name in (("3", "3fe1a0"), ("decomposed/3fe1a0", "3fe1a0_part_1"), ("openings", "door_9")):
        config = {"render_asset": f"{name}.glb", "semantic_id": 7 if name == "3fe1a0" else 0}
        put(tmp_path, f"objects/{folder}/{name}.object_config.json", config)
        put(tmp_path, f"objects/{folder}/{name}.glb", sheet(SQUARE + np.array([3, 1, 0])))
    put(
        tmp_path,
        "semantics/lexicon.json",
        {"classes": [{"id": 7, "name": "dining_table"}, {"id": 0, "name": "undefined"}]},
    )
    put(tmp_path, "semantics/scenes/102344022.semantic_config.json", {"region_annotations": []})

    placed: list[dict[str, Any]] = [
        {"template_name": "3fe1a0", "translation": [1, 2, 0], "rotation": [1, 0, 0, 0], "non_uniform_scale": [1, 2, 1]},
        {"template_name": "3fe1a0_part_1", "translation": [0, 0, 0], "translation_origin": "asset_local"},
        {
            "template_name": "3fe1a0",
            "translation": [0, 0, 0],
            "rotation": [0.70710678, 0, 0.70710678, 0],
            "uniform_scale": 0.5,
        },
    ]
    instance = {"stage_instance": {"template_name": "stages/102344022"}, "object_instances": placed}
    put(tmp_path, "scenes/102344022.scene_instance.json", {**instance, "translation_origin": "COM"})
    semantic = {"default_attributes": {"semantic_descriptor_filename": "../lexicon.json"}}
    config = {
        "stages": {"paths": {".json": ["stages/*"]}},
        "objects": {"paths": {".json": ["objects/*", "objects/decomposed/*"]}},
        "scene_instances": {
            "default_attributes": {
                "default_lighting": "",
                "semantic_scene_instance": "%%CONFIG_NAME_AS_ASSET_FILENAME%%.semantic_config.json",
            },
            "paths": {".json": ["scenes"]},
        },
        "semantic_scene_descriptor_instances": {**semantic, "paths": {".json": ["semantics/scenes/*"]}},
    }
    return put(tmp_path, "hssd-hab.scene_dataset_config.json", config)


def test_hssd_things_stand_where_habitat_puts_them_and_have_their_names(hssd: Path) -> None:
    scene = read_dataset(hssd, "102344022")
    table, part, turned = scene.bodies[1:]
    assert (table.category, turned.category) == ("dining table", "dining table")
    assert middle(table) == [1, 2, 0]  # COM: the middle of its box stands at the translation
    assert size(table) == [2, 4, 0]
    assert middle(part) == [3, 1, 0]  # asset_local
    assert middle(turned) == [0, 0, 0]
    assert size(turned) == [0, 1, 1]
    assert table.parts is turned.parts  # read once


def test_the_template_of_the_name_goes_before_one_that_contains_it(hssd: Path) -> None:
    names = [body.name for body in read_dataset(hssd, "102344022").bodies[1:]]
    assert names == ["3fe1a0", "3fe1a0_part_1", "3fe1a0"]


def test_habitats_default_lights_light_from_everywhere(hssd: Path) -> None:
    lighting = read_dataset(hssd, "102344022").lighting
    assert lighting is not None
    assert lighting.sun is None
    assert lighting.ambient[0] > 2 * AMBIENT


@pytest.fixture
def replica(tmp_path: Path) -> Path:
    """Configs in folders of their own, meshes elsewhere, joints in URDF, lights with scales, a navmesh."""
    put(tmp_path, "stages/apt.glb", sheet(ROOM))
    put(
        tmp_path, "configs/stages/apt.stage_config.json", {"render_asset": "../../stages/apt.glb", "shader_type": "pbr"}
    )
    put(tmp_path, "objects/basket.glb", sheet())
    put(tmp_path, "configs/objects/frl_basket.object_config.json", {"render_asset": "../../objects/basket.glb"})
    put(tmp_path, "urdf/fridge/fridge.urdf", "<robot name='fridge'/>")
    lights = {
        "0": {"type": "point", "position": [1, 2, 3], "intensity": 2.0, "color": [1, 0.5, 0.5]},
        "1": {"type": "point", "position": [0, 2, 0], "intensity": -3.0},
        "2": {"position": [2, 2, 2], "intensity": 1.0, "position_model": "camera"},
        "3": {"direction": [0, -2, 0], "intensity": 0.2},
        "10": {"type": "directional", "direction": [1, 0, 0], "intensity": 0.4},
    }
    put(tmp_path, "configs/lighting/apt.lighting_config.json", {"lights": lights})
    instance = {
        "stage_instance": {"template_name": "stages/apt"},
        "default_lighting": "lighting/apt",
        "object_instances": [
            {"template_name": "objects/frl_basket", "translation": [1, 1, 1], "motion_type": "DYNAMIC"}
        ],
        "articulated_object_instances": [{"template_name": "fridge", "translation": [2, 1, 0]}] * 2,
        "navmesh_instance": "apt_navmesh",
    }
    put(tmp_path, "configs/scenes/apt_0.scene_instance.json", instance)
    scales = {"positive_intensity_scale": 2.5, "negative_intensity_scale": 0.1}
    config = {
        "stages": {"paths": {".json": ["configs/stages"]}},
        "objects": {"paths": {".json": ["configs/objects"]}},
        "articulated_objects": {"paths": {".urdf": ["urdf/*/"]}},
        "light_setups": {"default_attributes": scales, "paths": {".json": ["configs/lighting"]}},
        "scene_instances": {"paths": {".json": ["configs/scenes"]}},
        "navmesh_instances": {"apt_navmesh": "navmeshes/apt.navmesh"},
    }
    return put(tmp_path, "replicaCAD.scene_dataset_config.json", config)


def test_replica_cad_lights_are_those_that_can_be_shown_and_the_rest_is_named(
    replica: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        lighting = read_dataset(replica, "apt_0").lighting
    assert lighting is not None
    (lamp,) = lighting.lamps
    assert (lamp.position_m, lamp.colour) == ((1.0, 2.0, 3.0), (5.0, 2.5, 2.5))
    assert lighting.sun is not None
    np.testing.assert_allclose(lighting.sun.direction, [1, 0, 0])
    np.testing.assert_allclose(lighting.ambient, AMBIENT + 0.25 * 0.5)
    (line,) = [record.getMessage() for record in caplog.records if "apt_0" in record.getMessage()]
    for name in ("2 articulated objects: fridge", "lights of negative strength", "go with the camera", "further suns"):
        assert name in line


def test_replica_cad_meshes_are_found_from_their_configs(replica: Path) -> None:
    (source,) = dataset_sources(replica)
    assert source.uri == "replicaCAD.scene_dataset_config.json#apt_0"
    (basket,) = read_dataset(replica, "apt_0").bodies[1:]
    assert (basket.category, middle(basket)) == ("frl basket", [1, 1, 1])


def annotated() -> GltfMaker:
    """The floor of `hm3d` with two things painted on it: the left half a rug, the right half floor."""
    picture = np.zeros((16, 16, 3), dtype=np.uint8)
    picture[:, :8], picture[:, 8:] = (0x12, 0x34, 0x56), (0xAB, 0xCD, 0xEF)
    made = GltfMaker()
    material = made.material(made.picture(Image.fromarray(picture)))
    made.node(name="mesh", mesh=_tiles(made, material))
    return made


def _tiles(made: GltfMaker, material: int | None) -> int:
    """8 x 6 m in z-up axes, as 8 x 2 triangles along x."""
    x = np.repeat(np.linspace(-4, 4, 9), 2)
    y = np.tile([-3.0, 3.0], 9)
    vertices = np.stack([x, y, 0 * x], axis=1).astype(np.float32)
    faces = np.concatenate([[[k, k + 2, k + 3], [k, k + 3, k + 1]] for k in range(0, 16, 2)]).astype(np.uint16)
    uv = np.stack([(x + 4) / 8, (y + 3) / 6], axis=1).astype(np.float32)
    return made.mesh(vertices, faces, TEXCOORD_0=uv, **({} if material is None else {"material": material}))


@pytest.fixture
def hm3d(tmp_path: Path) -> Path:
    """Bare GLBs found by globs, all they need in the defaults; names and colours of things beside them."""
    for split, scene in (("train", "00009-vLpv2VX547B"), ("val", "00800-TEEsavR23oF")):
        folder, name = f"{split}/{scene}", scene.split("-")[1]
        stage = GltfMaker()
        stage.node(name="mesh", mesh=_tiles(stage, None))
        if split == "val":
            stage.document["asset"]["generator"] = "of another scene"
            put(tmp_path, f"{folder}/{name}.semantic.glb", annotated())
            names = 'HM3D Semantic Annotations\n1,123456,"area rug, round",2\n2,ABCDEF,"floor",2\n3,000001,"lamp",2\n'
            put(tmp_path, f"{folder}/{name}.semantic.txt", names)
        put(tmp_path, f"{folder}/{name}.basis.glb", stage)
        put(tmp_path, f"{folder}/{name}.basis.navmesh", "TESM")
    defaults = {
        "shader_type": "flat",
        "up": [0, 0, 1],
        "front": [0, 1, 0],
        "origin": [0, 0, 0],
        "semantic_descriptor_filename": "%%CONFIG_NAME_AS_ASSET_FILENAME%%.semantic.txt",
        "semantic_asset": "%%CONFIG_NAME_AS_ASSET_FILENAME%%.semantic.glb",
        "has_semantic_textures": True,
    }
    paths = ["train/*/*.basis.glb", "val/00800-TEEsavR23oF/TEEsavR23oF.basis.glb"]
    config = {
        "stages": {"default_attributes": defaults, "paths": {".glb": paths}},
        "scene_instances": {"default_attributes": {"default_lighting": "no_lights"}, "paths": {".json": []}},
    }
    return put(tmp_path, "hm3d_annotated_basis.scene_dataset_config.json", config)


def test_hm3d_stages_are_scenes_and_stand_upright(hm3d: Path) -> None:
    train, val = dataset_sources(hm3d)
    assert [source.uri.split("#")[1] for source in (train, val)] == ["TEEsavR23oF", "vLpv2VX547B"]
    assert train.split_group != val.split_group
    scene = read_dataset(hm3d, "vLpv2VX547B")
    assert [body.name for body in scene.bodies] == ["stage"]
    assert size(scene.bodies[0]) == [8, 0, 6]
    assert scene.lighting is None
    assert dataset_sources(hm3d, "00800-TEEsavR23oF/TEEsavR23oF.basis.glb")[0].uri.endswith("#TEEsavR23oF")


def test_hm3d_annotations_give_the_stage_its_things(hm3d: Path) -> None:
    stage, rug = read_dataset(hm3d, "TEEsavR23oF").bodies
    assert (rug.object_id, rug.name, rug.category, rug.words) == (
        1,
        "area_rug_round_1",
        "area rug, round",
        ("area rug, round",),
    )
    assert (size(stage), middle(stage)) == ([4, 0, 6], [2, 0, 0])
    assert (size(rug), middle(rug)) == ([4, 0, 6], [-2, 0, 0])


def test_hm3d_annotations_shape_the_identity_of_a_scene(hm3d: Path) -> None:
    before = dataset_sources(hm3d, "TEEsavR23oF")[0].sha256
    names = hm3d.parent / "val/00800-TEEsavR23oF/TEEsavR23oF.semantic.txt"
    names.write_text(names.read_text().replace("area rug", "carpet"))
    assert dataset_sources(hm3d, "TEEsavR23oF")[0].sha256 != before
    names.write_text("HM3D Semantic Annotations\n1;123456\n")
    with pytest.raises(ConfigError, match="line 2 must read id,RRGGBB"):
        read_dataset(hm3d, "TEEsavR23oF")


def test_a_bare_glb_in_a_dataset_without_defaults_is_taken_for_a_scan_with_z_up(tmp_path: Path) -> None:
    put(tmp_path, "scans/a/17DRP5sb8fy.glb", sheet(ROOM[:, [0, 2, 1]]))
    put(tmp_path, "scans/b/upright.glb", sheet(ROOM))
    put(
        tmp_path,
        "scans/b/upright.stage_config.json",
        {"render_asset": "upright.glb", "up": [0, 1, 0], "front": [0, 0, -1]},
    )
    config = put(tmp_path, "mp3d.scene_dataset_config.json", {"stages": {"paths": {".glb": ["scans/*"]}}})
    for name in ("17DRP5sb8fy", "upright"):
        assert size(read_dataset(config, name).bodies[0]) == [8, 0, 6]
    given = put(
        tmp_path,
        "given.scene_dataset_config.json",
        {"stages": {"default_attributes": {}, "paths": {".glb": ["scans/a"]}}},
    )
    assert size(read_dataset(given, "17DRP5sb8fy").bodies[0]) == [8, 6, 0]  # with defaults, even empty ones: y up


def test_configs_in_the_dataset_change_templates_and_make_new_ones(tmp_path: Path) -> None:
    put(tmp_path, "stages/flat.stage_config.json", {"render_asset": "flat.glb"})
    put(tmp_path, "stages/flat.glb", sheet(ROOM))
    changes = [
        {
            "original_file": "stages/flat.stage_config.json",
            "template_handle": "wide",
            "attributes": {"scale": [2, 1, 1]},
        },
        {"template_handle": "other", "attributes": {"render_asset": "stages/flat.glb", "scale": [1, 1, 0.5]}},
        {"attributes": {}},
        {"template_handle": "without attributes"},
    ]
    stages = {"default_attributes": {"scale": [1, 1, 1]}, "paths": {".json": ["stages"]}, "configs": changes}
    config = put(tmp_path, "d.scene_dataset_config.json", {"stages": stages})
    assert [source.uri.split("#")[1] for source in dataset_sources(config)] == ["flat", "other", "wide"]
    for name, expected in (("flat", [8, 0, 6]), ("wide", [16, 0, 6]), ("other", [8, 0, 3])):
        assert size(read_dataset(config, name).bodies[0]) == expected
    assert len({source.sha256 for source in dataset_sources(config)}) == 3


def test_scale_acts_on_the_upright_thing_and_units_and_origin_do_not(tmp_path: Path) -> None:
    stage = {"render_asset": "a.glb", "up": [0, 0, 1], "front": [0, 1, 0], "scale": [1, 1, 2]}
    put(tmp_path, "stages/a.stage_config.json", {**stage, "units_to_meters": 0.01, "origin": [9, 9, 9]})
    put(tmp_path, "stages/a.glb", sheet(ROOM[:, [0, 2, 1]]))
    config = put(tmp_path, "d.scene_dataset_config.json", {"stages": {"paths": {".json": ["stages"]}}})
    (body,) = read_dataset(config, "a").bodies
    assert (size(body), middle(body)) == ([8, 0, 12], [0, 0, 0])


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("../elsewhere/*", "path ../elsewhere/"),
        ("/etc", "absolute path /etc"),
        ("stages/../../x", "outside the dataset"),
    ],
)
def test_a_dataset_reads_nothing_outside_its_folder(tmp_path: Path, place: str, said: str) -> None:
    config = put(tmp_path, "d.scene_dataset_config.json", {"stages": {"paths": {".json": [place]}}})
    with pytest.raises(ConfigError, match=said):
        dataset_sources(config)


def test_links_out_of_the_dataset_are_followed_and_loops_are_not(
    hssd: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    before = dataset_sources(hssd)[0].sha256
    blob = tmp_path_factory.mktemp("blobs") / "blob"
    mesh = hssd.parent / "stages" / "102344022.glb"
    mesh.rename(blob)
    mesh.symlink_to(blob)
    (hssd.parent / "objects" / "loop").symlink_to(hssd.parent / "objects")
    (hssd.parent / "objects" / "3" / "self.object_config.json").symlink_to("self.object_config.json")
    assert dataset_sources(hssd)[0].sha256 == before


def test_only_flat_shaded_scenes_are_unlit_in_the_light_of_a_dataset(replica: Path) -> None:
    path = replica.parent / "configs/scenes/apt_0.scene_instance.json"
    instance = json.loads(path.read_text())
    instance["stage_instance"]["shader_type"] = "flat"
    path.write_text(json.dumps(instance))
    mixed = read_dataset(replica, "apt_0")
    assert mixed.lighting is not None
    assert [body.parts[0].material.glow for body in mixed.bodies] == [1.0, 0.0]
    instance["object_instances"][0]["shader_type"] = "flat"
    path.write_text(json.dumps(instance))
    assert read_dataset(replica, "apt_0").lighting is None


def test_a_scene_without_a_stage_is_its_objects(replica: Path) -> None:
    path = replica.parent / "configs/scenes/apt_0.scene_instance.json"
    instance = json.loads(path.read_text())
    instance["stage_instance"]["template_name"] = "NONE"
    path.write_text(json.dumps(instance))
    assert [body.name for body in read_dataset(replica, "apt_0").bodies] == ["frl_basket"]
    assert dataset_sources(replica)[0].split_group.startswith("apt_0-")
