"""Unseen, a target frame among the context would make every number look wonderful."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from video4spatial.model.config import ContextConfig, ModelConfig
from video4spatial.model.context import Window, draw_window, posed_frames, rotary_ids
from video4spatial.pipeline.core.errors import ConfigError


@given(
    length=st.integers(6, 60),
    known=st.integers(1, 4),
    shown=st.integers(1, 2),
    selection=st.sampled_from(["sparse", "contiguous"]),
    seed=st.integers(0, 2**31),
)
def test_context_lies_outside_the_target_and_rises(
    length: int, known: int, shown: int, selection: str, seed: int
) -> None:
    config = ContextConfig(context_frames=known, target_frames=shown, selection=selection)  # type: ignore[arg-type]
    window = draw_window(np.random.default_rng(seed), length, config)
    assert len(set(window.context)) == known
    assert list(window.context) == sorted(window.context)
    assert window.target == tuple(range(window.target[0], window.target[0] + shown))
    assert not set(window.context) & set(window.target)
    assert set(window.frames) <= set(range(length))


def test_sparse_context_covers_the_whole_sequence() -> None:
    config = ContextConfig(context_frames=4, target_frames=4)
    for seed in range(50):
        window = draw_window(np.random.default_rng(seed), 48, config)
        rest = [i for i in range(48) if i not in window.target]
        parts = [rest.index(frame) // 11 for frame in window.context]
        assert parts == [0, 1, 2, 3]


def test_contiguous_context_touches_the_target() -> None:
    config = ContextConfig(context_frames=2, target_frames=3, selection="contiguous")
    window = draw_window(np.random.default_rng(0), 20, config)
    assert all(min(abs(c - t) for t in window.target) <= 2 for c in window.context)


def test_the_anchor_is_the_context_frame_nearest_in_time() -> None:
    assert Window(context=(0, 18, 40), target=(20, 21)).anchor == 1


def test_context_keeps_its_own_frame_index_and_the_target_stands_apart() -> None:
    window = Window(context=(2, 9, 30), target=(12, 13))
    model = ModelConfig(target_frame_offset=100)
    assert rotary_ids(window, ContextConfig(), model).tolist() == [2, 9, 30, 100, 101]
    assert rotary_ids(window, ContextConfig(frame_ids="contiguous"), model).tolist() == [0, 1, 2, 100, 101]
    with pytest.raises(ConfigError, match="target_frame_offset 20"):
        rotary_ids(window, ContextConfig(), ModelConfig(target_frame_offset=20))


@pytest.mark.parametrize(
    ("poses", "told"), [("all", [1, 1, 1, 1, 1]), ("anchor", [0, 1, 0, 1, 1]), ("none", [0, 0, 0, 1, 1])]
)
def test_poses_are_told_as_asked(poses: str, told: list[int]) -> None:
    window = Window(context=(2, 9, 30), target=(12, 13))
    config = ContextConfig(context_frames=3, target_frames=2, poses=poses)  # type: ignore[arg-type]
    assert posed_frames(window, config).tolist() == [bool(flag) for flag in told]
