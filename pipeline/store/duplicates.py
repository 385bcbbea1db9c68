"""Finds near duplicates: clips whose pictures have 64-bit perceptual hashes that differ in few bits.

picture_hashes column ─▶ [find_near_duplicates] ─▶ selection.py, verify.py

A clip has the hashes of a few of its pictures. Two clips are near duplicates when at least a third of the pictures of
each is found in the other, all as they are or all mirrored: a copy that begins half a clip later shares half of them.
Which clips to compare tells hash_index.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from video4spatial.pipeline.store.hash_index import near_words

MIRROR = 0x5555_5555_5555_5555
"""Mirroring a picture turns these bits of its hash around: the signs of the odd horizontal frequencies."""
LEAST_SHARE = 3
"""One picture in so many must be found in the other clip."""
_BLOCK = 256
_MAX_TESTS = 1 << 24


@dataclass(frozen=True, kw_only=True)
class NearDuplicates:
    """By position among the clips."""

    links: list[tuple[int, int]]
    """Near pairs (a, b), a < b, sorted, enough to join all that near pairs join, and no more: fewer than clips."""
    kept_one: dict[int, int]
    """For each clip that is to go, the first one that stays and stands for it."""


@dataclass(frozen=True)
class Pictures:
    """The hashes of many clips."""

    words: NDArray[np.uint64]
    """(N, K); a clip of fewer pictures repeats its first one."""
    count: NDArray[np.int64]
    """(N,) how many are its own."""

    def __len__(self) -> int:
        return len(self.count)

    def take(self, places: NDArray[np.int64]) -> "Pictures":
        return Pictures(self.words[places], self.count[places])


def find_near_duplicates(hashes: Sequence[Sequence[int]], bits: int) -> NearDuplicates:
    """Near duplicates among clips, each given as the signed hashes of its pictures; without any it is like no other.

    Going through the clips in order, one goes if an earlier one that stays is near it: what stays has no near duplicate
    left, and what goes always has one that stays.
    """
    places = np.array([n for n, clip in enumerate(hashes) if len(clip)], dtype=np.int64)
    if not len(places):
        return NearDuplicates(links=[], kept_one={})
    pictures = pack_pictures([hashes[place] for place in places])
    first, original = _find_equal(pictures)
    forest = _Forest(len(first))
    _link(pictures.take(first), bits, forest)
    kept_one = _keep_first(pictures.take(first), bits, forest.roots())
    links = [(first[a], first[b]) for a, b in forest.links]
    gone = {int(first[a]): int(first[b]) for a, b in kept_one.items()}
    for place in np.flatnonzero(original != np.arange(len(places))).tolist():
        links.append((original[place], place))
        gone[place] = gone.get(int(original[place]), int(original[place]))
    return NearDuplicates(
        links=sorted((int(places[min(pair)]), int(places[max(pair)])) for pair in links),
        kept_one={int(places[a]): int(places[b]) for a, b in sorted(gone.items())},
    )


def pack_pictures(hashes: Sequence[Sequence[int]]) -> Pictures:
    """Lists of signed hashes, none of them empty, as arrays."""
    count = np.array([len(clip) for clip in hashes], dtype=np.int64)
    most = int(count.max())
    padded = [[*clip, *[clip[0]] * (most - len(clip))] for clip in hashes]
    return Pictures(np.array(padded, dtype=np.int64).view(np.uint64), count)


def is_near(one: Pictures, other: Pictures, bits: int) -> NDArray[np.bool_]:
    """Of pairs of clips (M), whether a third of the pictures of each is found in the other."""
    near = _is_found(one, other, bits)
    if not near.all():
        rest = np.flatnonzero(~near)
        mirrored = Pictures(other.words[rest] ^ np.uint64(MIRROR), other.count[rest])
        near[rest] = _is_found(one.take(rest), mirrored, bits)
    return near


def _is_found(one: Pictures, other: Pictures, bits: int) -> NDArray[np.bool_]:
    alike = np.bitwise_count(one.words[:, :, None] ^ other.words[:, None, :]) <= bits
    own = np.arange(one.words.shape[1])
    of_one = (alike.any(axis=2) & (own < one.count[:, None])).sum(axis=1)
    of_other = (alike.any(axis=1) & (own < other.count[:, None])).sum(axis=1)
    return (of_one * LEAST_SHARE >= one.count) & (of_other * LEAST_SHARE >= other.count)


def _find_equal(pictures: Pictures) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(places of the first of each kind in rising order, for each clip the first one with the same pictures)."""
    rows = np.column_stack([pictures.words, pictures.count.astype(np.uint64)])
    _, first, inverse = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    return np.sort(first), first[inverse.reshape(-1)]


class _Forest:
    """Which clips hang together, and the pairs that showed it."""

    def __init__(self, count: int) -> None:
        self._root = np.arange(count)
        self.links: list[tuple[int, int]] = []

    def roots(self) -> NDArray[np.int64]:
        """(N,) the first clip of each one's group."""
        while not np.array_equal(root := self._root[self._root], self._root):
            self._root = root
        return self._root

    def join(self, a: int, b: int) -> None:
        """Joins the groups of a near pair."""
        low, high = sorted((self._find(a), self._find(b)))
        if low != high:
            self._root[high] = low
            self.links.append((a, b))

    def _find(self, place: int) -> int:
        while (parent := int(self._root[place])) != place:
            self._root[place] = place = int(self._root[parent])
        return place


def _link(pictures: Pictures, bits: int, forest: _Forest) -> None:
    """Joins all near clips in `forest`."""
    count, width = pictures.words.shape
    clip, column = np.nonzero(np.arange(width) < pictures.count[:, None])
    plain = pictures.words[clip, column]
    words, owner = np.concatenate([plain, plain ^ np.uint64(MIRROR)]), np.concatenate([clip, clip])
    is_mirrored = np.arange(len(words)) >= len(plain)
    for a, b in near_words(words, bits, lambda: forest.roots()[owner]):
        roots = forest.roots()
        open_pairs = ~(is_mirrored[a] & is_mirrored[b]) & (roots[owner[a]] != roots[owner[b]])
        ends = np.sort(np.stack([owner[a[open_pairs]], owner[b[open_pairs]]]), axis=0)
        codes = np.unique(ends[0] * count + ends[1])
        step = max(1, _MAX_TESTS // width**2)
        for start in range(0, len(codes), step):
            low, high = np.divmod(codes[start : start + step], count)
            near = is_near(pictures.take(low), pictures.take(high), bits)
            for pair in zip(low[near].tolist(), high[near].tolist(), strict=True):
                forest.join(*pair)


def _keep_first(pictures: Pictures, bits: int, roots: NDArray[np.int64]) -> dict[int, int]:
    """For each clip near an earlier one that stays, the first such; group by group, for clips of two are never near."""
    order = np.argsort(roots, kind="stable")
    starts = np.flatnonzero(np.diff(roots[order], prepend=-1))
    stops = [*starts[1:].tolist(), len(order)]
    kept_one: dict[int, int] = {}
    for start, stop in zip(starts.tolist(), stops, strict=True):
        if stop - start == 2:
            kept_one[int(order[start + 1])] = int(order[start])
        elif stop - start > 2:
            kept_one |= _keep_first_of_group(pictures, bits, order[start:stop])
    return kept_one


def _keep_first_of_group(pictures: Pictures, bits: int, members: NDArray[np.int64]) -> dict[int, int]:
    """Blocks of members against those that stay by then, then each block within itself."""
    kept_one: dict[int, int] = {}
    stay = members[:0]
    for start in range(0, len(members), _BLOCK):
        block = members[start : start + _BLOCK]
        block = _drop_near(pictures, bits, block, stay, kept_one)
        while len(block):
            # the first one left has no earlier one near it: it stays
            stay, rest = np.append(stay, block[:1]), block[1:]
            block = _drop_near(pictures, bits, rest, block[:1], kept_one)
    return kept_one


def _drop_near(
    pictures: Pictures, bits: int, block: NDArray[np.int64], stay: NDArray[np.int64], kept_one: dict[int, int]
) -> NDArray[np.int64]:
    """What of `block` is near none of `stay`; for the others notes the first of `stay` that is."""
    for start in range(0, len(stay), _BLOCK):
        part = stay[start : start + _BLOCK]
        near = is_near(
            pictures.take(np.repeat(block, len(part))), pictures.take(np.tile(part, len(block))), bits
        ).reshape(len(block), len(part))
        goes = near.any(axis=1)
        kept_one |= zip(block[goes].tolist(), part[near[goes].argmax(axis=1)].tolist(), strict=True)
        block = block[~goes]
    return block
