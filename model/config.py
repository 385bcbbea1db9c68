"""Settings of the model, its training and its evaluation. A default is a value that was run (docs/experiments.md)."""

from dataclasses import dataclass
from typing import Literal

from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.pipeline.core.settings import Settings

TOKEN_LATENTS = 2
"""A token covers 2 x 2 latent cells (Wan's patch size)."""


def _need(holds: bool, message: str) -> None:
    if not holds:
        raise ConfigError(message)


@dataclass(frozen=True, kw_only=True)
class ModelConfig(Settings):
    """Shape of the network. The defaults are the 4.0 M parameter preset that learns in minutes on a CPU."""

    size_px: int = 64
    """Square frames of this side. Twice the side is four times the tokens and more than four times the time."""
    patch_px: int = 8
    """Side of the codec's patch: one latent cell. Larger is cheaper and loses detail."""
    latent_channels: int = 16
    """Principal components kept per patch. More is sharper (16: 27 dB, 48: 31 dB) and slower to learn."""
    layers: int = 6
    """Transformer blocks. Cost is proportional."""
    heads: int = 3
    """Attention heads of `head_dim`; the width of the network is heads x head_dim."""
    head_dim: int = 64
    """Channels of one head; a multiple of 2 and at least 12, for the three rotary axes."""
    ffn_ratio: int = 4
    """Width of the feed-forward layer over the width of the network."""
    ray_octaves: int = 4
    """Octaves of the Fourier code of the camera rays. 0 (raw rays) does not learn to use the context."""
    text_dim: int = 64
    """Width of the byte-level text encoder."""
    instruction_bytes: int = 32
    """Instructions are padded or refused at this length in UTF-8 bytes. Longer costs cross-attention."""
    target_frame_offset: int = 512
    """Rotary index of the first target frame; context frames keep their own index, so it bounds a sequence's length."""

    def __post_init__(self) -> None:
        cell_px = self.patch_px * TOKEN_LATENTS
        _need(
            self.size_px > 0 and self.size_px % cell_px == 0,
            f"model.size_px must be a multiple of {cell_px} (2 patches of {self.patch_px}), got {self.size_px}",
        )
        for name in ("patch_px", "latent_channels", "layers", "heads", "ffn_ratio", "text_dim", "instruction_bytes"):
            _need(getattr(self, name) >= 1, f"model.{name} must be at least 1, got {getattr(self, name)}")
        _need(
            self.latent_channels <= 3 * self.patch_px**2,
            f"model.latent_channels must be at most {3 * self.patch_px**2} (3 patch_px^2), got {self.latent_channels}",
        )
        _need(
            self.head_dim >= 12 and self.head_dim % 2 == 0, f"model.head_dim must be even, >= 12, got {self.head_dim}"
        )
        _need(0 <= self.ray_octaves <= 10, f"model.ray_octaves must lie in 0..10, got {self.ray_octaves}")
        _need(
            1 <= self.target_frame_offset < 1024,
            f"model.target_frame_offset must lie in 1..1023, got {self.target_frame_offset}",
        )

    @property
    def latent_px(self) -> int:
        """Side of the latent grid."""
        return self.size_px // self.patch_px

    @property
    def width(self) -> int:
        """Channels of a token."""
        return self.heads * self.head_dim

    @property
    def camera_channels(self) -> int:
        """6 Pluecker coordinates, their sines and cosines, and two flags: has a pose, is context."""
        return 6 * (1 + 2 * self.ray_octaves) + 2


@dataclass(frozen=True, kw_only=True)
class ContextConfig(Settings):
    """Which frames of a sequence the model sees, and which it must show."""

    context_frames: int = 8
    """Clean frames given. More shows more of the room and costs time; 8 learned more than 4 or 6 in equal time."""
    target_frames: int = 4
    """Consecutive frames to generate."""
    selection: Literal["sparse", "contiguous"] = "sparse"
    """`sparse`: one frame from each equal part of the rest; `contiguous`: the frames next to the target (ablation)."""
    poses: Literal["all", "anchor", "none"] = "all"
    """Whose cameras are told: all context frames, the anchor only (as in the paper; learns 3 times slower), or none."""
    frame_ids: Literal["true", "contiguous"] = "true"
    """Rotary index of a context frame: its own index in the sequence, or 0, 1, 2 ... (ablation)."""

    @property
    def frames(self) -> int:
        """Frames of a sample, context and target: what a sequence must have at least."""
        return self.context_frames + self.target_frames

    def __post_init__(self) -> None:
        _need(self.context_frames >= 1, f"context.context_frames must be at least 1, got {self.context_frames}")
        _need(self.target_frames >= 1, f"context.target_frames must be at least 1, got {self.target_frames}")


@dataclass(frozen=True, kw_only=True)
class TrainConfig(Settings):
    """One training run. `steps` alone ends it: time is never asked, so that two runs are the same run."""

    steps: int = 560
    """Optimizer steps."""
    batch_size: int = 8
    """Samples a step over all processes; must divide by their number."""
    context: ContextConfig = ContextConfig()
    """Context and target frames of a sample."""
    optimizer: Literal["muon", "adamw"] = "muon"
    """`muon` for the matrices of the blocks and AdamW for the rest, or AdamW for all (slower at equal time)."""
    learning_rate: float = 1e-3
    """Of AdamW."""
    muon_learning_rate: float = 0.02
    """Of Muon, whose updates have unit scale."""
    warmup_steps: int = 50
    """Steps over which the learning rates rise from 0."""
    constant_share: float = 0.3
    """Share of the steps before the cosine decay starts."""
    final_rate_share: float = 0.02
    """Learning rates end at this share of their top."""
    max_grad_norm: float = 1.0
    """Gradients are scaled down to this norm."""
    ema_decay: float = 0.995
    """Of the averaged weights that are validated and saved. Higher is smoother and lags longer."""
    sigma_mean: float = 1.0
    """Noise levels are sigmoid(N(sigma_mean, 1)). Higher trains more on heavy noise, where the context matters."""
    joint_drop: float = 0.1
    """Share of samples that lose context, cameras and instruction together: the unconditional half of the guidance."""
    validate_every: int = 100
    """Steps between validations; also at the end."""
    validate_sequences: int = 32
    """Sequences of each validation set, the first ones."""
    validate_samples: int = 2
    """Samples drawn from each of them."""
    save_every: int = 100
    """Steps between checkpoints; also at the end."""
    keep_checkpoints: int = 2
    """Newest checkpoints kept."""
    log_every: int = 10
    """Steps between lines of metrics."""
    max_skipped: int = 10
    """Steps in a row with a loss or gradient that is not finite before the run gives up."""
    threads: int = 1
    """CPU threads of this process. Two make a small network slower wherever another program wants a core (threads wait
    for each other by spinning); two processes use two cores better. Another number may change the last digits."""
    precision: Literal["auto", "bf16", "fp32"] = "auto"
    """`auto`: bf16 where the processor multiplies it in hardware. Stored in the checkpoint."""
    seed: int = 0
    """Of weights, data order, noise and drops."""

    def __post_init__(self) -> None:
        for name in ("steps", "batch_size", "validate_every", "save_every", "keep_checkpoints", "log_every", "threads"):
            _need(getattr(self, name) >= 1, f"train.{name} must be at least 1, got {getattr(self, name)}")
        for name in ("validate_sequences", "validate_samples", "max_skipped"):
            _need(getattr(self, name) >= 1, f"train.{name} must be at least 1, got {getattr(self, name)}")
        for name in ("learning_rate", "muon_learning_rate", "max_grad_norm"):
            _need(getattr(self, name) > 0, f"train.{name} must be above 0, got {getattr(self, name)}")
        for name in ("constant_share", "final_rate_share", "joint_drop"):
            _need(0 <= getattr(self, name) <= 1, f"train.{name} must lie in 0..1, got {getattr(self, name)}")
        _need(0 <= self.ema_decay < 1, f"train.ema_decay must lie in [0, 1), got {self.ema_decay}")
        _need(self.warmup_steps >= 0, f"train.warmup_steps must be at least 0, got {self.warmup_steps}")


@dataclass(frozen=True, kw_only=True)
class EvaluateConfig(Settings):
    """How a trained pipeline is measured."""

    clips_per_set: int = 16
    """Sequences measured in each set, the first ones; one clip each. More narrows the intervals and takes longer."""
    sample_steps: int = 16
    """Denoising steps of a sampled clip."""
    guidance_scale: float = 1.5
    """Of the joint guidance; 1 is none (and twice as fast)."""
    bootstrap: int = 2000
    """Resamplings behind each 95 % interval."""
    strips_per_set: int = 4
    """Clips handed to the report as pictures."""
    batch_size: int = 8
    """Clips sampled together. Larger is faster and needs more memory."""
    threads: int = 1
    """CPU threads."""
    seed: int = 0
    """Of clip choice, noise and resampling."""

    def __post_init__(self) -> None:
        for name in ("clips_per_set", "sample_steps", "bootstrap", "batch_size", "threads"):
            _need(getattr(self, name) >= 1, f"evaluate.{name} must be at least 1, got {getattr(self, name)}")
        _need(self.strips_per_set >= 0, f"evaluate.strips_per_set must be at least 0, got {self.strips_per_set}")
        _need(self.guidance_scale >= 1, f"evaluate.guidance_scale must be at least 1, got {self.guidance_scale}")
