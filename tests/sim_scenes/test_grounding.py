"""Grounding paths. If this breaks, a video that should show the red chair ends at a wall."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from video4spatial.pipeline.core.camera import project
from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.pipeline.core.geometry import rotation_angle_rad
from video4spatial.pipeline.core.grounding import CENTRED_SHARE
from video4spatial.pipeline.core.seeds import rng
from video4spatial.pipeline.core.sequence import Sequence
from video4spatial.pipeline.core.unit import Product, Unit
from video4spatial.sim_scenes.config import SimConfig, View, WalkConfig
from video4spatial.sim_scenes.grounding import draw_grounding
from video4spatial.sim_scenes.objects import boxes_px
from video4spatial.sim_scenes.place import Place, load_place
from video4spatial.sim_scenes.sentences import Window, referring_sentences
from video4spatial.sim_scenes.sources import simulation_sources
from video4spatial.sim_scenes.stage import SimulateStage

VIEW = View(
    size_px=48, paths=1, frames=24, rate_fps=4, depth_scale=1, samples=1, lighting_variants=0, occluder_variants=0
)


def simulate(folder: Path, view: View) -> tuple[Unit, list[Product]]:
    config = SimConfig(rooms=1, views=(view,))
    stage = SimulateStage(config=config, scene_folder=str(folder))
    unit = stage.units(simulation_sources(config, 3), 3)[0]
    return unit, list(stage.build()(unit))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Unit, list[Product]]:
    return simulate(tmp_path_factory.mktemp("scenes"), replace(VIEW, grounding_paths=5))


@pytest.fixture(scope="module")
def shown(run: tuple[Unit, list[Product]]) -> list[Sequence]:
    found = [product.sequence for product in run[1] if product.task == "grounding"]
    assert len(found) >= 4
    return [sequence for sequence in found if sequence is not None]


def test_the_last_frames_show_the_object_in_the_middle(shown: list[Sequence]) -> None:
    for sequence in shown:
        (task,) = sequence.tasks
        assert set(task) == {"task", "object", "sentence", "seen", "end"}
        assert sequence.object_id is not None
        assert sequence.cameras is not None
        visible = (sequence.object_id == task["object"]).sum(axis=(1, 2))
        assert task["seen"] == np.flatnonzero(visible).tolist()
        assert task["end"] <= 24 - 5  # at rest for a second, at 4 frames a second
        entry = next(entry for entry in sequence.objects if entry["id"] == task["object"])
        for frame in range(task["end"], 24):
            assert visible[frame] >= 4
            cameras = sequence.cameras
            centre = np.asarray(entry["box"]["centre_m"])
            pixel, depth = project(centre, cameras.image_from_camera[frame], cameras.world_from_camera[frame])
            assert depth > 0.5
            assert np.abs(pixel / 48 - 0.5).max() <= CENTRED_SHARE


def test_the_sentence_is_one_that_means_this_object_alone(
    run: tuple[Unit, list[Product]], shown: list[Sequence]
) -> None:
    place = load_place(run[0].source, 0.25, 1.65)
    windows = tuple(Window(np.asarray(c), np.asarray(inward)) for c, inward, _ in place.fixtures.windows)
    sentences = referring_sentences(place.scene, windows)
    for sequence in shown:
        task = sequence.tasks[0]
        assert [key for key, said in sentences.items() if task["sentence"] in said] == [task["object"]]
    assert len({sequence.tasks[0]["object"] for sequence in shown}) >= 2


def test_paths_to_an_object_keep_to_the_bounds_of_a_walk(run: tuple[Unit, list[Product]]) -> None:
    walk = WalkConfig()
    for product in run[1]:
        assert product.sequence is not None
        assert product.sequence.cameras is not None
        poses = product.sequence.cameras.world_from_camera
        step_m = np.linalg.norm(np.diff(poses[:, :3, 3], axis=0), axis=1)
        assert step_m.max() <= walk.speed_mps / 4 + 1e-9
        turn = rotation_angle_rad(poses[1:, :3, :3], poses[:-1, :3, :3])
        assert np.degrees(turn.max()) <= walk.max_turn_dps / 4 + 1e-6
        assert product.scores["min_clearance_m"] >= walk.radius_m
        assert product.scores["geometry_error"] < 0.01


def test_boxes_hold_exactly_what_is_visible(shown: list[Sequence]) -> None:
    for sequence in shown:
        assert sequence.object_id is not None
        json.dumps(sequence.objects, allow_nan=False)
        for entry in sequence.objects:
            for frame, box in enumerate(entry["box_px"]):
                mask = sequence.object_id[frame] == entry["id"]
                assert (box is not None) == bool(mask.any())
                if box is not None:
                    left, top, right, bottom = box
                    assert mask.sum() == mask[top:bottom, left:right].sum()
                    inside = mask[top:bottom, left:right]
                    assert all(edge.any() for edge in (inside[0], inside[-1], inside[:, 0], inside[:, -1]))


def test_a_box_is_half_open_and_counts_from_the_corner() -> None:
    ids = np.zeros((2, 4, 6), dtype=np.int32)
    ids[1, 2, 3:5] = 7
    assert boxes_px(ids) == {7: [None, [3, 2, 5, 3]]}


def test_the_other_paths_of_the_view_stay_what_they_were(run: tuple[Unit, list[Product]], tmp_path: Path) -> None:
    unit, products = run
    plain, (walked,) = simulate(tmp_path, VIEW)
    assert plain.unit_id != unit.unit_id
    assert [product.index for product in products] == sorted(product.index for product in products)
    assert (products[0].task, products[0].columns) == ("navigation", {})
    assert products[0].sequence is not None
    assert walked.sequence is not None
    np.testing.assert_array_equal(products[0].sequence.frames, walked.sequence.frames)
    assert products[0].sequence.objects == walked.sequence.objects
    assert all("box_px" not in entry for entry in walked.sequence.objects)
    assert {product.columns["move"] for product in products[1:]} == {"arrive"}


def test_boxes_and_moves_are_recorded_when_asked_for(tmp_path: Path) -> None:
    _, products = simulate(tmp_path, replace(VIEW, size_px=32, paths=2, frames=6, moves=("loop", "dolly"), boxes=True))
    assert [product.columns["move"] for product in products] == ["loop", "dolly"]
    for product in products:
        assert product.sequence is not None
        assert product.task == "navigation"
        assert all("box_px" in entry for entry in product.sequence.objects)


def test_a_scene_whose_things_have_no_names_gives_no_grounding_path(place: Place) -> None:
    nameless = tuple(replace(body, category="thing", words=("thing",)) for body in place.scene.bodies)
    silent = replace(place, scene=replace(place.scene, bodies=nameless))

    def blind(cameras: object) -> np.ndarray:
        raise AssertionError("nothing was to be looked at")

    assert draw_grounding(silent, VIEW, [rng(0, "test", "silent")], blind) == []


def test_more_grounding_paths_than_a_unit_holds_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"view\.grounding_paths must lie in 0 to 5000"):
        View(grounding_paths=-1)
    with pytest.raises(ConfigError, match="more than 10000 paths"):
        SimConfig(views=(View(paths=4000, grounding_paths=4000), View(paths=3000)))
