"""From (seed, step, slot) to a sample to a batch: a pure function, so there is no position to save or to lose.

ClipSource ─▶ [sample_at, batch_at] ─▶ Batch (tensors) ─▶ step

Sample g of a run is slot g % batch_size of step g // batch_size; each epoch visits every sequence once, in an order
drawn from (seed, epoch). Nothing depends on the number of processes, workers, or on where a run was resumed.
B batch, K context and T target frames, H W pixels.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray

from video4spatial.model.cameras import relative_to
from video4spatial.model.config import ContextConfig, ModelConfig
from video4spatial.model.context import Window, draw_window, posed_frames, rotary_ids
from video4spatial.model.source import Clip, ClipSource
from video4spatial.pipeline.core.seeds import rng


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One sample: the frames of a window, context first."""

    clip: Clip
    """K + T frames."""
    window: Window
    key: str
    scene: str


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Samples with equal K and T, as tensors on the CPU."""

    frames: torch.Tensor
    """(B, K + T, H, W, 3) uint8."""
    frame_ids: torch.Tensor
    """(B, K + T) int64 temporal rotary indices."""
    anchor_from_camera: torch.Tensor
    """(B, K + T, 4, 4) float32."""
    image_from_camera: torch.Tensor
    """(B, K + T, 3, 3) float32."""
    has_pose: torch.Tensor
    """(B, K + T) bool."""
    context_count: int
    """K."""
    instructions: tuple[str, ...]
    sample_ids: tuple[str, ...]
    """`<key>@<first target frame>`, for ledgers and the dump of a step that is not finite."""

    def __len__(self) -> int:
        return len(self.frames)


@lru_cache(maxsize=4)
def epoch_order(seed: int, epoch: int, count: int) -> NDArray[np.int64]:
    """The order in which epoch `epoch` visits `count` sequences."""
    return rng(seed, "model/data", "epoch", epoch).permutation(count)


def sample_at(source: ClipSource, context: ContextConfig, seed: int, position: int) -> Sample:
    """Training sample number `position` of the run, counted from 0."""
    index = int(epoch_order(seed, position // len(source), len(source))[position % len(source)])
    return draw_sample(source, index, context, rng(seed, "model/data", "sample", position))


def draw_sample(source: ClipSource, index: int, context: ContextConfig, random: np.random.Generator) -> Sample:
    """A window of sequence `index`."""
    window = draw_window(random, source.n_frames(index), context)
    return Sample(
        clip=source.clip(index, window.frames), window=window, key=source.key(index), scene=source.scene(index)
    )


def batch_at(
    source: ClipSource,
    context: ContextConfig,
    model: ModelConfig,
    *,
    seed: int,
    step: int,
    batch_size: int,
    slots: range,
) -> Batch:
    """The samples at `slots` of step `step`, counted from 0; a rank asks for its share of range(batch_size)."""
    positions = [step * batch_size + slot for slot in slots]
    return collate([sample_at(source, context, seed, position) for position in positions], context, model)


def collate(samples: list[Sample], context: ContextConfig, model: ModelConfig) -> Batch:
    """Stacks samples; their poses become relative to each one's anchor."""
    relative = [
        relative_to(sample.clip.world_from_camera[sample.window.anchor], sample.clip.world_from_camera)
        for sample in samples
    ]
    return Batch(
        frames=torch.from_numpy(np.stack([sample.clip.frames for sample in samples])),
        frame_ids=torch.from_numpy(np.stack([rotary_ids(sample.window, context, model) for sample in samples])),
        anchor_from_camera=torch.from_numpy(np.stack(relative).astype(np.float32)),
        image_from_camera=torch.from_numpy(
            np.stack([sample.clip.image_from_camera for sample in samples]).astype(np.float32)
        ),
        has_pose=torch.from_numpy(np.stack([posed_frames(sample.window, context) for sample in samples])),
        context_count=len(samples[0].window.context),
        instructions=tuple(sample.clip.instruction for sample in samples),
        sample_ids=tuple(f"{sample.key}@{sample.window.target[0]}" for sample in samples),
    )
