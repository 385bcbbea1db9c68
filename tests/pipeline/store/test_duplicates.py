"""Near duplicates. Unseen: a sign bit that breaks the distance, a pair across two blocks that is missed."""

import numpy as np
import pytest

from video4spatial.pipeline.store import duplicates
from video4spatial.pipeline.store.duplicates import find_near_duplicates


def brute_force(hashes: np.ndarray, bits: int) -> list[tuple[int, int]]:
    words = [int(value) & (2**64 - 1) for value in hashes]
    count = len(words)
    return [(a, b) for a in range(count) for b in range(a + 1, count) if (words[a] ^ words[b]).bit_count() <= bits]


@pytest.mark.parametrize("block", [7, 64, 1024])
def test_all_pairs_are_found_whatever_the_block(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicates, "_BLOCK", block)
    random = np.random.default_rng(1)
    hashes = random.integers(-(2**63), 2**63, 60)
    hashes[[5, 40]] = hashes[9] ^ 3, hashes[9] ^ np.int64(-(2**63))
    hashes[59] = hashes[0]
    found = find_near_duplicates(hashes, 2)
    assert found.pairs == brute_force(hashes, 2)
    assert set(found.pairs) == {(0, 59), (5, 9), (9, 40)}


def test_what_stays_has_no_near_duplicate_and_what_goes_has_one_that_stays() -> None:
    hashes = np.random.default_rng(2).integers(0, 2**7, 80)
    found = find_near_duplicates(hashes, 1)
    stay = set(range(80)) - set(found.kept_one)
    assert not [pair for pair in found.pairs if set(pair) <= stay]
    assert set(found.kept_one.values()) <= stay
    assert all((kept, gone) in found.pairs for gone, kept in found.kept_one.items())


def test_nothing_has_no_duplicates() -> None:
    assert find_near_duplicates(np.array([], dtype=np.int64), 4).pairs == []
