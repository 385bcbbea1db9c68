"""One training step's loss: noise levels, noise and joint drop from (seed, step, slot), then the network's error.

Conditions ─▶ [drawn_noise, joint drop] ─▶ Network ─▶ loss per sample
"""

from dataclasses import dataclass

import torch
from torch import nn
from transformers import ByT5Tokenizer

from video4spatial.model.config import TrainConfig
from video4spatial.model.flow import add_noise, draw_sigma, weighted_error
from video4spatial.model.network import Conditions, unconditional
from video4spatial.model.seeding import generator


@dataclass(frozen=True, kw_only=True)
class Draws:
    """The random numbers of one step."""

    sigma: torch.Tensor
    """(B,) noise levels."""
    noise: torch.Tensor
    """(B, C, T, H, W) of the target."""
    context_noise: torch.Tensor
    """(B, C, K, H, W) that stands for the context where it is dropped."""
    dropped: torch.Tensor
    """(B,) bool."""


def draw(config: TrainConfig, step: int, slots: range, target: torch.Tensor, context: torch.Tensor) -> Draws:
    """Draws for `slots` of `step`, each from a generator of its own: no slot knows of the others or of its rank."""
    sigmas, noises, context_noises, dropped = [], [], [], []
    for row, slot in enumerate(slots):
        source = generator(config.seed, "model/step", "draws", step * config.batch_size + slot)
        sigmas.append(draw_sigma(config.sigma_mean, source))
        noises.append(torch.randn(target[row].shape, generator=source))
        dropped.append(torch.rand(1, generator=source) < config.joint_drop)
        context_noises.append(torch.randn(context[row].shape, generator=source))
    device = target.device
    return Draws(
        sigma=torch.cat(sigmas).to(device),
        noise=torch.stack(noises).to(device),
        context_noise=torch.stack(context_noises).to(device),
        dropped=torch.cat(dropped).to(device),
    )


def sample_losses(
    network: nn.Module, clean_BCTHW: torch.Tensor, given: Conditions, draws: Draws, tokenizer: ByT5Tokenizer
) -> torch.Tensor:
    """(B,) weighted error of the predicted target latents; context frames carry no loss."""
    if draws.dropped.any():
        given = unconditional(given, draws.context_noise, tokenizer, draws.dropped)
    noised = add_noise(clean_BCTHW, draws.noise, draws.sigma)
    return weighted_error(network(noised, draws.sigma, given), clean_BCTHW, draws.sigma)
