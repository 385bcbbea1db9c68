"""Measures a trained pipeline beside baselines that need no model, with 95 % intervals over sequences.

pipeline + clip sets ─▶ sample each clip once ─▶ [evaluate] ─▶ EvaluationOutput: result (JSON), strips (pictures)

The clips, their context and the noise depend on the settings alone: the same pipeline gives the same numbers to the
last digit. Baselines: the nearest context frame, the mean colour of the true clip (an oracle: the best single colour).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from video4spatial.model.config import EvaluateConfig
from video4spatial.model.data import Sample
from video4spatial.model.evaluate.geometry import covered_psnr_db, reproject, shrink
from video4spatial.model.images import mean_colour, nearest_context, psnr_db
from video4spatial.model.pipeline import Video4SpatialPipeline
from video4spatial.model.precision import resolve_precision
from video4spatial.model.seeding import generator
from video4spatial.model.source import ClipSource, require_usable
from video4spatial.model.statistics import interval
from video4spatial.model.validate import Parts, fixed_samples, measure, spread, strangers, summary

NOT_RUN = {
    "lpips": "needs downloaded network weights; not computed",
    "fvd": "needs downloaded network weights; not computed",
    "pose_recovery": "generated frames at this size carry too little detail to localise; not computed",
}


@dataclass(frozen=True, kw_only=True)
class Strip:
    """One evaluated clip as pictures, uint8 sRGB."""

    set: str
    key: str
    scene: str
    context: NDArray[np.uint8]
    """(K, H, W, 3)."""
    truth: NDArray[np.uint8]
    """(T, H, W, 3), as all below."""
    sampled: NDArray[np.uint8]
    nearest: NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class EvaluationOutput:
    """What `evaluate` found."""

    result: dict[str, Any]
    """JSON: sets, each with n_clips, n_scenes, metrics and clips; not_run."""
    strips: list[Strip]


def evaluate(
    pipeline: Video4SpatialPipeline, sources: Mapping[str, ClipSource], config: EvaluateConfig
) -> EvaluationOutput:
    """Samples one clip of each chosen sequence of each set and measures it. Raises ConfigError for unusable sets."""
    torch.set_num_threads(config.threads)
    pipeline.set_progress_bar_config(disable=True)
    context = pipeline.context_config
    shortest = context.frames
    sets: dict[str, Any] = {}
    strips: list[Strip] = []
    for name, source in sources.items():
        require_usable(name, source, shortest, pipeline.model_config.size_px)
        samples = fixed_samples(source, context, sequences=config.clips_per_set, samples=1, seed=config.seed)
        sampled = _sample(pipeline, samples, config, name)
        clips = [_Clip(sample, frames) for sample, frames in zip(samples, sampled, strict=True)]
        sets[name] = _set_result(pipeline, clips, config)
        strips += [clips[place].strip(name) for place in spread(len(clips), config.strips_per_set)]
    return EvaluationOutput(result={"sets": sets, "not_run": dict(NOT_RUN)}, strips=strips)


def _sample(
    pipeline: Video4SpatialPipeline, samples: list[Sample], config: EvaluateConfig, name: str
) -> list[NDArray[np.uint8]]:
    """The generated frames (T, H, W, 3) of each sample."""
    frames: list[NDArray[np.uint8]] = []
    for start in range(0, len(samples), config.batch_size):
        output = pipeline(
            samples[start : start + config.batch_size],
            num_inference_steps=config.sample_steps,
            guidance_scale=config.guidance_scale,
            generator=generator(config.seed, "model/evaluate", name, start),
        )
        frames += list(output.frames)
    return frames


class _Clip:
    """One sample, what was generated for it, and the baselines."""

    def __init__(self, sample: Sample, sampled: NDArray[np.uint8]) -> None:
        known = len(sample.window.context)
        clip = sample.clip
        self.sample, self.sampled = sample, sampled
        self.context, self.truth = clip.frames[:known], clip.frames[known:]
        chosen = nearest_context(clip.world_from_camera[:known], clip.world_from_camera[known:])
        self.shown: dict[str, NDArray[Any]] = {
            "model": sampled,
            "nearest_context": self.context[chosen],
            "mean_colour": mean_colour(self.truth),
        }

    def psnr_db(self) -> dict[str, float]:
        return {name: float(psnr_db(frames, self.truth).mean()) for name, frames in self.shown.items()}

    def reprojection(self) -> tuple[dict[str, float], float] | None:
        """Mean PSNR on covered pixels of each kind of frames and of the truth, and the coverage; None without depth."""
        clip, known = self.sample.clip, len(self.context)
        if clip.depth_m is None:
            return None
        height, width = clip.depth_m.shape[1:]
        scale = np.diag([width / clip.frames.shape[2], height / clip.frames.shape[1], 1.0])
        intrinsics = scale @ clip.image_from_camera
        compared: dict[str, NDArray[Any]] = {**self.shown, "truth": self.truth}
        small = {name: shrink(frames, height, width) for name, frames in compared.items()}
        context = shrink(self.context, height, width)
        found: dict[str, list[float]] = {name: [] for name in small}
        coverage = []
        for frame in range(len(self.truth)):
            arrived, covered = reproject(
                context,
                clip.depth_m[:known],
                intrinsics[:known],
                clip.world_from_camera[:known],
                intrinsics[known + frame],
                clip.world_from_camera[known + frame],
            )
            coverage.append(float(covered.mean()))
            for name, frames in small.items():
                value = covered_psnr_db(frames[frame], arrived, covered)
                if value is not None:
                    found[name].append(value)
        means = {name: float(np.mean(values)) for name, values in found.items() if values}
        return means, float(np.mean(coverage))

    def strip(self, set_name: str) -> Strip:
        return Strip(
            set=set_name,
            key=self.sample.key,
            scene=self.sample.scene,
            context=self.context,
            truth=self.truth,
            sampled=self.sampled,
            nearest=self.shown["nearest_context"].astype(np.uint8),
        )


def _set_result(pipeline: Video4SpatialPipeline, clips: list[_Clip], config: EvaluateConfig) -> dict[str, Any]:
    """The JSON of one set."""
    psnrs = [clip.psnr_db() for clip in clips]
    metrics: dict[str, Any] = {"psnr_db": _intervals(psnrs, config)}
    reprojections = [found for clip in clips if (found := clip.reprojection()) is not None and found[0]]
    if reprojections:
        metrics["depth_reprojection_psnr_db"] = _intervals([means for means, _ in reprojections], config)
        metrics["depth_reprojection_coverage"] = _interval([coverage for _, coverage in reprojections], config)
    metrics |= _forward_metrics(pipeline, [clip.sample for clip in clips], config)
    return {
        "n_clips": len(clips),
        "n_scenes": len({clip.sample.scene for clip in clips}),
        "metrics": metrics,
        "clips": [
            {
                "key": clip.sample.key,
                "scene": clip.sample.scene,
                "psnr_db": psnr,
                "context_indices": list(clip.sample.window.context),
                "target_indices": list(clip.sample.window.target),
            }
            for clip, psnr in zip(clips, psnrs, strict=True)
        ],
    }


def _forward_metrics(pipeline: Video4SpatialPipeline, samples: list[Sample], config: EvaluateConfig) -> dict[str, Any]:
    """One-step PSNR and context gap: one forward pass each, no sampling (validate.py)."""
    device = pipeline.device
    parts = Parts(
        network=pipeline.network,
        autoencoder=pipeline.vae,
        tokenizer=pipeline.tokenizer,
        model=pipeline.model_config,
        context=pipeline.context_config,
        device=device,
        precision=resolve_precision("auto", device),
    )
    found = summary(measure(parts, samples, strangers(samples), config.seed), config.seed, config.bootstrap)
    metrics: dict[str, Any] = {
        "one_step_psnr_db": {"model": found["one_step_psnr_db"], "mean_colour": found["mean_colour_psnr_db"]}
    }
    metrics["one_step_gain_db"] = found["one_step_gain_db"]
    if "context_gap" in found:
        metrics["context_gap"] = found["context_gap"]
    return metrics


def _intervals(rows: list[dict[str, float]], config: EvaluateConfig) -> dict[str, Any]:
    return {name: _interval([row[name] for row in rows], config) for name in rows[0]}


def _interval(values: list[float], config: EvaluateConfig) -> dict[str, float | int]:
    return interval(values, config.seed, config.bootstrap)
