"""Near duplicates. Unseen: a pair that the index misses, a copy that is mirrored, crowds that take hours."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from video4spatial.pipeline.store import hash_index
from video4spatial.pipeline.store.duplicates import MIRROR, find_near_duplicates

WORD = 2**64 - 1


def signed(word: int) -> int:
    return word - 2**64 if word >> 63 else word


def is_near(one: list[int], other: list[int], bits: int) -> bool:
    def found(a: list[int], b: list[int]) -> int:
        return sum(any(((x ^ y) & WORD).bit_count() <= bits for y in b) for x in a)

    turned = [value ^ MIRROR for value in other]
    return any(
        3 * found(one, there) >= len(one) and 3 * found(there, one) >= len(other) for there in (other, turned)
    ) and bool(one and other)


def brute_force(clips: list[list[int]], bits: int) -> tuple[set[tuple[int, int]], dict[int, int]]:
    """All near pairs, and for each clip that goes the first that stays."""
    count = len(clips)
    pairs = [(a, b) for a in range(count) for b in range(a + 1, count) if is_near(clips[a], clips[b], bits)]
    kept_one: dict[int, int] = {}
    for earlier, later in pairs:
        if earlier not in kept_one and later not in kept_one:
            kept_one[later] = earlier
    return set(pairs), kept_one


def groups(count: int, pairs: set[tuple[int, int]]) -> list[int]:
    """The lowest clip that each clip hangs together with."""
    leader = list(range(count))
    for _ in range(count):
        for a, b in pairs:
            leader[a] = leader[b] = min(leader[a], leader[b])
    return leader


def check(clips: list[list[int]], bits: int) -> None:
    found = find_near_duplicates(clips, bits)
    pairs, kept_one = brute_force(clips, bits)
    assert found.kept_one == kept_one
    assert set(found.links) <= pairs
    assert groups(len(clips), set(found.links)) == groups(len(clips), pairs)
    assert len(found.links) == len(clips) - len(set(groups(len(clips), pairs)))


def noisy_clips(seed: int, count: int, pictures: int, flips: int, families: int) -> list[list[int]]:
    """Clips that copy pictures of few families, some mirrored, with up to `flips` bits wrong."""
    random = np.random.default_rng(seed)
    bases = [[int(random.integers(0, 2**63)) * 2 + 1 for _ in range(pictures)] for _ in range(families)]
    clips = []
    for _ in range(count):
        base = bases[random.integers(families)]
        turn = MIRROR if random.random() < 0.3 else 0
        own = base[: random.integers(0, pictures + 1)] + [int(random.integers(0, 2**63))] * int(random.random() < 0.3)
        noise = [sum(1 << int(bit) for bit in set(random.integers(0, 64, random.integers(flips + 1)))) for _ in own]
        clips.append([signed(word ^ turn ^ wrong) for word, wrong in zip(own, noise, strict=True)])
    return clips


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), pictures=st.integers(1, 6), flips=st.integers(0, 9), bits=st.integers(0, 12))
def test_it_finds_what_comparing_all_pairs_finds(seed: int, pictures: int, flips: int, bits: int) -> None:
    check(noisy_clips(seed, 24, pictures, flips, 5), bits)


@pytest.mark.parametrize(("blocks", "kept"), [(3, 0), (4, 1), (5, 2), (8, 5), (12, 9)])
def test_the_choice_of_blocks_never_changes_the_result(blocks: int, kept: int, monkeypatch: pytest.MonkeyPatch) -> None:
    clips = noisy_clips(7, 60, 2, 4, 9)
    monkeypatch.setattr(hash_index, "plan_blocks", lambda count, bits: (blocks, kept))
    check(clips, 3)


@pytest.mark.parametrize("bits", [0, 1, 4, 8, 12, 32])
def test_any_two_words_within_the_distance_agree_in_a_choice_of_blocks(bits: int) -> None:
    blocks, kept = hash_index.plan_blocks(1000, bits)
    assert blocks - kept == bits or (bits == 0 and kept == blocks)
    edges = hash_index.block_edges(blocks)
    assert sum(width for _, width in edges) == 64
    assert [low for low, _ in edges[1:]] == [low + width for low, width in edges[:-1]]


def test_a_mirrored_copy_is_a_near_duplicate_and_half_a_clip_later_is_too() -> None:
    random = np.random.default_rng(3)
    clip = random.integers(-(2**63), 2**63, 6).tolist()
    other = random.integers(-(2**63), 2**63, 6).tolist()
    assert find_near_duplicates([clip, [word ^ MIRROR for word in clip]], 0).kept_one == {1: 0}
    assert find_near_duplicates([clip, clip[3:] + other[:3]], 0).kept_one == {1: 0}
    assert find_near_duplicates([clip, clip[5:] + other[:5]], 0).kept_one == {}


def test_crowds_of_like_pictures_take_no_pair_for_each_two() -> None:
    assert len(find_near_duplicates([[77]] * 100_000, 4).links) == 99_999
    crowd = np.full(30_000, 77)
    random = np.random.default_rng(4)
    for _ in range(3):
        crowd ^= np.left_shift(1, random.integers(0, 63, len(crowd)))
    found = find_near_duplicates(crowd[:, None].tolist(), 6)
    assert len(found.links) == 29_999
    assert set(found.kept_one.values()) == {0}


def test_a_crowd_too_large_to_compare_is_cut_short_and_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    random = np.random.default_rng(5)
    clips = random.integers(-(2**63), 2**63, (400, 6))
    clips[:, 2] = 5
    assert find_near_duplicates(clips.tolist(), 4).links == []
    assert not caplog.records
    monkeypatch.setattr(hash_index, "MOST_PAIRS", 1000)
    monkeypatch.setattr(hash_index, "_PAIRS_A_WORD", 1)
    assert find_near_duplicates(clips.tolist(), 4).links == []
    assert "not all pairs were compared" in caplog.text


def test_nothing_has_no_duplicates_and_a_clip_without_pictures_is_like_no_other() -> None:
    assert find_near_duplicates([], 4).links == []
    assert find_near_duplicates([[], []], 4).links == []
    assert find_near_duplicates([[], [5], [], [5]], 4).kept_one == {3: 1}
