"""The one way to get random numbers: a generator derived from (run seed, stage, unit, index).

The same four words give the same numbers on any machine, worker and order of work.
"""

import hashlib

import numpy as np


def derive(run_seed: int, *words: str | int) -> int:
    """A 128-bit seed from the run's seed and the words that name what it is for (blake2b of their joined text)."""
    text = "\x1f".join(str(word) for word in (run_seed, *words))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=16).digest(), "little")


def rng(run_seed: int, stage: str, unit: str, index: int = 0) -> np.random.Generator:
    """A generator (Philox) of its own for `stage` working on item `index` of `unit`."""
    return np.random.Generator(np.random.Philox(derive(run_seed, stage, unit, index)))
