"""A capture becomes clips with cameras, depth and tasks. Unseen, a clip could hold a frame of unknown camera."""

import json
import pickle
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tests.filters.captures import imitate
from video4spatial.filters.captures.capture import ReadOptions
from video4spatial.filters.captures.settings import PosedConfig
from video4spatial.filters.captures.sources import capture_sources
from video4spatial.filters.captures.stage import CaptureStage
from video4spatial.filters.config import Floor, RealConfig
from video4spatial.filters.stage import CurateStage
from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.pipeline.core.unit import Product, Unit
from video4spatial.pipeline.store.sample import decode_sample, encode_sample

CONFIG = RealConfig(size_px=32, clip_frames=10, rate_fps=10)
FLOOR = Floor(min_frames=4)


def plan(path: Path, config: RealConfig = CONFIG) -> tuple[CaptureStage, list[Unit]]:
    stage = CaptureStage(config=config, floor=FLOOR)
    return stage, stage.units(capture_sources((str(path),), ReadOptions()), 1)


def curate(path: Path, config: RealConfig = CONFIG) -> list[Product]:
    stage, units = plan(path, config)
    worker = stage.build()
    try:
        return [product for unit in units for product in worker(unit)]
    finally:
        worker.close()


@pytest.fixture(scope="module")
def products(arkit: Path) -> list[Product]:
    return curate(arkit)


def test_a_capture_is_cut_into_clips_at_the_recipes_rate(products: list[Product]) -> None:
    assert [(p.verdict, p.start, p.stop) for p in products] == [
        ("measured", 0, 10),
        ("measured", 10, 20),
        ("measured", 20, 24),
    ]
    first = products[0].sequence
    assert first is not None
    assert first.frames.shape == (10, 32, 32, 3)
    assert (first.pose_source, first.scale, first.rate_fps) == ("read", "metric", Fraction(10))
    seconds = first.times * first.time_base
    assert seconds[3] == Fraction(1000300, 1000), "the times are the capture's own"


def test_depth_and_cameras_are_measured_and_agree(products: list[Product]) -> None:
    for product in products:
        assert product.scores["geometry_error"] < 0.02
        assert product.scores["depth_share"] > 0.9
        assert product.scores["path_length_m"] > 0
        assert product.columns["up"] == "gravity"
        assert "perceptual_hash" in product.columns


def test_a_sequence_goes_through_the_store_and_comes_back(products: list[Product]) -> None:
    sequence = products[0].sequence
    assert sequence is not None
    assert sequence.cameras is not None
    back = decode_sample(encode_sample(sequence))
    assert back.cameras is not None
    assert np.array_equal(back.cameras.world_from_camera, sequence.cameras.world_from_camera)
    assert back.pose_source == "read"
    assert back.tasks[0]["task"] == "navigation"
    assert isinstance(back.tasks[0]["sentence"], str)


def test_the_same_capture_gives_the_same_products(arkit: Path, products: list[Product]) -> None:
    again = curate(arkit)
    for one, other in zip(products, again, strict=True):
        assert one.sequence is not None
        assert other.sequence is not None
        assert encode_sample(one.sequence) == encode_sample(other.sequence)
        assert one.scores == other.scores


def test_a_slower_rate_picks_by_time_and_keeps_the_cameras_of_the_picked(arkit: Path) -> None:
    whole = curate(arkit, RealConfig(size_px=32, clip_frames=24, rate_fps=10))[0].sequence
    half = curate(arkit, RealConfig(size_px=32, clip_frames=12, rate_fps=5))[0].sequence
    assert whole is not None
    assert half is not None
    assert whole.cameras is not None
    assert half.cameras is not None
    assert np.array_equal(half.times, whole.times[::2])
    assert np.array_equal(half.cameras.world_from_camera, whole.cameras.world_from_camera[::2])
    assert np.array_equal(half.frames, whole.frames[::2])


def test_a_gap_in_the_motion_capture_is_never_bridged(tmp_path: Path) -> None:
    path = imitate.write_tum(tmp_path / "gap")
    lines = (path / "groundtruth.txt").read_text().splitlines()
    # frames 8 to 12 lose their poses
    (path / "groundtruth.txt").write_text("\n".join(lines[:9] + lines[14:]) + "\n")
    products = curate(path)
    fates = [(p.verdict, p.reason, p.start, p.stop) for p in products]
    assert fates == [
        ("measured", "", 0, 8),
        ("measured", "", 13, 23),
        ("rejected", "leftover", 23, 24),
        ("rejected", "no_camera", 8, 13),
    ]
    assert products[1].columns["shot_began_by"] == "camera"
    for product in products[:2]:
        assert product.sequence is not None
        assert product.sequence.camera_valid is not None
        assert product.sequence.camera_valid.all()


def test_a_bridged_gap_is_bridged_along_the_path(tmp_path: Path) -> None:
    path = imitate.write_tum(tmp_path / "gap")
    lines = (path / "groundtruth.txt").read_text().splitlines()
    (path / "groundtruth.txt").write_text("\n".join(lines[:9] + lines[10:]) + "\n")
    config = RealConfig(size_px=32, clip_frames=24, rate_fps=10, posed=PosedConfig(max_pose_gap_s=0.25))
    sequence = curate(path, config)[0].sequence
    assert sequence is not None
    assert sequence.cameras is not None
    known = imitate.truth().c2w[8]
    assert np.linalg.norm(sequence.cameras.world_from_camera[8, :3, 3] - known[:3, 3]) < 0.02
    assert len(curate(path)) > 1, "0.2 s is more than the default bridges"


def test_without_a_clock_every_frame_is_kept_in_order(tmp_path: Path) -> None:
    path = imitate.write_colmap(tmp_path / "model")
    products = curate(path)
    assert [product.columns["clock"] for product in products] == ["none"] * 3
    assert sum(len(product.sequence) for product in products if product.sequence) == imitate.FRAMES
    told = RealConfig(size_px=32, clip_frames=10, rate_fps=10, posed=PosedConfig(fps_without_clock=30))
    assert len(curate(path, told)[0].sequence or ()) == 8, "one frame in three of 24"


def test_a_long_capture_becomes_units_that_lose_nothing(arkit: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage, units = plan(arkit)
    assert [unit.span for unit in units] == [None]
    monkeypatch.setattr(RealConfig, "__post_init__", lambda self: None)
    short = RealConfig(size_px=32, clip_frames=6, rate_fps=10, unit_span_s=1.2)
    stage, units = plan(arkit, short)
    assert [unit.span for unit in units] == [(0, 12), (12, 2**31 - 1)]
    assert len({unit.unit_id for unit in units}) == 2
    worker = stage.build()
    spans = [(p.start, p.stop) for unit in units for p in worker(unit)]
    worker.close()
    assert spans == [(0, 6), (6, 12), (12, 18), (18, 24)]


def test_settings_of_captures_rename_captures_and_no_video(arkit: Path, edited: Path, source_of: Callable) -> None:
    wider = RealConfig(size_px=32, clip_frames=10, rate_fps=10, posed=PosedConfig(max_fov_deg=90))
    assert plan(arkit)[1][0].unit_id != plan(arkit, wider)[1][0].unit_id
    videos = [CurateStage(config=config, floor=FLOOR).units([source_of(edited)], 1)[0] for config in (CONFIG, wider)]
    assert videos[0].unit_id == videos[1].unit_id
    assert "posed" not in videos[0].settings
    assert "captures" not in videos[0].settings


def test_the_stage_travels_and_names_no_path(arkit: Path) -> None:
    stage, units = plan(arkit)
    assert pickle.loads(pickle.dumps(stage)) == stage
    assert str(arkit.parent) not in json.dumps(dict(units[0].settings))


def test_what_falls_below_the_floor_keeps_a_picture_and_a_reason(tmp_path: Path) -> None:
    path = imitate.write_tum(tmp_path / "dark")
    for picture in (path / "rgb").iterdir():
        imitate.save_rgb(picture, np.zeros((imitate.HEIGHT, imitate.WIDTH, 3), dtype=np.uint8))
    product = curate(path)[0]
    assert (product.verdict, product.reason) == ("rejected", "black")
    assert product.sequence is None
    assert product.thumbnail_jpeg


def test_a_whole_picture_keeps_its_shape(arkit: Path) -> None:
    config = RealConfig(size_px=36, clip_frames=10, rate_fps=10, posed=PosedConfig(crop="whole", depth_scale=2))
    sequence = curate(arkit, config)[0].sequence
    assert sequence is not None
    assert sequence.depth_m is not None
    assert sequence.frames.shape[1:3] == (36, 48)
    assert sequence.depth_m.shape[1:] == (18, 24)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("depth_scale", 0),
        ("grounding_clips", -1),
        ("max_pose_gap_s", -1.0),
        ("max_fov_deg", 179.0),
        ("fps_without_clock", 0.0),
    ],
)
def test_impossible_settings_are_refused(field: str, value: float) -> None:
    with pytest.raises(ConfigError, match=f"posed.{field}"):
        PosedConfig(**{field: value})  # type: ignore[arg-type]
