"""What a network knows about sequences it never trained on: losses by noise level, context gap, one-step PSNR.

ClipSource ─▶ [fixed_samples] ─▶ [measure] ─▶ per sequence ─▶ [summary] with 95 % intervals over sequences

The context gap is the loss at sigma 0.9 with another sequence's context frames minus the loss with the true ones, all
else equal. Above 0 the network looks at its context. Samples and noise depend on the seed alone, so that two
validations differ by the weights only.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from diffusers import ModelMixin
from transformers import ByT5Tokenizer

from video4spatial.model.autoencoder import unit_to_frames
from video4spatial.model.config import ContextConfig, ModelConfig
from video4spatial.model.data import Sample, collate, draw_sample
from video4spatial.model.flow import add_noise, weighted_error
from video4spatial.model.images import mean_colour, psnr_db
from video4spatial.model.network import Conditions, Network, prepare
from video4spatial.model.precision import Precision, computing
from video4spatial.model.seeding import generator
from video4spatial.model.source import ClipSource
from video4spatial.model.statistics import interval
from video4spatial.pipeline.core.seeds import rng

SIGMAS = (0.3, 0.6, 0.9)
GAP_SIGMA = 0.9
MEASURE_BATCH = 16


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What it takes to run a network on samples."""

    network: Network
    autoencoder: ModelMixin
    tokenizer: ByT5Tokenizer
    model: ModelConfig
    context: ContextConfig
    device: torch.device
    precision: Precision


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One sample's numbers."""

    key: str
    losses: dict[str, float]
    """By noise level."""
    gap: float | None
    """None where the set has one sequence only, so that no other context exists."""
    one_step_psnr_db: float
    mean_colour_psnr_db: float


def spread(count: int, wanted: int) -> list[int]:
    """At most `wanted` of range(count), evenly spaced."""
    return sorted({int(index) for index in np.linspace(0, count - 1, min(count, wanted)).round()})


def fixed_samples(
    source: ClipSource, context: ContextConfig, *, sequences: int, samples: int, seed: int
) -> list[Sample]:
    """`samples` windows of each of at most `sequences` sequences; the same whenever they are asked for."""
    return [
        draw_sample(source, index, context, rng(seed, "model/validate", source.key(index), number))
        for index in spread(len(source), sequences)
        for number in range(samples)
    ]


def strangers(samples: Sequence[Sample]) -> list[Sample | None]:
    """For each sample one of another sequence, of another scene where there is one: whose context it gets instead."""
    found: list[Sample | None] = []
    for position, sample in enumerate(samples):
        turned = [*samples[position + 1 :], *samples[:position]]
        others = [other for other in turned if other.key != sample.key]
        elsewhere = [other for other in others if other.scene != sample.scene]
        found.append(next(iter(elsewhere or others), None))
    return found


@torch.no_grad()
def measure(parts: Parts, samples: Sequence[Sample], others: Sequence[Sample | None], seed: int) -> list[Measured]:
    """Measures `samples`; `others` says whose context stands for each one's own."""
    measured: list[Measured] = []
    for start in range(0, len(samples), MEASURE_BATCH):
        chunk = slice(start, start + MEASURE_BATCH)
        measured += _measure_batch(parts, list(samples[chunk]), list(others[chunk]), seed)
    return measured


def _measure_batch(parts: Parts, samples: list[Sample], others: list[Sample | None], seed: int) -> list[Measured]:
    clean, given = _prepared(parts, samples)
    swapped_in = [other or sample for other, sample in zip(others, samples, strict=True)]
    stranger = replace(given, context=_prepared(parts, swapped_in)[1].context)
    noise = torch.stack(
        [
            torch.randn(clean.shape[1:], generator=generator(seed, "model/validate", s.key, s.window.target[0]))
            for s in samples
        ]
    ).to(clean.device)

    losses = {str(sigma): _losses(parts, clean, noise, given, sigma) for sigma in SIGMAS}
    stranger_loss = _losses(parts, clean, noise, stranger, GAP_SIGMA)
    one_step = _decoded(parts, _predict(parts, noise, 1.0, given))
    results = []
    for row, (sample, other) in enumerate(zip(samples, others, strict=True)):
        truth = sample.clip.frames[len(sample.window.context) :]
        gap = None if other is None else float(stranger_loss[row] - losses[str(GAP_SIGMA)][row])
        results.append(
            Measured(
                key=sample.key,
                losses={sigma: float(values[row]) for sigma, values in losses.items()},
                gap=gap,
                one_step_psnr_db=float(psnr_db(one_step[row], truth).mean()),
                mean_colour_psnr_db=float(psnr_db(mean_colour(truth), truth).mean()),
            )
        )
    return results


def _prepared(parts: Parts, samples: list[Sample]) -> tuple[torch.Tensor, Conditions]:
    batch = collate(samples, parts.context, parts.model)
    return prepare(batch, parts.autoencoder, parts.tokenizer, parts.model, parts.device)


def _predict(parts: Parts, noised: torch.Tensor, sigma: float, given: Conditions) -> torch.Tensor:
    levels = torch.full((len(noised),), sigma, device=noised.device)
    with computing(parts.precision, parts.device):
        return parts.network(noised, levels, given)


def _losses(parts: Parts, clean: torch.Tensor, noise: torch.Tensor, given: Conditions, sigma: float) -> torch.Tensor:
    levels = torch.full((len(clean),), sigma, device=clean.device)
    noised = add_noise(clean, noise, levels)
    return weighted_error(_predict(parts, noised, sigma, given), clean, levels)


def _decoded(parts: Parts, latent_BCTHW: torch.Tensor) -> np.ndarray:
    return unit_to_frames(parts.autoencoder.decode(latent_BCTHW)).cpu().numpy()


def summary(measured: Sequence[Measured], seed: int, resamplings: int = 2000) -> dict[str, Any]:
    """`loss` by noise level, and `context_gap`, `one_step_psnr_db`, `mean_colour_psnr_db` with intervals.

    `one_step_gain_db` is the difference of the two, sequence by sequence: its interval says whether the model beats the
    mean colour. Samples of one sequence are averaged first. `context_gap` is absent where the set has one sequence.
    """
    by_key: dict[str, list[Measured]] = {}
    for item in measured:
        by_key.setdefault(item.key, []).append(item)
    groups = [by_key[key] for key in sorted(by_key)]
    result: dict[str, Any] = {
        "loss": {
            str(sigma): float(np.mean([np.mean([m.losses[str(sigma)] for m in g]) for g in groups])) for sigma in SIGMAS
        },
        "one_step_psnr_db": interval([_mean(g, "one_step_psnr_db") for g in groups], seed, resamplings),
        "mean_colour_psnr_db": interval([_mean(g, "mean_colour_psnr_db") for g in groups], seed, resamplings),
        "one_step_gain_db": interval(
            [_mean(g, "one_step_psnr_db") - _mean(g, "mean_colour_psnr_db") for g in groups], seed, resamplings
        ),
    }
    if all(m.gap is not None for m in measured):
        result["context_gap"] = interval([_mean(g, "gap") for g in groups], seed, resamplings)
    return result


def _mean(group: Sequence[Measured], name: str) -> float:
    return float(np.mean([getattr(item, name) for item in group]))
