"""Unseen, a sample that depends on rank, batch or restart would make a resumed run another run."""

import numpy as np
import pytest
import torch

from video4spatial.model.config import ContextConfig, ModelConfig
from video4spatial.model.data import batch_at, sample_at
from video4spatial.model.source import ArraySource, require_usable
from video4spatial.pipeline.core.errors import ConfigError

CONTEXT = ContextConfig(context_frames=3, target_frames=2)


def batch_ids(source: ArraySource, model: ModelConfig, step: int, slots: range) -> tuple[str, ...]:
    batch = batch_at(source, CONTEXT, model, seed=1, step=step, batch_size=4, slots=slots)
    return batch.sample_ids


def test_every_epoch_visits_every_sequence_once_in_an_order_of_its_own(sources: dict[str, ArraySource]) -> None:
    source = sources["train"]
    epochs = [
        [sample_at(source, CONTEXT, 1, position).key for position in range(epoch * 6, epoch * 6 + 6)]
        for epoch in range(3)
    ]
    assert all(sorted(epoch) == sorted(source.key(i) for i in range(6)) for epoch in epochs)
    assert epochs[0] != epochs[1] != epochs[2]


def test_two_ranks_share_the_batch_that_one_rank_has_alone(
    sources: dict[str, ArraySource], model_config: ModelConfig
) -> None:
    for step in (0, 7):
        alone = batch_ids(sources["train"], model_config, step, range(4))
        assert batch_ids(sources["train"], model_config, step, range(2)) == alone[:2]
        assert batch_ids(sources["train"], model_config, step, range(2, 4)) == alone[2:]


def test_poses_are_told_relative_to_the_anchor(sources: dict[str, ArraySource], model_config: ModelConfig) -> None:
    sample = sample_at(sources["train"], CONTEXT, 1, 5)
    batch = batch_at(sources["train"], CONTEXT, model_config, seed=1, step=1, batch_size=4, slots=range(1, 2))
    assert batch.sample_ids == (f"{sample.key}@{sample.window.target[0]}",)
    assert torch.allclose(batch.anchor_from_camera[0, sample.window.anchor], torch.eye(4), atol=1e-6)
    assert batch.frames.shape == (1, 5, 32, 32, 3)
    assert np.array_equal(batch.frames[0].numpy(), sample.clip.frames)


def test_a_clip_takes_frames_with_all_that_belongs_to_them(sources: dict[str, ArraySource]) -> None:
    whole = sources["train"].clip(2)
    part = sources["train"].clip(2, [7, 1])
    assert np.array_equal(part.frames, whole.frames[[7, 1]])
    assert np.array_equal(part.world_from_camera, whole.world_from_camera[[7, 1]])
    assert part.depth_m is not None
    assert whole.depth_m is not None
    assert np.array_equal(part.depth_m, whole.depth_m[[7, 1]])


def test_unusable_sets_are_refused_before_anything_starts(sources: dict[str, ArraySource]) -> None:
    with pytest.raises(ConfigError, match="the val set has no sequence with cameras"):
        require_usable("val", ArraySource(()), 5, 32)
    with pytest.raises(ConfigError, match="room0-0 has 12 frames, but context and target need 13"):
        require_usable("train", sources["train"], 13, 32)
    with pytest.raises(ConfigError, match=r"32x32 pixels, but model.size_px is 64"):
        require_usable("train", sources["train"], 5, 64)
