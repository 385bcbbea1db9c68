"""Finds near duplicates: 64-bit perceptual hashes that differ by few bits.

perceptual_hash column ─▶ [find_near_duplicates] ─▶ selection.py

Compares all pairs, in blocks: 10,000 clips take about a second, 100,000 minutes.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_BLOCK = 1024


@dataclass(frozen=True, kw_only=True)
class NearDuplicates:
    """By position in the array of hashes."""

    pairs: list[tuple[int, int]]
    """All (a, b), a < b, within the distance, in rising order."""
    kept_one: dict[int, int]
    """For each position that is to go, the earlier one that stays and stands for it."""


def find_near_duplicates(hashes: NDArray[np.int64], bits: int) -> NearDuplicates:
    """Pairs of `hashes` (N,) at a Hamming distance of at most `bits`.

    Going through them in order, one goes if an earlier one that stays lies within the distance: what stays has no near
    duplicate left, and what goes always has one that stays.
    """
    values = hashes.view(np.uint64)
    pairs: list[tuple[int, int]] = []
    for start in range(0, len(values), _BLOCK):
        block = values[start : start + _BLOCK]
        near = np.bitwise_count(block[:, None] ^ values[None, start:]) <= bits
        rows, columns = np.nonzero(np.triu(near, k=1))
        pairs += zip((rows + start).tolist(), (columns + start).tolist(), strict=True)
    kept_one: dict[int, int] = {}
    for earlier, later in pairs:
        if earlier not in kept_one and later not in kept_one:
            kept_one[later] = earlier
    return NearDuplicates(pairs=pairs, kept_one=kept_one)
