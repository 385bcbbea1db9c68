"""Viewpoints and walks for people. Unseen: pictures from inside a wardrobe, of a bare wall, or others each time."""

from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest

from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.sim_scenes.addresses import named_scenes
from video4spatial.sim_scenes.place import Place, load_place
from video4spatial.sim_scenes.plan import FREE, WALL, draw_plan
from video4spatial.sim_scenes.plan_drawing import MARGIN_PX, WINDOW, draw_annotated
from video4spatial.sim_scenes.render.choose import make_renderer
from video4spatial.sim_scenes.scene import Body, Part
from video4spatial.sim_scenes.sheet import contact_sheet
from video4spatial.sim_scenes.sources import house_source
from video4spatial.sim_scenes.tour import draw_tours, rank_tours, tour_cameras
from video4spatial.sim_scenes.viewpoints import EYE_M, STAND_M, Viewpoint, camera_of, choose_viewpoints


@pytest.fixture(scope="module")
def house() -> Place:
    return load_place(house_source(4), radius_m=0.25, eye_height_m=1.65)


@pytest.fixture(scope="module")
def views(house: Place) -> list[Viewpoint]:
    with closing(make_renderer("embedded", house.scene, 1)) as renderer:
        return choose_viewpoints(house, renderer, 9)


def test_every_room_has_its_view_and_stands_in_it(house: Place, views: list[Viewpoint]) -> None:
    assert sorted(view.room for view in views) == sorted(room.name for room in house.rooms)
    rooms = {room.name: room for room in house.rooms}
    for view in views:
        place = view.world_from_camera[[0, 2], 3]
        assert rooms[view.room].holds(place)
        assert house.space.clearance_at(place) >= STAND_M - house.space.cell_m
        assert view.world_from_camera[1, 3] == pytest.approx(house.space.floor_m + EYE_M)


def test_a_view_shows_a_room_and_not_a_wall(house: Place, views: list[Viewpoint]) -> None:
    cameras = camera_of(np.array([view.world_from_camera for view in views]), (96, 72))
    with closing(make_renderer("embedded", house.scene, 1)) as renderer:
        frames = renderer.render(cameras)
    for view, ids, depth_m in zip(views, frames.object_id, frames.depth_m, strict=True):
        assert len(view.seen) >= 3, view.room
        assert set(view.seen[:2]) <= set(ids.ravel().tolist())
        assert (depth_m < 0.5).mean() < 0.1, view.room


def test_views_are_the_same_again(house: Place, views: list[Viewpoint]) -> None:
    with closing(make_renderer("embedded", house.scene, 1)) as renderer:
        again = choose_viewpoints(house, renderer, 9)
    assert all((a.world_from_camera == b.world_from_camera).all() for a, b in zip(views, again, strict=True))


def test_a_scene_without_rooms_is_looked_at_from_several_places(house: Place) -> None:
    with closing(make_renderer("embedded", house.scene, 1)) as renderer:
        found = choose_viewpoints(replace(house, rooms=()), renderer, 4)
    assert len(found) == 4
    places = np.array([view.world_from_camera[[0, 2], 3] for view in found])
    assert np.linalg.norm(places[:, None] - places[None], axis=2)[np.triu_indices(4, 1)].min() > 0.5
    assert len(set().union(*(view.seen for view in found))) > len(found[0].seen)


def test_the_best_walk_shows_more_than_the_worst(house: Place) -> None:
    walks = draw_tours(house, "house", 4, seconds=4)
    with closing(make_renderer("embedded", house.scene, 1)) as renderer:
        ranked = rank_tours(house, walks, renderer)
        assert [score for score, _ in ranked] == sorted((score for score, _ in ranked), reverse=True)
        shown = [renderer.render(tour_cameras(walk, (48, 36))[::8]) for _, walk in (ranked[0], ranked[-1])]
    best, worst = (len(np.unique(frames.object_id)) - 6 * float((frames.depth_m < 0.9).mean()) for frames in shown)
    assert best >= worst


def test_a_plan_has_its_windows_at_the_walls(house: Place, views: list[Viewpoint]) -> None:
    plan = draw_annotated(house, [], [view.world_from_camera for view in views])
    low, high = house.scene.bounds_m()
    pixel_m = float((high - low)[0]) / round(float((high - low)[0]) / (float((high - low)[[0, 2]].max()) / 1240))
    windows = [gap for room in house.rooms for gap in room.gaps if gap.kind == "window"]
    assert windows
    for gap in windows:
        middle = (np.array(gap.start_m) + gap.stop_m) / 2 + 0.25 * house.rooms[0].wall_m * np.array(gap.outward)
        x, z = ((middle - low[[0, 2]]) / pixel_m + MARGIN_PX).astype(int)
        assert (plan[z - 3 : z + 4, x - 3 : x + 4] == WINDOW).all(axis=-1).any()
    assert (plan == draw_annotated(house, [], [view.world_from_camera for view in views])).all()


def test_a_plan_of_a_scene_without_rooms_is_drawn(place: Place) -> None:
    assert draw_annotated(replace(place, rooms=())).std() > 10


def test_a_scene_of_one_mesh_has_floor_and_walls_in_its_plan(place: Place) -> None:
    parts = tuple(_in_world(part, body) for body in place.scene.bodies for part in body.parts)
    merged = replace(place.scene, bodies=(Body(1, "mesh", "mesh", ("mesh",), parts),))
    plan = draw_plan(replace(place, scene=merged), 0.02)
    assert (plan == FREE).all(axis=-1).mean() > 0.05
    assert 0.02 < (plan == WALL).all(axis=-1).mean() < 0.6


def _in_world(part: Part, body: Body) -> Part:
    turn, shift = body.world_from_body[:3, :3], body.world_from_body[:3, 3]
    return replace(part, vertices_m=(part.vertices_m @ turn.T + shift).astype(np.float32))


def test_a_sheet_keeps_its_pictures_whole() -> None:
    tiles = [(np.full((30, 40, 3), 10 * (k + 1), np.uint8), "a caption that is much too long for it") for k in range(5)]
    sheet = contact_sheet(tiles, 3, "five")
    assert all((sheet == tile[0, 0]).all(axis=-1).sum() >= 30 * 40 for tile, _ in tiles)
    assert sheet.shape[1] == 3 * 48 + 8


@pytest.mark.parametrize(
    ("address", "origin"), [("house:7", "house"), ("procedural:house?seed=7", "house"), ("room:0", "room")]
)
def test_generated_scenes_have_short_and_long_names(address: str, origin: str) -> None:
    (named,) = named_scenes(address)
    assert named.origin == origin
    assert named_scenes(named.address) == [named]


def test_a_seed_is_a_whole_number() -> None:
    for address in ("house:", "house:-1", "house:1.5", "room:" + "9" * 30):
        with pytest.raises(ConfigError, match="takes a whole number"):
            named_scenes(address)
