"""Video4SpatialPipeline: context frames and a camera path (or a sentence) in, video out. diffusers conventions.

    pipeline = Video4SpatialPipeline.from_pretrained("runs/demo/train/pipeline")
    output = pipeline(context_frames, context_cameras, target_cameras, generator=torch.Generator().manual_seed(0))

Load it with this class: the base class DiffusionPipeline looks custom pipelines up in diffusers itself.
B batch, K context and T target frames, H W pixels.
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import DiffusionPipeline, FlowMatchEulerDiscreteScheduler
from numpy.typing import NDArray
from transformers import ByT5Tokenizer, UMT5EncoderModel

from video4spatial.model.autoencoder import PatchPCAAutoencoder, unit_to_frames
from video4spatial.model.config import ContextConfig, ModelConfig
from video4spatial.model.context import Window
from video4spatial.model.data import Sample, collate
from video4spatial.model.flow import guided, velocity
from video4spatial.model.network import Network, prepare, unconditional
from video4spatial.model.precision import computing, resolve_precision
from video4spatial.model.quiet import no_progress_bars
from video4spatial.model.source import Clip
from video4spatial.model.transformer import V4SWan
from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.pipeline.core.settings import to_plain

SCHEDULE_SHIFT = 3.0
"""Of the sampling schedule: more of the steps at heavy noise (Wan's value at low resolution)."""


@dataclass(frozen=True, kw_only=True)
class PipelineOutput:
    """What was generated."""

    frames: NDArray[np.uint8]
    """(B, T, H, W, 3) sRGB."""


class Video4SpatialPipeline(DiffusionPipeline):
    """Denoises target frames beside clean context frames, with joint classifier-free guidance."""

    model_cpu_offload_seq = "text_encoder->transformer->vae"

    def __init__(
        self,
        transformer: V4SWan,
        vae: PatchPCAAutoencoder,
        scheduler: FlowMatchEulerDiscreteScheduler,
        text_encoder: UMT5EncoderModel,
        tokenizer: ByT5Tokenizer,
        model_settings: dict[str, Any] | None = None,
        context_settings: dict[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.register_modules(
            transformer=transformer, vae=vae, scheduler=scheduler, text_encoder=text_encoder, tokenizer=tokenizer
        )
        # defaults only because diffusers takes an argument without one for a component
        self.register_to_config(model_settings=model_settings or {}, context_settings=context_settings or {})

    @property
    def model_config(self) -> ModelConfig:
        return ModelConfig(**self.config.model_settings)

    @property
    def context_config(self) -> ContextConfig:
        """How samples were drawn in training."""
        return ContextConfig(**self.config.context_settings)

    @property
    def network(self) -> Network:
        """The two trained parts as one."""
        return Network(self.transformer, self.text_encoder)

    @torch.no_grad()
    def __call__(
        self,
        samples: Sequence[Sample] | None = None,
        *,
        context_frames: NDArray[np.uint8] | None = None,
        world_from_camera: NDArray[np.float64] | None = None,
        image_from_camera: NDArray[np.float64] | None = None,
        context_indices: Sequence[int] | None = None,
        instruction: str = "",
        num_inference_steps: int = 16,
        guidance_scale: float = 1.5,
        generator: torch.Generator | None = None,
        callback: Callable[[int, int], None] | None = None,
    ) -> PipelineOutput:
        """Generates the frames of the target cameras.

        Either `samples` (a batch; their target frames are not looked at) or one request: `context_frames`
        (K, H, W, 3) uint8, `world_from_camera` (K + T, 4, 4) and `image_from_camera` (K + T, 3, 3), context first.
        `context_indices` (K,) tells where in their video the context frames stood; evenly spaced if not told.
        `callback(step, steps)` is called after each denoising step. Raises ConfigError for shapes that do not fit.
        """
        if samples is None:
            samples = [_request(context_frames, world_from_camera, image_from_camera, context_indices, instruction)]
        config, device = self.model_config, self._execution_device
        batch = collate(list(samples), self.context_config, config)
        if batch.frames.shape[2:4] != (config.size_px, config.size_px):
            raise ConfigError(f"frames must be {config.size_px} px square, got {tuple(batch.frames.shape[2:4])}")
        unused_target, given = prepare(batch, self.vae, self.tokenizer, config, device)

        # drawn one after the other on the CPU: the same generator gives the same video on any device
        latent = torch.randn(unused_target.shape, generator=generator).to(device)
        context_noise = torch.randn(given.context.shape, generator=generator).to(device)
        blank = unconditional(given, context_noise, self.tokenizer) if guidance_scale != 1.0 else None

        self.scheduler.set_timesteps(num_inference_steps, device=device)
        precision = resolve_precision("auto", device)
        network = self.network
        for number, timestep in enumerate(self.progress_bar(self.scheduler.timesteps)):
            sigma = (timestep / self.scheduler.config.num_train_timesteps).expand(len(latent)).to(torch.float32)
            with computing(precision, device):
                flow = velocity(latent, network(latent, sigma, given), sigma)
                if blank is not None:
                    flow = guided(velocity(latent, network(latent, sigma, blank), sigma), flow, guidance_scale)
            latent = self.scheduler.step(flow, timestep, latent, return_dict=False)[0]
            if callback is not None:
                callback(number + 1, num_inference_steps)
        return PipelineOutput(frames=unit_to_frames(self.vae.decode(latent)).cpu().numpy())


def load_pipeline(folder: Path) -> Video4SpatialPipeline:
    """The pipeline that a finished run saved, without progress bars."""
    with no_progress_bars():
        return Video4SpatialPipeline.from_pretrained(folder)


def assemble(
    network: Network, vae: PatchPCAAutoencoder, tokenizer: ByT5Tokenizer, model: ModelConfig, context: ContextConfig
) -> Video4SpatialPipeline:
    """The pipeline of a trained network."""
    return Video4SpatialPipeline(
        transformer=network.transformer,
        vae=vae,
        scheduler=FlowMatchEulerDiscreteScheduler(shift=SCHEDULE_SHIFT),
        text_encoder=network.text_encoder,
        tokenizer=tokenizer,
        model_settings=to_plain(model),
        context_settings=to_plain(context),
    )


def _request(
    context_frames: NDArray[np.uint8] | None,
    world_from_camera: NDArray[np.float64] | None,
    image_from_camera: NDArray[np.float64] | None,
    context_indices: Sequence[int] | None,
    instruction: str,
) -> Sample:
    """One sample from loose arrays; the target frames are black and unused."""
    if context_frames is None or world_from_camera is None or image_from_camera is None:
        raise ConfigError("give samples, or context_frames with world_from_camera and image_from_camera")
    known, total = len(context_frames), len(world_from_camera)
    if total <= known or len(image_from_camera) != total:
        raise ConfigError(
            f"{known} context frames need cameras of context and target, got {total} world_from_camera and "
            f"{len(image_from_camera)} image_from_camera"
        )
    indices = tuple(context_indices) if context_indices is not None else tuple(range(0, 8 * known, 8))
    if len(indices) != known or any(second <= first for first, second in itertools.pairwise(indices)):
        raise ConfigError(f"context_indices must be {known} rising numbers, got {indices}")
    black = np.zeros((total - known, *context_frames.shape[1:]), dtype=np.uint8)
    clip = Clip(
        frames=np.concatenate([context_frames, black]),
        world_from_camera=np.asarray(world_from_camera, dtype=np.float64),
        image_from_camera=np.asarray(image_from_camera, dtype=np.float64),
        times=np.arange(total),
        instruction=instruction,
    )
    after = indices[-1] + 1
    window = Window(context=indices, target=tuple(range(after, after + total - known)))
    return Sample(clip=clip, window=window, key="request", scene="")
