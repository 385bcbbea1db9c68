"""Attention written out for short sequences on a CPU, where the backward pass of torch's fused kernel is slow.

128 tokens, bf16, one thread: 11.0 ms fused and 3.4 ms written out, forward and backward (docs/experiments.md). Memory
grows with the square of the tokens, so the trainer uses it up to `SHORT_TOKENS` only. Not bit-equal to the fused one.
B batch, L tokens, S keys, D width.
"""

import torch
from diffusers.models.transformers.transformer_wan import WanAttention

from video4spatial.model.transformer import V4SWan

SHORT_TOKENS = 512


class WrittenOutAttnProcessor:
    """softmax(q k^T / sqrt d) v with rotary positions, as Wan's processor computes it; no image conditioning."""

    def __call__(
        self,
        attn: WanAttention,
        hidden_states: torch.Tensor,
        encoder_hidden_states: torch.Tensor | None = None,
        attention_mask: torch.Tensor | None = None,
        rotary_emb: tuple[torch.Tensor, torch.Tensor] | None = None,
    ) -> torch.Tensor:
        """(B, L, D) attended tokens. Wan never passes a mask."""
        assert attention_mask is None
        source = hidden_states if encoder_hidden_states is None else encoder_hidden_states
        query, key, value = (
            tokens.unflatten(2, (attn.heads, -1)).transpose(1, 2)
            for tokens in (attn.norm_q(attn.to_q(hidden_states)), attn.norm_k(attn.to_k(source)), attn.to_v(source))
        )
        if rotary_emb is not None:
            turns = torch.complex(rotary_emb[0][..., 0::2], rotary_emb[1][..., 1::2]).transpose(1, 2)
            query, key = rotated(query, turns), rotated(key, turns)
        weights = torch.softmax(query @ key.transpose(-1, -2) * query.shape[-1] ** -0.5, dim=-1)
        attended = (weights.to(value.dtype) @ value).transpose(1, 2).flatten(2)
        return attn.to_out[0](attended)


def rotated(heads: torch.Tensor, turns: torch.Tensor) -> torch.Tensor:
    """Pairs of channels (2i, 2i + 1) turned in the plane: one complex product."""
    pairs = torch.view_as_complex(heads.float().unflatten(-1, (-1, 2)).contiguous())
    return torch.view_as_real(pairs * turns).flatten(-2).to(heads.dtype)


def write_out_attention(transformer: V4SWan) -> None:
    """Makes every attention layer of `transformer` use `WrittenOutAttnProcessor`."""
    for block in transformer.blocks:
        for attention in (block.attn1, block.attn2):
            attention.set_processor(WrittenOutAttnProcessor())
