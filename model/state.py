"""Everything a training run is made of between two steps: built fresh, or restored from a checkpoint.

settings + clips ─▶ [build_state] ─▶ TrainState ◀─▶ checkpoint
"""

import copy
from dataclasses import dataclass
from typing import Any

import torch

from video4spatial.model.attention import SHORT_TOKENS, write_out_attention
from video4spatial.model.autoencoder import PatchPCAAutoencoder, frames_to_unit
from video4spatial.model.config import TOKEN_LATENTS, ModelConfig, TrainConfig
from video4spatial.model.network import Network, build_network
from video4spatial.model.optim import Optimizers
from video4spatial.model.precision import Precision, resolve_precision
from video4spatial.model.source import ClipSource
from video4spatial.pipeline.core.seeds import rng

CODEC_FRAMES = 2048
"""Frames the codec is fitted on; more change its basis by less than its rounding."""


@dataclass(kw_only=True)
class TrainState:
    """Mutable: the trainer moves it from step to step."""

    network: Network
    average: Network
    """Exponential moving average of `network`: validated and saved."""
    autoencoder: PatchPCAAutoencoder
    optimizers: Optimizers
    precision: Precision
    step: int = 0
    skipped: int = 0
    """Steps without an update because loss or gradient was not finite."""
    cpu_s: float = 0.0
    """Process time of this rank spent in earlier processes of this run."""

    def to_saved(self, cpu_s: float) -> dict[str, Any]:
        """What a checkpoint holds: tensors and plain values only."""
        return {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "autoencoder": self.autoencoder.state_dict(),
            "optimizers": self.optimizers.state_dict(),
            "precision": self.precision,
            "step": self.step,
            "skipped": self.skipped,
            "cpu_s": cpu_s,
        }

    def restore(self, saved: dict[str, Any]) -> None:
        """The inverse of `to_saved`, in place."""
        self.network.load_state_dict(saved["network"])
        self.average.load_state_dict(saved["average"])
        self.autoencoder.load_state_dict(saved["autoencoder"])
        self.optimizers.load_state_dict(saved["optimizers"])
        self.precision = saved["precision"]
        self.step, self.skipped, self.cpu_s = saved["step"], saved["skipped"], saved["cpu_s"]


def build_state(model: ModelConfig, config: TrainConfig, device: torch.device) -> TrainState:
    """Weights before the first step, equal for equal seeds; the codec is not fitted yet."""
    network = build_network(model, config.seed).to(device)
    average = copy.deepcopy(network).requires_grad_(False).eval()
    tokens = config.context.frames * (model.latent_px // TOKEN_LATENTS) ** 2
    if device.type == "cpu" and tokens <= SHORT_TOKENS:
        write_out_attention(network.transformer)
    return TrainState(
        network=network,
        average=average,
        autoencoder=PatchPCAAutoencoder(patch_px=model.patch_px, latent_channels=model.latent_channels).to(device),
        optimizers=Optimizers(network, config),
        precision=resolve_precision(config.precision, device),
    )


def fit_codec(autoencoder: PatchPCAAutoencoder, source: ClipSource, seed: int) -> None:
    """Fits the codec on frames spread over all sequences of `source`."""
    each = max(1, CODEC_FRAMES // len(source))
    frames = []
    for index in range(len(source)):
        count = source.n_frames(index)
        chosen = rng(seed, "model/codec", source.key(index)).permutation(count)[:each]
        frames.append(torch.from_numpy(source.clip(index, sorted(int(i) for i in chosen)).frames))
    autoencoder.fit(frames_to_unit(torch.cat(frames)[:CODEC_FRAMES]).to(autoencoder.mean.device))
