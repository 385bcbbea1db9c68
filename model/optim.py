"""Optimizers, the learning-rate schedule and the averaged weights.

gradients ─▶ clip ─▶ [Optimizers.step] ─▶ weights ─▶ [update_average] ─▶ averaged weights (validated and saved)
"""

import math

import torch
from torch import nn

from video4spatial.model.config import TrainConfig
from video4spatial.model.muon import BatchedMuon
from video4spatial.model.network import Network


class Optimizers:
    """Muon for the matrices of the blocks and AdamW for the rest, or AdamW for everything, stepped as one."""

    def __init__(self, network: Network, config: TrainConfig) -> None:
        matrices = [p for p in network.transformer.blocks.parameters() if p.ndim == 2]
        if config.optimizer == "adamw":
            matrices = []
        chosen = {id(p) for p in matrices}
        rest = [p for p in network.parameters() if id(p) not in chosen]
        self.parts: list[torch.optim.Optimizer] = [
            torch.optim.AdamW(rest, lr=config.learning_rate, betas=(0.9, 0.95), weight_decay=0.0)
        ]
        if matrices:
            self.parts.append(BatchedMuon(matrices, lr=config.muon_learning_rate, momentum=0.95))
        self.tops = [part.param_groups[0]["lr"] for part in self.parts]

    def step(self, rate_share: float) -> None:
        """One update at `rate_share` of the top learning rates; gradients are freed."""
        for part, top in zip(self.parts, self.tops, strict=True):
            for group in part.param_groups:
                group["lr"] = top * rate_share
            part.step()
        self.drop_gradients()

    def drop_gradients(self) -> None:
        for part in self.parts:
            part.zero_grad(set_to_none=True)

    def state_dict(self) -> list[dict]:
        return [part.state_dict() for part in self.parts]

    def load_state_dict(self, states: list[dict]) -> None:
        for part, state in zip(self.parts, states, strict=True):
            part.load_state_dict(state)


def rate_share(step: int, config: TrainConfig) -> float:
    """Share of the top learning rate at `step` (from 0): linear warm-up, constant, then half a cosine to the end."""
    warm = min(1.0, (step + 1) / config.warmup_steps) if config.warmup_steps else 1.0
    progress = step / config.steps
    if progress <= config.constant_share:
        return warm
    falling = (progress - config.constant_share) / (1.0 - config.constant_share)
    return warm * max(config.final_rate_share, 0.5 * (1.0 + math.cos(math.pi * falling)))


@torch.no_grad()
def update_average(average: nn.Module, network: nn.Module, step: int, decay: float) -> None:
    """Moves `average` towards `network`: (1 + step) / (10 + step) of it stays at first, `decay` of it later."""
    share = 1.0 - min(decay, (1 + step) / (10 + step))
    torch._foreach_lerp_(list(average.parameters()), list(network.parameters()), share)
