"""Filling the facts. Unseen without these: a report that shows one scene twelve times, a missing plan that is
an error."""

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image

from tests.pipeline.report.fake import fake_facts
from tests.pipeline.report.fake_room import make_walk
from video4spatial.pipeline.core.camera import Cameras, pinhole
from video4spatial.pipeline.core.sequence import Provenance, Sequence
from video4spatial.pipeline.report import gather


def make_sequence(count: int, has_cameras: bool) -> Sequence:
    frames = np.zeros((count, 8, 8, 3), np.uint8) + np.arange(count, dtype=np.uint8)[:, None, None, None]
    cameras = Cameras(
        world_from_camera=make_walk(0, count), image_from_camera=pinhole(count, 8, 8, 80.0), width_px=8, height_px=8
    )
    return Sequence(
        frames=frames,
        times=np.arange(count, dtype=np.int64),
        time_base=Fraction(1, 12),
        provenance=Provenance(source_uri="a", source_sha256="b", start=0, stop=count, unit_id="c", seed=0),
        cameras=cameras if has_cameras else None,
        pose_source="rendered" if has_cameras else "none",
        depth_m=np.ones((count, 4, 4), np.float32) * np.arange(count, dtype=np.float32)[:, None, None],
    )


def test_wanted_pictures_spread_over_scenes_and_take_variants_whole() -> None:
    table = fake_facts().table
    assert table is not None
    wanted = set(gather.wanted_pictures(table))
    rows = [row for row in table.to_pylist() if row["key"] in wanted]
    assert all(row["shard"] for row in rows), "what has no bytes cannot be read"
    rendered = [row for row in rows if row["kind"] == "simulation"]
    assert len({row["scene"] for row in rendered}) >= 4
    for row in rendered:
        group = [other["key"] for other in table.to_pylist() if other["variant_group"] == row["variant_group"]]
        assert set(group) <= wanted
    assert {row["verdict"] for row in rows} == {"kept", "rejected"}
    assert len({row["source_uri"] for row in rows if row["kind"] == "real"}) == 2


def test_a_picture_shows_first_and_last_and_the_depth_of_the_first() -> None:
    picture = gather.picture_of("k", make_sequence(10, True))
    assert picture.frames[:, 0, 0, 0].tolist() == [0, 3, 6, 9]
    assert picture.depth_m is not None
    assert picture.depth_m.max() == 0
    assert picture.object_id is None
    assert len(gather.picture_of("k", make_sequence(2, True)).frames) == 2


def test_a_sequence_without_cameras_has_no_path() -> None:
    assert gather.path_of("k", make_sequence(4, False)) is None
    path = gather.path_of("k", make_sequence(4, True))
    assert path is not None
    assert path.world_from_camera.shape == (4, 4, 4)


def test_a_scene_without_a_plan_keeps_its_paths(tmp_path: Path) -> None:
    path = gather.path_of("k", make_sequence(4, True))
    assert path is not None
    scene = gather.read_scene_map(tmp_path, "house", (path,))
    assert scene.plan is None
    assert scene.bounds_m is None
    assert scene.paths == (path,)


def test_a_plan_is_read_with_its_bounds(tmp_path: Path) -> None:
    folder = tmp_path / "room-3"
    folder.mkdir()
    Image.fromarray(np.full((20, 30), 200, np.uint8)).save(folder / "above.png")
    (folder / "plan.json").write_text(json.dumps({"bounds_m": [-1, -2, 2, 0], "cell_m": 0.1, "free": "above.png"}))
    scene = gather.read_scene_map(tmp_path, "room-3", ())
    assert scene.plan is not None
    assert scene.plan.shape == (20, 30, 3)
    assert scene.bounds_m == (-1.0, -2.0, 2.0, 0.0)


def test_rules_of_a_selection_become_thresholds() -> None:
    rules = [{"score": "sharpness", "min": 40.0, "max": None, "reason": "too_blurred", "kind": "real"}]
    (threshold,) = gather.selection_thresholds({"rules": rules})
    assert (threshold.score, threshold.min, threshold.max, threshold.kind) == ("sharpness", 40.0, None, "real")
    assert gather.selection_thresholds({}) == ()


def test_a_floor_becomes_limits_on_the_scores_it_names() -> None:
    floor = {"min_brightness": 6.0, "max_frozen_share": 0.95, "min_frames": 16, "note": "loose"}
    limits = {(item.score, item.min, item.max) for item in gather.floor_thresholds(floor)}
    assert limits == {("brightness", 6.0, None), ("frozen_share", None, 0.95), ("frames", 16.0, None)}
    assert {item.where for item in gather.floor_thresholds(floor)} == {"floor"}
