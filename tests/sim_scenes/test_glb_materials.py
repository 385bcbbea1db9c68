"""Materials of GLB files, from the file to the pixel. If one is read wrong, leaves are plates and screens are black."""

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh
from PIL import Image

from tests.sim_scenes.helpers import cameras_at
from video4spatial.pipeline.core.geometry import upright_pose
from video4spatial.sim_scenes.glb import load_glb
from video4spatial.sim_scenes.render.base import Frames
from video4spatial.sim_scenes.render.embedded import EmbeddedRenderer
from video4spatial.sim_scenes.scene import Lamp, Lighting, Scene

DARK = Lighting(ambient=(0.0, 0.0, 0.0), sky=(0.0, 0.0, 0.0), ground=(0.0, 0.0, 0.0))


def _sheet(tmp_path: Path, distance_m: float = 2.0, wall: bool = False, **look: Any) -> Scene:
    """A square of 2 m that faces +z, `distance_m` before the camera; a wall behind it if asked."""
    corners = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], dtype=float) - [0, 0, distance_m]
    uv = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], dtype=float)
    faces = np.array([[0, 1, 2], [0, 2, 3]])
    scene = trimesh.Scene()
    material = trimesh.visual.material.PBRMaterial(name="sheet", **look)
    visual = trimesh.visual.TextureVisuals(uv=uv, material=material)
    scene.add_geometry(
        trimesh.Trimesh(corners, faces, visual=visual, process=False), node_name="Leaf", geom_name="leaf"
    )
    if wall:
        behind = trimesh.Trimesh(corners * 4, faces, process=False)
        scene.add_geometry(behind, node_name="Wall_1", geom_name="wall")
    path = tmp_path / "sheet.glb"
    path.write_bytes(scene.export(file_type="glb"))
    return load_glb(path, "sheet")


def _seen(scene: Scene, lighting: Lighting | None = None, samples: int = 1, size: int = 64) -> Frames:
    lit = Scene(scene.name, scene.bodies, lighting)
    cameras = cameras_at([upright_pose([0, 0, 0], 0.0)], size, size, 53.13)  # sees 2 m at 2 m
    return EmbeddedRenderer(lit, samples).render(cameras)


def _half_mask() -> Image.Image:
    """Red; opaque on the left, see-through on the right."""
    pixels = np.zeros((32, 32, 4), dtype=np.uint8)
    pixels[..., 0], pixels[:, :16, 3] = 255, 255
    return Image.fromarray(pixels)


@pytest.mark.parametrize("samples", [1, 2])
def test_a_masked_surface_is_cut_out_of_colour_depth_and_ids(tmp_path: Path, samples: int) -> None:
    scene = _sheet(tmp_path, wall=True, baseColorTexture=_half_mask(), alphaMode="MASK", alphaCutoff=0.5)
    frames = _seen(scene, samples=samples)
    np.testing.assert_allclose(frames.depth_m[0, :, :31], 2.0, rtol=1e-5)
    np.testing.assert_allclose(frames.depth_m[0, :, 33:], 8.0, rtol=1e-5)
    assert np.all(frames.object_id[0, :, :31] == 1)
    assert np.all(frames.object_id[0, :, 33:] == 0)
    assert np.all(frames.rgb[0, :, :28, 1] < 40)
    assert np.all(frames.rgb[0, :, 36:, 1] > 90)


@pytest.mark.parametrize(("cutoff", "there"), [(0.2, True), (0.6, False)])
def test_the_cutoff_decides_what_half_transparent_means(tmp_path: Path, cutoff: float, there: bool) -> None:
    pixels = np.full((16, 16, 4), (90, 200, 90, 100), dtype=np.uint8)  # alpha 0.39
    scene = _sheet(tmp_path, baseColorTexture=Image.fromarray(pixels), alphaMode="MASK", alphaCutoff=cutoff)
    assert bool(_seen(scene).depth_m.any()) is there


def test_a_mask_that_hides_nothing_gives_the_pixels_of_the_plain_surface(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, size=(32, 32, 4), dtype=np.uint8)
    noise[..., 3] = 255
    picture = Image.fromarray(noise)
    masked = _seen(_sheet(tmp_path, baseColorTexture=picture, alphaMode="MASK"))
    plain = _seen(_sheet(tmp_path, baseColorTexture=picture))
    np.testing.assert_allclose(masked.depth_m, plain.depth_m, rtol=1e-6)
    assert np.mean(masked.rgb != plain.rgb) < 0.01


def test_cut_out_surfaces_close_to_the_camera_and_behind_it_are_cut_at_the_near_plane(tmp_path: Path) -> None:
    scene = _sheet(tmp_path, distance_m=0.5, baseColorTexture=_half_mask(), alphaMode="MASK", doubleSided=True)
    body = scene.bodies[0]
    turned = trimesh.transformations.rotation_matrix(1.5, [0, 1, 0], [0, 0, -0.5])
    bodies = (type(body)(1, body.name, body.category, body.words, body.parts, turned),)
    frames = _seen(Scene("turned", bodies))
    assert 0.01 < (frames.depth_m > 0).mean() < 0.99
    assert frames.depth_m.max() < 1.6


def test_single_sided_masks_vanish_from_behind(tmp_path: Path) -> None:
    for double_sided in (False, True):
        scene = _sheet(tmp_path, -2.0, baseColorTexture=_half_mask(), alphaMode="MASK", doubleSided=double_sided)
        cameras = cameras_at([upright_pose([0, 0, 0], np.pi), upright_pose([0, 0, 4], 0.0)], 64, 64, 53.13)
        behind, before = (EmbeddedRenderer(scene).render(cameras).depth_m[view] > 0 for view in (0, 1))
        assert before.any()
        assert behind.any() == double_sided


def test_cut_out_leaves_cast_no_shadow(tmp_path: Path) -> None:
    lamp = Lighting(ambient=(0.1, 0.1, 0.1), lamps=(Lamp((0.0, 0.0, 0.0), (60.0, 60.0, 60.0)),))
    look = {"baseColorTexture": _half_mask(), "alphaMode": "MASK"}
    rgb = _seen(_sheet(tmp_path, wall=True, **look), lamp).rgb[0]
    assert rgb[32, 40].min() > 100


def test_emission_shows_in_the_dark_in_its_own_colour_and_texture(tmp_path: Path) -> None:
    picture = np.zeros((32, 32, 3), dtype=np.uint8)
    picture[:, 16:] = 255
    look = {"baseColorFactor": [0, 0, 0, 255], "emissiveFactor": [0.0, 1.0, 0.0]}
    plain = _seen(_sheet(tmp_path, **look), DARK).rgb[0]
    np.testing.assert_array_less(plain[..., 0], 3)
    assert plain[32, 10, 1] > 200
    pictured = _seen(_sheet(tmp_path, emissiveTexture=Image.fromarray(picture), **look), DARK).rgb[0]
    assert pictured[32, 50, 1] > 200
    assert pictured[32, 12].max() < 3


def test_white_emission_of_a_black_surface_is_seen(tmp_path: Path) -> None:
    rgb = _seen(_sheet(tmp_path, baseColorFactor=[0, 0, 0, 255], emissiveFactor=[1.0, 1.0, 1.0]), DARK).rgb
    assert rgb.min() > 200


def test_emission_is_not_shown_where_nothing_is_lit(tmp_path: Path) -> None:
    rgb = _seen(_sheet(tmp_path, baseColorFactor=[0, 0, 0, 255], emissiveFactor=[0.0, 1.0, 0.0])).rgb
    assert rgb.max() < 3


def test_vertex_colours_are_seen(tmp_path: Path) -> None:
    corners = np.array([[-1, -1, -2], [1, -1, -2], [1, 1, -2], [-1, 1, -2]], dtype=float)
    colours = np.array([[255, 0, 0, 255], [0, 0, 255, 255], [0, 0, 255, 255], [255, 0, 0, 255]], dtype=np.uint8)
    mesh = trimesh.Trimesh(corners, [[0, 1, 2], [0, 2, 3]], vertex_colors=colours, process=False)
    path = tmp_path / "painted.glb"
    path.write_bytes(trimesh.Scene(mesh).export(file_type="glb"))
    rgb = _seen(load_glb(path, "painted")).rgb[0].astype(int)
    assert rgb[32, 2, 0] > 220 > 80 > rgb[32, 2, 2]
    assert rgb[32, 61, 2] > 220 > 80 > rgb[32, 61, 0]


def test_textures_of_any_size_fill_their_surface(tmp_path: Path) -> None:
    picture = np.zeros((21, 50, 3), dtype=np.uint8)
    picture[:, :25], picture[:, 25:] = (250, 0, 0), (0, 250, 0)
    rgb = _seen(_sheet(tmp_path, baseColorTexture=Image.fromarray(picture))).rgb[0]
    assert rgb[:, 4:28, 0].min() > 240
    assert rgb[:, 36:60, 1].min() > 240


def test_what_is_not_shown_is_named_in_one_line_for_a_file(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    flat = Image.fromarray(np.full((4, 4, 3), 128, dtype=np.uint8))
    look = {"normalTexture": flat, "metallicRoughnessTexture": flat, "metallicFactor": 1.0, "alphaMode": "BLEND"}
    with caplog.at_level(logging.INFO):
        _sheet(tmp_path, **look)
    (line,) = [record.getMessage() for record in caplog.records if "sheet.glb" in record.getMessage()]
    for name in ("normal map (1)", "metallic-roughness map", "metal", "alpha blending"):
        assert name in line


def test_what_is_shown_whole_is_not_spoken_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        _sheet(tmp_path, baseColorTexture=_half_mask(), alphaMode="MASK", emissiveFactor=[0.0, 0.5, 0.0])
    assert not [record for record in caplog.records if "sheet.glb" in record.getMessage()]
