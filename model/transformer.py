"""The network: Wan's transformer with frame ids, a noise level per frame and camera rays.

latents + rays ─▶ [V4SWan]: patch + camera embedding ─▶ blocks (self-attention over context and target) ─▶ prediction

Parameters and their names are stock Wan's plus `camera_embedding`; with contiguous frame ids and no rays the output
equals `WanTransformer3DModel` bit for bit (a test checks). It knows nothing of devices, precision or training.
B batch, C channels, F frames, H W latent rows and columns, L tokens, D width, S text tokens.
"""

import torch
import torch.nn.functional as F
from diffusers import ModelMixin, WanTransformer3DModel
from diffusers.configuration_utils import register_to_config
from diffusers.models.modeling_outputs import Transformer2DModelOutput
from diffusers.models.transformers.transformer_wan import WanTransformerBlock
from torch import nn

from video4spatial.model.config import TOKEN_LATENTS, ModelConfig
from video4spatial.model.rotary import FrameIdRotaryPosEmbed
from video4spatial.model.seeding import generator

# diffusers' loader looks the base class up in the module that defines the component
__all__ = ["FrameModulatedBlock", "ModelMixin", "V4SWan", "build_transformer", "from_wan"]


class FrameModulatedBlock(WanTransformerBlock):
    """Wan's block with one modulation per frame instead of per token: the same result in a fraction of the memory."""

    def forward(
        self,
        hidden_states: torch.Tensor,
        encoder_hidden_states: torch.Tensor,
        temb: torch.Tensor,
        rotary_emb: tuple[torch.Tensor, torch.Tensor],
    ) -> torch.Tensor:
        """Tokens (B, L, D) after the block; `temb` (B, F, 6, D) with L a multiple of F."""
        batch, length, width = hidden_states.shape
        frames = temb.shape[1]
        framed = (batch, frames, length // frames, width)
        flat = (batch, length, width)
        modulation = (self.scale_shift_table.unsqueeze(0) + temb.float()).unsqueeze(2)
        shift_a, scale_a, gate_a, shift_f, scale_f, gate_f = modulation.unbind(3)

        # 1. Self-attention over all frames
        normed = self.norm1(hidden_states.float()).view(framed) * (1 + scale_a) + shift_a
        attended = self.attn1(normed.view(flat).type_as(hidden_states), None, None, rotary_emb)
        hidden_states = (hidden_states.float() + (attended.view(framed) * gate_a).view(flat)).type_as(hidden_states)

        # 2. Cross-attention to the instruction
        normed = self.norm2(hidden_states.float()).type_as(hidden_states)
        hidden_states = hidden_states + self.attn2(normed, encoder_hidden_states, None, None)

        # 3. Feed-forward
        normed = self.norm3(hidden_states.float()).view(framed) * (1 + scale_f) + shift_f
        fed = self.ffn(normed.view(flat).type_as(hidden_states)).float()
        return (hidden_states.float() + (fed.view(framed) * gate_f).view(flat)).type_as(hidden_states)


class FusedRMSNorm(nn.RMSNorm):
    """nn.RMSNorm whose weight follows the input's dtype: under autocast torch then uses its fused kernel."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.rms_norm(x, self.normalized_shape, self.weight.to(x.dtype), self.eps)


class V4SWan(WanTransformer3DModel):
    """WanTransformer3DModel with frame ids, per-frame timesteps and a camera embedding (zero at the start)."""

    # the full signature, as in the parent: diffusers ignores a saved config behind *args, **kwargs
    @register_to_config
    def __init__(
        self,
        patch_size: tuple[int, int, int] = (1, 2, 2),
        num_attention_heads: int = 40,
        attention_head_dim: int = 128,
        in_channels: int = 16,
        out_channels: int = 16,
        text_dim: int = 4096,
        freq_dim: int = 256,
        ffn_dim: int = 13824,
        num_layers: int = 40,
        cross_attn_norm: bool = True,
        qk_norm: str | None = "rms_norm_across_heads",
        eps: float = 1e-6,
        image_dim: int | None = None,
        added_kv_proj_dim: int | None = None,
        rope_max_seq_len: int = 1024,
        pos_embed_seq_len: int | None = None,
        camera_channels: int = 6,
    ) -> None:
        super().__init__(
            patch_size=patch_size,
            num_attention_heads=num_attention_heads,
            attention_head_dim=attention_head_dim,
            in_channels=in_channels,
            out_channels=out_channels,
            text_dim=text_dim,
            freq_dim=freq_dim,
            ffn_dim=ffn_dim,
            num_layers=num_layers,
            cross_attn_norm=cross_attn_norm,
            qk_norm=qk_norm,
            eps=eps,
            image_dim=image_dim,
            added_kv_proj_dim=added_kv_proj_dim,
            rope_max_seq_len=rope_max_seq_len,
            pos_embed_seq_len=pos_embed_seq_len,
        )
        width = num_attention_heads * attention_head_dim
        self.rope = FrameIdRotaryPosEmbed(attention_head_dim, patch_size, rope_max_seq_len)
        self.camera_embedding = nn.Conv3d(camera_channels, width, kernel_size=patch_size, stride=patch_size)
        _zero(self.camera_embedding)
        for block in self.blocks:
            block.__class__ = FrameModulatedBlock
            for norm in (block.attn1.norm_q, block.attn1.norm_k, block.attn2.norm_q, block.attn2.norm_k):
                norm.__class__ = FusedRMSNorm

    def forward(
        self,
        hidden_states: torch.Tensor,
        timestep: torch.Tensor,
        encoder_hidden_states: torch.Tensor,
        frame_ids: torch.Tensor | None = None,
        camera: torch.Tensor | None = None,
        return_dict: bool = True,
    ) -> Transformer2DModelOutput | tuple[torch.Tensor]:
        """Prediction (B, C, F, H, W) for noised latents of that shape.

        `timestep` (B, F) in 0..1000, 0 = clean; `encoder_hidden_states` (B, S, text_dim); `frame_ids` (B, F) long,
        None = 0, 1, 2 ...; `camera` (B, camera_channels, F, H, W).
        """
        batch, _, frames, height, width = hidden_states.shape
        patch_t, patch_h, patch_w = self.config.patch_size
        rotary = self.rope(hidden_states, frame_ids)

        tokens = self.patch_embedding(hidden_states)
        if camera is not None:
            tokens = tokens + self.camera_embedding(camera)
        tokens = tokens.flatten(2).transpose(1, 2).contiguous()  # (B, L, D)

        time_BFD, modulation, text, _ = self.condition_embedder(
            timestep.flatten(), encoder_hidden_states, None, timestep_seq_len=frames
        )
        modulation = modulation.unflatten(2, (6, -1))  # (B, F, 6, D)
        for block in self.blocks:
            if torch.is_grad_enabled() and self.gradient_checkpointing:
                tokens = self._gradient_checkpointing_func(block, tokens, text, modulation, rotary)
            else:
                tokens = block(tokens, text, modulation, rotary)

        shift, scale = (self.scale_shift_table.unsqueeze(0) + time_BFD.unsqueeze(2)).chunk(2, dim=2)
        framed = self.norm_out(tokens.float()).view(batch, frames, -1, tokens.shape[-1])
        tokens = self.proj_out((framed * (1 + scale) + shift).flatten(1, 2).type_as(tokens))
        grid = tokens.reshape(
            batch, frames // patch_t, height // patch_h, width // patch_w, patch_t, patch_h, patch_w, -1
        )
        output = grid.permute(0, 7, 1, 4, 2, 5, 3, 6).flatten(6, 7).flatten(4, 5).flatten(2, 3)
        return Transformer2DModelOutput(sample=output) if return_dict else (output,)


def build_transformer(config: ModelConfig, seed: int) -> V4SWan:
    """A fresh network: the camera embedding drawn from N(0, 0.05), the output layer zero. Same seed, same weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(generator(seed, "model/init", "transformer").initial_seed())
        transformer = V4SWan(
            patch_size=(1, TOKEN_LATENTS, TOKEN_LATENTS),
            num_attention_heads=config.heads,
            attention_head_dim=config.head_dim,
            in_channels=config.latent_channels,
            out_channels=config.latent_channels,
            text_dim=config.text_dim,
            freq_dim=256,
            ffn_dim=config.ffn_ratio * config.width,
            num_layers=config.layers,
            camera_channels=config.camera_channels,
        )
        # zero would be right for pretrained weights; from scratch the rays must be felt from the first step
        nn.init.normal_(transformer.camera_embedding.weight, std=0.05)
        _zero(transformer.proj_out)
    return transformer


def from_wan(stock: WanTransformer3DModel, camera_channels: int) -> V4SWan:
    """Stock Wan weights in a V4SWan (shared, not copied), its camera embedding zero: the output is unchanged."""
    with torch.device("meta"):
        transformer = V4SWan.from_config({**stock.config, "camera_channels": camera_channels})
    missing = transformer.load_state_dict(stock.state_dict(), strict=False, assign=True)
    assert set(missing.missing_keys) == {"camera_embedding.weight", "camera_embedding.bias"}, missing
    config = transformer.config
    # non-persistent buffers were made on the meta device too
    transformer.rope = FrameIdRotaryPosEmbed(config.attention_head_dim, config.patch_size, config.rope_max_seq_len)
    transformer.camera_embedding.to_empty(device="cpu")
    _zero(transformer.camera_embedding)
    return transformer


def _zero(layer: nn.Module) -> None:
    """Sets all parameters of `layer` to zero."""
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
