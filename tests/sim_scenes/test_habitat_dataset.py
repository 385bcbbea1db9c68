"""Habitat scene datasets. If this breaks, habitat-sim shows another room than the one our pictures show."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.sim_scenes.helpers import cameras_at, oddities
from video4spatial.pipeline.core.camera import Cameras, from_opengl
from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.pipeline.core.geometry import look_at
from video4spatial.sim_scenes.habitat_config import Dataset
from video4spatial.sim_scenes.habitat_dataset import read_dataset, write_dataset
from video4spatial.sim_scenes.habitat_scene import describe_scene
from video4spatial.sim_scenes.render.embedded import EmbeddedRenderer
from video4spatial.sim_scenes.rooms import GeneratedRoom
from video4spatial.sim_scenes.scene import STAGE_ID, Body, Lighting, Scene
from video4spatial.sim_scenes.semantics import read_names, semantic_ids


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
    with pytest.raises(ConfigError, match="which is not there"):
        read_dataset(config, room.scene.name)


def golden_frames(golden: Path, ending: str) -> list[dict[str, Any]]:
    """The recorded views that have a picture of this kind, with it and their depth."""
    found = []
    for frame in json.loads((golden / "meta.json").read_text())["frames"]:
        path = golden / "frames" / f"{frame['name']}_{ending}"
        if path.exists():
            seen = np.load(path) if path.suffix == ".npy" else np.asarray(Image.open(path).convert("RGB")).astype(int)
            found.append({**frame, "seen": seen, "depth_m": np.load(golden / "frames" / f"{frame['name']}_depth.npy")})
    return found


def camera_of(frame: dict[str, Any]) -> Cameras:
    lens = np.array([[frame["fx"], 0, frame["cx"]], [0, frame["fy"], frame["cy"]], [0, 0, 1.0]])
    return Cameras(
        world_from_camera=from_opengl(np.array(frame["camera_to_world"], dtype=float))[None],
        image_from_camera=lens[None],
        width_px=frame["width"],
        height_px=frame["height"],
    )


def semantic_of(golden: Path, scene: Scene) -> np.ndarray:
    """Habitat's semantic id of each object id."""
    semantic = np.zeros(1 + max(body.object_id for body in scene.bodies), dtype=int)
    for body in scene.bodies:
        path = golden / "dataset" / "objects" / f"{body.name}.object_config.json"
        semantic[body.object_id] = json.loads(path.read_text())["semantic_id"] if path.exists() else 0
    return semantic


def test_our_frames_are_those_of_habitat(shared_data: Path) -> None:
    """Depth, ids and unlit colour of real habitat-sim 0.3.4 on the same scene; tolerances from its meta.json."""
    golden = shared_data / "habitat_golden"
    scene = read_dataset(golden / "dataset" / "flat.scene_dataset_config.json", "flat_no_lights")
    assert scene.lighting is None
    semantic, renderer = semantic_of(golden, scene), EmbeddedRenderer(scene)
    frames = golden_frames(golden, "rgb.png")
    assert len(frames) == len(json.loads((golden / "meta.json").read_text())["frames"]) >= 11
    for frame in frames:
        ours, depth_m = renderer.render(camera_of(frame)), frame["depth_m"]
        ids = np.load(golden / "frames" / f"{frame['name']}_semantic.npy")
        assert np.mean(semantic[ours.object_id[0]] == ids) >= 0.9995
        close = np.abs(ours.depth_m[0] - depth_m) <= 1e-3 + 1e-3 * depth_m
        assert np.mean(close) >= 0.9995
        np.testing.assert_array_equal(ours.depth_m[0] == 0, depth_m == 0)
        assert np.abs(ours.rgb[0] - frame["seen"]).mean() <= 4.0


def test_the_stage_has_the_things_that_habitat_sees_on_it(shared_data: Path) -> None:
    """Stage semantics of real habitat-sim: a coloured mesh and a list of names. Its floor, walls, ceiling and partition
    all belong to the building here, so the ids are compared before the building is put together."""
    golden = shared_data / "habitat_golden"
    config = golden / "dataset" / "flat_semantic.scene_dataset_config.json"
    scene = read_dataset(config, "flat_semantic")
    assert {body.category for body in scene.bodies} >= {"stage", "chair"}
    spec = describe_scene(Dataset(config), "flat_semantic")
    assert spec.semantics is not None
    mesh, listed = spec.semantics
    (stage,) = (body for body in scene.bodies if body.object_id == STAGE_ID)
    of_faces = semantic_ids(stage.parts, mesh, read_names(listed), np.eye(3))
    bodies = [body for body in scene.bodies if body.object_id != STAGE_ID]
    semantic = dict(enumerate(semantic_of(golden, scene)))
    for k in range(1, 5):
        chosen = [(p, p.faces[of_part == k]) for p, of_part in zip(stage.parts, of_faces, strict=True)]
        parts = tuple(replace(part, faces=faces) for part, faces in chosen if len(faces))
        bodies.append(Body(100 + k, f"stage_{k}", "stage", ("stage",), parts))
        semantic[100 + k] = k
    renderer = EmbeddedRenderer(Scene("named", tuple(bodies)))
    frames = golden_frames(golden, "semantic_stage.npy")
    assert frames
    for frame in frames:
        ours = renderer.render(camera_of(frame)).object_id[0]
        assert np.mean(np.vectorize(semantic.get)(ours) == frame["seen"]) >= 0.9995


@pytest.mark.parametrize("kind", ["phong", "pbr"])
def test_lit_frames_have_the_lights_of_habitat(shared_data: Path, kind: str) -> None:
    """Loosely: Habitat's lights go through walls, shine on glossy surfaces and add up without gamma; ours cast shadows,
    and have ambient light and a sky. What is brighter is brighter in both, in the same colours."""
    golden = shared_data / "habitat_golden"
    scene = read_dataset(golden / "dataset" / "flat.scene_dataset_config.json", f"flat_{kind}")
    assert scene.lighting is not None
    assert [lamp.position_m for lamp in scene.lighting.lamps] == [(-2.0, 2.5, 0.0), (2.0, 2.5, 0.0)]
    renderer = EmbeddedRenderer(scene)
    frames = golden_frames(golden, f"rgb_{kind}.png")
    assert len(frames) >= 6
    likeness = []
    for frame in frames:
        ours = renderer.render(camera_of(frame))
        hit = frame["depth_m"] > 0
        np.testing.assert_array_equal(ours.depth_m[0] > 0, hit)
        mine, theirs = ours.rgb[0][hit].astype(float), frame["seen"][hit].astype(float)
        likeness.append(float(np.corrcoef(mine.ravel(), theirs.ravel())[0, 1]))
        assert 0.9 < mine.mean() / theirs.mean() < 2.6
    assert min(likeness) > {"phong": 0.25, "pbr": 0.6}[kind]
