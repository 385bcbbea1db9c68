"""Unseen, two evaluations of one model would differ, or a baseline would be missing beside its number."""

import json

import numpy as np
import pytest

from video4spatial.model.config import EvaluateConfig
from video4spatial.model.evaluate import EvaluationOutput, evaluate
from video4spatial.model.pipeline import load_pipeline
from video4spatial.model.source import ArraySource
from video4spatial.model.trainer import TrainResult


@pytest.fixture(scope="module")
def output(finished: TrainResult, sources: dict[str, ArraySource], evaluate_config: EvaluateConfig) -> EvaluationOutput:
    sets = {name: sources[name] for name in ("held_out", "val")}
    return evaluate(load_pipeline(finished.pipeline_dir), sets, evaluate_config)


def test_every_number_stands_beside_its_baselines_with_an_interval(output: EvaluationOutput) -> None:
    json.dumps(output.result, allow_nan=False)
    for found in output.result["sets"].values():
        metrics = found["metrics"]
        assert set(metrics["psnr_db"]) == {"model", "nearest_context", "mean_colour"}
        assert set(metrics["depth_reprojection_psnr_db"]) == {"model", "nearest_context", "mean_colour", "truth"}
        assert set(metrics["one_step_psnr_db"]) == {"model", "mean_colour"}
        for value in (metrics["context_gap"], metrics["depth_reprojection_coverage"], metrics["psnr_db"]["model"]):
            assert value["low"] <= value["mean"] <= value["high"]
            assert value["n"] == 2
    assert output.result["sets"]["held_out"]["n_scenes"] == 2
    assert output.result["not_run"]["lpips"]


def test_truth_is_the_ceiling_of_depth_reprojection(output: EvaluationOutput) -> None:
    for found in output.result["sets"].values():
        scores = {name: value["mean"] for name, value in found["metrics"]["depth_reprojection_psnr_db"].items()}
        assert scores["truth"] == max(scores.values())


def test_strips_show_what_was_measured(output: EvaluationOutput, sources: dict[str, ArraySource]) -> None:
    assert [strip.set for strip in output.strips] == ["held_out", "val"]
    strip = output.strips[0]
    row = output.result["sets"]["held_out"]["clips"][0]
    clip = sources["held_out"].clip(0)
    assert strip.key == row["key"] == sources["held_out"].key(0)
    assert np.array_equal(strip.truth, clip.frames[row["target_indices"]])
    assert np.array_equal(strip.context, clip.frames[row["context_indices"]])
    assert strip.sampled.shape == strip.nearest.shape == strip.truth.shape


def test_the_same_model_gets_the_same_numbers(
    output: EvaluationOutput,
    finished: TrainResult,
    sources: dict[str, ArraySource],
    evaluate_config: EvaluateConfig,
) -> None:
    sets = {name: sources[name] for name in ("held_out", "val")}
    again = evaluate(load_pipeline(finished.pipeline_dir), sets, evaluate_config)
    assert again.result == output.result
