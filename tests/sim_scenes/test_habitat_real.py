"""Real habitat-sim on scenes of ours. If this breaks, the two renderers show two worlds under one name.

Runs where HABITAT_PYTHON names a Python with habitat_sim.
"""

import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.sim_scenes.helpers import cameras_at, oddities
from video4spatial.pipeline.core.camera import Cameras
from video4spatial.pipeline.core.errors import NotAvailable, SourceError
from video4spatial.pipeline.core.geometry import look_at, upright_pose
from video4spatial.sim_scenes.habitat_dataset import read_dataset
from video4spatial.sim_scenes.place import Place, load_place
from video4spatial.sim_scenes.render.base import Frames
from video4spatial.sim_scenes.render.embedded import EmbeddedRenderer
from video4spatial.sim_scenes.render.habitat import HabitatRenderer, Walker
from video4spatial.sim_scenes.render.habitat_session import HabitatConfig, HabitatSession, SceneRef
from video4spatial.sim_scenes.scene import Scene
from video4spatial.sim_scenes.sources import house_source, room_source


@pytest.fixture(scope="module")
def session(real_habitat: HabitatConfig) -> Iterator[HabitatSession]:
    """One process for all tests that leave it alive."""
    session = HabitatSession(real_habitat)
    yield session
    session.close()


@pytest.fixture(scope="module", params=["room", "house"])
def furnished(request: pytest.FixtureRequest) -> Place:
    return load_place({"room": room_source, "house": house_source}[request.param](3), radius_m=0.25, eye_height_m=1.65)


def views_of(place: Place, count: int = 8) -> Cameras:
    """From places where a walker may stand."""
    places = place.space.places_m(place.space.walkable(0.25))
    draw = np.random.default_rng(5)
    chosen = places[draw.integers(len(places), size=count)]
    eye_m = place.space.floor_m + 1.5
    yaws = draw.uniform(-np.pi, np.pi, size=count)
    return cameras_at(
        [upright_pose([x, eye_m, z], yaw, -0.1) for (x, z), yaw in zip(chosen, yaws, strict=True)], 160, 120
    )


def habitat_frames(scene: Scene, cameras: Cameras, session: HabitatSession) -> Frames:
    renderer = HabitatRenderer.of_scene(scene, samples=2, session=session)
    try:
        return renderer.render(cameras)
    finally:
        renderer.close()


def assert_same_world(ours: Frames, theirs: Frames) -> None:
    """The tolerances of the golden frames."""
    assert np.mean(ours.object_id == theirs.object_id) >= 0.9995
    assert np.mean(np.abs(ours.depth_m - theirs.depth_m) <= 1e-3 + 1e-3 * theirs.depth_m) >= 0.9995
    assert np.mean((ours.depth_m == 0) == (theirs.depth_m == 0)) >= 0.9995


def test_a_furnished_scene_is_the_same_to_both(furnished: Place, session: HabitatSession) -> None:
    cameras, scene = views_of(furnished), replace(furnished.scene, lighting=None)
    ours, theirs = EmbeddedRenderer(scene, 2).render(cameras), habitat_frames(scene, cameras, session)
    assert len(np.unique(ours.object_id)) > 5
    assert_same_world(ours, theirs)
    assert np.abs(ours.rgb.astype(int) - theirs.rgb).mean() <= 4


def test_a_lit_scene_is_as_bright_and_as_coloured_to_both(furnished: Place, session: HabitatSession) -> None:
    """Shadows and the sun are missing in Habitat, so single pixels may differ: surfaces must look alike."""
    cameras = views_of(furnished)
    ours = EmbeddedRenderer(furnished.scene, 2).render(cameras)
    theirs = habitat_frames(furnished.scene, cameras, session)
    assert_same_world(ours, theirs)
    assert 0.6 < theirs.rgb.mean() / ours.rgb.mean() < 1.4
    for channel in range(3):
        alike = np.corrcoef(ours.rgb[..., channel].ravel(), theirs.rgb[..., channel].ravel())[0, 1]
        assert alike > 0.6


def test_things_that_no_template_holds_as_they_are_stand_where_they_should(session: HabitatSession) -> None:
    cameras = cameras_at(
        [look_at([0.0, 1.4, 4.0], [0.0, 0.8, 0.0]), look_at([1.0, 1.0, -3.0], [0.0, 0.8, 0.0])], 96, 96
    )
    whole = replace(oddities(), bodies=tuple(body for body in oddities().bodies if body.name != "leaf"))
    ours, theirs = EmbeddedRenderer(whole, 2).render(cameras), habitat_frames(whole, cameras, session)
    assert_same_world(ours, theirs)
    assert np.abs(ours.rgb.astype(int) - theirs.rgb).mean() <= 4


def test_a_dataset_with_twins_keeps_their_ids_apart(shared_data: Path, session: HabitatSession) -> None:
    golden = shared_data / "habitat_golden" / "dataset" / "flat.scene_dataset_config.json"
    scene = read_dataset(golden, "flat_no_lights")
    cameras = cameras_at(
        [look_at([-0.8, 1.5, 1.0], [1.0, 0.5, -1.0]), look_at([2.0, 1.5, 1.5], [-2.0, 0.5, -1.0])], 160, 120
    )
    ours, theirs = EmbeddedRenderer(scene).render(cameras), habitat_frames(scene, cameras, session)
    assert len(np.unique(ours.object_id)) > 6
    assert_same_world(ours, theirs)


def test_nobody_who_has_no_way_on_the_navmesh_is_given_one(furnished: Place, session: HabitatSession) -> None:
    renderer = HabitatRenderer.of_scene(furnished.scene, session=session)
    places = furnished.space.places_m(furnished.space.walkable(0.25))
    ends = places[np.linspace(0, len(places) - 1, 12).astype(int)]
    ends = np.insert(ends, 1, furnished.space.floor_m, axis=1)
    found = renderer.geodesics(ends[:-1], ends[1:], Walker(radius_m=0.2))
    straight = np.linalg.norm(ends[1:] - ends[:-1], axis=1)
    assert found.navigable_area_m2 > 3.0
    walked = np.isfinite(found.distance_m)
    assert walked.mean() > 0.8
    assert np.all(found.distance_m[walked] > straight[walked] - 0.3)
    renderer.close()


def test_a_process_killed_in_the_middle_of_a_request_is_replaced_and_sees_the_same(
    yard: Scene, real_habitat: HabitatConfig
) -> None:
    session = HabitatSession(real_habitat)
    renderer = HabitatRenderer.of_scene(yard, session=session)
    cameras = cameras_at([look_at([0.3, 1.6, 4.0], [0.0, 0.4, 0.0])])
    before = renderer.render(cameras)
    child = session._child
    assert child is not None
    assert child._process is not None
    os.kill(child._process.pid, signal.SIGSTOP)  # the request waits for it
    threading.Timer(0.5, os.kill, (child._process.pid, signal.SIGKILL)).start()
    after = renderer.render(cameras)
    np.testing.assert_array_equal(before.rgb, after.rgb)
    np.testing.assert_array_equal(before.depth_m, after.depth_m)
    assert session._child is not child
    renderer.close()
    session.close()


def test_lenses_and_scenes_change_without_growth(yard: Scene, session: HabitatSession) -> None:
    cameras = [cameras_at([look_at([0.3, 1.6, 4.0], [0.0, 0.4, 0.0])], 256, 256, 50.0 + k) for k in range(10)]
    held_gib = []
    for _ in range(8):
        renderer = HabitatRenderer.of_scene(yard, session=session)
        for camera in cameras:
            renderer.render(camera)
        renderer.close()
        held_gib.append(session._held_gib)
    assert held_gib[-1] - held_gib[2] < 0.03, held_gib


def test_a_gpu_that_is_not_there_is_explained(real_habitat: HabitatConfig) -> None:
    if real_habitat.gpu_device_id >= 0:
        pytest.skip("HABITAT_GPU names a GPU: whether there is another one is not known")
    session = HabitatSession(replace(real_habitat, gpu_device_id=0))
    renderer = HabitatRenderer(SceneRef(dataset=None, scene_id="NONE"), session=session)
    with pytest.raises(NotAvailable, match="HABITAT_GPU=-1"):
        renderer.render(cameras_at([np.eye(4)]))


def test_a_scene_file_that_is_not_there_costs_that_scene_alone(session: HabitatSession) -> None:
    renderer = HabitatRenderer(SceneRef(dataset=None, scene_id="/nowhere/at.glb"), session=session)
    with pytest.raises(SourceError, match="Habitat refuses scene") as caught:
        renderer.render(cameras_at([np.eye(4)]))
    assert caught.value.reason == "scene_refused"
    habitat_frames(oddities(), cameras_at([np.eye(4)]), session)
