"""Transformer and text encoder as one module, and the conditions it is given.

Batch ─▶ [prepare] ─▶ Conditions ─▶ [Network.forward] ─▶ clean target latents

Context frames stay clean (timestep 0), all target frames share one noise level; both go through the same blocks
(Video4Spatial, arXiv 2512.03040). B batch, C channels, K context and T target frames, H W latent cells.
"""

from dataclasses import dataclass, replace

import torch
from diffusers import ModelMixin
from torch import nn
from transformers import ByT5Tokenizer, UMT5EncoderModel

from video4spatial.model.autoencoder import frames_to_unit
from video4spatial.model.cameras import camera_condition, without_pose
from video4spatial.model.config import ModelConfig
from video4spatial.model.data import Batch
from video4spatial.model.text import build_text_encoder, encode_text, tokenize
from video4spatial.model.transformer import V4SWan, build_transformer


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """What the network is told beside the noised target."""

    context: torch.Tensor
    """(B, C, K, H, W) clean latents."""
    camera: torch.Tensor
    """(B, camera_channels, K + T, H, W)."""
    frame_ids: torch.Tensor
    """(B, K + T) int64."""
    instruction_ids: torch.Tensor
    """(B, S) int64 byte tokens."""


class Network(nn.Module):
    """Predicts the clean target latents. The one thing that is trained, averaged and wrapped for several processes."""

    def __init__(self, transformer: V4SWan, text_encoder: UMT5EncoderModel) -> None:
        super().__init__()
        self.transformer, self.text_encoder = transformer, text_encoder

    def forward(self, noised_BCTHW: torch.Tensor, sigma_B: torch.Tensor, given: Conditions) -> torch.Tensor:
        """Clean target latents (B, C, T, H, W) float32 from noised ones at levels `sigma_B`."""
        context_count = given.context.shape[2]
        target_count = noised_BCTHW.shape[2]
        timestep = torch.cat(
            [
                torch.zeros(len(sigma_B), context_count, device=sigma_B.device),
                (sigma_B * 1000.0)[:, None].expand(-1, target_count),
            ],
            dim=1,
        )
        text = encode_text(self.text_encoder, given.instruction_ids)
        latents = torch.cat([given.context, noised_BCTHW], dim=2)
        output = self.transformer(
            latents, timestep, text, frame_ids=given.frame_ids, camera=given.camera, return_dict=False
        )[0]
        return output[:, :, context_count:].float()


def build_network(config: ModelConfig, seed: int) -> Network:
    """A fresh network; the same seed gives the same weights."""
    return Network(build_transformer(config, seed), build_text_encoder(config, seed))


def prepare(
    batch: Batch,
    autoencoder: ModelMixin,
    tokenizer: ByT5Tokenizer,
    config: ModelConfig,
    device: torch.device,
) -> tuple[torch.Tensor, Conditions]:
    """Clean target latents (B, C, T, H, W) and the conditions of a batch, on `device`."""
    with torch.no_grad():
        latent_BCTHW = autoencoder.encode(frames_to_unit(batch.frames.to(device)))
        camera_BCTHW = camera_condition(
            batch.anchor_from_camera.to(device),
            batch.image_from_camera.to(device),
            batch.has_pose.to(device),
            batch.context_count,
            config,
        )
    given = Conditions(
        context=latent_BCTHW[:, :, : batch.context_count],
        camera=camera_BCTHW,
        frame_ids=batch.frame_ids.to(device),
        instruction_ids=tokenize(tokenizer, batch.instructions, config.instruction_bytes).to(device),
    )
    return latent_BCTHW[:, :, batch.context_count :], given


def unconditional(
    given: Conditions, noise_BCTHW: torch.Tensor, tokenizer: ByT5Tokenizer, dropped_B: torch.Tensor | None = None
) -> Conditions:
    """Context replaced by noise, cameras and instruction by nothing, all together; for `dropped_B` only, if given."""
    count = len(given.context)
    empty = tokenize(tokenizer, ("",) * count, given.instruction_ids.shape[1]).to(given.instruction_ids.device)
    blank = replace(given, context=noise_BCTHW, camera=without_pose(given.camera), instruction_ids=empty)
    if dropped_B is None:
        return blank
    wide = dropped_B.view(-1, 1, 1, 1, 1)
    return replace(
        given,
        context=torch.where(wide, blank.context, given.context),
        camera=torch.where(wide, blank.camera, given.camera),
        instruction_ids=torch.where(dropped_B.view(-1, 1), blank.instruction_ids, given.instruction_ids),
    )
