"""The Habitat adapter: if it is wrong, poses and depth of every Habitat frame lie, or one dead driver stops a run.

Most tests run the real worker over `fake_habitat/`, a stand-in that knows what was written down from a real build; its
interpreter is V4S_HABITAT_TEST_PYTHON (a Python 3.9 with NumPy 1.26, say), by default ours. The golden frames are
rendered again by the real one where HABITAT_PYTHON is set.
"""

import json
import os
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.sim_scenes.edits import DIMMED, LIGHT
from tests.sim_scenes.helpers import cameras_at, placed
from video4spatial.pipeline.core.camera import Cameras, from_opengl, pinhole, unproject
from video4spatial.pipeline.core.errors import ConfigError, NotAvailable, SourceError, WorkerLost
from video4spatial.pipeline.core.geometry import look_at
from video4spatial.sim_scenes.config import SimConfig, View
from video4spatial.sim_scenes.render import choose
from video4spatial.sim_scenes.render.habitat import HabitatRenderer, Walker, shrink
from video4spatial.sim_scenes.render.habitat_session import (
    PROTOCOL,
    HabitatConfig,
    HabitatSession,
    SceneRef,
)
from video4spatial.sim_scenes.scene import Scene
from video4spatial.sim_scenes.sources import simulation_sources
from video4spatial.sim_scenes.stage import SimulateStage

FAKE = Path(__file__).parent / "fake_habitat"
SCENE = SceneRef(dataset=None, scene_id="floor")
POSES = [look_at([0.3, 1.6, 4.0], [0.0, 0.4, 0.0]), look_at([3.0, 1.0, -2.0], [0.0, 0.5, 0.0])]

MakePython = Callable[..., str]


@pytest.fixture
def fake_python(tmp_path: Path) -> MakePython:
    """fake_python(mode, NAME=value): a script that HABITAT_PYTHON may name, over the stand-in in that mode."""

    def make(mode: str = "", **variables: object) -> str:
        script = tmp_path / "habitat-python"
        python = os.environ.get("V4S_HABITAT_TEST_PYTHON", sys.executable)
        settings = {"PYTHONPATH": FAKE, "FAKE_HABITAT": mode, "FAKE_HABITAT_LOG": tmp_path / "log", **variables}
        exports = "".join(f"export {name}='{value}'\n" for name, value in settings.items())
        script.write_text(f'#!/bin/sh\n{exports}exec "{python}" "$@"\n')
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
        return str(script)

    return make


@pytest.fixture
def open_session(fake_python: MakePython) -> Iterator[Callable[..., HabitatSession]]:
    """open_session(mode, **settings of HabitatConfig): closed after the test."""
    opened: list[HabitatSession] = []

    def make(mode: str = "", **settings: float) -> HabitatSession:
        opened.append(HabitatSession(HabitatConfig(python=fake_python(mode), **settings)))  # type: ignore[arg-type]
        return opened[-1]

    yield make
    for session in opened:
        session.close()


@pytest.fixture
def no_habitat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HABITAT_PYTHON", raising=False)
    monkeypatch.setenv("HABITAT_GPU", "-1")


def log_of(session: HabitatSession) -> list[tuple[str, str]]:
    """(process, event) in order, as the stand-in noted them."""
    lines = Path(session._config.python).with_name("log").read_text().splitlines()
    return [(pid, event) for pid, _, event in (line.partition(" ") for line in lines)]


def test_floor_pixels_unproject_onto_the_floor_and_ids_lie_where_they_should(
    open_session: Callable[..., HabitatSession],
) -> None:
    cameras = cameras_at(POSES, 64, 48)
    frames = HabitatRenderer(SCENE, session=open_session()).render(cameras)
    assert (frames.rgb.shape, frames.rgb.dtype) == ((2, 48, 64, 3), np.uint8)
    assert (frames.depth_m.dtype, frames.object_id.dtype) == (np.float32, np.int32)
    for view, (world_from_camera, image_from_camera) in enumerate(cameras):
        points = unproject(frames.depth_m[view], image_from_camera, world_from_camera)
        hit = frames.depth_m[view] > 0
        assert 0.2 < hit.mean() < 1.0
        np.testing.assert_allclose(points[hit][:, 1], 0.0, atol=1e-3)
        np.testing.assert_array_equal(frames.object_id[view][hit] == 70000, points[hit][:, 0] > 0)
        assert not frames.rgb[view][~hit].any()


def test_views_of_two_lenses_come_back_in_their_own_places(open_session: Callable[..., HabitatSession]) -> None:
    session = open_session()
    renderer = HabitatRenderer(SCENE, session=session)
    lenses = np.concatenate([pinhole(1, 32, 24, fov) for fov in (70.0, 90.0, 70.0)])
    poses = np.stack([POSES[0], POSES[1], POSES[1]])
    mixed = Cameras(world_from_camera=poses, image_from_camera=lenses, width_px=32, height_px=24)
    together = renderer.render(mixed)
    assert [event for _, event in log_of(session)] == ["load floor True", "look"]
    for view in range(3):
        alone = renderer.render(mixed[[view]])
        np.testing.assert_array_equal(together.depth_m[view], alone.depth_m[0])
        np.testing.assert_array_equal(together.rgb[view], alone.rgb[0])
        np.testing.assert_array_equal(together.object_id[view], alone.object_id[0])
    assert renderer.render(mixed[0:0]).rgb.shape == (0, 24, 32, 3)


def test_batches_larger_than_one_request_are_joined_in_order(
    open_session: Callable[..., HabitatSession], monkeypatch: pytest.MonkeyPatch
) -> None:
    renderer = HabitatRenderer(SCENE, session=open_session())
    cameras = cameras_at([POSES[k % 2] for k in range(5)])
    whole = renderer.render(cameras)
    monkeypatch.setattr("video4spatial.sim_scenes.render.habitat.BATCH_BYTES", 64 * 48 * 11 * 2)
    np.testing.assert_array_equal(whole.depth_m, renderer.render(cameras).depth_m)


def test_samples_smooth_colour_and_leave_depth_and_ids(open_session: Callable[..., HabitatSession]) -> None:
    session = open_session()
    hard = HabitatRenderer(SCENE, samples=1, session=session).render(cameras_at(POSES))
    soft = HabitatRenderer(SCENE, samples=2, session=session).render(cameras_at(POSES))
    np.testing.assert_array_equal(hard.depth_m, soft.depth_m)
    np.testing.assert_array_equal(hard.object_id, soft.object_id)
    assert 0.0 < np.any(hard.rgb != soft.rgb, axis=-1).mean() < 0.2
    half = np.array([[[[0] * 3, [200] * 3], [[0] * 3, [200] * 3]]], dtype=np.uint8)
    np.testing.assert_array_equal(shrink(half, 2), np.full((1, 1, 1, 3), 141))  # half of the light, not of the code


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: c.cropped(5, 0, 40, 48), r"camera 0 has its principal point at \(27, 24\) instead of .* \(20, 24\)"),
        (lambda c: c.resized(32, 48), "camera 0 has pixels that are not square"),
    ],
)
def test_cameras_that_habitat_cannot_render_are_refused_by_name(
    change: Callable[[Cameras], Cameras], said: str
) -> None:
    renderer = HabitatRenderer(SCENE, session=HabitatSession(HabitatConfig(python="/never/started")))
    with pytest.raises(ConfigError, match=said):
        renderer.render(change(cameras_at(POSES)))


def test_a_missing_or_broken_dataset_is_named_before_habitat_is_asked(tmp_path: Path) -> None:
    session = HabitatSession(HabitatConfig(python="/never/started"))
    with pytest.raises(ConfigError, match=r"cannot read scene dataset a\.scene_dataset_config\.json: No such file"):
        HabitatRenderer(SceneRef(dataset=tmp_path / "a.scene_dataset_config.json", scene_id="x"), session=session)
    (tmp_path / "b.json").write_text("{")
    with pytest.raises(ConfigError, match=r"scene dataset b\.json is not JSON"):
        HabitatRenderer(SceneRef(dataset=tmp_path / "b.json", scene_id="x"), session=session)


def test_a_scene_that_habitat_refuses_costs_that_scene_alone(open_session: Callable[..., HabitatSession]) -> None:
    session = open_session()
    with pytest.raises(SourceError, match=r"refuses scene 'nowhere': ESP_CHECK failed: No Stage") as caught:
        HabitatRenderer(SceneRef(dataset=None, scene_id="nowhere"), session=session).render(cameras_at(POSES))
    assert caught.value.reason == "scene_refused"
    HabitatRenderer(SCENE, session=session).render(cameras_at(POSES))
    assert len({pid for pid, _ in log_of(session)}) == 1


def test_the_egl_exit_is_explained_and_not_tried_again(open_session: Callable[..., HabitatSession]) -> None:
    session = open_session("", gpu_device_id=0)
    with pytest.raises(NotAvailable, match=r"HABITAT_GPU=-1.*NVIDIA_DRIVER_CAPABILITIES.*exit status 1"):
        HabitatRenderer(SCENE, session=session).render(cameras_at(POSES))


@pytest.mark.parametrize(("mode", "settings"), [("abort_once", {}), ("hang_once", {"render_timeout_s": 3.0})])
def test_a_lost_process_is_replaced_with_its_scene_and_the_request_repeated(
    open_session: Callable[..., HabitatSession], tmp_path: Path, mode: str, settings: dict[str, float]
) -> None:
    session = open_session(f"{mode}:{tmp_path / 'happened'}", **settings)
    frames = HabitatRenderer(SCENE, session=session).render(cameras_at(POSES))
    assert (tmp_path / "happened").exists()
    assert frames.depth_m.any()
    events = log_of(session)
    assert [event for _, event in events] == ["load floor True"] * 2
    assert len({pid for pid, _ in events}) == 2


@pytest.mark.parametrize(
    ("mode", "settings", "reason", "said"),
    [
        ("abort", {}, "crashed", "signal 6.*corrupted double-linked list"),
        ("hang", {"render_timeout_s": 0.5}, "timed_out", r"did not answer 'render' within 0\.5 s"),
    ],
)
def test_a_process_lost_every_time_is_said_so(
    open_session: Callable[..., HabitatSession], mode: str, settings: dict[str, float], reason: str, said: str
) -> None:
    session = open_session(mode, **settings)
    with pytest.raises(WorkerLost, match=said) as caught:
        HabitatRenderer(SCENE, session=session).render(cameras_at(POSES))
    assert caught.value.reason == reason
    assert len(log_of(session)) == 2


def test_the_process_is_replaced_after_its_share_of_scenes(open_session: Callable[..., HabitatSession]) -> None:
    session = open_session("", scenes_per_process=2)
    for number in range(5):
        scene = SceneRef(dataset=None, scene_id=f"s{number}")
        HabitatRenderer(scene, session=session).render(cameras_at(POSES[:1]))
    processes = [pid for pid, _ in log_of(session)]
    assert [processes.count(pid) for pid in dict.fromkeys(processes)] == [2, 2, 1]


def test_a_process_that_holds_too_much_is_replaced(open_session: Callable[..., HabitatSession]) -> None:
    session = open_session("", memory_gib=1e-6)
    for name in "aab":
        HabitatRenderer(SceneRef(dataset=None, scene_id=name), session=session).render(cameras_at(POSES[:1]))
    assert [event.split()[1] for _, event in log_of(session)] == ["a", "b"]
    assert len({pid for pid, _ in log_of(session)}) == 2


def test_renderers_that_share_a_process_each_see_their_own_scene(
    open_session: Callable[..., HabitatSession],
) -> None:
    session = open_session()
    first, second = (HabitatRenderer(SceneRef(dataset=None, scene_id=name), session=session) for name in "ab")
    for renderer in (first, first, second, first):
        renderer.render(cameras_at(POSES[:1]))
    assert [event.split()[1] for _, event in log_of(session)] == ["a", "b", "a"]
    second.close()
    first.render(cameras_at(POSES[:1]))
    assert len({pid for pid, _ in log_of(session)}) == 1


def test_geodesics_are_asked_of_one_navmesh_per_walker(open_session: Callable[..., HabitatSession]) -> None:
    session = open_session()
    renderer = HabitatRenderer(SCENE, session=session)
    starts, ends = np.array([[0, 0, 0], [1, 0, 1], [0, 0, 0]]), np.array([[3, 0, 4], [1, 0, 1], [0, 20, 0]])
    for _ in range(2):
        found = renderer.geodesics(starts, ends, Walker(radius_m=0.25))
        np.testing.assert_allclose(found.distance_m, [5.0, 0.0, np.inf])
        assert found.navigable_area_m2 == pytest.approx(26.936)
    assert renderer.geodesics(starts, ends, Walker(around_objects=False)).navigable_area_m2 > 30
    assert [event for _, event in log_of(session)] == ["load floor True", "navmesh 0.25", "navmesh 0.2"]
    with pytest.raises(SourceError, match="the navmesh is empty"):
        renderer.geodesics(starts, ends, Walker(radius_m=9.0))
    with pytest.raises(ConfigError, match=r"must both be \(N, 3\)"):
        renderer.geodesics(starts[:2], ends, Walker())


def test_any_scene_is_rendered_through_a_dataset_that_goes_when_closed(
    fake_python: MakePython, yard: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HABITAT_PYTHON", fake_python())
    monkeypatch.setenv("HABITAT_GPU", "-1")
    renderer = choose.make_renderer("habitat", yard, samples=2)
    assert isinstance(renderer, HabitatRenderer)
    dataset = renderer._scene.dataset
    assert dataset is not None
    assert "stages" in json.loads(dataset.read_text())
    assert renderer.render(cameras_at(POSES)).depth_m.any()
    renderer.close()
    renderer.close()
    assert not dataset.exists()


def test_what_was_added_is_moved_and_removed_by_messages_alone(
    open_session: Callable[..., HabitatSession], yard: Scene
) -> None:
    session = open_session()
    renderer = HabitatRenderer.of_scene(yard, session=session)
    cameras = cameras_at([look_at([0.0, 1.0, 6.0], [0.0, 1.0, 0.0])])
    empty = renderer.render(cameras)
    seen = []
    for x in (-1.0, 0.0, 1.0):
        post = replace(yard.bodies[1], object_id=9, world_from_body=placed(x, 0.0, 1.0))
        renderer.show(replace(yard, bodies=(*yard.bodies, post)))
        frames = renderer.render(cameras)
        columns = np.nonzero((frames.object_id[0] == 9).any(axis=0))[0]
        seen.append(columns.mean())
        assert np.all(np.isclose(frames.depth_m[0][frames.object_id[0] == 9], 5.0, atol=1e-3))
    assert seen[0] < seen[1] < seen[2]
    renderer.show(yard)
    again = renderer.render(cameras)
    np.testing.assert_array_equal(again.rgb, empty.rgb)
    np.testing.assert_array_equal(again.object_id, empty.object_id)
    renderer.close()
    assert [event for _, event in log_of(session)] == ["load yard True", "add 9", "remove 9"]


def test_a_body_of_the_scene_that_moves_costs_one_load_and_then_messages(
    open_session: Callable[..., HabitatSession], yard: Scene
) -> None:
    session = open_session()
    renderer = HabitatRenderer.of_scene(yard, session=session)
    floor, red, blue = yard.bodies
    for k in range(3):
        moved = replace(red, world_from_body=placed(0.1 * k, 0.0, 2.0))
        renderer.show(replace(yard, bodies=(floor, moved, blue)))
        assert (renderer.render(cameras_at(POSES)).object_id == 1).any()
    renderer.show(replace(yard, bodies=(floor, blue)))
    assert not (renderer.render(cameras_at(POSES)).object_id == 1).any()
    renderer.close()
    assert [event for _, event in log_of(session)] == ["load yard True", "add 1", "remove 1"]


def test_what_was_moved_and_drawn_is_seen_in_other_light_too(
    open_session: Callable[..., HabitatSession], yard: Scene
) -> None:
    renderer = HabitatRenderer.of_scene(replace(yard, lighting=LIGHT), session=open_session())
    floor, red, blue = yard.bodies
    moved = (floor, replace(red, world_from_body=placed(0.1, 0.0, 2.0)), blue)
    for lighting in (LIGHT, DIMMED, LIGHT):
        renderer.show(replace(yard, bodies=moved, lighting=lighting))
        assert (renderer.render(cameras_at(POSES)).object_id == 1).any()
    renderer.close()


def test_other_lights_are_a_message_and_come_back(open_session: Callable[..., HabitatSession], yard: Scene) -> None:
    session = open_session()
    lit = replace(yard, lighting=LIGHT)
    renderer = HabitatRenderer.of_scene(lit, session=session)
    first = renderer.render(cameras_at(POSES)).rgb
    renderer.show(replace(yard, lighting=DIMMED))
    assert not np.array_equal(renderer.render(cameras_at(POSES)).rgb, first)
    renderer.show(lit)
    np.testing.assert_array_equal(renderer.render(cameras_at(POSES)).rgb, first)
    renderer.show(yard)  # other shaders
    renderer.render(cameras_at(POSES))
    renderer.close()
    events = [event.split()[0] for _, event in log_of(session) if event != "look"]
    assert events == ["load", "lights", "lights", "load"]


def test_a_lost_process_is_given_the_edit_again(
    open_session: Callable[..., HabitatSession], yard: Scene, tmp_path: Path
) -> None:
    session = open_session(f"abort_once:{tmp_path / 'happened'}")
    renderer = HabitatRenderer.of_scene(yard, session=session)
    post = replace(yard.bodies[1], object_id=9, world_from_body=placed(0.0, 0.0, 1.0))
    renderer.show(replace(yard, bodies=(*yard.bodies, post)))
    assert (renderer.render(cameras_at(POSES[:1])).object_id == 9).any()
    renderer.close()
    assert [event for _, event in log_of(session)] == ["load yard True", "add 9"] * 2


@pytest.mark.usefixtures("no_habitat")
def test_auto_is_embedded_and_says_why_where_habitat_is_not_set_up(caplog: pytest.LogCaptureFixture) -> None:
    choice = choose.choose_renderer("auto")
    assert (choice.name, "HABITAT_PYTHON is not set" in choice.why) == ("embedded", True)
    assert choose.resolve_renderer("auto") == "embedded"
    assert not caplog.records  # nothing is wrong
    with pytest.raises(NotAvailable, match="HABITAT_PYTHON is not set"):
        HabitatRenderer(SCENE)


@pytest.mark.usefixtures("no_habitat")
def test_auto_is_habitat_where_it_has_just_rendered_a_picture(
    fake_python: MakePython, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HABITAT_PYTHON", fake_python())
    choice = choose.choose_renderer("auto")
    assert choice.name == "habitat"
    assert "habitat_sim 0.3.3 under Python 3." in choice.why
    assert choose.resolve_renderer("embedded") == "embedded"


@pytest.mark.usefixtures("no_habitat")
@pytest.mark.parametrize(
    ("mode", "said"),
    [("egl", "EGL does not show the GPU"), ("absent", "has no habitat_sim"), ("missing", "cannot be run")],
)
def test_a_habitat_that_does_not_work_is_a_warning_for_auto_and_an_error_by_name(
    fake_python: MakePython, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, mode: str, said: str
) -> None:
    monkeypatch.setenv("HABITAT_PYTHON", "/no/such/python" if mode == "missing" else fake_python(mode))
    assert choose.resolve_renderer("auto") == "embedded"
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert said in caplog.text
    with pytest.raises(NotAvailable, match=f"{said}.*use renderer: embedded"):
        choose.resolve_renderer("habitat")


def test_a_start_that_takes_too_long_is_said_so(open_session: Callable[..., HabitatSession]) -> None:
    with pytest.raises(NotAvailable, match=r"does not start Habitat: .* did not answer 'hello' within 0\.5 s"):
        open_session("slow_start", start_timeout_s=0.5).hello()


@pytest.fixture(params=["replayed", "real"])
def golden(
    request: pytest.FixtureRequest, shared_data: Path, fake_python: MakePython
) -> Iterator[tuple[HabitatRenderer, Path]]:
    """A renderer of the golden scene, over the recording or over the real Habitat, and the folder of the recording."""
    folder = shared_data / "habitat_golden"
    if request.param == "replayed":
        config = HabitatConfig(python=fake_python(FAKE_HABITAT_GOLDEN=folder))
    else:
        config = request.getfixturevalue("real_habitat")
    dataset = folder / "dataset" / "flat.scene_dataset_config.json"
    session = HabitatSession(config)
    yield HabitatRenderer(SceneRef(dataset=dataset, scene_id="flat_no_lights"), session=session), folder
    session.close()


def test_the_golden_frames_come_back_for_the_golden_cameras(
    golden: tuple[HabitatRenderer, Path], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    renderer, folder = golden
    meta = json.loads((folder / "meta.json").read_text())
    for size in sorted({(frame["width"], frame["height"]) for frame in meta["frames"]}):
        expected = [frame for frame in meta["frames"] if (frame["width"], frame["height"]) == size]
        poses = from_opengl(np.array([frame["camera_to_world"] for frame in expected]))
        lens = np.array([[[f["fx"], 0, f["cx"]], [0, f["fy"], f["cy"]], [0, 0, 1]] for f in expected])
        frames = renderer.render(
            Cameras(world_from_camera=poses, image_from_camera=lens, width_px=size[0], height_px=size[1])
        )
        for view, frame in enumerate(expected):
            stem = folder / "frames" / frame["name"]
            depth_m, ids = np.load(f"{stem}_depth.npy"), np.load(f"{stem}_semantic.npy")
            close = np.isclose(frames.depth_m[view], depth_m, rtol=1e-3, atol=1e-3)
            assert close.mean() >= 0.995, frame["name"]
            assert (frames.object_id[view] == ids).mean() >= 0.995, frame["name"]
            rgb = np.asarray(Image.open(f"{stem}_rgb.png").convert("RGB")).astype(int)
            assert np.abs(frames.rgb[view] - rgb).mean() <= 4, frame["name"]
    assert "trying again" not in caplog.text


def test_the_golden_walks_have_their_lengths(golden: tuple[HabitatRenderer, Path]) -> None:
    renderer, folder = golden
    navmesh = json.loads((folder / "navmesh.json").read_text())
    starts, ends = (np.array([query[end] for query in navmesh["queries"]]) for end in ("start", "end"))
    found = renderer.geodesics(starts, ends, Walker())
    expected = [query["geodesic_distance"] if query["found"] else np.inf for query in navmesh["queries"]]
    np.testing.assert_allclose(found.distance_m, expected, rtol=1e-3)
    assert found.navigable_area_m2 == pytest.approx(navmesh["navigable_area"], rel=1e-2)


def test_a_camera_in_the_golden_room_stands_where_it_was_put(golden: tuple[HabitatRenderer, Path]) -> None:
    renderer, folder = golden
    frame = json.loads((folder / "meta.json").read_text())["frames"][0]
    assert renderer.session.hello()["protocol"] == PROTOCOL
    cameras = cameras_at([from_opengl(np.array(frame["camera_to_world"]))], 256, 256, 90.0)
    points = unproject(renderer.render(cameras).depth_m[0], *next(iter(cameras))[::-1])
    low, high = np.nanmin(points, axis=(0, 1)), np.nanmax(points, axis=(0, 1))
    assert np.all(low > np.array([-4.0, -0.0923, -3.0]) - 2e-2)
    assert np.all(high < np.array([4.0, 2.8, 3.0]) + 2e-2)


@pytest.mark.usefixtures("no_habitat")
def test_a_whole_unit_runs_on_habitat_under_an_id_of_its_own(
    fake_python: MakePython, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HABITAT_PYTHON", fake_python(FAKE_HABITAT_ID=1))
    view = View(size_px=16, paths=1, frames=3, depth_scale=2, lighting_variants=1, occluder_variants=0)
    config = SimConfig(rooms=1, views=(view,), renderer="auto")
    sources = simulation_sources(config, seed=3)
    stage = SimulateStage(config=config, scene_folder=str(tmp_path / "scenes"))
    (unit,) = stage.units(sources, seed=3)
    assert unit.settings["renderer"] == "habitat"
    products = list(stage.build()(unit))
    assert [product.variant for product in products] == [0, 1]
    sequence = products[0].sequence
    assert sequence is not None
    assert sequence.cameras is not None
    assert sequence.depth_m is not None
    points = unproject(sequence.depth_m[0], *next(iter(sequence.cameras.resized(8, 8)))[::-1])
    np.testing.assert_allclose(points[sequence.depth_m[0] > 0][:, 1], 0.0, atol=1e-3)
    monkeypatch.delenv("HABITAT_PYTHON")
    (embedded,) = stage.units(sources, seed=3)
    assert embedded.settings["renderer"] == "embedded"
    assert embedded.unit_id != unit.unit_id
