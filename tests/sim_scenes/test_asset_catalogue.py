"""Folders of the user's objects and textures, looked through before a run. If this breaks, files vanish unsaid, or one
bad file stops a run."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest

from tests.sim_scenes.asset_maker import Z_UP, made, write_object, write_picture
from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.sim_scenes.assets.catalogue import Catalogue, summary, survey
from video4spatial.sim_scenes.assets.names import adjectives_of, kinds_of
from video4spatial.sim_scenes.assets.surfaces import map_of, surface_of


def objects_in(folder: Path) -> Catalogue:
    return survey((str(folder),), ())


@pytest.mark.parametrize(
    ("name", "category"),
    [
        ("aws_CoffeeTable_01", "coffee table"),
        ("SM_Couch_v2 (final)", "sofa"),
        ("TVCabinet", "tv stand"),
        ("TV_01", "television"),
        ("kitchen_table_lamp", "table lamp"),
        ("officechair2", "chair"),
        ("Shelves", "bookshelf"),
        ("table with vase", "coffee table"),
        ("NightStand", "nightstand"),
        ("polyhaven_potted_plant_04", "plant"),
        ("WINE-BOTTLE", "bottle"),
    ],
)
def test_a_name_tells_what_a_thing_is(name: str, category: str) -> None:
    """The first kind of the likeliest group; size chooses among a group."""
    assert kinds_of(name)[0][0].category == category


@pytest.mark.parametrize("name", ["asset_0031", "laptopless_carport", "DefaultMaterial", "_"])
def test_a_name_without_a_known_word_tells_nothing(name: str) -> None:
    assert kinds_of(name) == ()


def test_a_name_may_tell_colour_and_material() -> None:
    assert adjectives_of("dark_red_leather_sofa") == ("red", "leather")
    assert adjectives_of("painted_wooden_cabinet") == ("wooden",)
    assert adjectives_of("chair") == ()


@pytest.mark.parametrize(
    ("name", "uses"),
    [
        ("ambientcg_WoodFloor051", ("floor",)),
        ("brick_floor_003", ("floor",)),
        ("brick_wall_10", ("wall",)),
        ("blue_floor_tiles_01", ("floor", "tiles")),
        ("rosewood_veneer1", ("wood",)),
        ("fabric_pattern_07", ("fabric",)),
        ("Plaster001", ("wall", "ceiling")),
        ("Tiles078", ("floor", "tiles", "wall tiles")),
    ],
)
def test_a_name_tells_what_a_texture_is_for(name: str, uses: tuple[str, ...]) -> None:
    found = surface_of(name)
    assert found is not None
    assert found.uses == uses


def test_maps_that_are_no_colours_are_told_from_those_that_are() -> None:
    assert [
        map_of(name) for name in ("brick_wall_nor_gl_1k", "Tiles002_1K_Roughness", "planks_ao", "wood_disp_2k")
    ] == [
        "nor",
        "roughness",
        "ao",
        "disp",
    ]
    assert [map_of(name) for name in ("rough_plaster", "brushed_concrete", "WoodFloor051_1K_Color", "normal")] == [
        ""
    ] * 4


def test_what_cannot_be_used_is_named_with_its_reason_and_the_rest_is_used(tmp_path: Path) -> None:
    chair = write_object(tmp_path / "chair.glb", made("chair"))
    (tmp_path / "sofa.glb").write_text("not a model at all")
    (tmp_path / "bed.glb").write_bytes(chair.read_bytes()[:-100])
    (tmp_path / "desk.glb").write_bytes(b"")
    (tmp_path / "lamp.fbx").write_bytes(b"Kaydara")
    (tmp_path / "table.glb").symlink_to(tmp_path / "nowhere")
    write_object(tmp_path / "deep" / "er" / "asset_31.glb", made("stool"))
    write_object(tmp_path / "wardrobe.glb", made("stool"))
    (tmp_path / "README.md").write_text("hello")
    found = objects_in(tmp_path)
    assert [entry.name for entry in found.objects] == ["chair.glb"]
    assert set(found.left_out) == {
        "bed.glb", "deep/er/asset_31.glb", "desk.glb", "lamp.fbx", "sofa.glb", "table.glb", "wardrobe.glb"
    }  # fmt: skip
    assert "no size for a wardrobe" in found.left_out["wardrobe.glb"]
    assert "category in objects.yaml" in found.left_out["deep/er/asset_31.glb"]
    line = summary(found)
    assert "\n" not in line
    assert all(name in line for name in found.left_out)


@pytest.mark.parametrize("scale", [0.1, 10.0, 100.0, 1000.0, 0.01, 1 / 0.0254])
def test_a_clear_unit_error_is_mended(tmp_path: Path, scale: float) -> None:
    write_object(tmp_path / "bed.glb", made("bed"), scale=scale)
    (entry,) = objects_in(tmp_path).objects
    assert entry.kind.category == "bed"


def test_a_wrong_size_that_no_unit_explains_is_left_out(tmp_path: Path) -> None:
    write_object(tmp_path / "chair.glb", made("chair"))
    write_object(tmp_path / "sofa.glb", made("sofa"), scale=3.4)
    assert set(objects_in(tmp_path).left_out) == {"sofa.glb"}


def test_a_name_inside_the_file_helps_where_the_file_name_does_not(tmp_path: Path) -> None:
    path = write_object(tmp_path / "0031.glb", made("wardrobe"))
    data = path.read_bytes()
    length = struct.unpack_from("<I", data, 12)[0]
    document = json.loads(data[20 : 20 + length])
    document["nodes"][0]["name"] = "Old_Wardrobe_02"
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    rest = data[20 + length :]
    header = struct.pack("<III", 0x46546C67, 2, 20 + len(text) + len(rest))
    path.write_bytes(header + struct.pack("<II", len(text), 0x4E4F534A) + text + rest)
    (entry,) = objects_in(tmp_path).objects
    assert entry.kind.category == "wardrobe"


def test_notes_override_what_names_and_shapes_tell(tmp_path: Path) -> None:
    write_object(tmp_path / "a1.glb", made("wardrobe"))
    write_object(tmp_path / "b2.glb", made("stool"), Z_UP)
    write_object(tmp_path / "sofa.glb", made("sofa"), scale=3.0)
    write_object(tmp_path / "chair.glb", made("chair"))
    (tmp_path / "objects.yaml").write_text(
        "a1.glb: {category: wardrobe, words: [oak wardrobe]}\nsofa: {scale: 0.333}\nchair.glb: {skip: true}\n"
    )
    (tmp_path / "b2.json").write_text('{"category": "samovar", "stands": "floor", "up": "z"}')
    found = objects_in(tmp_path)
    assert {entry.name: entry.kind.category for entry in found.objects} == {
        "a1.glb": "wardrobe",
        "b2.glb": "samovar",
        "sofa.glb": "sofa",
    }
    assert found.left_out == {"chair.glb": "its note says skip"}


def test_a_json_of_another_kind_beside_an_object_is_no_note(tmp_path: Path) -> None:
    write_object(tmp_path / "chair.glb", made("chair"))
    (tmp_path / "chair.json").write_text('{"license": "CC0", "faces": 12}')
    assert len(objects_in(tmp_path).objects) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("chiar.glb: {category: sofa}", "names chiar.glb, which is not in .*did you mean chair.glb"),
        ("chair.glb: {categori: sofa}", "no setting 'categori'; did you mean category"),
        ("chair.glb: {up: w}", "up must be one of x, -x"),
        ("chair.glb: {scale: big}", "scale must be of the kind of"),
        ("chair.glb: {up: z, front: -z}", "up and front must be two axes"),
        ("chair.glb: {category: a/b}", "category is made of letters"),
        ("- chair.glb", "must hold names with settings"),
        ("chair.glb: {category: [", "is not YAML, line 1"),
    ],
)
def test_a_note_that_cannot_be_meant_stops_the_run_in_one_line(tmp_path: Path, text: str, said: str) -> None:
    write_object(tmp_path / "chair.glb", made("chair"))
    (tmp_path / "objects.yaml").write_text(text)
    with pytest.raises(ConfigError, match=said):
        objects_in(tmp_path)


def test_a_folder_that_is_missing_empty_or_of_no_use_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"simulation\.objects: .*nowhere is not a folder"):
        objects_in(tmp_path / "nowhere")
    with pytest.raises(ConfigError, match=r"has nothing to use$"):
        objects_in(tmp_path)
    (tmp_path / "chair.glb").write_text("no")
    with pytest.raises(ConfigError, match=r"has nothing to use: chair\.glb"):
        objects_in(tmp_path)
    with pytest.raises(ConfigError, match=r"simulation\.textures: .* is not a folder"):
        survey((), (str(tmp_path / "nowhere"),))


def test_the_digest_is_of_the_files_in_use_their_names_and_their_notes(tmp_path: Path) -> None:
    write_object(tmp_path / "chair.glb", made("chair"))
    first = objects_in(tmp_path).digests
    (tmp_path / "LICENSE").write_text("CC0")
    (tmp_path / "sofa.glb").write_text("broken")
    assert objects_in(tmp_path).digests == first
    (tmp_path / "chair.yaml").write_text("words: [red chair]")
    second = objects_in(tmp_path).digests
    assert second != first
    write_object(tmp_path / "chair.glb", made("chair", 1))
    assert objects_in(tmp_path).digests not in (first, second)


def test_textures_of_any_make_are_taken_and_broken_ones_named(tmp_path: Path) -> None:
    write_picture(tmp_path / "oak_floor.png", 300, 200)
    write_picture(tmp_path / "grey_wall.jpg", colour=(90,))
    write_picture(tmp_path / "fabric.webp", colour=(10, 20, 200, 128))
    write_picture(tmp_path / "brick_wall_rough_1k.png")
    write_picture(tmp_path / "IMG_2210.png")
    (tmp_path / "tiles.jpg").write_bytes(b"\xff\xd8\xff nothing follows")
    (tmp_path / "plaster.exr").write_bytes(b"v/1")
    (tmp_path / "textures.yaml").write_text("IMG_2210: {use: wall, metres: 3}\n")
    found = survey((), (str(tmp_path),))
    assert {entry.name: entry.uses for entry in found.textures} == {
        "IMG_2210.png": ("wall",),
        "fabric.webp": ("fabric",),
        "grey_wall.jpg": ("wall",),
        "oak_floor.png": ("floor",),
    }
    assert next(entry.metres for entry in found.textures if entry.name == "IMG_2210.png") == 3.0
    assert set(found.left_out) == {"brick_wall_rough_1k.png", "plaster.exr", "tiles.jpg"}


def test_sizes_in_headers_follow_the_nodes(tmp_path: Path) -> None:
    """The header's bounds are in the frame of the mesh: a node that enlarges it must count."""
    turn = np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]])
    write_object(tmp_path / "sofa.glb", made("sofa"), turn)
    assert objects_in(tmp_path).objects[0].kind.category == "sofa"
