"""Variants as a unit makes them. Unseen: one that cannot be made again from its row, or that nobody asked for."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from video4spatial.filters import augment
from video4spatial.filters.config import AugmentConfig, DecodeLimits, Floor, RealConfig
from video4spatial.filters.footage import Footage, footage_of
from video4spatial.filters.stage import CurateStage
from video4spatial.filters.video import VideoReader
from video4spatial.pipeline.core.camera import Cameras, pinhole
from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.pipeline.core.geometry import upright_pose
from video4spatial.pipeline.core.sequence import Provenance, Sequence
from video4spatial.pipeline.core.unit import Product
from video4spatial.pipeline.store.table import make_row

ALL = AugmentConfig(lighting_variants=1, occluder_variants=1, crop_variants=1, mirror_variants=1)
CONFIG = RealConfig(size_px=64, clip_frames=16, rate_fps=12, augment=ALL)


def curate(path: Path, source_of: Callable, config: RealConfig = CONFIG) -> list[tuple[Product, dict]]:
    """Products and their rows."""
    stage = CurateStage(config=config, floor=Floor(min_frames=8))
    worker = stage.build()
    try:
        return [
            (product, make_row(unit, product)) for unit in stage.units([source_of(path)], 1) for product in worker(unit)
        ]
    finally:
        worker.close()


def test_every_variant_is_made_again_from_its_row_and_the_source(edited: Path, source_of: Callable) -> None:
    made = curate(edited, source_of)
    seen = set()
    with VideoReader(DecodeLimits()) as reader:
        for product, row in made:
            if not row["variant"]:
                continue
            assert product.sequence is not None
            facts = reader.open(str(edited), CONFIG.size_px, "auto", row["start"], row["stop"])
            pictures = {picture.time: picture.rgb for picture in reader.pictures()}
            picked = product.sequence.times.tolist()  # in the shard: times.npy
            source = Footage(
                frames=np.stack([pictures[time] for time in picked]),
                times_s=np.array(picked) * float(facts.time_base),
            )
            again = augment.apply(row["variant_kind"], augment.from_column(row["variant_parameters"]), source)
            np.testing.assert_array_equal(again.frames, product.sequence.frames)
            seen.add((row["variant"], row["variant_kind"]))
    assert seen == {(1, "lighting"), (2, "occluder"), (3, "crop"), (4, "mirror")}


def test_the_same_unit_draws_the_same_variants_and_another_seed_others(edited: Path, source_of: Callable) -> None:
    one, other = (
        [row["variant_parameters"] for _, row in curate(edited, source_of) if row["variant"] == 2] for _ in range(2)
    )
    assert one == other
    assert len(set(one)) == len(one)


def test_by_default_a_quarter_of_the_clips_has_other_light_and_a_quarter_something_before_it() -> None:
    assert augment.shares(AugmentConfig()) == {"lighting": 0.25, "occluder": 0.25, "crop": 0.0, "mirror": 0.0}


def test_originals_do_not_depend_on_which_variants_are_made(edited: Path, source_of: Callable) -> None:
    none = replace(CONFIG, augment=AugmentConfig(lighting_variants=0, occluder_variants=0))
    plain = [product for product, _ in curate(edited, source_of, none)]
    originals = [product for product, row in curate(edited, source_of) if not row["variant"]]
    assert [p.index for p in plain] == [p.index for p in originals]
    for one, other in zip(plain, originals, strict=True):
        assert (one.sequence is None) == (other.sequence is None)
        if one.sequence is not None and other.sequence is not None:
            np.testing.assert_array_equal(one.sequence.frames, other.sequence.frames)


@pytest.mark.parametrize("kind", augment.KINDS)
def test_a_clip_with_cameras_keeps_the_right_ones_whatever_is_made_of_it(kind: augment.Kind) -> None:
    """Poses may have been estimated for a plain video."""
    count = 6
    poses = np.stack([upright_pose([0.1 * t, 1.5, 0.0], 0.1 * t, 0.0) for t in range(count)])
    cameras = Cameras(
        world_from_camera=poses, image_from_camera=pinhole(count, 48, 32, 60), width_px=48, height_px=32
    )  # fmt: skip
    sequence = Sequence(
        frames=np.random.default_rng(1).integers(0, 255, (count, 32, 48, 3), dtype=np.uint8),
        times=np.arange(count, dtype=np.int64),
        time_base=Fraction(1, 12),
        provenance=Provenance(source_uri="f", source_sha256="0", start=0, stop=count, unit_id="u", seed=0),
        cameras=cameras,
        camera_valid=np.ones(count, dtype=bool),
        pose_source="estimated",
        scale="relative",
        tasks=({"task": "navigation", "sentence": "moves right while it turns left"},),
    )
    footage = footage_of(sequence)
    parameters = augment.draw(kind, AugmentConfig(), footage, np.random.default_rng(3))
    varied = augment.vary(sequence, kind, parameters, footage, "group")
    assert varied.cameras is not None
    assert varied.variant == {"group": "group", "kind": kind, "parameters": parameters}
    same_poses = kind != "mirror"
    assert np.array_equal(varied.cameras.world_from_camera, poses) == same_poses
    assert np.array_equal(varied.cameras.image_from_camera, cameras.image_from_camera) == (kind != "crop")
    told = {"mirror": "moves left while it turns right"}.get(kind, "moves right while it turns left")
    assert varied.tasks[0]["sentence"] == told


def test_the_share_of_clips_is_spread_evenly_and_begins_with_the_first() -> None:
    chosen = [clip for clip in range(16) if augment.is_chosen(clip, 0.25)]
    assert chosen[0] == 0
    assert len(chosen) in (4, 5)
    assert not any(augment.is_chosen(clip, 0) for clip in range(16))
    assert all(augment.is_chosen(clip, 1) for clip in range(16))


def test_a_kind_of_another_origin_cannot_be_made_in_image_space() -> None:
    footage = Footage(frames=np.zeros((1, 4, 4, 3), np.uint8), times_s=np.zeros(1))
    with pytest.raises(ValueError, match="'jitter' is no variant in image space"):
        augment.apply("jitter", {}, footage)


@pytest.mark.parametrize("wrong", [{"crop_variants": 1.5}, {"max_mired": 200}, {"max_crop": 0.9}])
def test_settings_that_make_no_sense_are_refused(wrong: dict) -> None:
    with pytest.raises(ConfigError, match=r"augment\."):
        AugmentConfig(**wrong)
