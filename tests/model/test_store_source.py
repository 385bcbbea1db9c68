"""Unseen, the trainer would decode a clip at every step, or train on cameras nobody trusts."""

from collections.abc import Callable, Collection
from dataclasses import replace
from fractions import Fraction
from typing import Any, Literal

import numpy as np
import pytest

from video4spatial.model.source import Clip
from video4spatial.model.store_source import RELATIVE_EXTENT_M, StoreSource, relative_scale
from video4spatial.pipeline.core.camera import Cameras
from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.pipeline.core.sequence import Provenance, Sequence


class CountingReader:
    """Stands for Version.reader: three sequences, one of them real video without cameras."""

    def __init__(self, clip: Clip, valid: bool = True, scale: Literal["metric", "relative"] = "metric") -> None:
        self._clip, self._valid, self._scale = clip, valid, scale
        self.reads: list[int] = []
        self.rows = [
            {"key": f"k{i}", "scene": f"s{i}", "n_frames": len(clip), "pose_source": "none" if i == 1 else "rendered"}
            for i in range(3)
        ]

    def read(self, i: int, *, without: Collection[Any]) -> Sequence:
        self.reads.append(i)
        clip = self._clip
        valid = np.ones(len(clip), dtype=bool)
        valid[-1] = self._valid
        return Sequence(
            frames=clip.frames + np.uint8(i),
            times=clip.times,
            time_base=Fraction(1, 12),
            provenance=Provenance(source_uri="u", source_sha256="s", start=0, stop=4, unit_id="x", seed=0),
            cameras=Cameras(
                world_from_camera=clip.world_from_camera,
                image_from_camera=clip.image_from_camera,
                width_px=32,
                height_px=32,
            ),
            camera_valid=valid,
            pose_source="rendered",
            scale=self._scale,
            depth_m=None if "depth" in without else clip.depth_m,
        )


@pytest.fixture
def clip(room: Callable[..., Clip], turning: Callable[..., np.ndarray]) -> Clip:
    return room(turning(4, 10.0), 0)


def test_a_caption_is_the_instruction_and_none_is_none(clip: Clip) -> None:
    reader = CountingReader(clip)
    assert StoreSource(reader).clip(0).instruction == ""
    reader.rows[0]["caption"], reader.rows[2]["caption"] = "walk to the window", None
    source = StoreSource(reader)
    assert [source.clip(i, [0, 1]).instruction for i in range(2)] == ["walk to the window", ""]


def test_sequences_without_cameras_are_left_out(clip: Clip) -> None:
    source = StoreSource(CountingReader(clip))
    assert [source.key(i) for i in range(len(source))] == ["k0", "k2"]
    assert (source.scene(1), source.n_frames(1)) == ("s2", 4)
    assert np.array_equal(source.clip(1, [3, 0]).frames, (clip.frames + np.uint8(2))[[3, 0]])


def test_a_sequence_is_decoded_once_while_it_fits_and_depth_only_when_wanted(clip: Clip) -> None:
    reader = CountingReader(clip)
    source = StoreSource(reader)
    for _ in range(3):
        assert source.clip(0, [1]).depth_m is None
        source.clip(1)
    assert reader.reads == [0, 2]
    assert StoreSource(CountingReader(clip), with_depth=True).clip(0).depth_m is not None


def test_the_cache_keeps_to_its_bytes(clip: Clip) -> None:
    reader = CountingReader(clip)
    source = StoreSource(reader, cache_bytes=clip.frames.nbytes)
    for index in (0, 0, 1, 1, 0):
        source.clip(index)
    assert reader.reads == [0, 2, 0]


def test_a_sequence_with_an_untrusted_camera_is_refused(clip: Clip) -> None:
    with pytest.raises(ConfigError, match="sequence k0 has frames without a trusted camera"):
        StoreSource(CountingReader(clip, valid=False)).clip(0)


def test_paths_of_unknown_scale_get_the_extent_of_a_walk(clip: Clip) -> None:
    poses = clip.world_from_camera.copy()
    poses[:, :3, 3] = 1000 + 400 * np.arange(len(poses))[:, None] * np.array([1.0, 0, 0])
    far = replace(clip, world_from_camera=poses)
    metric = StoreSource(CountingReader(far)).clip(0)
    relative = StoreSource(CountingReader(far, scale="relative"), with_depth=True).clip(0)
    assert np.array_equal(metric.world_from_camera, poses)
    places = relative.world_from_camera[:, :3, 3]
    assert np.isclose(np.linalg.norm(places - places.mean(axis=0), axis=1).max(), RELATIVE_EXTENT_M)
    assert np.array_equal(relative.world_from_camera[:, :3, :3], poses[:, :3, :3])
    factor = relative_scale(poses)
    assert relative.depth_m is not None
    assert clip.depth_m is not None
    assert np.allclose(relative.depth_m, clip.depth_m * factor), "depth and positions keep their proportion"


def test_a_camera_that_stands_still_has_no_scale() -> None:
    assert relative_scale(np.repeat(np.eye(4)[None], 5, axis=0)) == 1.0


def test_sequences_that_are_too_short_for_the_model_are_left_out(clip: Clip) -> None:
    assert len(StoreSource(CountingReader(clip), shortest=4)) == 2
    assert len(StoreSource(CountingReader(clip), shortest=5)) == 0
