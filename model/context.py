"""Which frames of a sequence are context, which are the target, and which context frame is the anchor.

length of a sequence + random numbers ─▶ [draw_window] ─▶ Window (indices only) ─▶ data
"""

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from video4spatial.model.config import ContextConfig, ModelConfig
from video4spatial.pipeline.core.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class Window:
    """Frame indices of one sample."""

    context: tuple[int, ...]
    """Rising."""
    target: tuple[int, ...]
    """Consecutive."""

    @property
    def frames(self) -> tuple[int, ...]:
        return self.context + self.target

    @property
    def anchor(self) -> int:
        """Position in `context` of the frame nearest in time to the target's middle: poses are told relative to it."""
        middle = (self.target[0] + self.target[-1]) / 2
        return int(np.argmin([abs(index - middle) for index in self.context]))


def draw_window(random: np.random.Generator, length: int, config: ContextConfig) -> Window:
    """A target span drawn uniformly and context outside it. `length` must reach context plus target frames."""
    start = int(random.integers(0, length - config.target_frames + 1))
    target = tuple(range(start, start + config.target_frames))
    rest = [index for index in range(length) if index < start or index >= start + config.target_frames]
    choose = sparse_context if config.selection == "sparse" else contiguous_context
    return Window(context=choose(random, rest, target, config.context_frames), target=target)


def sparse_context(
    random: np.random.Generator, rest: list[int], target: tuple[int, ...], count: int
) -> tuple[int, ...]:
    """One frame from each of `count` equal parts of `rest`: random, spread over the whole sequence."""
    edges = np.linspace(0, len(rest), count + 1).astype(int)
    return tuple(rest[int(random.integers(low, high))] for low, high in itertools.pairwise(edges))


def contiguous_context(
    random: np.random.Generator, rest: list[int], target: tuple[int, ...], count: int
) -> tuple[int, ...]:
    """The `count` frames of `rest` nearest in time to the target, earlier ones first when equally near."""
    nearest = sorted(rest, key=lambda index: (min(abs(index - target[0]), abs(index - target[-1])), index))
    return tuple(sorted(nearest[:count]))


def rotary_ids(window: Window, context: ContextConfig, model: ModelConfig) -> NDArray[np.int64]:
    """(K + T,) temporal rotary indices: context at its own frame index, the target from `target_frame_offset` on."""
    if window.context[-1] >= model.target_frame_offset:
        raise ConfigError(
            f"context frame {window.context[-1]} lies beyond model.target_frame_offset {model.target_frame_offset}; "
            "use shorter sequences or raise it (at most 1023)"
        )
    own = window.context if context.frame_ids == "true" else range(len(window.context))
    return np.array([*own, *range(model.target_frame_offset, model.target_frame_offset + len(window.target))])


def posed_frames(window: Window, context: ContextConfig) -> NDArray[np.bool_]:
    """(K + T,) whose camera is told: the target's always, the context's as `context.poses` says."""
    told = np.ones(len(window.frames), dtype=bool)
    if context.poses != "all":
        told[: len(window.context)] = False
    if context.poses == "anchor":
        told[window.anchor] = True
    return told
