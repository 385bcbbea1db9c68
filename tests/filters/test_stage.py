"""One pass turns a video into clips whose frames are the source's, with a named fate for everything else."""

import pickle
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from video4spatial.filters.config import AugmentConfig, Floor, RealConfig
from video4spatial.filters.stage import OPEN_END, CurateStage, plan_spans
from video4spatial.pipeline.core.errors import SourceError
from video4spatial.pipeline.core.unit import Product, Source, Unit

CONFIG = RealConfig(size_px=64, clip_frames=16, rate_fps=12)
FLOOR = Floor(min_frames=8)


@pytest.fixture(scope="module")
def stage() -> CurateStage:
    return CurateStage(config=CONFIG, floor=FLOOR)


def curate(stage: CurateStage, source: Source, seed: int = 1) -> list[Product]:
    worker = stage.build()
    try:
        return [product for unit in stage.units([source], seed) for product in worker(unit)]
    finally:
        worker.close()


@pytest.fixture(scope="module")
def products(edited: Path, stage: CurateStage) -> list[Product]:
    """Of four shots of 60, 30, 100 and 10 frames at 24 fps: windows of 32 source frames."""
    return curate(stage, Source(uri="edited.mp4", sha256="e" * 64, split_group="edited", location=str(edited)))


def test_each_clip_and_each_loss_is_a_product_in_order(products: list[Product]) -> None:
    fates = [(p.index, p.verdict, p.reason) for p in products if not p.variant]
    assert fates == [
        (0, "measured", ""),
        (1, "measured", ""),
        (2, "measured", ""),
        (3, "measured", ""),
        (4, "measured", ""),
        (5, "measured", ""),
        (6, "rejected", "leftover"),
        (7, "rejected", "too_short"),
    ]
    assert [p.columns["shot"] for p in products if not p.variant] == [0, 0, 1, 2, 2, 2, 2, 3]


def test_every_stored_frame_is_the_source_frame_of_its_time(products: list[Product], read_number: Callable) -> None:
    for product in products:
        if product.sequence is None or product.variant:
            continue
        numbers = [read_number(frame) for frame in product.sequence.frames]
        seconds = product.sequence.times * product.sequence.time_base
        assert [second * 24 for second in seconds] == numbers
        assert numbers[0] == product.start == product.sequence.provenance.start
        assert numbers[-1] + 1 <= product.stop == product.sequence.provenance.stop
        assert product.sequence.rate_fps == Fraction(12)


def test_no_clip_crosses_a_cut(products: list[Product]) -> None:
    for product in products:
        assert not {60, 90, 190} & set(range(product.start + 1, product.stop))


def test_variants_share_index_and_group_and_differ_in_pixels(products: list[Product]) -> None:
    original, light, thing = (product for product in products if product.index == 0)
    assert [light.variant, thing.variant] == [1, 2]
    for variant, kind in ((light, "lighting"), (thing, "occluder")):
        assert variant.sequence is not None
        assert original.sequence is not None
        unit_id = original.sequence.provenance.unit_id
        assert variant.sequence.variant["kind"] == kind
        assert variant.sequence.variant["group"] == original.variant_group(unit_id)
        assert (variant.sequence.times == original.sequence.times).all()
        assert (variant.sequence.frames != original.sequence.frames).any()
        assert variant.scores.keys() == original.scores.keys()


def test_what_is_dropped_has_a_picture_and_no_frames(products: list[Product]) -> None:
    for product in products:
        assert (product.sequence is None) == (product.verdict == "rejected") == bool(product.thumbnail_jpeg)


def test_the_same_unit_gives_the_same_products_on_another_worker(
    products: list[Product], edited: Path, stage: CurateStage
) -> None:
    source = Source(uri="edited.mp4", sha256="e" * 64, split_group="edited", location=str(edited))
    again = curate(pickle.loads(pickle.dumps(stage)), source)
    assert [p.columns for p in again] == [p.columns for p in products]
    assert [p.scores for p in again] == [p.scores for p in products]
    for one, other in zip(products, again, strict=True):
        if one.sequence is not None and other.sequence is not None:
            assert (one.sequence.frames == other.sequence.frames).all()
            assert one.sequence.variant == other.sequence.variant


def test_another_seed_changes_only_the_variants(products: list[Product], edited: Path, stage: CurateStage) -> None:
    source = Source(uri="edited.mp4", sha256="e" * 64, split_group="edited", location=str(edited))
    for one, other in zip(products, curate(stage, source, seed=2), strict=True):
        if one.sequence is not None and other.sequence is not None:
            assert (one.sequence.frames == other.sequence.frames).all() == (one.variant == 0)


def test_the_place_of_a_file_and_the_limits_are_no_part_of_a_unit(edited: Path) -> None:
    source = Source(uri="edited.mp4", sha256="e" * 64, split_group="edited", location=str(edited))
    elsewhere = RealConfig(videos="/elsewhere", synthetic_film=False)
    one, other = (CurateStage(config=config).units([source], 1)[0] for config in (RealConfig(), elsewhere))
    assert one.unit_id == other.unit_id
    assert CurateStage(floor=Floor(min_frames=9)).units([source], 1)[0].unit_id != one.unit_id


def test_a_long_video_becomes_spans_that_together_give_every_frame_once(
    tmp_path: Path, write_video: Callable, film: Callable, source_of: Callable, read_number: Callable
) -> None:
    source = source_of(write_video(tmp_path / "long.mp4", film([200, 100])))
    config = RealConfig(
        size_px=64,
        clip_frames=24,
        rate_fps=24,
        unit_span_s=10,
        augment=AugmentConfig(lighting_variants=0, occluder_variants=0),
    )
    stage = CurateStage(config=config, floor=Floor(min_frames=2))
    units = stage.units([source], 1)
    assert [unit.span for unit in units] == [(0, 240), (240, OPEN_END)]
    worker = stage.build()
    products = [product for unit in units for product in worker(unit)]
    worker.close()
    numbers = [read_number(f) for p in products if p.sequence is not None for f in p.sequence.frames]
    assert sorted(numbers) == list(range(300))
    assert [p.columns["shot_began_by"] for p in products if p.start in (0, 200, 240)] == ["start", "cut", "span"]


def test_a_dissolve_within_a_later_span_is_found_where_it_is(
    tmp_path: Path, write_video: Callable, texture: Callable, source_of: Callable
) -> None:
    one, other = (texture(seed, 120, 160).astype(float) for seed in (1, 2))
    shares = np.clip((np.arange(400) - 320) / 20, 0, 1)
    path = write_video(tmp_path / "mix.mp4", [(one + u * (other - one)).astype(np.uint8) for u in shares])
    stage = CurateStage(config=RealConfig(size_px=64, unit_span_s=10), floor=FLOOR)
    unit = stage.units([source_of(path)], 1)[1]
    worker = stage.build()
    products = list(worker(unit))
    worker.close()
    (mixed,) = (p for p in products if p.reason == "transition")
    assert abs(mixed.start - 321) <= 1
    assert abs(mixed.stop - 340) <= 1
    assert {p.columns["read_from"] for p in products} == {"start: decord"}


def test_spans_are_cut_by_exact_time_whatever_the_rate() -> None:
    times = np.array([5, 100, 1005, 1500, 9000, 9001, 9002])
    assert plan_spans(times, Fraction(1, 100), 10) == [(0, 2), (2, 4), (4, OPEN_END)]
    assert plan_spans(times[:2], Fraction(1, 100), 10) == [None]


def test_a_header_that_promises_a_year_makes_no_more_units_than_there_are_frames(
    tmp_path: Path, write_video: Callable, film: Callable, source_of: Callable
) -> None:
    path = write_video(tmp_path / "film.mp4", film([24]))
    data = bytearray(path.read_bytes())
    # duration of the movie header and of the media header, 32 bits each in version 0
    for box, offset in ((b"mvhd", 20), (b"mdhd", 20)):
        at = data.index(box) + offset
        data[at : at + 4] = b"\x7f\xff\xff\xff"
    path.write_bytes(data)
    assert [unit.span for unit in CurateStage().units([source_of(path)], 0)] == [None]


def test_a_span_behind_the_end_of_the_file_is_an_error_by_name(edited: Path, stage: CurateStage) -> None:
    unit = stage.units([Source(uri="e.mp4", sha256="e" * 64, split_group="e", location=str(edited))], 1)[0]
    beyond = Unit(**{**{f: getattr(unit, f) for f in unit.__dataclass_fields__}, "span": (500, OPEN_END)})
    worker = stage.build()
    with pytest.raises(SourceError, match=r"no frame from 500 on.*counts 200 frames") as caught:
        list(worker(beyond))
    worker.close()
    assert caught.value.reason == "no_frames"


def test_a_file_that_is_no_video_is_planned_as_one_unit_and_fails_by_name(
    tmp_path: Path, stage: CurateStage, source_of: Callable
) -> None:
    (tmp_path / "page.mp4").write_bytes(b"<html>404</html>")
    with pytest.raises(SourceError, match=r"^no demuxer reads the file") as caught:
        curate(stage, source_of(tmp_path / "page.mp4"))
    assert caught.value.reason == "unopenable"


def test_black_and_frozen_films_are_rejected_by_name_with_their_scores(
    tmp_path: Path, write_video: Callable, film: Callable, source_of: Callable, stage: CurateStage
) -> None:
    still = next(film([1]))
    for name, frame, reason in (("black", np.zeros_like(still), "black"), ("frozen", still, "frozen")):
        found = curate(
            stage, source_of(write_video(tmp_path / f"{name}.mp4", [frame] * 32, options={"preset": "medium"}))
        )
        assert [(p.verdict, p.reason) for p in found] == [("rejected", reason)]
        assert found[0].scores["frozen_share"] == 1
        assert "floor." in found[0].detail


def test_tiny_and_endless_strips_are_rejected_without_reading_them(
    tmp_path: Path, write_video: Callable, film: Callable, source_of: Callable, stage: CurateStage
) -> None:
    tiny = curate(stage, source_of(write_video(tmp_path / "tiny.mp4", film([3], height=16, width=32))))
    strip = curate(stage, source_of(write_video(tmp_path / "strip.mp4", film([3], height=48, width=320))))
    assert [p.reason for p in tiny + strip] == ["too_small", "too_long_side"]


def test_the_part_that_did_not_decode_is_a_row(
    tmp_path: Path, write_video: Callable, film: Callable, source_of: Callable, stage: CurateStage
) -> None:
    whole = write_video(tmp_path / "whole.mp4", film([96]), container_options={"movflags": "faststart"})
    data = whole.read_bytes()
    (tmp_path / "half.mp4").write_bytes(data[: (data.index(b"mdat") + len(data)) // 2])
    found = curate(stage, source_of(tmp_path / "half.mp4"))
    assert found[0].verdict == "measured"
    assert (found[-1].reason, found[-1].stop) == ("undecodable_part", 96)
    assert "counts 96 frames" in found[-1].detail
