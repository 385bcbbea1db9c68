"""Unseen, a context gap above zero would prove nothing."""

import pytest
import torch

from video4spatial.model.autoencoder import PatchPCAAutoencoder
from video4spatial.model.config import ContextConfig, ModelConfig
from video4spatial.model.network import build_network
from video4spatial.model.source import ArraySource
from video4spatial.model.text import build_tokenizer
from video4spatial.model.validate import Parts, fixed_samples, measure, spread, strangers, summary

CONTEXT = ContextConfig(context_frames=3, target_frames=2)


@pytest.fixture
def parts(model_config: ModelConfig) -> Parts:
    return Parts(
        network=build_network(model_config, 0),
        autoencoder=PatchPCAAutoencoder(patch_px=8, latent_channels=model_config.latent_channels),
        tokenizer=build_tokenizer(),
        model=model_config,
        context=CONTEXT,
        device=torch.device("cpu"),
        precision="fp32",
    )


def test_a_network_that_ignores_its_context_has_no_gap(parts: Parts, sources: dict[str, ArraySource]) -> None:
    samples = fixed_samples(sources["train"], CONTEXT, sequences=4, samples=2, seed=0)
    # a fresh network's last layer is zero
    found = summary(measure(parts, samples, strangers(samples), 0), 0)
    assert found["context_gap"] == {"mean": 0.0, "low": 0.0, "high": 0.0, "n": 4}
    torch.nn.init.normal_(parts.network.transformer.proj_out.weight)
    found = summary(measure(parts, samples, strangers(samples), 0), 0)
    assert found["context_gap"]["mean"] != 0.0


def test_the_stranger_is_of_another_scene_where_there_is_one(sources: dict[str, ArraySource]) -> None:
    samples = fixed_samples(sources["train"], CONTEXT, sequences=6, samples=1, seed=0)
    for sample, other in zip(samples, strangers(samples), strict=True):
        assert other is not None
        assert other.scene != sample.scene
    one_room = fixed_samples(sources["val"], CONTEXT, sequences=2, samples=1, seed=0)
    assert [other.key for other in strangers(one_room) if other] == [one_room[1].key, one_room[0].key]
    assert strangers(one_room[:1]) == [None]


def test_validation_samples_are_the_same_whenever_asked(sources: dict[str, ArraySource]) -> None:
    first, second = (fixed_samples(sources["val"], CONTEXT, sequences=2, samples=3, seed=4) for _ in range(2))
    assert [sample.window for sample in first] == [sample.window for sample in second]
    assert len({sample.window for sample in first}) > 1


def test_chosen_sequences_are_spread_over_the_set() -> None:
    assert spread(10, 4) == [0, 3, 6, 9]
    assert spread(3, 8) == [0, 1, 2]
