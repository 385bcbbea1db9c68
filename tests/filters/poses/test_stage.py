"""A film with a walk and a pan becomes one posed clip and one that says why it is none."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from benchmarks.known_cameras import Studio
from video4spatial.filters.config import AugmentConfig, Floor, RealConfig
from video4spatial.filters.poses.settings import PoseConfig
from video4spatial.filters.stage import CurateStage
from video4spatial.pipeline.core.camera import project
from video4spatial.pipeline.core.unit import Product, Source
from video4spatial.pipeline.store.video import encode_h264

pytest.importorskip("pycolmap", reason="the extra `poses` is not installed")

FRAMES, RATE_FPS = 20, 12


def stage(estimate: bool) -> CurateStage:
    config = RealConfig(
        size_px=64,
        clip_frames=FRAMES,
        rate_fps=RATE_FPS,
        augment=AugmentConfig(lighting_variants=1, occluder_variants=0),
        poses=PoseConfig(estimate=estimate, short_side_px=132),
    )
    return CurateStage(config=config, floor=Floor(min_frames=8))


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory, write_film: Callable) -> Source:
    studio = Studio(100)
    shots = [studio.film_clip(kind, 100, (240, 180), FRAMES).frames for kind in ("walk", "pan")]
    path = write_film(tmp_path_factory.mktemp("films") / "walk.mp4", list(np.concatenate(shots)))
    return Source(uri="walk.mp4", sha256="a" * 64, split_group="walk", location=str(path))


@pytest.fixture(scope="module")
def write_film() -> Callable:
    def write(path: Path, frames: list) -> Path:
        times = np.arange(len(frames), dtype=np.int64)
        path.write_bytes(encode_h264(np.stack(frames), times, Fraction(1, RATE_FPS)))
        return path

    return write


@pytest.fixture(scope="module")
def products(film: Source) -> list[Product]:
    made = stage(True)
    worker = made.build()
    try:
        return [product for unit in made.units([film], 1) for product in worker(unit)]
    finally:
        worker.close()


def test_a_walk_is_posed_and_stored_as_captures_are(products: list[Product]) -> None:
    product = products[0]
    sequence = product.sequence
    assert sequence is not None
    assert sequence.cameras is not None
    assert (sequence.pose_source, sequence.scale, product.task) == ("estimated", "relative", "navigation")
    assert sequence.frames.shape[1:] == (64, 64, 3)
    assert (sequence.cameras.width_px, sequence.cameras.height_px) == (64, 64)
    assert sequence.tasks[0]["sentence"]
    assert product.columns["pose_status"] == "posed"
    assert str(product.columns["pose_tool"]).startswith("pycolmap ")
    assert 0 < float(product.columns["pose_error_px"]) < 1
    assert product.scores["registered_share"] == 1
    # what lies ahead of the first camera is in the middle of its picture
    pixel, depth = project(np.array([0.0, 0.0, -5.0]), *reversed(next(iter(sequence.cameras))))
    assert depth > 0
    assert pixel[0] == pytest.approx(32, abs=0.1)


def test_its_variant_has_the_same_cameras(products: list[Product]) -> None:
    original, variant = (product.sequence for product in products[:2])
    assert original is not None
    assert variant is not None
    assert variant.variant["kind"] == "lighting"
    assert variant.cameras is original.cameras


def test_a_pan_stays_a_clip_without_cameras_and_says_why(products: list[Product]) -> None:
    product = next(product for product in products if product.columns.get("shot") == 1 and not product.variant)
    assert product.sequence is not None
    assert product.sequence.cameras is None
    assert product.columns["pose_status"] == "no_parallax"
    assert product.columns["pose_detail"] == "the camera pans"


def test_settings_of_poses_name_units_only_where_they_are_estimated(film: Source) -> None:
    without, with_poses = (stage(estimate).units([film], 1)[0] for estimate in (False, True))
    assert "poses" not in without.settings
    assert with_poses.settings["poses"]["short_side_px"] == 132
    assert "poses" not in without.stage_versions
