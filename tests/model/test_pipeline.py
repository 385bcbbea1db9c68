"""Unseen, what was trained would not be what people load and sample."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from video4spatial.model.context import Window
from video4spatial.model.data import Sample
from video4spatial.model.pipeline import Video4SpatialPipeline, load_pipeline
from video4spatial.model.source import ArraySource
from video4spatial.model.trainer import TrainResult
from video4spatial.pipeline.core.errors import ConfigError

WINDOW = Window(context=(0, 3, 6), target=(7, 8))


@pytest.fixture(scope="module")
def pipeline(finished: TrainResult) -> Video4SpatialPipeline:
    loaded = load_pipeline(finished.pipeline_dir)
    loaded.set_progress_bar_config(disable=True)
    return loaded


@pytest.fixture
def sample(sources: dict[str, ArraySource]) -> Sample:
    clip = sources["val"].clip(0, WINDOW.frames)
    return Sample(clip=clip, window=WINDOW, key="a", scene="b")


def generate(pipeline: Video4SpatialPipeline, sample: Sample, guidance: float = 1.5, seed: int = 0) -> np.ndarray:
    random = torch.Generator().manual_seed(seed)
    return pipeline([sample], num_inference_steps=2, guidance_scale=guidance, generator=random).frames


def test_a_saved_pipeline_samples_the_same_video_as_before(
    pipeline: Video4SpatialPipeline, sample: Sample, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("saved")
    pipeline.save_pretrained(folder)
    again = load_pipeline(folder)
    again.set_progress_bar_config(disable=True)
    assert again.model_config == pipeline.model_config
    assert again.context_config == pipeline.context_config
    first, second = generate(pipeline, sample), generate(again, sample)
    assert first.shape == (1, 2, 32, 32, 3)
    assert first.dtype == np.uint8
    assert np.array_equal(first, second)


def test_the_target_frames_are_never_looked_at(pipeline: Video4SpatialPipeline, sample: Sample) -> None:
    blind = replace(sample.clip, frames=sample.clip.frames.copy())
    blind.frames[3:] = 0
    assert np.array_equal(generate(pipeline, sample), generate(pipeline, replace(sample, clip=blind)))


def test_arrays_ask_for_what_a_sample_asks_for(pipeline: Video4SpatialPipeline, sample: Sample) -> None:
    clip = sample.clip
    output = pipeline(
        context_frames=clip.frames[:3],
        world_from_camera=clip.world_from_camera,
        image_from_camera=clip.image_from_camera,
        context_indices=WINDOW.context,
        num_inference_steps=2,
        generator=torch.Generator().manual_seed(0),
    )
    assert np.array_equal(output.frames, generate(pipeline, sample))


def test_seed_and_guidance_change_the_video(pipeline: Video4SpatialPipeline, sample: Sample) -> None:
    first = generate(pipeline, sample)
    assert not np.array_equal(first, generate(pipeline, sample, seed=1))
    assert not np.array_equal(first, generate(pipeline, sample, guidance=4.0))


def test_requests_that_do_not_fit_are_refused(pipeline: Video4SpatialPipeline, sample: Sample) -> None:
    clip = sample.clip
    cameras = {"world_from_camera": clip.world_from_camera, "image_from_camera": clip.image_from_camera}
    with pytest.raises(ConfigError, match="give samples, or context_frames"):
        pipeline(context_frames=clip.frames[:3])
    with pytest.raises(ConfigError, match="5 context frames need cameras of context and target, got 5"):
        pipeline(context_frames=clip.frames, **cameras)
    with pytest.raises(ConfigError, match="3 rising numbers"):
        pipeline(context_frames=clip.frames[:3], context_indices=(3, 1, 2), **cameras)
    with pytest.raises(ConfigError, match="frames must be 32 px square"):
        pipeline(context_frames=clip.frames[:3, :16, :16], **cameras)
