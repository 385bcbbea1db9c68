"""Evaluation without downloaded weights: samples beside truth and baselines, every number with an interval."""

from video4spatial.model.evaluate.run import EvaluationOutput, Strip, evaluate

__all__ = ["EvaluationOutput", "Strip", "evaluate"]
