"""Validation inside a run: every set, shared between the ranks, with the averaged weights.

TrainState ─▶ [validate_sets] ─▶ (set name, summary) ─▶ metrics
"""

from collections.abc import Iterator, Mapping
from typing import Any

import torch.distributed as dist
from transformers import ByT5Tokenizer

from video4spatial.model.config import ModelConfig, TrainConfig
from video4spatial.model.launch import Launch
from video4spatial.model.source import ClipSource
from video4spatial.model.state import TrainState
from video4spatial.model.validate import Measured, Parts, fixed_samples, measure, strangers, summary


def validate_sets(
    state: TrainState,
    model: ModelConfig,
    config: TrainConfig,
    sets: Mapping[str, ClipSource],
    tokenizer: ByT5Tokenizer,
    launch: Launch,
) -> Iterator[tuple[str, dict[str, Any]]]:
    """(name, summary) of each set, the same on every rank. Each rank measures its share; one exchange a set."""
    parts = Parts(
        network=state.average,
        autoencoder=state.autoencoder,
        tokenizer=tokenizer,
        model=model,
        context=config.context,
        device=launch.device,
        precision=state.precision,
    )
    for name, source in sets.items():
        samples = fixed_samples(
            source,
            config.context,
            sequences=config.validate_sequences,
            samples=config.validate_samples,
            seed=config.seed,
        )
        others = strangers(samples)
        mine = slice(launch.rank, None, launch.world_size)
        yield name, summary(_gather(measure(parts, samples[mine], others[mine], config.seed), launch), config.seed)


def _gather(measured: list[Measured], launch: Launch) -> list[Measured]:
    """Everyone's measurements, in the same order on all ranks."""
    if launch.world_size == 1:
        return measured
    shares: list[list[Measured] | None] = [None] * launch.world_size
    dist.all_gather_object(shares, measured)
    return [item for share in shares for item in (share or [])]
