"""Unseen, an optimizer that is not the published one would explain every failed experiment."""

import itertools

import pytest
import torch
from torch import nn

from video4spatial.model.config import ModelConfig, TrainConfig
from video4spatial.model.muon import BatchedMuon, orthogonalise
from video4spatial.model.network import build_network
from video4spatial.model.optim import Optimizers, rate_share, update_average


def matrices() -> list[nn.Parameter]:
    random = torch.Generator().manual_seed(0)
    return [nn.Parameter(torch.randn(shape, generator=random)) for shape in ((16, 16), (16, 16), (48, 16), (16, 48))]


def test_stacked_muon_takes_the_steps_of_torch_muon() -> None:
    ours, theirs = matrices(), matrices()
    stacked = BatchedMuon(ours, lr=0.02, momentum=0.95)
    single = torch.optim.Muon(theirs, lr=0.02, momentum=0.95, weight_decay=0.0)
    random = torch.Generator().manual_seed(1)
    for _ in range(5):
        for mine, other in zip(ours, theirs, strict=True):
            mine.grad = torch.randn(mine.shape, generator=random)
            other.grad = mine.grad.clone()
        stacked.step()
        single.step()
    for mine, other, start in zip(ours, theirs, matrices(), strict=True):
        moved = (other - start).norm()
        # both orthogonalise in bfloat16, in another order
        assert (mine - other).norm() < 0.02 * moved


def test_orthogonalised_updates_have_singular_values_near_one() -> None:
    update = orthogonalise(torch.randn(3, 24, 64, generator=torch.Generator().manual_seed(0)), 5)
    values = torch.linalg.svdvals(update)
    assert float(values.min()) > 0.5
    assert float(values.max()) < 1.3


def test_muon_gets_the_matrices_of_the_blocks_and_adamw_the_rest(model_config: ModelConfig) -> None:
    network = build_network(model_config, 0)
    parts = Optimizers(network, TrainConfig()).parts
    counted = sum(p.numel() for part in parts for group in part.param_groups for p in group["params"])
    assert counted == sum(p.numel() for p in network.parameters())
    assert all(p.ndim == 2 for p in parts[1].param_groups[0]["params"])
    assert len(Optimizers(network, TrainConfig(optimizer="adamw")).parts) == 1


def test_the_rate_rises_holds_and_falls() -> None:
    config = TrainConfig(steps=100, warmup_steps=10, constant_share=0.3, final_rate_share=0.02)
    shares = [rate_share(step, config) for step in range(100)]
    assert shares[0] == pytest.approx(0.1)
    assert shares[9] == shares[30] == 1.0
    assert all(later <= earlier for earlier, later in itertools.pairwise(shares[30:]))
    assert shares[-1] == pytest.approx(0.02)


def test_the_average_follows_at_once_in_the_beginning_and_slowly_later() -> None:
    for step, decay, stays in ((0, 0.995, 0.1), (10**6, 0.995, 0.995)):
        average, network = nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False)
        nn.init.ones_(average.weight)
        nn.init.zeros_(network.weight)
        update_average(average, network, step, decay)
        assert float(average.weight.detach()) == pytest.approx(stays)
