"""Unseen, a drop of context without cameras would teach a guidance nobody asks for."""

import pytest
import torch

from video4spatial.model.autoencoder import PatchPCAAutoencoder
from video4spatial.model.config import ContextConfig, ModelConfig, TrainConfig
from video4spatial.model.data import batch_at
from video4spatial.model.network import Conditions, Network, build_network, prepare, unconditional
from video4spatial.model.source import ArraySource
from video4spatial.model.step import draw, sample_losses
from video4spatial.model.text import build_tokenizer

CONTEXT = ContextConfig(context_frames=3, target_frames=2)
TOKENIZER = build_tokenizer()


@pytest.fixture
def network(model_config: ModelConfig) -> Network:
    network = build_network(model_config, 0)
    torch.nn.init.normal_(network.transformer.proj_out.weight, std=0.05, generator=torch.Generator().manual_seed(0))
    return network


def prepared(
    sources: dict[str, ArraySource], model: ModelConfig, slots: range = range(4)
) -> tuple[torch.Tensor, Conditions]:
    batch = batch_at(sources["train"], CONTEXT, model, seed=0, step=0, batch_size=4, slots=slots)
    codec = PatchPCAAutoencoder(patch_px=model.patch_px, latent_channels=model.latent_channels)
    return prepare(batch, codec, TOKENIZER, model, torch.device("cpu"))


def test_the_share_of_dropped_samples_is_the_one_asked_for() -> None:
    config = TrainConfig(batch_size=8, joint_drop=0.1)
    target, context = torch.zeros(8, 1, 1, 1, 1), torch.zeros(8, 1, 1, 1, 1)
    dropped = torch.cat([draw(config, step, range(8), target, context).dropped for step in range(250)])
    # 2000 draws: 4 standard deviations are 0.027
    assert float(dropped.float().mean()) == pytest.approx(0.1, abs=0.027)


def test_a_dropped_sample_loses_context_cameras_and_instruction_together(
    sources: dict[str, ArraySource], model_config: ModelConfig
) -> None:
    _, given = prepared(sources, model_config)
    noise = torch.randn(given.context.shape, generator=torch.Generator().manual_seed(0))
    mixed = unconditional(given, noise, TOKENIZER, torch.tensor([False, True, False, True]))
    for row in (1, 3):
        assert torch.equal(mixed.context[row], noise[row])
        assert not mixed.camera[row, :-1].any()
    for row in (0, 2):
        assert torch.equal(mixed.context[row], given.context[row])
        assert torch.equal(mixed.camera[row], given.camera[row])


def test_draws_of_a_slot_do_not_depend_on_the_other_slots() -> None:
    config = TrainConfig(batch_size=4)
    zeros = torch.zeros(4, 2, 2, 3, 3)
    whole = draw(config, 5, range(4), zeros, zeros)
    half = draw(config, 5, range(2, 4), zeros[:2], zeros[:2])
    for name in ("sigma", "noise", "context_noise", "dropped"):
        assert torch.equal(getattr(whole, name)[2:], getattr(half, name))
    other_step = draw(config, 6, range(4), zeros, zeros)
    assert not torch.equal(whole.noise, other_step.noise)


def test_the_loss_of_a_batch_is_the_mean_of_its_samples_alone(
    sources: dict[str, ArraySource], model_config: ModelConfig, network: Network
) -> None:
    config = TrainConfig(batch_size=4, joint_drop=0.5)

    def losses(slots: range) -> torch.Tensor:
        clean, given = prepared(sources, model_config, slots)
        with torch.no_grad():
            return sample_losses(network, clean, given, draw(config, 0, slots, clean, given.context), TOKENIZER)

    alone = torch.cat([losses(range(slot, slot + 1)) for slot in range(4)])
    assert torch.allclose(losses(range(4)), alone, rtol=1e-4)
    assert len(set(alone.tolist())) == 4


def test_every_parameter_gets_a_gradient(
    sources: dict[str, ArraySource], model_config: ModelConfig, network: Network
) -> None:
    clean, given = prepared(sources, model_config)
    draws = draw(TrainConfig(batch_size=4), 0, range(4), clean, given.context)
    sample_losses(network, clean, given, draws, TOKENIZER).mean().backward()
    # DistributedDataParallel would wait for ever for one that has none
    assert [name for name, p in network.named_parameters() if p.grad is None] == []
