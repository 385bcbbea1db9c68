"""Torch generators from the project's one way to get random numbers (pipeline/core/seeds.py)."""

import torch

from video4spatial.pipeline.core import seeds


def generator(run_seed: int, stage: str, unit: str, index: int = 0) -> torch.Generator:
    """A CPU generator of its own for item `index` of `unit`: the same words, the same numbers, on any rank."""
    made = torch.Generator()
    made.manual_seed(seeds.derive(run_seed, stage, unit, index) % 2**63)
    return made
