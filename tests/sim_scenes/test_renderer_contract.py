"""What every renderer promises. If this breaks, poses, depth and pictures contradict each other unseen.

Real Habitat is held to it where HABITAT_PYTHON names one; what it does not do by nature (`docs/habitat.md`) is asked of
the embedded renderer alone.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from tests.sim_scenes.edits import EDITS, edits_of
from tests.sim_scenes.helpers import cameras_at, placed
from video4spatial.pipeline.core.camera import Cameras, unproject
from video4spatial.pipeline.core.errors import NotAvailable
from video4spatial.pipeline.core.geometry import look_at, upright_pose
from video4spatial.sim_scenes.materials import plain
from video4spatial.sim_scenes.render.base import Renderer
from video4spatial.sim_scenes.render.embedded import EmbeddedRenderer, check_device
from video4spatial.sim_scenes.render.habitat import HabitatRenderer
from video4spatial.sim_scenes.render.habitat_session import HabitatConfig, HabitatSession
from video4spatial.sim_scenes.scene import Body, Lamp, Lighting, Material, Scene
from video4spatial.sim_scenes.shapes import box, panel, yaw_matrix

Make = Callable[[Scene], Renderer]
POSES = [look_at([0.3, 1.6, 4.0], [0.0, 0.4, 0.0]), look_at([3.0, 1.0, -2.0], [0.0, 0.5, 0.0])]


@pytest.fixture(scope="module")
def habitat(real_habitat: HabitatConfig) -> Iterator[HabitatSession]:
    """One process for all tests."""
    session = HabitatSession(real_habitat)
    yield session
    session.close()


@pytest.fixture(params=["raster cpu", "rays cpu", "rays cuda", "habitat"])
def make(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Iterator[Make]:
    if request.param != "habitat":
        way, device = request.param.split()
        if device == "cuda":
            try:
                check_device("cuda")
            except NotAvailable:
                pytest.skip("not run: no CUDA device")
        yield partial(EmbeddedRenderer, way=way, device=device)
        return
    caplog.set_level("INFO")
    session = request.getfixturevalue("habitat")
    made: list[HabitatRenderer] = []

    def make_habitat(scene: Scene) -> Renderer:
        made.append(HabitatRenderer.of_scene(scene, session=session))
        return made[-1]

    yield make_habitat
    for renderer in made:
        renderer.close()
    assert "trying again" not in caplog.text  # a process that crashes and is replaced renders the right picture too


def test_frames_have_the_promised_shapes_and_types(make: Make, yard: Scene) -> None:
    frames = make(yard).render(cameras_at(POSES, 40, 30))
    assert (frames.rgb.shape, frames.rgb.dtype) == ((2, 30, 40, 3), np.uint8)
    assert (frames.depth_m.shape, frames.depth_m.dtype) == ((2, 30, 40), np.float32)
    assert (frames.object_id.shape, frames.object_id.dtype) == ((2, 30, 40), np.int32)


def test_no_camera_gives_no_frame(make: Make, yard: Scene) -> None:
    assert make(yard).render(cameras_at(POSES)[0:0]).rgb.shape == (0, 48, 64, 3)


def test_depth_is_along_the_axis_and_not_along_the_ray(make: Make) -> None:
    wall = panel((-20, -20, -3), (40, 0, 0), (0, 40, 0), plain("wall", (0.5, 0.5, 0.5)))
    scene = Scene("wall", (Body(4, "wall", "wall", ("wall",), (wall,)),))
    frames = make(scene).render(cameras_at([upright_pose([0, 0, 0], 0.0)], fov_deg=100.0))
    np.testing.assert_allclose(frames.depth_m, 3.0, rtol=3e-5)
    assert np.all(frames.object_id == 4)


def test_object_pixels_unproject_into_their_own_box(make: Make, yard: Scene) -> None:
    cameras = cameras_at(POSES, 96, 64)
    frames = make(yard).render(cameras)
    for body in yard.bodies[1:]:
        low, high = body.world_vertices_m().min(axis=0), body.world_vertices_m().max(axis=0)
        seen = 0
        for view, (world_from_camera, image_from_camera) in enumerate(cameras):
            points = unproject(frames.depth_m[view], image_from_camera, world_from_camera)
            own = points[frames.object_id[view] == body.object_id]
            seen += len(own)
            assert np.all((own > low - 2e-3) & (own < high + 2e-3))
        assert seen > 200


def test_a_rotated_camera_sees_the_rotated_scene(make: Make, yard: Scene) -> None:
    turn = np.eye(4)
    turn[:3, :3], turn[:3, 3] = yaw_matrix(0.7), (0.4, 0.2, -1.1)
    turned = Scene("turned", tuple(replace(b, world_from_body=turn @ b.world_from_body) for b in yard.bodies))
    plain_view = make(yard).render(cameras_at(POSES))
    turned_view = make(turned).render(cameras_at([turn @ pose for pose in POSES]))
    assert np.mean(plain_view.object_id == turned_view.object_id) > 0.999
    same = plain_view.object_id == turned_view.object_id
    close = np.isclose(plain_view.depth_m, turned_view.depth_m, rtol=1e-3, atol=1e-3)
    assert np.mean(close[same]) > 0.999
    difference = np.abs(plain_view.rgb.astype(int) - turned_view.rgb)
    assert difference.mean() < 0.5


def test_a_crop_is_the_view_of_the_cropped_camera(yard: Scene) -> None:
    whole = cameras_at(POSES, 64, 48)
    part = whole.cropped(17, 9, 31, 22)
    of_whole, of_part = EmbeddedRenderer(yard).render(whole), EmbeddedRenderer(yard).render(part)
    np.testing.assert_array_equal(of_whole.object_id[:, 9:31, 17:48], of_part.object_id)
    np.testing.assert_allclose(of_whole.depth_m[:, 9:31, 17:48], of_part.depth_m, rtol=1e-4)
    assert np.abs(of_whole.rgb[:, 9:31, 17:48].astype(int) - of_part.rgb).max() <= 2


def test_pixels_may_be_wider_than_high(yard: Scene) -> None:
    square = cameras_at(POSES, 64, 48)
    narrow = square.resized(32, 48)
    wide_ids, narrow_ids = (
        EmbeddedRenderer(yard).render(square).object_id,
        EmbeddedRenderer(yard).render(narrow).object_id,
    )
    # a pixel of the narrow image covers two of the square one; where those agree it must agree too
    agree = wide_ids[:, :, 0::2] == wide_ids[:, :, 1::2]
    assert np.mean(narrow_ids[agree] == wide_ids[:, :, 0::2][agree]) > 0.995


def test_a_batch_equals_its_single_views(make: Make, yard: Scene) -> None:
    renderer = make(yard)
    together = renderer.render(cameras_at(POSES))
    for view, pose in enumerate(POSES):
        alone = renderer.render(cameras_at([pose]))
        np.testing.assert_array_equal(together.rgb[view], alone.rgb[0])
        np.testing.assert_array_equal(together.depth_m[view], alone.depth_m[0])
        np.testing.assert_array_equal(together.object_id[view], alone.object_id[0])


def test_the_same_views_give_the_same_bytes_again(make: Make, room) -> None:  # type: ignore[no-untyped-def]
    pose = look_at([0.5, 1.5, 0.5], [-1.0, 0.8, -1.0])
    first, second = (make(room.scene).render(cameras_at([pose])) for _ in range(2))
    assert first.rgb.tobytes() == second.rgb.tobytes()
    assert first.depth_m.tobytes() == second.depth_m.tobytes()


def test_results_stay_what_they_were_when_rendering_goes_on(make: Make, yard: Scene) -> None:
    renderer = make(yard)
    first = renderer.render(cameras_at(POSES[:1]))
    kept = first.rgb.copy()
    renderer.render(cameras_at(POSES[1:]))
    np.testing.assert_array_equal(first.rgb, kept)


def test_where_nothing_is_hit_depth_and_id_are_zero(make: Make, yard: Scene) -> None:
    frames = make(yard).render(cameras_at([upright_pose([0, 1, 0], 0.0, 1.2)]))
    assert not frames.depth_m.any()
    assert not frames.object_id.any()


def test_single_sided_surfaces_vanish_from_behind_and_double_sided_do_not(make: Make) -> None:
    for double_sided, expected in ((False, 0), (True, 7)):
        paint = plain("paint", (0.9, 0.4, 0.1), double_sided=double_sided)
        wall = panel((-5, -5, -2), (10, 0, 0), (0, 10, 0), paint)  # faces +z
        scene = Scene("wall", (Body(7, "wall", "wall", ("wall",), (wall,)),))
        before, behind = (
            make(scene).render(cameras_at([upright_pose([0, 0, 0], 0.0), upright_pose([0, 0, -4], np.pi)])).object_id
        )
        assert np.all(before == 7)
        assert np.all(behind == expected)


def test_geometry_that_reaches_behind_the_camera_is_cut_cleanly(make: Make) -> None:
    floor = panel((-50, 0, 50), (100, 0, 0), (0, 0, -100), plain("floor", (0.5, 0.5, 0.5)))
    scene = Scene("floor", (Body(1, "floor", "floor", ("floor",), (floor,)),))
    cameras = cameras_at([upright_pose([0, 1.5, 0], 0.3)])
    depth_m = make(scene).render(cameras).depth_m[0]
    points = unproject(depth_m, *next(iter(cameras))[::-1])
    assert np.all(depth_m[26:] > 0)
    np.testing.assert_allclose(points[26:, :, 1], 0.0, atol=2e-2)


def test_unlit_textures_pass_through(make: Make) -> None:
    texture = np.full((16, 16, 3), (200, 120, 37), dtype=np.uint8)
    wall = panel((-5, -5, -2), (10, 0, 0), (0, 10, 0), Material("wall", texture=texture))
    frames = make(Scene("wall", (Body(1, "w", "wall", ("wall",), (wall,)),))).render(
        cameras_at([upright_pose([0, 0, 0], 0.0)])
    )
    assert np.abs(frames.rgb.astype(int) - (200, 120, 37)).max() <= 1


def test_a_texture_stands_upright_and_is_not_mirrored(make: Make) -> None:
    texture = np.zeros((16, 16, 3), dtype=np.uint8)
    texture[:8, :8] = (255, 0, 0)  # upper left
    wall = panel((-1, -1, -2), (2, 0, 0), (0, 2, 0), Material("wall", texture=texture))
    rgb = (
        make(Scene("w", (Body(1, "w", "wall", ("wall",), (wall,)),)))
        .render(cameras_at([upright_pose([0, 0, 0], 0.0)], 64, 64, 50.0))
        .rgb[0]
    )
    assert rgb[16, 16, 0] > 250
    assert rgb[16, 48, 0] < 5
    assert rgb[48, 16, 0] < 5


def test_a_fine_pattern_far_away_turns_grey_instead_of_flickering(make: Make) -> None:
    squares = np.kron(np.indices((64, 64)).sum(axis=0) % 2, np.ones((2, 2)))
    texture = (np.repeat(squares[..., None], 3, axis=2) * 255).astype(np.uint8)
    wall = panel((-50, -50, -30), (100, 0, 0), (0, 100, 0), Material("checks", texture=texture), tile_m=1.0)
    renderer = make(Scene("w", (Body(1, "w", "wall", ("wall",), (wall,)),)))
    rgb = renderer.render(cameras_at([upright_pose([0, 0, 0], 0.0)])).rgb
    assert rgb.std() < 4
    # the mean of the light is 180 in gamma 2; Habitat averages the codes
    grey = 128 if isinstance(renderer, HabitatRenderer) else 180
    assert abs(rgb.mean() - grey) < 30


def test_a_thing_before_a_lamp_casts_a_shadow() -> None:
    floor = box((6, 0.1, 6), (0, -0.1, 0), plain("floor", (0.8, 0.8, 0.8)))
    cover = box((0.6, 0.05, 0.6), (0, 1.0, 0), plain("cover", (0.8, 0.8, 0.8)))
    light = Lighting(ambient=(0.1, 0.1, 0.1), lamps=(Lamp((0.0, 2.0, 0.0), (2.0, 2.0, 2.0)),))
    bodies = (Body(0, "stage", "stage", ("stage",), (floor,)), Body(1, "cover", "cover", ("cover",), (cover,)))
    views = cameras_at([look_at([0, 0.8, 2.5], [0, 0, 0])], 64, 64, 60.0)
    shaded = EmbeddedRenderer(Scene("s", bodies, light)).render(views).rgb[0].astype(int)
    open_floor = EmbeddedRenderer(Scene("s", bodies[:1], light)).render(views).rgb[0].astype(int)
    assert shaded[32, 32].mean() < 0.6 * open_floor[32, 32].mean()
    assert abs(shaded[60, 2].mean() - open_floor[60, 2].mean()) <= 1


@pytest.mark.parametrize("edit", EDITS)
def test_after_an_edit_the_pictures_are_those_of_a_new_renderer(make: Make, yard: Scene, edit: str) -> None:
    shown = edits_of(yard)[edit]
    cameras = cameras_at(POSES)
    renderer = make(shown[0])
    before = renderer.render(cameras)
    for scene in shown[1:]:
        renderer.show(scene)
        edited = renderer.render(cameras)  # what was drawn must not stand in the way of the next edit
    anew = make(shown[-1]).render(cameras)
    np.testing.assert_array_equal(edited.rgb, anew.rgb)
    np.testing.assert_array_equal(edited.depth_m, anew.depth_m)
    np.testing.assert_array_equal(edited.object_id, anew.object_id)
    looks_the_same = shown[0] is shown[-1] or edit == "in another order"
    assert looks_the_same == np.array_equal(before.rgb, edited.rgb)


def test_after_many_edits_too(make: Make, room) -> None:  # type: ignore[no-untyped-def]
    draw = np.random.default_rng(5)
    cameras = cameras_at([look_at([0.5, 1.5, 0.5], [-1.0, 0.8, -1.0])])
    scene = room.scene
    renderer = make(scene)
    for _ in range(12):
        stage, *things = scene.bodies
        k = int(draw.integers(len(things)))
        turn = placed(*draw.uniform(-0.3, 0.3, size=3)) @ things[k].world_from_body
        things[k] = replace(things[k], world_from_body=turn)
        if draw.random() < 0.4:
            things.append(things.pop(int(draw.integers(len(things)))))
        if draw.random() < 0.3:
            things.pop()
        scene = replace(scene, bodies=(stage, *things))
        renderer.show(scene)
    edited, anew = renderer.render(cameras), make(scene).render(cameras)
    np.testing.assert_array_equal(edited.rgb, anew.rgb)
    np.testing.assert_array_equal(edited.depth_m, anew.depth_m)
    np.testing.assert_array_equal(edited.object_id, anew.object_id)


def test_smooth_edges_change_colour_only(yard: Scene) -> None:
    hard = EmbeddedRenderer(yard, samples=1).render(cameras_at(POSES))
    soft = EmbeddedRenderer(yard, samples=2).render(cameras_at(POSES))
    np.testing.assert_array_equal(hard.depth_m, soft.depth_m)
    np.testing.assert_array_equal(hard.object_id, soft.object_id)
    changed = np.any(hard.rgb != soft.rgb, axis=-1).mean()
    assert 0.001 < changed < 0.5


def test_batches_larger_than_one_launch_are_joined_in_order(yard: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    cameras = cameras_at([POSES[k % 2] for k in range(5)])
    whole = EmbeddedRenderer(yard).render(cameras)
    monkeypatch.setattr("video4spatial.sim_scenes.render.embedded.BATCH_SAMPLES", 64 * 48 * 2)
    split = EmbeddedRenderer(yard).render(cameras)
    np.testing.assert_array_equal(whole.rgb, split.rgb)
    np.testing.assert_array_equal(whole.depth_m, split.depth_m)


def test_closing_twice_is_safe(make: Make, yard: Scene) -> None:
    renderer = make(yard)
    renderer.close()
    renderer.close()


def test_cameras_are_not_changed(make: Make, yard: Scene) -> None:
    cameras: Cameras = cameras_at(POSES)
    before = cameras.world_from_camera.copy()
    make(yard).render(cameras)
    np.testing.assert_array_equal(cameras.world_from_camera, before)
