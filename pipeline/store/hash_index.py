"""Brings words of 64 bits that differ in few of them side by side, without comparing all with all.

duplicates.py ─▶ [near_words] ─▶ pairs to judge

The words are split into blocks. Two that differ in at most d bits differ in at most d blocks, so that for some choice
of the other blocks they agree in all of them: one sorted table a choice brings them into one run (Manku, Jain and Das
Sarma, "Detecting near-duplicates for web crawling", WWW 2007). The number of blocks decides the time, not the result.
"""

import itertools
import logging
import math
from collections.abc import Callable, Generator, Iterator

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]
Places = NDArray[np.int64]

_SORT_NS, _PAIR_NS, _TABLE_NS = 80.0, 12.0, 50_000.0
"""Rough costs of a word in a sorted table, of a compared pair and of a table; only their ratios matter."""
_BATCH = 1 << 22
MOST_PAIRS, _PAIRS_A_WORD = 3e9, 64
"""Pairs compared in all, or for each word in each table, whichever is more. Only a crowd of clips that are unlike and
yet share a picture (a channel's logo, a title) comes near it: then long runs are cut short, and that is logged."""
_MATCH_PAIRS = 100
"""What judging a near pair costs, in compared pairs."""
_LEAST_STEPS = 4

logger = logging.getLogger(__name__)


def near_words(words: Words, bits: int, group_of: Callable[[], Places]) -> Iterator[tuple[Places, Places]]:
    """Batches of places (a, b) in `words` (N,) of words that differ in at most `bits`, each pair at least once.

    `group_of()` gives the group (N,) of each word by now. A pair within one group need not be told and may be left out:
    what the caller has joined costs no more time, so that 100,000 words like each other are not 5e9 pairs.
    """
    blocks, kept = plan_blocks(len(words), bits)
    most = max(MOST_PAIRS / math.comb(blocks, kept), _PAIRS_A_WORD * len(words))
    left_out = 0
    for choice in itertools.combinations(block_edges(blocks), kept):
        order, run = sort_runs(words, choice)
        left_out += yield from _pairs(words, bits, order, run, most, group_of)
    if left_out:
        logger.warning(
            "%d of %d hashes are like so many others of unlike clips that not all pairs were compared; near duplicates "
            "may be left. Reject what the clips share (a logo, a title) by a rule, or lower select.near_duplicate_bits",
            left_out,
            len(words),
        )


def plan_blocks(count: int, bits: int) -> tuple[int, int]:
    """(blocks, blocks that are to agree) with the least estimated time for `count` words; (bits, 0) is all pairs."""

    def cost_ns(blocks: int) -> float:
        kept = blocks - bits
        run = count / 2.0 ** (64 * kept / blocks) if kept else float(count)
        return math.comb(blocks, kept) * (_TABLE_NS + count * (_SORT_NS + _PAIR_NS * (run + 1) / 2))

    best = min(range(max(bits, 1), 65), key=cost_ns)
    return best, best - bits


def block_edges(blocks: int) -> list[tuple[int, int]]:
    """(lowest bit, width) of blocks as equal as they can be that fill 64 bits."""
    edges = [64 * n // blocks for n in range(blocks + 1)]
    return [(low, high - low) for low, high in itertools.pairwise(edges)]


def sort_runs(words: Words, choice: tuple[tuple[int, int], ...]) -> tuple[Places, Places]:
    """(places in the order of the chosen blocks, number of the run that each of them is in)."""
    key = np.zeros(len(words), dtype=np.uint64)
    for low, width in choice:
        key = key << np.uint64(width) | words >> np.uint64(low) & np.uint64(2**width - 1)
    place_bits = max(1, (len(words) - 1).bit_length())
    if sum(width for _, width in choice) + place_bits <= 64:
        # one word for key and place: several times faster than an argsort
        both = np.sort(key << np.uint64(place_bits) | np.arange(len(words), dtype=np.uint64))
        order = (both & np.uint64(2**place_bits - 1)).astype(np.int64)
        key = both >> np.uint64(place_bits)
    else:
        order = np.argsort(key, kind="stable")
        key = key[order]
    return order, np.concatenate([[0], np.cumsum(key[1:] != key[:-1])]) if len(key) else order


def _pairs(
    words: Words,
    bits: int,
    order: Places,
    run: Places,
    most: float,
    group_of: Callable[[], Places],
) -> Generator[tuple[Places, Places], None, int]:
    """Near pairs within the runs: first neighbours, then what stands two apart, and so on. Returns how many words were
    left before all pairs were compared, for there were more than `most`."""
    near_by = words[order]
    low = np.arange(len(order) - 1)
    step, spent = 1, 0
    while len(low := low[run[low] == run[low + step]]):
        if step >= 8 and step & (step - 1) == 0:
            low = low[_is_mixed(run, group_of()[order])[low]]
        if step > _LEAST_STEPS and spent > most:
            return len(low)
        spent += len(low)
        for start in range(0, len(low), _BATCH):
            part = low[start : start + _BATCH]
            part = part[np.bitwise_count(near_by[part] ^ near_by[part + step]) <= bits]
            if len(part):
                spent += _MATCH_PAIRS * len(part)
                yield order[part], order[part + step]
        step += 1
        low = low[: np.searchsorted(low, len(order) - step)]
    return 0


def _is_mixed(run: Places, group: Places) -> NDArray[np.bool_]:
    """Of each place in order, whether its run holds more than one group."""
    starts = np.flatnonzero(np.concatenate([[True], run[1:] != run[:-1]]))
    return (np.minimum.reduceat(group, starts) != np.maximum.reduceat(group, starts))[run]
