"""Variants of posed clips. Unseen: pictures that their cameras, depth, boxes or words no longer belong to."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.filters.captures.test_stage import curate
from video4spatial.filters import augment
from video4spatial.filters.captures.boxes import corners_m, mirrored_box
from video4spatial.filters.captures.capture import Box, ReadOptions
from video4spatial.filters.captures.settings import PosedConfig
from video4spatial.filters.captures.sources import capture_sources
from video4spatial.filters.captures.stage import CaptureStage
from video4spatial.filters.config import AugmentConfig, RealConfig
from video4spatial.filters.footage import footage_of
from video4spatial.filters.reframe import mirrored_words
from video4spatial.pipeline.core.camera import project
from video4spatial.pipeline.core.sequence import Sequence
from video4spatial.pipeline.store.sample import decode_sample, encode_sample

CONFIG = RealConfig(
    size_px=48,
    clip_frames=10,
    rate_fps=10,
    augment=AugmentConfig(lighting_variants=1, occluder_variants=1, crop_variants=1, mirror_variants=1),
    posed=PosedConfig(variants=True),
)


def box_of_entry(entry: Mapping[str, Any]) -> Box:
    told = {name: np.array(values) for name, values in entry["box"].items()}
    return Box(label=entry["category"], **told)


@pytest.fixture(scope="module")
def groups(arkit: Path) -> list[dict[int, Sequence]]:
    """Sequences by variant number, a dict a clip."""
    found: dict[int, dict[int, Sequence]] = {}
    for product in curate(arkit, CONFIG):
        if product.sequence is not None:
            found.setdefault(product.index, {})[product.variant] = product.sequence
    return list(found.values())


def test_each_clip_has_its_four_variants_with_cameras_and_they_survive_the_store(
    groups: list[dict[int, Sequence]],
) -> None:
    assert all(sorted(group) == [0, 1, 2, 3, 4] for group in groups)
    for group in groups:
        for number in (3, 4):
            kept = decode_sample(encode_sample(group[number]))
            assert kept.cameras is not None
            assert kept.variant["kind"] == ("crop", "mirror")[number - 3]
            again = augment.apply(kept.variant["kind"], kept.variant["parameters"], footage_of(group[0]))
            assert again.cameras is not None
            np.testing.assert_array_equal(kept.cameras.world_from_camera, again.cameras.world_from_camera)
            np.testing.assert_array_equal(kept.cameras.image_from_camera, again.cameras.image_from_camera)


def test_variants_are_made_again_from_the_original_and_their_parameters(groups: list[dict[int, Sequence]]) -> None:
    for group in groups:
        for sequence in list(group.values())[1:]:
            variant = sequence.variant
            again = augment.apply(variant["kind"], variant["parameters"], footage_of(group[0]))
            np.testing.assert_array_equal(again.frames, sequence.frames)
            np.testing.assert_array_equal(again.depth_m, sequence.depth_m)


def test_boxes_lie_where_the_variants_cameras_see_them(groups: list[dict[int, Sequence]]) -> None:
    checked = 0
    for group in groups:
        for number in (0, 3, 4):
            sequence = group[number]
            assert sequence.cameras is not None
            for entry in sequence.objects:
                for frame, box in enumerate(entry["box_px"]):
                    if box is None:
                        continue
                    corners = corners_m(box_of_entry(entry))
                    pose, lens = sequence.cameras.world_from_camera[frame], sequence.cameras.image_from_camera[frame]
                    pixels, depths = project(corners, lens, pose)
                    if (depths <= 0.05).any():
                        continue
                    # what is seen of a thing lies in the hull of its corners, up to a cell of the grid
                    assert box[0] >= pixels[:, 0].min() - 2
                    assert box[2] <= pixels[:, 0].max() + 2
                    checked += number > 0
    assert checked > 10


def test_a_mirrored_clip_sees_the_same_things_on_the_other_side(groups: list[dict[int, Sequence]]) -> None:
    for group in groups:
        plain, other = group[0], group[4]
        # whether a thing of a few pixels counts as seen may hang on one of them
        mirrored = {entry["id"]: entry for entry in other.objects}
        for one in plain.objects:
            if max(one["visible_px"]) < 60:
                continue
            two = mirrored[one["id"]]
            assert two["visible_px"] == pytest.approx(one["visible_px"], abs=8, rel=0.2)
            for left, right in zip(one["box_px"], two["box_px"], strict=True):
                if left is not None and right is not None:
                    assert [48 - right[2], right[1], 48 - right[0], right[3]] == pytest.approx(left, abs=3)
        assert other.tasks[0]["sentence"] == mirrored_words(plain.tasks[0]["sentence"])


def test_a_hidden_thing_is_not_seen_and_has_no_depth(groups: list[dict[int, Sequence]]) -> None:
    lost = 0
    for group in groups:
        plain, hidden = group[0], group[2]
        assert plain.depth_m is not None
        assert hidden.depth_m is not None
        assert (hidden.depth_m == 0).sum() > (plain.depth_m == 0).sum()
        before = {entry["id"]: sum(entry["visible_px"]) for entry in plain.objects}
        after = {entry["id"]: sum(entry["visible_px"]) for entry in hidden.objects}
        assert all(after.get(thing, 0) <= count for thing, count in before.items())
        lost += sum(before.values()) - sum(after.values())
    assert lost > 0


def test_without_being_asked_for_there_are_none_and_captures_keep_their_ids(arkit: Path) -> None:
    plain = replace(CONFIG, posed=PosedConfig())
    assert {product.variant for product in curate(arkit, plain)} == {0}
    sources = capture_sources((str(arkit),), ReadOptions())
    other = replace(plain, augment=AugmentConfig())
    ids = [CaptureStage(config=config).units(sources, 1)[0].unit_id for config in (plain, other, CONFIG)]
    assert ids[0] == ids[1] != ids[2]
    assert "augment" not in CaptureStage(config=plain).units(sources, 1)[0].settings


def test_a_mirrored_box_is_right_handed_and_its_name_changes_sides() -> None:
    axes = np.array([[0.0, 0, 1], [1, 0, 0], [0, 1, 0]])
    box = Box(label="left door", centre_m=np.array([1.0, 2, 3]), axes=axes, extent_m=np.array([1.0, 2, 3]))
    other = mirrored_box(box)
    assert other.label == "right door"
    assert np.linalg.det(other.axes) == pytest.approx(np.linalg.det(box.axes))
    mine = sorted((corners_m(box) * [-1, 1, 1]).round(6).tolist())
    assert sorted(corners_m(other).round(6).tolist()) == mine
