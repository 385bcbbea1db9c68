"""Annotated boxes say what a frame shows. Unseen, a model would be told to find what stands behind a wall."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tests.filters.captures import imitate
from tests.filters.captures.test_stage import curate
from video4spatial.filters.captures.boxes import Box, object_table
from video4spatial.filters.captures.capture import ReadOptions
from video4spatial.filters.captures.formats import read_capture
from video4spatial.filters.captures.goals import Timeline, goal_windows
from video4spatial.filters.captures.settings import PosedConfig
from video4spatial.filters.captures.tasks import clip_tasks, nameable
from video4spatial.filters.config import RealConfig
from video4spatial.pipeline.core.camera import Cameras, pinhole
from video4spatial.pipeline.core.geometry import look_at, upright_pose
from video4spatial.sim_scenes.objects import object_table as rendered_table
from video4spatial.sim_scenes.render.embedded import EmbeddedRenderer


def cube(label: str, centre: tuple[float, float, float], side: float = 0.6) -> Box:
    return Box(label=label, centre_m=np.array(centre), axes=np.eye(3), extent_m=np.full(3, side))


def cameras(*eyes: tuple[float, float, float], target: tuple[float, float, float] = (0.0, 0.5, 0.0)) -> Cameras:
    return Cameras(
        world_from_camera=np.stack([look_at(eye, target) for eye in eyes]),
        image_from_camera=pinhole(len(eyes), 64, 64, 60),
        width_px=64,
        height_px=64,
    )


def test_boxes_are_read_where_the_things_stand(tmp_path: Path) -> None:
    folder = tmp_path / "40000001"
    folder.mkdir()
    capture = read_capture(imitate.write_arkit(folder), ReadOptions())
    bodies = [body for body in imitate.truth().scene.bodies if body.object_id]
    assert len(capture.boxes) == len(bodies)
    for box, body in zip(capture.boxes, bodies, strict=True):
        known = body.describe()["box"]
        assert box.label == body.category
        assert np.allclose(box.centre_m, known["centre_m"], atol=1e-6)
        assert np.allclose(box.axes, known["axes"], atol=1e-5)


def test_what_boxes_and_depth_show_is_what_the_renderer_saw(tmp_path: Path) -> None:
    folder = tmp_path / "40000001"
    folder.mkdir()
    capture = read_capture(imitate.write_arkit(folder), ReadOptions())
    known = imitate.truth()
    table = object_table(capture.boxes, known.cameras, known.depth_m)
    frames = EmbeddedRenderer(known.scene, samples=1).render(known.cameras)
    seen = {entry["id"]: entry for entry in rendered_table(known.scene, frames, frames)}
    numbers = [body.object_id for body in known.scene.bodies if body.object_id]
    agree = total = 0
    for entry in table:
        truth = seen.get(numbers[entry["id"] - 1])
        for frame, count in enumerate(entry["visible_px"]):
            told = 0 if truth is None else truth["visible_px"][frame]
            if max(count, told) >= 60:
                total += 1
                agree += min(count, told) >= 0.5 * max(count, told)
        assert entry["occlusion"] == "measured"
    assert total > 40
    assert agree / total > 0.8, "a box holds a little of what stands in, on or behind it"


def test_a_thing_behind_a_wall_is_not_seen() -> None:
    boxes = (cube("chair", (0, 0.5, 0)),)
    view = cameras((0, 0.5, 3.0))
    wall = np.full((1, 64, 64), 1.5, dtype=np.float32)
    behind = np.full((1, 64, 64), 2.8, dtype=np.float32)
    assert object_table(boxes, view, wall) == ()
    shown = object_table(boxes, view, behind)
    assert shown[0]["visible_px"][0] > 100
    assert shown[0]["occlusion"] == "measured"


def test_without_depth_the_outline_is_taken_and_said_to_be_unsure() -> None:
    boxes = (cube("chair", (0, 0.5, 0)), cube("lamp", (0, 0.5, 6.0)))
    table = object_table(boxes, cameras((0, 0.5, 3.0), (0.2, 0.5, 0.1), target=(0, 0.5, -1)), None)
    assert [entry["category"] for entry in table] == ["chair"], "the lamp stands behind both cameras"
    left, top, right, bottom = table[0]["box_px"][0]
    focal = 32 / np.tan(np.radians(30))
    # its near face, 0.6 m wide, is 2.7 m away
    assert right - left == pytest.approx(0.6 / 2.7 * focal, abs=2)
    assert abs((left + right) / 2 - 32) <= 1
    assert (bottom - top) == pytest.approx(right - left, abs=1)
    assert table[0]["occlusion"] == "unknown"


def test_standing_in_a_box_fills_the_picture_and_fails_nowhere() -> None:
    boxes = (cube("room", (0, 0.5, 0), side=4.0),)
    table = object_table(boxes, cameras((0, 0.5, 1.0)), None)
    assert table[0]["box_px"][0] == [0, 0, 64, 64]


def test_a_clip_that_ends_on_a_thing_asks_for_it() -> None:
    boxes = (cube("chair", (0, 0.5, 0)), cube("bed", (5, 0.5, 0)))
    eyes = [(0, 0.5, z) for z in np.linspace(3.0, 2.0, 8)]
    away = cameras(*eyes[:4], target=(3.0, 0.5, 0))
    near = cameras(*eyes[4:])
    view = Cameras(
        world_from_camera=np.concatenate([away.world_from_camera, near.world_from_camera]),
        image_from_camera=np.concatenate([away.image_from_camera, near.image_from_camera]),
        width_px=64,
        height_px=64,
    )
    tasks = clip_tasks(view, object_table(boxes, view, None), boxes, is_metric=True)
    assert tasks[0]["task"] == "navigation"
    assert tasks[1:] == (
        {"task": "grounding", "object": 1, "sentence": "find the chair", "seen": tasks[1]["seen"], "end": 4},
    )
    assert set(tasks[1]["seen"]) >= {4, 5, 6, 7}


@pytest.mark.parametrize(
    ("labels", "named"),
    [
        (["chair", "bed"], {"chair", "bed"}),
        (["chair", "chair", "bed"], {"bed"}),
        (["sofa", "couch"], set()),
        (["office chair", "chair"], set()),
        (["cabinet", "shelf"], {"cabinet", "shelf"}),
        (["object", "bed"], {"bed"}),
        (["tv monitor", "laptop", "sink"], {"sink"}),
        (["", "item 3", "stove"], {"stove"}),
    ],
)
def test_only_names_that_mean_one_thing_are_used(labels: list[str], named: set[str]) -> None:
    assert nameable(labels) == named


def test_a_capture_with_boxes_has_objects_and_a_task_in_its_row(tmp_path: Path) -> None:
    folder = tmp_path / "40000001"
    folder.mkdir()
    products = curate(imitate.write_arkit(folder), RealConfig(size_px=32, clip_frames=24, rate_fps=10))
    sequence = products[0].sequence
    assert sequence is not None
    assert len(sequence.objects) > 2
    assert all(len(entry["box_px"]) == len(sequence) for entry in sequence.objects)
    goals = [task for task in sequence.tasks if task["task"] == "grounding"]
    assert products[0].task == ("grounding" if goals else "navigation")


def timeline(count: int, **changes: object) -> Timeline:
    """A camera that turns past a chair at (0, 0.5, 0) at 10 frames a second."""
    eyes = [(0.0, 0.5, 3.0)] * count
    targets = [(x, 0.5, 0.0) for x in np.linspace(-3.0, 3.0, count)]
    view = Cameras(
        world_from_camera=np.stack([look_at(eye, target) for eye, target in zip(eyes, targets, strict=True)]),
        image_from_camera=pinhole(count, 64, 64, 60),
        width_px=64,
        height_px=64,
    )
    facts: dict = {
        "cameras": view,
        "has_camera": np.ones(count, dtype=bool),
        "times": np.arange(count, dtype=np.int64),
        "step": Fraction(2),
        "clip_frames": 8,
        "least_frames": 4,
    }
    return Timeline(**(facts | changes))


def test_a_clip_is_cut_so_that_it_ends_on_a_thing() -> None:
    boxes = (cube("chair", (0, 0.5, 0)), cube("bed", (9, 0.5, 0)))
    ((goal, window),) = goal_windows(boxes, timeline(41), 1)
    numbers = [picture.index for picture in window.pictures]
    assert goal == 1
    assert np.diff(numbers).tolist() == [2] * 7
    assert 20 <= numbers[-1] <= 25, "the last frame that has it in the middle"
    assert (window.start, window.stop) == (numbers[0], numbers[-1] + 1)


def test_no_such_clip_holds_a_frame_without_a_camera() -> None:
    boxes = (cube("chair", (0, 0.5, 0)),)
    gap = np.ones(41, dtype=bool)
    gap[14] = False
    ((_, window),) = goal_windows(boxes, timeline(41, has_camera=gap), 1)
    assert window.pictures[0].index >= 15
    assert (window.shot, window.began_by) == (1, "camera")
    gap[19] = False
    assert list(goal_windows(boxes, timeline(41, has_camera=gap, least_frames=6), 1)) == []


def test_things_without_a_name_of_their_own_get_no_clip() -> None:
    boxes = (cube("chair", (0, 0.5, 0)), cube("chair", (9, 0.5, 0)))
    assert list(goal_windows(boxes, timeline(41), 1)) == []


def test_a_capture_with_boxes_gives_clips_that_end_on_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    walk = imitate.truth()
    eye = walk.c2w[0, :3, 3]
    lamp = next(body for body in walk.scene.bodies if body.category == "floor lamp").describe()["box"]["centre_m"]
    # the camera turns on the spot, and passes over the lamp
    turns = [upright_pose((0, 0, 0), yaw)[:3, :3] for yaw in np.linspace(-1.2, 1.8, imitate.FRAMES)]
    ahead = np.asarray(lamp) - eye
    poses = np.stack([look_at(eye, eye + turn @ np.diag([1, -1, -1]) @ ahead) for turn in turns])
    look_around = replace(walk.cameras, world_from_camera=poses)
    frames = EmbeddedRenderer(walk.scene).render(look_around)
    around = imitate.Truth(walk.scene, look_around, frames.rgb, frames.depth_m)
    monkeypatch.setattr(imitate, "truth", lambda: around)
    folder = tmp_path / "40000001"
    folder.mkdir()
    path = imitate.write_arkit(folder)
    goals = RealConfig(size_px=48, clip_frames=8, rate_fps=10)
    none = RealConfig(size_px=48, clip_frames=8, rate_fps=10, posed=PosedConfig(grounding_clips=0))
    with_goals, without = curate(path, goals), curate(path, none)
    assert len(with_goals) > len(without)
    assert [(p.start, p.stop) for p in with_goals[: len(without)]] == [(p.start, p.stop) for p in without]
    for product in with_goals[len(without) :]:
        assert product.task == "grounding"
        assert product.sequence is not None
        assert product.sequence.tasks[1]["end"] < len(product.sequence)
    assert [product.index for product in with_goals] == list(range(len(with_goals)))
