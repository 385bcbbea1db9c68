"""Evaluates and samples a finished training run; results are files, so that every later step can read them.

train/<id>/pipeline ─▶ [evaluate_run] ─▶ evaluation/<id>/strips/*.npz, result.json (last)
                   └─▶ [sample_run] ───▶ samples/<id>/*.mp4, samples.json (last)
"""

import json
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from video4spatial.model.config import EvaluateConfig
from video4spatial.model.context import Window
from video4spatial.model.data import Sample
from video4spatial.model.evaluate import evaluate
from video4spatial.model.pipeline import Video4SpatialPipeline, load_pipeline
from video4spatial.model.source import Clip
from video4spatial.model.store_source import StoreSource, clip_sources
from video4spatial.pipeline.core.files import write_atomic
from video4spatial.pipeline.store.version import Part, Version
from video4spatial.pipeline.store.video import encode_h264

SETS: tuple[Part, ...] = ("held_out", "val", "test")
"""Held-out paths of training rooms; rooms that were never trained on."""

SHOWN_SIDE_PX = 256
"""Sampled frames are enlarged to this side for people; nothing is measured on enlarged frames."""


def evaluate_run(run_dir: Path, version: Version, config: EvaluateConfig, folder: Path) -> Mapping[str, Any]:
    """Measures the pipeline of `run_dir` on the held-out sets of `version`; writes and returns the result."""
    pipeline = _silent_pipeline(run_dir, config.threads)
    sources = _sources(version, pipeline, with_depth=True)
    output = evaluate(pipeline, sources, config)
    strips = folder / "strips"
    strips.mkdir(parents=True, exist_ok=True)
    for old in strips.glob("*.npz"):
        old.unlink()
    for number, strip in enumerate(output.strips):
        np.savez_compressed(
            strips / f"{number:03d}.npz",
            set=strip.set,
            key=strip.key,
            scene=strip.scene,
            context=strip.context,
            truth=strip.truth,
            sampled=strip.sampled,
            nearest=strip.nearest,
        )
    write_atomic(folder / "result.json", json.dumps(output.result, indent=1, sort_keys=True).encode())
    return output.result


def sample_run(
    run_dir: Path, version: Version, config: EvaluateConfig, folder: Path, per_set: int
) -> list[dict[str, Any]]:
    """Follows whole camera paths: per set, `per_set` videos of truth beside what the model shows; writes mp4 files.

    A path is longer than the model's target, so it is shown in stretches, each sampled from the same context frames.
    """
    pipeline = _silent_pipeline(run_dir, config.threads)
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, source in _sources(version, pipeline, with_depth=False).items():
        for index in range(min(per_set, len(source))):
            clip = source.clip(index)
            context = context_indices(len(clip), pipeline.context_config.context_frames)
            shown = follow_path(pipeline, clip, context, config)
            file = folder / f"{name}-{source.key(index)}.mp4"
            beside = np.concatenate([enlarge(clip.frames), enlarge(shown)], axis=2)
            write_atomic(file, encode_h264(beside, np.arange(len(beside)), Fraction(1, 12), crf=20))
            written.append(
                {
                    "file": file.name,
                    "set": name,
                    "key": source.key(index),
                    "scene": source.scene(index),
                    "context_indices": context,
                    "frames": len(clip),
                    "shows": "left: truth, right: sampled",
                }
            )
    write_atomic(folder / "samples.json", json.dumps(written, indent=1).encode())
    return written


def follow_path(
    pipeline: Video4SpatialPipeline, clip: Clip, context: list[int], config: EvaluateConfig
) -> NDArray[np.uint8]:
    """(T, H, W, 3) what the model shows at every camera of `clip`: stretches of the trained length, in batches."""
    stretch = min(pipeline.context_config.target_frames, len(clip))
    # the last stretch is moved back so that each has the trained length; only its new frames are used
    starts = [min(start, len(clip) - stretch) for start in range(0, len(clip), stretch)]
    shown = np.empty_like(clip.frames)
    for first in range(0, len(starts), config.batch_size):
        batch = starts[first : first + config.batch_size]
        windows = [Window(context=tuple(context), target=tuple(range(start, start + stretch))) for start in batch]
        samples = [Sample(clip=clip.take(window.frames), window=window, key="", scene="") for window in windows]
        output = pipeline(
            samples,
            num_inference_steps=config.sample_steps,
            guidance_scale=config.guidance_scale,
            generator=torch.Generator().manual_seed(config.seed + first),
        )
        for start, frames in zip(batch, output.frames, strict=True):
            shown[start : start + stretch] = frames
    return shown


def context_indices(frames: int, count: int) -> list[int]:
    """`count` frame indices spread evenly over a sequence, one in the middle of each equal part."""
    return [int((part + 0.5) * frames / count) for part in range(count)]


def enlarge(frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Frames at `SHOWN_SIDE_PX`, each pixel kept a visible square: nothing is smoothed prettier than it is."""
    size = (SHOWN_SIDE_PX, SHOWN_SIDE_PX)
    return np.stack([cv2.resize(frame, size, interpolation=cv2.INTER_NEAREST) for frame in frames])


def _sources(version: Version, pipeline: Video4SpatialPipeline, *, with_depth: bool) -> dict[str, StoreSource]:
    """The held-out sets, as the pipeline can use them."""
    context = pipeline.context_config
    shortest = context.frames
    return clip_sources(version, pipeline.model_config.size_px, SETS, with_depth=with_depth, shortest=shortest)


def _silent_pipeline(run_dir: Path, threads: int) -> Video4SpatialPipeline:
    """The saved pipeline of a finished run; its progress is the engine's to show."""
    torch.set_num_threads(threads)
    pipeline = load_pipeline(run_dir / "pipeline")
    pipeline.set_progress_bar_config(disable=True)
    return pipeline
