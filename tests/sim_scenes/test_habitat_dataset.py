"""Habitat scene datasets. If this breaks, habitat-sim shows another room than the one our pictures show."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.sim_scenes.helpers import cameras_at, oddities
from video4spatial.pipeline.core.camera import Cameras, from_opengl
from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.pipeline.core.geometry import look_at
from video4spatial.sim_scenes.habitat_dataset import read_dataset, write_dataset
from video4spatial.sim_scenes.render.embedded import EmbeddedRenderer
from video4spatial.sim_scenes.rooms import GeneratedRoom
from video4spatial.sim_scenes.scene import Lighting, Scene


@pytest.fixture(scope="module")
def written(room: GeneratedRoom, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_dataset(tmp_path_factory.mktemp("dataset"), room.scene)


def test_a_room_that_was_read_back_looks_the_same(room: GeneratedRoom, written: Path) -> None:
    again = read_dataset(written, room.scene.name)
    poses = [look_at([0.6, 1.5, 0.4], target) for target in ([-1.5, 0.8, -1.5], [1.5, 0.8, 1.0])]
    cameras = cameras_at(poses, 96, 96)
    first, second = EmbeddedRenderer(room.scene).render(cameras), EmbeddedRenderer(again).render(cameras)
    np.testing.assert_allclose(first.depth_m, second.depth_m, rtol=1e-5)
    assert np.mean(first.object_id == second.object_id) > 0.9999
    difference = np.abs(first.rgb.astype(int) - second.rgb)
    assert difference.max() <= 2


def test_words_and_light_survive(room: GeneratedRoom, written: Path) -> None:
    again = read_dataset(written, room.scene.name)
    assert [(b.object_id, b.category, b.words) for b in again.bodies[1:]] == [
        (b.object_id, b.category, b.words) for b in room.scene.bodies[1:]
    ]
    assert again.lighting is not None
    assert room.scene.lighting is not None
    assert len(again.lighting.lamps) == len(room.scene.lighting.lamps)
    np.testing.assert_allclose(again.lighting.ambient, room.scene.lighting.ambient)


def test_what_habitat_guesses_wrong_is_always_written(room: GeneratedRoom, written: Path) -> None:
    folder = written.parent
    stage = json.loads((folder / "stages" / f"{room.scene.name}.stage_config.json").read_text())
    assert (stage["up"], stage["front"]) == ([0, 1, 0], [0, 0, -1])
    objects = sorted((folder / "objects").glob("*.object_config.json"))
    assert len(objects) == len(room.scene.bodies) - 1
    for path in objects:
        config = json.loads(path.read_text())
        assert config["COM"] == [0, 0, 0]
        assert config["semantic_id"] > 0
        assert (path.parent / config["render_asset"]).is_file()
    instance = json.loads((folder / "scenes" / f"{room.scene.name}.scene_instance.json").read_text())
    assert {placed["motion_type"] for placed in instance["object_instances"]} == {"STATIC"}


def test_the_same_room_is_written_as_the_same_bytes(room: GeneratedRoom, written: Path, tmp_path: Path) -> None:
    again = write_dataset(tmp_path, room.scene).parent
    files = sorted(path.relative_to(again) for path in again.rglob("*") if path.is_file())
    assert len(files) > 20
    assert all((again / file).read_bytes() == (written.parent / file).read_bytes() for file in files)


def test_twins_stretched_coloured_cut_out_and_shining_things_come_back_as_they_were(tmp_path: Path) -> None:
    scene = oddities()
    config = write_dataset(tmp_path, scene)
    assert [path.name for path in sorted((tmp_path / "objects").glob("*.json"))] == [
        f"{name}.object_config.json" for name in ("leaf_003", "screen_004", "twin_one_001", "x_002")
    ]
    again = read_dataset(config, scene.name)
    cameras = cameras_at([look_at([0.0, 1.4, 4.0], [0.0, 0.8, 0.0]), look_at([1.0, 1.0, 3.0], [0.0, 0.8, 0.0])], 96, 96)
    for lighting in (None, Lighting((0.4, 0.4, 0.4))):
        first = EmbeddedRenderer(replace(scene, lighting=lighting)).render(cameras)
        second = EmbeddedRenderer(replace(again, lighting=lighting)).render(cameras)
        assert set(np.unique(first.object_id)) == {0, 1, 2, 3, 4}
        np.testing.assert_allclose(first.depth_m, second.depth_m, rtol=1e-5)
        np.testing.assert_array_equal(first.object_id, second.object_id)
        assert np.abs(first.rgb.astype(int) - second.rgb).max() <= 3


def test_a_scene_of_objects_alone_is_written_without_a_stage(tmp_path: Path) -> None:
    scene = Scene("things", oddities().bodies[1:])
    config = write_dataset(tmp_path, scene)
    assert not (tmp_path / "stages").exists()
    assert [body.object_id for body in read_dataset(config, "things").bodies] == [1, 2, 3, 4]


def test_an_unknown_scene_is_answered_with_those_there_are(room: GeneratedRoom, written: Path) -> None:
    with pytest.raises(ConfigError, match=f"there are: {room.scene.name}"):
        read_dataset(written, "attic")


def test_a_missing_mesh_is_named(room: GeneratedRoom, tmp_path: Path) -> None:
    config = write_dataset(tmp_path, room.scene)
    (tmp_path / "stages" / f"{room.scene.name}.glb").unlink()
    with pytest.raises(ConfigError, match="which is not beside it"):
        read_dataset(config, room.scene.name)


def test_our_frames_are_those_of_habitat(shared_data: Path) -> None:
    """Depth, ids and unlit colour of real habitat-sim 0.3.4 on the same scene; tolerances from its meta.json."""
    golden = shared_data / "habitat_golden"
    scene = read_dataset(golden / "dataset" / "flat.scene_dataset_config.json", "flat_no_lights")
    assert scene.lighting is None
    semantic = np.zeros(len(scene.bodies), dtype=int)
    for body in scene.bodies[1:]:
        config = json.loads((golden / "dataset" / "objects" / f"{body.name}.object_config.json").read_text())
        semantic[body.object_id] = config["semantic_id"]
    renderer = EmbeddedRenderer(scene)
    frames = json.loads((golden / "meta.json").read_text())["frames"]
    assert len(frames) >= 11
    for frame in frames:
        lens = np.array([[frame["fx"], 0, frame["cx"]], [0, frame["fy"], frame["cy"]], [0, 0, 1.0]])
        ours = renderer.render(
            Cameras(
                world_from_camera=from_opengl(np.array(frame["camera_to_world"], dtype=float))[None],
                image_from_camera=lens[None],
                width_px=frame["width"],
                height_px=frame["height"],
            )
        )
        depth_m = np.load(golden / "frames" / f"{frame['name']}_depth.npy")
        ids = np.load(golden / "frames" / f"{frame['name']}_semantic.npy")
        rgb = np.asarray(Image.open(golden / "frames" / f"{frame['name']}_rgb.png").convert("RGB")).astype(int)
        assert np.mean(semantic[ours.object_id[0]] == ids) >= 0.9995
        close = np.abs(ours.depth_m[0] - depth_m) <= 1e-3 + 1e-3 * depth_m
        assert np.mean(close) >= 0.9995
        np.testing.assert_array_equal(ours.depth_m[0] == 0, depth_m == 0)
        assert np.abs(ours.rgb[0] - rgb).mean() <= 4.0
