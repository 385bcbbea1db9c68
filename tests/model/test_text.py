"""Unseen, an instruction cut short or read differently beside others would ground the wrong object."""

import pytest
import torch

from video4spatial.model.config import ModelConfig
from video4spatial.model.text import build_text_encoder, build_tokenizer, encode_text, tokenize
from video4spatial.pipeline.core.errors import ConfigError


def test_an_instruction_reads_the_same_alone_and_beside_others(model_config: ModelConfig) -> None:
    encoder, tokenizer = build_text_encoder(model_config, 0).eval(), build_tokenizer()
    with torch.no_grad():
        texts = ("find the red chair", "", "find the red chair")
        together = encode_text(encoder, tokenize(tokenizer, texts, 24))
        alone = encode_text(encoder, tokenize(tokenizer, ("find the red chair",), 24))
    assert together.shape == (3, 24, model_config.text_dim)
    assert torch.allclose(together[0], alone[0], atol=1e-6)
    assert torch.equal(together[0], together[2])
    assert not torch.allclose(together[0], together[1])


def test_padding_says_nothing(model_config: ModelConfig) -> None:
    encoder = build_text_encoder(model_config, 0).eval()
    with torch.no_grad():
        states = encode_text(encoder, tokenize(build_tokenizer(), ("go",), 8))
    assert states[0, :3].abs().sum(-1).gt(0).all()
    assert not states[0, 3:].any()


def test_an_instruction_that_does_not_fit_is_refused_not_cut() -> None:
    with pytest.raises(ConfigError, match="'find the sofa' has 13 bytes, at most 7 fit"):
        tokenize(build_tokenizer(), ("find the sofa",), 8)
