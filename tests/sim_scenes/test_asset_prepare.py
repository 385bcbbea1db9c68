"""Objects of the user as furniture. If this breaks, sofas face the wall, lie on their back or float."""

from pathlib import Path

import numpy as np
import pytest

from tests.sim_scenes.asset_maker import Z_UP, made, write_object, write_picture
from video4spatial.pipeline.core.errors import SourceError
from video4spatial.sim_scenes import household
from video4spatial.sim_scenes.assets.catalogue import survey
from video4spatial.sim_scenes.assets.colours import colour_word
from video4spatial.sim_scenes.assets.library import Library, SourceFolders, Surface, open_library, square_enough
from video4spatial.sim_scenes.assets.pictures import read_picture
from video4spatial.sim_scenes.furniture import Piece
from video4spatial.sim_scenes.glb import check_glb
from video4spatial.sim_scenes.palette import draw_palette
from video4spatial.sim_scenes.shapes import yaw_matrix


def read(path: Path) -> Piece:
    """The only object of a folder."""
    library = Library(survey((str(path.parent),), ()))
    piece = library.piece(library.catalogue.objects[0])
    assert piece is not None
    return piece


def high_side(piece: Piece) -> float:
    """Where its highest tenth lies along z, as a share of its depth: -0.5 at the back, 0.5 at the front."""
    corners = np.concatenate([part.vertices_m[part.faces].mean(axis=1) for part in piece.parts])
    highest = corners[corners[:, 1] > 0.85 * piece.size_m()[1]]
    return float(highest[:, 2].mean() / piece.size_m()[2])


@pytest.mark.parametrize("kind", ["sofa", "chair", "armchair", "bed"])
@pytest.mark.parametrize("quarter", [0, 1, 2, 3])
def test_the_high_side_of_seats_and_beds_is_their_back(tmp_path: Path, kind: str, quarter: int) -> None:
    turn = yaw_matrix(quarter * np.pi / 2)
    piece = read(write_object(tmp_path / f"{kind}.glb", made(kind, quarter), turn))
    assert high_side(piece) < -0.2


@pytest.mark.parametrize("kind", ["wardrobe", "bookshelf", "fridge", "nightstand", "dresser"])
@pytest.mark.parametrize("quarter", [0, 1, 2, 3])
def test_doors_drawers_and_shelves_look_into_the_room(tmp_path: Path, kind: str, quarter: int) -> None:
    """Pieces are made with their front at +z; however the file is turned, it comes out as it was made."""
    piece = made(kind, quarter)
    found = read(write_object(tmp_path / f"{kind}.glb", piece, yaw_matrix(quarter * np.pi / 2)))
    mine = np.concatenate([part.vertices_m for part in piece.parts])
    theirs = np.concatenate([part.vertices_m for part in found.parts])
    middle = (mine.min(axis=0) + mine.max(axis=0)) / 2 * [1, 0, 1]
    order = [np.lexsort(np.round(each, 3).T) for each in (mine - middle, theirs)]
    np.testing.assert_allclose((mine - middle)[order[0]], theirs[order[1]], atol=0.003)


@pytest.mark.parametrize("kind", ["chair", "wardrobe", "fridge", "bed", "sofa", "bookshelf", "desk"])
def test_a_file_with_z_up_is_turned_upright(tmp_path: Path, kind: str) -> None:
    piece = made(kind, 1)
    found = read(write_object(tmp_path / f"{kind}.glb", piece, Z_UP))
    assert found.size_m()[1] == pytest.approx(piece.size_m()[1], abs=0.01)


def test_a_note_decides_up_front_and_scale(tmp_path: Path) -> None:
    path = write_object(tmp_path / "chair.glb", made("chair"), yaw_matrix(np.pi / 2), scale=1 / 0.9)
    (tmp_path / "chair.yaml").write_text("{up: y, front: -x, scale: 0.9, words: [kitchen chair]}")
    piece = read(path)
    assert piece.words == ("kitchen chair", "chair")
    assert high_side(piece) > 0.3  # its front was +x: the note turned it round
    assert piece.size_m()[1] == pytest.approx(made("chair").size_m()[1], abs=0.01)


def test_a_piece_stands_on_the_floor_around_its_middle(tmp_path: Path) -> None:
    moved = write_object(tmp_path / "desk.glb", made("desk"))
    piece = read(moved)
    vertices = np.concatenate([part.vertices_m for part in piece.parts])
    assert vertices[:, 1].min() == pytest.approx(0.0, abs=1e-6)
    assert np.abs(vertices.min(axis=0) + vertices.max(axis=0))[[0, 2]].max() < 1e-5
    assert piece.file == "desk.glb"


def test_a_flat_top_carries_things_and_another_does_not(tmp_path: Path) -> None:
    table = read(write_object(tmp_path / "a" / "dining_table.glb", made("dining_table")))
    ((height, width, depth),) = table.tops
    assert height == pytest.approx(table.size_m()[1])
    assert 0.75 * table.size_m()[0] < width <= table.size_m()[0]
    assert 0.75 * table.size_m()[2] < depth <= table.size_m()[2]
    assert read(write_object(tmp_path / "b" / "sofa.glb", made("sofa"))).tops == ()
    assert read(write_object(tmp_path / "c" / "wardrobe.glb", made("wardrobe"))).tops == ()


def test_words_come_from_the_name_else_from_the_colour_that_is_seen(tmp_path: Path) -> None:
    piece = made("armchair")
    colour = piece.words[0].split()[0]
    seen = read(write_object(tmp_path / "a" / "armchair.glb", piece)).words
    assert seen[0].endswith("armchair")
    assert seen[0].split()[0] in {colour, "beige", "grey", "white", "brown", "pink", "blue", "teal"}
    assert (
        read(write_object(tmp_path / "b" / "purple_leather_armchair.glb", piece)).words[0] == "purple leather armchair"
    )


@pytest.mark.parametrize(
    ("colour", "word"),
    [
        ((0.8, 0.1, 0.1), "red"), ((0.2, 0.5, 0.2), "green"), ((0.1, 0.2, 0.6), "blue"), ((0.95, 0.95, 0.93), "white"),
        ((0.5, 0.5, 0.5), "grey"), ((0.05, 0.05, 0.05), "black"), ((0.42, 0.26, 0.13), "brown"),
        ((0.87, 0.78, 0.62), "beige"), ((0.95, 0.85, 0.2), "yellow"), ((0.9, 0.5, 0.1), "orange"),
        ((0.92, 0.6, 0.7), "pink"), ((0.45, 0.25, 0.6), "purple"), ((0.15, 0.5, 0.5), "teal"),
    ],
)  # fmt: skip
def test_colours_have_the_words_people_use(colour: tuple[float, float, float], word: str) -> None:
    assert colour_word(np.tile(colour, (50, 1))) == word


def test_a_patchwork_has_no_colour_word() -> None:
    assert colour_word(np.eye(3).repeat(10, axis=0)) == ""


def test_a_file_that_decoding_shows_to_be_damaged_is_left_out_and_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_object(tmp_path / "bed.glb", made("bed"))
    path = write_object(tmp_path / "chair.glb", made("chair"))
    document = check_glb(path)
    index = document["meshes"][0]["primitives"][0]["indices"]
    view = document["bufferViews"][document["accessors"][index]["bufferView"]]
    data = bytearray(path.read_bytes())
    start = len(data) - document["buffers"][0]["byteLength"] + view.get("byteOffset", 0)
    data[start : start + 12] = b"\xff\xff\xff\x7f" * 3  # a triangle of vertices that are not there
    path.write_bytes(data)
    library = Library(survey((str(tmp_path),), ()))
    entries = {entry.name: entry for entry in library.catalogue.objects}
    assert library.piece(entries["bed.glb"]) is not None
    assert library.piece(entries["chair.glb"]) is None
    assert library.piece(entries["chair.glb"]) is None
    assert [record.message.count("chair.glb") for record in caplog.records if "left out" in record.message] == [1]
    assert "chair.glb" in library.unusable


def test_a_file_that_changed_since_it_was_planned_is_an_error(tmp_path: Path) -> None:
    path = write_object(tmp_path / "chair.glb", made("chair"))
    library = Library(survey((str(tmp_path),), ()))
    write_object(path, made("chair", 3))
    with pytest.raises(SourceError, match=r"chair\.glb has changed since the run was planned") as caught:
        library.piece(library.catalogue.objects[0])
    assert caught.value.reason == "changed"


def test_a_piece_is_decoded_once_and_the_oldest_go_when_memory_is_short(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_object(tmp_path / "bed.glb", made("bed"))
    write_object(tmp_path / "chair.glb", made("chair"))
    library = open_library(SourceFolders((str(tmp_path),)))
    assert open_library(SourceFolders((str(tmp_path),))) is library
    bed, chair = library.catalogue.objects
    assert library.piece(bed) is library.piece(bed)
    monkeypatch.setattr("video4spatial.sim_scenes.assets.library.MOST_BYTES", 1)
    first = library.piece(bed)
    library.piece(chair)
    assert library.piece(bed) is not first


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".bmp", ".tif"])
@pytest.mark.parametrize("colour", [(90,), (90, 60, 30), (90, 60, 30, 10)])
def test_pictures_of_any_make_become_three_bytes_a_pixel(tmp_path: Path, suffix: str, colour: tuple[int, ...]) -> None:
    if len(colour) == 4 and suffix in (".jpg", ".bmp"):
        pytest.skip("this format has no alpha")
    path = write_picture(tmp_path / f"x{suffix}", 70, 40, colour)
    pixels = read_picture("x", path.read_bytes(), 32)
    assert pixels.shape == (18, 32, 3)
    assert pixels.dtype == np.uint8
    np.testing.assert_allclose(
        pixels.reshape(-1, 3).mean(axis=0), (colour * 3)[:3] if len(colour) == 1 else colour[:3], atol=4
    )


def test_sixteen_bits_keep_their_brightness(tmp_path: Path) -> None:
    from PIL import Image

    Image.fromarray(np.full((16, 16), 32896, dtype=np.uint16)).save(tmp_path / "x.png")
    assert read_picture("x", (tmp_path / "x.png").read_bytes(), 512).mean() == pytest.approx(128, abs=1)


def test_a_long_texture_keeps_its_proportions(tmp_path: Path) -> None:
    write_picture(tmp_path / "wood_floor.png", 400, 100)
    library = Library(survey((), (str(tmp_path),)))
    surface = library.surface(library.catalogue.textures[0])
    assert isinstance(surface, Surface)
    assert surface.material.texture is not None
    assert surface.material.texture.shape == (400, 400, 3)
    assert surface.tile_m == pytest.approx((2.0, 2.0))
    assert square_enough(np.zeros((90, 100, 3), np.uint8)).shape == (90, 100, 3)


def test_pillows_lie_on_a_generated_bed() -> None:
    rng = np.random.default_rng(0)
    palette = draw_palette(rng)
    bed = household.bed_with(made("bed"), made("ottoman"))
    assert bed.tops[0][0] == pytest.approx(0.49)
    assert bed.carries
    assert household.flat_tv(1.0).size_m()[0] == pytest.approx(1.0)
    assert palette.woods
