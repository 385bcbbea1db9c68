"""Instructions in words: byte tokens and a tiny UMT5 encoder, trained with the network. No files, no download.

instruction ─▶ ByT5 bytes (fixed length) ─▶ UMT5EncoderModel ─▶ embeddings (zero where padded) ─▶ cross-attention
"""

import torch
from transformers import ByT5Tokenizer, UMT5Config, UMT5EncoderModel

from video4spatial.model.config import ModelConfig
from video4spatial.model.seeding import generator
from video4spatial.pipeline.core.errors import ConfigError

PAD_ID = 0


def build_text_encoder(config: ModelConfig, seed: int) -> UMT5EncoderModel:
    """0.1 M parameters; the class of the encoder that large Wan models use. Same seed, same weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(generator(seed, "model/init", "text").initial_seed())
        return UMT5EncoderModel(
            UMT5Config(
                vocab_size=384,
                d_model=config.text_dim,
                d_kv=32,
                num_heads=2,
                num_layers=2,
                d_ff=2 * config.text_dim,
                dropout_rate=0.0,
            )
        )


def build_tokenizer() -> ByT5Tokenizer:
    """UTF-8 bytes plus 3; needs no vocabulary file."""
    return ByT5Tokenizer()


def tokenize(tokenizer: ByT5Tokenizer, instructions: tuple[str, ...], length: int) -> torch.Tensor:
    """Ids (B, length) int64, padded with 0; the length is fixed so that a sample never depends on its batch.

    Raises ConfigError for an instruction that does not fit.
    """
    for text in instructions:
        if len(text.encode()) + 1 > length:
            raise ConfigError(
                f"instruction {text!r} has {len(text.encode())} bytes, at most {length - 1} fit; "
                "raise model.instruction_bytes"
            )
    return tokenizer(list(instructions), padding="max_length", max_length=length, return_tensors="pt").input_ids


def encode_text(encoder: UMT5EncoderModel, ids_BS: torch.Tensor) -> torch.Tensor:
    """(B, S, text_dim) embeddings, zero at padding. Each distinct instruction is encoded once."""
    distinct, inverse = torch.unique(ids_BS, dim=0, return_inverse=True)
    mask = (distinct != PAD_ID).long()
    states = encoder(input_ids=distinct, attention_mask=mask).last_hidden_state
    return (states * mask.unsqueeze(-1))[inverse]
