"""glTF files as people's tools write them. If something is read wrong here, a mirrored chair is inside out, a texture
lies on its side, or a whole branch of the scene is missing and nobody is told."""

import base64
import logging
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.sim_scenes.gltf_maker import SQUARE, SQUARE_FACES, SQUARE_UV, GltfMaker, house
from tests.sim_scenes.helpers import cameras_at
from video4spatial.pipeline.core.errors import ConfigError, SourceError
from video4spatial.pipeline.core.geometry import upright_pose
from video4spatial.sim_scenes import gltf_file
from video4spatial.sim_scenes.glb import Axes, check_glb, load_glb, load_parts
from video4spatial.sim_scenes.gltf_materials import MaterialShelf
from video4spatial.sim_scenes.render.embedded import EmbeddedRenderer
from video4spatial.sim_scenes.scene import Part, Scene, flatten

QUARTERS = np.array([[[250, 0, 0], [0, 250, 0]], [[0, 0, 250], [240, 240, 240]]], dtype=np.uint8)
"""Red and green above, blue and white below."""
UASTC = (
    "q0tUWCAyMLsNChoKAAAAAAEAAAAIAAAACAAAAAAAAAAAAAAAAQAAAAEAAAAAAAAAaAAAACwAAACUAAAALAAAAAAAAAAAAAAAAAAAAAAAAADAAAAAAAAA"
    "AEAAAAAAAAAAQAAAAAAAAAAsAAAAAAAAAAIAKACmAQIAAwMAABAAAAAAAAAAAAB/AAAAAAAAAAAA/////x8AAABLVFh3cml0ZXIAQmFzaXMgVW5pdmVy"
    "c2FsIDIuMTAAAAQAAAB/fwAAlxsA4B9zAAAAAAAAAAAAABcAGeD/Ax4AAAAAAAAAAACXGwDgH3MAAAAAAAAAAAAAFwAZ4P8DHgAAAAAAAAAAAA=="
)
"""A KTX2 picture of 8 x 8, the left half red, the right half green."""


def read(made: GltfMaker, tmp_path: Path, axes: Axes | None = None, name: str = "made.glb") -> Scene:
    return load_glb(made.write(tmp_path / name), "made", axes)


def seen(scene: Scene, pose: np.ndarray | None = None) -> np.ndarray:
    """(64, 64, 3) of a square of 2 m, 2 m before the camera, which fills the view; unlit."""
    at = upright_pose([0, 0, 2], 0.0) if pose is None else pose
    return EmbeddedRenderer(Scene("unlit", scene.bodies)).render(cameras_at([at], 64, 64, 53.13)).rgb[0].astype(int)


def corners(rgb: np.ndarray) -> list[str]:
    """Colours of the picture's quarters: upper left, upper right, lower left, lower right."""
    places = [rgb[y, x] for y, x in ((12, 12), (12, 52), (52, 12), (52, 52))]
    return ["white" if p.min() > 180 else "black" if p.max() < 60 else "rgb"[int(p.argmax())] for p in places]


def quarters() -> Image.Image:
    return Image.fromarray(QUARTERS.repeat(16, axis=0).repeat(16, axis=1))


def square_of(**fields: object) -> GltfMaker:
    made = GltfMaker()
    texture = made.picture(quarters())
    made.node(name="Sheet", mesh=made.square(material=made.material(texture, **fields)))
    return made


def areas(parts: tuple[Part, ...]) -> list[float]:
    return [0.5 * float(np.linalg.norm(_across(part), axis=1).sum()) for part in parts]


def _across(part: Part) -> np.ndarray:
    a, b, c = (part.vertices_m[part.faces[:, k]].astype(float) for k in range(3))
    return np.cross(b - a, c - a)


def test_a_texture_lies_as_it_was_laid(tmp_path: Path) -> None:
    assert corners(seen(read(square_of(), tmp_path))) == ["r", "g", "b", "white"]


@pytest.mark.parametrize("mode", ["L", "LA", "P", "1", "I;16", "RGBA", "CMYK"])
def test_pictures_of_every_kind_of_pixel_are_read(tmp_path: Path, mode: str) -> None:
    made, grey = GltfMaker(), quarters().convert("L").point(lambda v: 255 if v > 200 else 30)
    if mode == "I;16":
        picture = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    elif mode == "1":
        picture = grey.point(lambda v: 255 if v > 128 else 0).convert("1")
    else:
        picture = grey.convert("RGB").convert(mode)
    form = "JPEG" if mode == "CMYK" else "PNG"
    made.node(name="Sheet", mesh=made.square(material=made.material(made.picture(picture, form))))
    assert corners(seen(read(made, tmp_path)))[2:] == ["black", "white"]


def test_the_second_set_of_texture_coordinates_is_used_where_the_material_says_so(tmp_path: Path) -> None:
    made = GltfMaker()
    material = made.material(made.picture(quarters()))
    made.document["materials"][0]["pbrMetallicRoughness"]["baseColorTexture"]["texCoord"] = 1
    sheet = made.mesh(SQUARE, SQUARE_FACES, TEXCOORD_0=SQUARE_UV * 0, TEXCOORD_1=SQUARE_UV, material=material)
    made.node(name="Sheet", mesh=sheet)
    assert corners(seen(read(made, tmp_path))) == ["r", "g", "b", "white"]


@pytest.mark.parametrize(
    ("transform", "expected"),
    [
        ({"offset": [0.5, 0.0]}, ["g", "r", "white", "b"]),
        ({"scale": [0.5, 0.5]}, ["r", "r", "r", "r"]),
        ({"scale": [0.5, 0.5], "offset": [0.0, 0.5]}, ["b", "b", "b", "b"]),
        ({"rotation": np.pi / 2, "offset": [0.0, 1.0]}, ["b", "r", "white", "g"]),
    ],
)
def test_texture_transforms_are_applied(tmp_path: Path, transform: dict, expected: list[str]) -> None:
    made = square_of()
    texture = made.document["materials"][0]["pbrMetallicRoughness"]["baseColorTexture"]
    texture["extensions"] = {"KHR_texture_transform": transform}
    made.document["extensionsRequired"] = ["KHR_texture_transform"]
    assert corners(seen(read(made, tmp_path))) == expected


def test_strips_fans_and_unindexed_triangles_are_the_same_square(tmp_path: Path) -> None:
    made = GltfMaker()
    strip = SQUARE[[0, 1, 3, 2]]
    for mesh in (
        made.mesh(strip, mode=5),
        made.mesh(SQUARE, mode=6),
        made.mesh(SQUARE[SQUARE_FACES]),
        made.mesh(SQUARE, np.array([0, 1, 3, 2], dtype=np.uint8), mode=5),
    ):
        made.node(name="Sheet", mesh=mesh)
    parts = load_parts(made.write(tmp_path / "made.glb"), MaterialShelf())
    np.testing.assert_allclose(areas(parts), 4.0, rtol=1e-6)
    for part in parts:
        assert np.all(_across(part)[:, 2] > 0)
        np.testing.assert_allclose(part.normals, np.tile([0, 0, 1], (len(part.normals), 1)), atol=1e-6)


def test_lines_and_points_are_left_out_by_name(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    made = square_of()
    for mode in (0, 1, 3):
        made.node(name="Wire", mesh=made.mesh(SQUARE, mode=mode))
    with caplog.at_level(logging.INFO):
        scene = read(made, tmp_path)
    assert len(scene.bodies) == 1
    assert "lines (2), points (1)" in caplog.text


def test_what_is_mirrored_keeps_its_outside_outside(tmp_path: Path) -> None:
    made = GltfMaker()
    sheet = made.square(material=made.material(made.picture(quarters())))
    made.node(name="Sheet", mesh=sheet, scale=[-1, 1, 1])
    assert corners(seen(read(made, tmp_path))) == ["g", "r", "white", "b"]
    assert np.all(flatten(read(made, tmp_path).bodies).normals[..., 2] > 0.99)


def test_scale_of_parents_turns_normals_as_it_should(tmp_path: Path) -> None:
    made = GltfMaker()
    slope = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, -2], [-1, 1, -2]], dtype=np.float32)
    outer = made.node(name="", scale=[1, 3, 1])
    made.node(outer, name="Slope", mesh=made.mesh(slope, SQUARE_FACES, NORMAL=np.tile(
        np.array([[0, 0.70710678, 0.70710678]], dtype=np.float32), (4, 1))))  # fmt: skip
    (part,) = load_parts(made.write(tmp_path / "made.glb"), MaterialShelf())
    flat = _across(part)[0] / np.linalg.norm(_across(part)[0])
    np.testing.assert_allclose(part.normals[0], flat, atol=1e-6)


def test_what_hangs_below_a_camera_is_there(tmp_path: Path) -> None:
    made = GltfMaker()
    made.document["cameras"] = [{"type": "perspective", "perspective": {"yfov": 1.0, "znear": 0.1}}]
    camera = made.node(name="Camera", camera=0, translation=[0, 0, 1])
    made.node(camera, name="Sheet", mesh=made.square(), translation=[0, 0, -1])
    np.testing.assert_allclose(read(made, tmp_path).bodies[0].world_vertices_m()[:, 2], 0.0, atol=1e-6)


def test_sparse_and_quantised_values_are_unpacked(tmp_path: Path) -> None:
    made = house()
    floor = read(made, tmp_path).bodies[0]
    np.testing.assert_allclose(np.unique(floor.world_vertices_m()[:, 0].round(6)), [-2, 0, 2])  # one corner moved
    packed = GltfMaker()
    mesh = packed.mesh((SQUARE * 100).astype(np.int8), SQUARE_FACES)
    packed.document["accessors"][0]["normalized"] = True
    packed.document["extensionsRequired"] = ["KHR_mesh_quantization"]
    packed.node(name="Sheet", mesh=mesh, scale=[1.27, 1.27, 1.27])
    np.testing.assert_allclose(read(packed, tmp_path).bounds_m(), [[-1, -1, 0], [1, 1, 0]], atol=1e-6)


def test_instances_of_one_node_are_things_of_their_own(tmp_path: Path) -> None:
    made = GltfMaker()
    places = made.accessor(np.array([[0, 0, 0], [3, 0, 0], [6, 0, 0]], dtype=np.float32))
    extension = {"EXT_mesh_gpu_instancing": {"attributes": {"TRANSLATION": places}}}
    made.node(name="Crate", mesh=made.square(), extensions=extension)
    made.document["extensionsRequired"] = ["EXT_mesh_gpu_instancing"]
    bodies = read(made, tmp_path).bodies
    assert [body.category for body in bodies] == ["crate", "crate", "crate"]
    assert len({id(body.parts[0]) for body in bodies}) == 1
    np.testing.assert_allclose([body.world_vertices_m()[:, 0].mean() for body in bodies], [0, 3, 6], atol=1e-6)


def test_a_skinned_mesh_stands_where_its_joints_are(tmp_path: Path) -> None:
    made = GltfMaker()
    mesh = made.mesh(
        SQUARE,
        SQUARE_FACES,
        JOINTS_0=np.zeros((4, 4), dtype=np.uint8),
        WEIGHTS_0=np.tile(np.array([[1, 0, 0, 0]], dtype=np.float32), (4, 1)),
    )
    joint = made.node(name="Bone", translation=[0, 5, 0])
    made.document["skins"] = [{"joints": [joint]}]
    made.node(name="Figure", mesh=mesh, skin=0, translation=[100, 0, 0])
    np.testing.assert_allclose(read(made, tmp_path).bodies[0].world_vertices_m().mean(axis=0), [0, 5, 0], atol=1e-6)


def test_a_gltf_with_files_beside_it_is_the_glb(tmp_path: Path) -> None:
    packed = read(square_of(), tmp_path)
    made = square_of()
    (tmp_path / "my textures").mkdir()
    quarters().save(tmp_path / "my textures" / "quarters.png")
    made.document["images"] = [{"uri": "my%20textures/quarters.png"}]
    loose = read(made, tmp_path, name="made.gltf")
    np.testing.assert_array_equal(seen(loose), seen(packed))
    (tmp_path / "my textures" / "quarters.png").unlink()
    with pytest.raises(ConfigError, match=r"made\.gltf .*texture my textures/quarters\.png is not there"):
        check_glb(tmp_path / "made.gltf")


def test_a_file_reads_nothing_outside_its_folder(tmp_path: Path) -> None:
    for uri in ("../secret.png", "/etc/passwd", "file:///etc/passwd", "http://example.org/x.png", "a\\..\\..\\b.png"):
        made = square_of()
        made.document["images"] = [{"uri": uri}]
        with pytest.raises(ConfigError, match="no path below its own folder"):
            check_glb(made.write(tmp_path / "made.glb"))


def test_embedded_base64_is_read(tmp_path: Path) -> None:
    made = square_of()
    made.document["buffers"] = [{"byteLength": len(made.blob)}]
    data = base64.b64encode(bytes(made.blob)).decode()
    made.document["buffers"][0]["uri"] = f"data:application/octet-stream;base64,{data}"
    made.blob.clear()
    assert corners(seen(read(made, tmp_path))) == ["r", "g", "b", "white"]


def test_lights_of_the_file_keep_their_places_and_how_they_compare(tmp_path: Path) -> None:
    made = square_of()
    lights = [
        {"type": "point", "intensity": 800.0, "color": [1.0, 0.5, 0.5]},
        {"type": "spot", "intensity": 200.0, "spot": {}},
        {"type": "directional", "intensity": 3.0},
    ]
    made.document |= {"extensions": {"KHR_lights_punctual": {"lights": lights}}}
    for number, place in enumerate(([0, 2, 0], [4, 2, 0], [9, 9, 9])):
        made.node(name="Light", translation=place, extensions={"KHR_lights_punctual": {"light": number}})
    lighting = read(made, tmp_path, Axes(scale=0.5)).lighting
    assert lighting is not None
    assert [lamp.position_m for lamp in lighting.lamps] == [(0.0, 1.0, 0.0), (2.0, 1.0, 0.0)]
    first, second = (np.array(lamp.colour) for lamp in lighting.lamps)
    np.testing.assert_allclose(second / first, [0.25, 0.5, 0.5])
    assert lighting.sun is not None
    np.testing.assert_allclose(lighting.sun.direction, [0, 0, -1], atol=1e-9)
    assert read(square_of(), tmp_path).lighting is None


def test_blended_surfaces_are_cut_out_where_their_picture_is_see_through(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for alpha, share in ((np.repeat([[0, 255]], 32, axis=0).repeat(16, axis=1), 0.5), (np.full((32, 32), 90), 1.0)):
        made = GltfMaker()
        pixels = np.dstack([np.full((32, 32, 3), 200), alpha]).astype(np.uint8)
        material = made.material(made.picture(Image.fromarray(pixels)), alphaMode="BLEND")
        made.node(name="Sheet", mesh=made.square(material=material))
        with caplog.at_level(logging.INFO):
            rgb = seen(read(made, tmp_path))
        assert np.mean(rgb.min(axis=-1) > 100) == pytest.approx(share, abs=0.05)
    assert "alpha blending (cut out at a half) (1)" in caplog.text
    assert "alpha blending (opaque) (1)" in caplog.text


def test_what_nobody_can_see_is_not_there(tmp_path: Path) -> None:
    made = square_of()
    made.document["materials"].append({"alphaMode": "BLEND", "pbrMetallicRoughness": {"baseColorFactor": [1, 1, 1, 0]}})
    made.node(name="Trigger", mesh=made.square(material=1), translation=[0, 0, 1])
    assert [body.name for body in read(made, tmp_path).bodies] == ["Sheet"]


def test_older_and_newer_materials_are_shown_or_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    made = GltfMaker()
    old = {"diffuseTexture": {"index": made.picture(quarters())}}
    made.material(extensions={"KHR_materials_pbrSpecularGlossiness": old, "KHR_materials_clearcoat": {}})
    made.node(name="Sheet", mesh=made.square(material=0))
    made.node(name="Sign", mesh=made.square(material=made.material(extensions={"KHR_materials_unlit": {}})))
    with caplog.at_level(logging.INFO):
        scene = read(made, tmp_path)
    assert scene.bodies[-1].parts[0].material.glow == 1.0
    assert corners(seen(Scene("old", scene.bodies[:1]))) == ["r", "g", "b", "white"]
    for name in ("clearcoat", "specular-glossiness", "unlit (glowing)"):
        assert name in caplog.text


def test_ktx2_textures_are_decoded(tmp_path: Path) -> None:
    pytest.importorskip("opengl_basisu", reason="the extra [scenes] is not installed")
    made = GltfMaker()
    image = made.add("images", {"bufferView": made.view(base64.b64decode(UASTC)), "mimeType": "image/ktx2"})
    texture = made.add("textures", {"extensions": {"KHR_texture_basisu": {"source": image}}})
    made.document |= {"extensionsUsed": ["KHR_texture_basisu"], "extensionsRequired": ["KHR_texture_basisu"]}
    made.node(name="Sheet", mesh=made.square(material=made.material(texture)))
    assert corners(seen(read(made, tmp_path))) == ["r", "g", "r", "g"]
    made.blob[made.document["bufferViews"][0]["byteOffset"] + 90] ^= 255
    with pytest.raises(SourceError, match="picture 0 does not decode"):
        read(made, tmp_path)


def test_compressed_meshes_are_decoded(tmp_path: Path) -> None:
    draco = pytest.importorskip("DracoPy", reason="the extra [scenes] is not installed")
    faces = SQUARE_FACES.reshape(-1, 3).astype(np.uint32)
    blob = draco.encode(SQUARE, faces=faces, tex_coord=SQUARE_UV.astype(float), preserve_order=True)
    made = square_of()
    ids = {entry["attribute_type"]: entry["unique_id"] for entry in draco.decode(blob).attributes}
    packed = {"bufferView": made.view(blob), "attributes": {"POSITION": ids[0], "TEXCOORD_0": ids[3]}}
    primitive = made.document["meshes"][0]["primitives"][0]
    primitive["extensions"] = {"KHR_draco_mesh_compression": packed}
    for number in (primitive["indices"], *primitive["attributes"].values()):
        del made.document["accessors"][number]["bufferView"]
    made.document["extensionsRequired"] = ["KHR_draco_mesh_compression"]
    assert corners(seen(read(made, tmp_path))) == ["r", "g", "b", "white"]
    made.blob[-40:] = bytes(40)
    with pytest.raises(SourceError, match=r"made\.glb cannot be read"):
        read(made, tmp_path)


@pytest.mark.parametrize("name", ["KHR_texture_basisu", "KHR_draco_mesh_compression"])
def test_what_needs_an_extra_says_which(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(gltf_file, "find_spec", lambda package: None)
    made = square_of()
    made.document["extensionsRequired"] = [name]
    with pytest.raises(ConfigError, match=rf"it needs {name} .*pip install 'video4spatial\[scenes\]', or convert it"):
        check_glb(made.write(tmp_path / "made.glb"))


def test_axes_and_units_of_the_address_are_applied(tmp_path: Path) -> None:
    made = GltfMaker()
    made.node(name="Sheet", mesh=made.mesh(SQUARE + np.array([0, 0, 5], dtype=np.float32), SQUARE_FACES))
    for up, expected in (("y", [0, 0, 5]), ("z", [0, 5, 0]), ("-z", [0, -5, 0]), ("x", [0, 0, 5])):
        body = read(made, tmp_path, Axes(up, 0.1)).bodies[0]
        np.testing.assert_allclose(body.world_vertices_m().mean(axis=0), np.array(expected) * 0.1, atol=1e-6)


def test_large_pictures_are_held_no_larger_than_can_be_seen(tmp_path: Path) -> None:
    for form in ("PNG", "JPEG"):
        made = GltfMaker()
        large = Image.new("RGB", (5000, 300), (200, 30, 30))
        made.node(name="Sheet", mesh=made.square(material=made.material(made.picture(large, form))))
        texture = read(made, tmp_path).bodies[0].parts[0].material.texture
        assert texture is not None
        assert max(texture.shape) <= 2048
        assert abs(texture[5, 5].astype(int) - [200, 30, 30]).max() < 6
