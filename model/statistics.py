"""Means with 95 % intervals, by bootstrap over sequences."""

from collections.abc import Sequence

import numpy as np

from video4spatial.pipeline.core.seeds import rng

Interval = dict[str, float | int]


def interval(values: Sequence[float], seed: int, resamplings: int = 2000) -> Interval:
    """{mean, low, high, n}: the mean and its 95 % percentile-bootstrap interval. One value is its own interval."""
    array = np.asarray(values, dtype=np.float64)
    if array.size == 0:
        raise ValueError("an interval needs at least one value")
    drawn = rng(seed, "model/statistics", "bootstrap").integers(0, len(array), (resamplings, len(array)))
    low, high = np.percentile(array[drawn].mean(axis=1), [2.5, 97.5])
    return {"mean": float(array.mean()), "low": float(low), "high": float(high), "n": len(array)}
