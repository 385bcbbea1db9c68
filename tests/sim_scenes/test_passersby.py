"""People in the view. If one walks through a wall or the camera, or its depth is not its own, the data teaches that."""

import json
from dataclasses import replace

import numpy as np
import pytest

from tests.sim_scenes.helpers import pinhole_cameras
from video4spatial.pipeline.core.camera import Cameras, unproject
from video4spatial.pipeline.core.consistency import covisibility, geometry_error
from video4spatial.pipeline.core.seeds import rng
from video4spatial.sim_scenes.clearance import ANKLE_M
from video4spatial.sim_scenes.config import View, WalkConfig
from video4spatial.sim_scenes.filming import film, still_depth_m
from video4spatial.sim_scenes.objects import object_table
from video4spatial.sim_scenes.passersby import passerby_variant
from video4spatial.sim_scenes.paths import Walk
from video4spatial.sim_scenes.place import Place, load_place
from video4spatial.sim_scenes.recordings import draw_recordings
from video4spatial.sim_scenes.render.base import Frames
from video4spatial.sim_scenes.render.embedded import EmbeddedRenderer
from video4spatial.sim_scenes.sources import house_source
from video4spatial.sim_scenes.variants import Variant

VIEW = View(size_px=48, paths=1, frames=24, rate_fps=4, depth_scale=1, samples=1)
Filmed = tuple[Place, Walk, Variant, Frames, Frames]


def filmed(place: Place, view: View = VIEW, seed: int = 0) -> Filmed | None:
    walk = draw_recordings(place, view, [rng(seed, "walk", "test")])[0].walk
    variant = passerby_variant(place, walk, view, rng(seed, "passerby", "test"))
    if variant is None:
        return None
    cameras = pinhole_cameras(walk, view.size_px)
    renderer = EmbeddedRenderer(place.scene)
    with_person = film(renderer, variant.scene, variant.scenes, cameras)
    return place, walk, variant, with_person, film(renderer, place.scene, (), cameras)


@pytest.fixture(scope="module", params=["room", "house"])
def run(request: pytest.FixtureRequest, place: Place) -> Filmed:
    scene = place if request.param == "room" else load_place(house_source(3), 0.25, 1.65)
    found = next(result for seed in range(6) if (result := filmed(scene, seed=seed)))
    assert found is not None
    return found


def figure_of(variant: Variant, frame: int) -> np.ndarray:
    bodies = [b for b in variant.scenes[frame].bodies if b.object_id == variant.parameters["object"]]
    return np.concatenate([body.world_vertices_m() for body in bodies])


def test_the_person_walks_and_is_seen(run: Filmed) -> None:
    _, _, variant, frames, _ = run
    poses = np.array(variant.parameters["poses"])
    assert poses.shape == (24, 5)
    assert np.linalg.norm(np.diff(poses[:, :2], axis=0), axis=1).sum() > 0.5
    assert np.mean((frames.object_id == variant.parameters["object"]).any(axis=(1, 2))) > 0.1


def test_no_vertex_is_in_anything_or_near_the_camera(run: Filmed) -> None:
    place, walk, variant, _, _ = run
    for frame, pose in enumerate(walk.world_from_camera):
        points = figure_of(variant, frame)
        above = points[points[:, 1] > place.space.floor_m + ANKLE_M]
        assert place.space.clearance_at(above[:, [0, 2]]).min() > 0.0
        assert np.linalg.norm(points - pose[:3, 3], axis=1).min() >= VIEW.walk.radius_m
        assert points[:, 1].min() == pytest.approx(place.space.floor_m, abs=1e-6)


def test_the_picture_changes_where_the_person_is_and_depth_and_ids_are_true(run: Filmed) -> None:
    _, _, variant, frames, original = run
    here = frames.object_id == variant.parameters["object"]
    assert np.all(frames.depth_m[here] < np.where(original.depth_m[here] > 0, original.depth_m[here], np.inf))
    np.testing.assert_array_equal(frames.depth_m[~here], original.depth_m[~here])
    np.testing.assert_array_equal(frames.object_id[~here], original.object_id[~here])


def test_frames_are_those_of_a_renderer_of_that_frame_alone(run: Filmed) -> None:
    _, walk, variant, frames, _ = run
    cameras = pinhole_cameras(walk, VIEW.size_px)
    for frame in (0, 11, 23):
        alone = EmbeddedRenderer(variant.scenes[frame]).render(cameras[frame : frame + 1])
        np.testing.assert_array_equal(alone.rgb[0], frames.rgb[frame])
        np.testing.assert_array_equal(alone.depth_m[0], frames.depth_m[frame])


def test_the_entry_says_that_it_moves_and_each_frames_box_holds_what_is_seen(run: Filmed) -> None:
    _, walk, variant, frames, _ = run
    cameras = pinhole_cameras(walk, VIEW.size_px)
    entry = object_table(variant.scene, frames, frames, variant.moving)[-1]
    json.dumps([entry, variant.parameters], allow_nan=False)
    assert (entry["moves"], entry["category"], entry["id"]) == (True, "person", variant.parameters["object"])
    assert "shirt" in entry["words"][0]
    assert len(entry["boxes"]) == len(entry["visible_px"]) == 24
    assert entry["box"] == entry["boxes"][0]
    for frame, box in enumerate(entry["boxes"]):
        points = cameras_points(frames, cameras, frame)[frames.object_id[frame] == entry["id"]]
        along = (points - np.array(box["centre_m"])) @ np.array(box["axes"]).T
        assert np.all(np.abs(along) <= np.array(box["extent_m"]) / 2 + 0.01)


def cameras_points(frames: Frames, cameras: Cameras, frame: int) -> np.ndarray:
    return unproject(frames.depth_m[frame], cameras.image_from_camera[frame], cameras.world_from_camera[frame])


def test_what_moves_does_not_count_when_depth_and_cameras_are_compared(run: Filmed) -> None:
    _, walk, variant, frames, original = run
    cameras = pinhole_cameras(walk, VIEW.size_px)
    still_m = still_depth_m(frames, variant.moving)
    moves = frames.object_id == variant.parameters["object"]
    assert not still_m[moves].any()
    np.testing.assert_array_equal(still_m[~moves], original.depth_m[~moves])
    assert geometry_error(still_m, cameras) < 0.01
    grid = (0, 8, 16, 23)
    hidden, open_ = (covisibility(depth_m, cameras, grid).astype(float) for depth_m in (still_m, original.depth_m))
    empty = ~moves[list(grid)].any(axis=(1, 2))
    np.testing.assert_array_equal(hidden[np.ix_(empty, empty)], open_[np.ix_(empty, empty)])


def test_nobody_walks_where_the_camera_wants_more_room_than_there_is(place: Place) -> None:
    view = replace(VIEW, walk=WalkConfig(radius_m=2.0))
    walk = draw_recordings(place, VIEW, [rng(0, "walk", "test")])[0].walk
    assert passerby_variant(place, walk, view, rng(0, "passerby", "test")) is None
    full = replace(place, space=replace(place.space, clearance_m=np.minimum(place.space.clearance_m, 0.3)))
    assert passerby_variant(full, walk, VIEW, rng(0, "passerby", "test")) is None


def test_the_same_draw_gives_the_same_person_on_the_same_way(place: Place) -> None:
    walk = draw_recordings(place, VIEW, [rng(0, "walk", "test")])[0].walk
    first, second = (passerby_variant(place, walk, VIEW, rng(0, "passerby", "test")) for _ in range(2))
    assert (first and first.parameters) == (second and second.parameters)
