"""`v4s scenes`. Unseen: one broken file that hides all others, pictures of somebody that are replaced unasked."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.pipeline.commands.test_main import fails
from tests.sim_scenes.asset_maker import write_home
from video4spatial.pipeline.commands import main as command
from video4spatial.sim_scenes.habitat_dataset import glb_of, write_dataset
from video4spatial.sim_scenes.rooms import generate_room
from video4spatial.sim_scenes.scene import Body, Part

SEED = 5


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A room as a GLB, and a file that is none."""
    path = tmp_path_factory.mktemp("scenes")
    parts = [_placed(part, body) for body in generate_room(SEED).scene.bodies for part in body.parts]
    (path / "a_room.glb").write_bytes(glb_of(tuple(parts)))
    (path / "broken.glb").write_bytes((path / "a_room.glb").read_bytes()[:4000])
    return path


@pytest.fixture(scope="module")
def previewed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("preview")
    assert command.main(["scenes", "preview", f"room:{SEED}", "--out", str(out)]) == 0
    return out


def test_a_list_names_what_cannot_be_used_and_goes_on(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["scenes", "list", str(folder), f"room:{SEED}", "--json"]) == 1
    out, err = capsys.readouterr()
    whole, broken, room = json.loads(out)
    assert "problem" not in whole
    assert "broken.glb is not a usable GLB" in broken["problem"]
    assert err == "v4s: 1 of 3 scenes cannot be used; their lines say why\n"
    assert room["kind"] == "room"
    assert whole["triangles"] >= room["triangles"]  # a file has both sides of what is double-sided
    assert np.allclose(whole["size_m"], room["size_m"], atol=0.02)
    assert whole["walkable_m2"] == pytest.approx(room["walkable_m2"], abs=0.3)


def test_a_list_for_people_has_a_line_for_each(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["scenes", "list", f"room:{SEED}", str(folder / "broken.glb")]) == 1
    head, room, broken = capsys.readouterr().out.splitlines()
    assert head.startswith("SCENE ")
    assert room.startswith(f"room:{SEED} ")
    assert "UNUSABLE broken.glb" in broken


def test_a_recipe_lists_its_scenes(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recipe = tmp_path / "r.yaml"
    recipe.write_text(f"name: t\nseed: 2\nsim:\n  rooms: 1\n  scenes: [{folder / 'broken.glb'}, nowhere.glb]\n")
    assert command.main(["scenes", "list", str(recipe), "--json"]) == 1
    room, broken, missing = json.loads(capsys.readouterr().out)
    assert room["scene"] == "room:2000000"
    assert "broken.glb" in broken["problem"]
    assert "nowhere.glb is no scene" in missing["problem"]


def test_a_recipe_with_own_objects_lists_its_scenes_furnished_from_them_and_what_became_of_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    objects, textures = write_home(tmp_path)
    (objects / "lamp.fbx").write_bytes(b"no glb")
    recipe = tmp_path / "r.yaml"
    recipe.write_text(f"name: t\nsim: {{rooms: 2, houses: 1, objects: {objects}, textures: {textures}}}\n")
    assert command.main(["scenes", "list", str(recipe), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert set().union(*(row["assets"]["used"] for row in rows)) >= {"MySofa_00.glb"}
    assert command.main(["scenes", "list", str(recipe)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("your files: ") and line.endswith("are used in 3 scenes") for line in lines)
    assert lines[-1] == "  left out   lamp.fbx: not a GLB; export it as glTF binary"


def test_every_scene_of_a_dataset_is_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = write_dataset(tmp_path, generate_room(SEED).scene)
    assert command.main(["scenes", "list", str(config), "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert row["scene"] == f"{config}#room-{SEED}"
    assert row["kind"] == "dataset"
    assert row["objects"] == len(generate_room(SEED).placed)


def test_show_knows_every_object_and_where_it_stands(capsys: pytest.CaptureFixture[str]) -> None:
    room = generate_room(SEED)
    assert command.main(["scenes", "show", f"room:{SEED}", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert [thing["category"] for thing in shown["objects"]] == [item.piece.category for item in room.placed]
    assert {thing["room"] for thing in shown["objects"]} == {room.kind}
    assert shown["rooms"][0]["windows"] == len(room.shell.windows())
    assert shown["memory_mib"]["triangles"] > 0
    assert command.main(["scenes", "show", f"room:{SEED}"]) == 0
    out = capsys.readouterr().out
    assert all(item.piece.words[0] in out for item in room.placed)


@pytest.mark.parametrize("verb", ["list", "show", "preview"])
@pytest.mark.parametrize(
    ("scene", "words"),
    [("nowhere.glb", "nothing is there"), ("house:blue", "takes a whole number"), ("hous:3", "nothing is there")],
)
def test_what_names_no_scene_is_wrong_usage(
    verb: str, scene: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = ["--out", tmp_path / "out"] if verb == "preview" else []
    assert words in fails(capsys, 2, "scenes", verb, scene, *more)
    assert not (tmp_path / "out").exists()


def test_show_of_several_scenes_asks_for_one(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = fails(capsys, 2, "scenes", "show", folder)
    assert "names 2 scenes" in line
    assert "a_room.glb" in line


@pytest.mark.parametrize("verb", ["show", "preview"])
def test_a_corrupt_file_is_one_line(
    verb: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = ["--out", tmp_path / "out"] if verb == "preview" else []
    assert "broken.glb is not a usable GLB" in fails(capsys, 1, "scenes", verb, folder / "broken.glb", *more)
    assert not (tmp_path / "out").exists()


def test_a_preview_is_a_plan_and_pictures_and_the_same_again(previewed: Path, tmp_path: Path) -> None:
    names = [f"room-{SEED}.plan.png", f"room-{SEED}.views.jpg"]
    assert sorted(path.name for path in previewed.iterdir()) == names
    assert command.main(["scenes", "preview", f"room:{SEED}", "--out", str(tmp_path)]) == 0
    for name in names:
        assert _sha(previewed / name) == _sha(tmp_path / name), name
    with Image.open(previewed / names[1]) as views:
        brightness = np.asarray(views.convert("L"), dtype=float)[50:380, 10:480]
    assert brightness.std() > 20, "a picture of a room, not of nothing"


def test_pictures_that_are_there_stay_unless_asked(previewed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = previewed / f"room-{SEED}.plan.png"
    before = plan.stat().st_mtime_ns
    line = fails(capsys, 2, "scenes", "preview", f"room:{SEED}", "--out", previewed)
    assert "plan.png is there already" in line
    assert plan.stat().st_mtime_ns == before
    assert command.main(["scenes", "preview", f"room:{SEED}", "--out", str(previewed), "--overwrite"]) == 0
    assert plan.stat().st_mtime_ns > before


def test_several_scenes_have_a_page_that_tells_of_the_broken_one_too(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["scenes", "preview", str(folder), "--out", str(tmp_path)]) == 1
    page = (tmp_path / "index.html").read_text()
    (views,) = tmp_path.glob("a_room-*.views.jpg")
    assert f'src="{views.name}"' in page
    assert "broken.glb is not a usable GLB" in page
    assert "://" not in page


def test_out_must_be_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("in the way")
    assert "is a file" in fails(capsys, 2, "scenes", "preview", f"room:{SEED}", "--out", tmp_path / "file")


def _placed(part: Part, body: Body) -> Part:
    turn, shift = body.world_from_body[:3, :3], body.world_from_body[:3, 3]
    vertices = part.vertices_m @ turn.T + shift
    return replace(part, vertices_m=vertices.astype(np.float32), normals=(part.normals @ turn.T).astype(np.float32))


def _sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
