"""Draws train, val and test by scene or recording, and the paths that training scenes keep for judging.

kept rows ─▶ groups ─▶ [draw_splits] ─▶ split of each group ─▶ [hold_out_paths] ─▶ held_out variant groups

The draw is the hash of the group's name, so that a group stays where it is when data grows. Small sets are mended:
no side is left empty, and what was moved is said.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal, get_args

from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.pipeline.core.settings import Settings

Side = Literal["train", "val", "test"]
SIDES: tuple[Side, ...] = get_args(Side)

MIN_TRAIN_GROUPS = 4
"""Training keeps its share of the groups up to this many; beyond it the hash alone decides."""


@dataclass(frozen=True, kw_only=True)
class Splits(Settings):
    """Shares of the split groups (scenes and recordings); they sum to 1."""

    train: float = 0.8
    val: float = 0.1
    test: float = 0.1

    def __post_init__(self) -> None:
        shares = {side: getattr(self, side) for side in SIDES}
        if min(shares.values()) < 0 or self.train == 0 or abs(sum(shares.values()) - 1.0) > 1e-6:
            raise ConfigError(f"select.splits must be shares that sum to 1 with train above 0, got {shares}")


def draw_splits(
    groups: Mapping[str, bool], similar: Iterable[tuple[str, str]], splits: Splits
) -> tuple[dict[str, Side], tuple[str, ...]]:
    """The side of each group, and what was moved there against the hash, as sentences.

    `groups` maps a group to whether it has camera poses. Groups joined by `similar` pairs share one side. With at least
    three (joined) groups that have poses, each side with a share gets one of those; else the same over all groups, and
    of the one or two that have poses one trains and the other does not.
    """
    leader = _join(groups, similar)
    posed = {leader[group] for group, has_cameras in groups.items() if has_cameras}
    leaders = sorted(set(leader.values()))
    drawn = {name: _draw(name, splits) for name in leaders}
    mended = sorted(posed) if len(posed) >= 3 else leaders
    moved = _mend(drawn, mended, splits) if len(mended) >= 3 else []
    if len(posed) in (1, 2):
        moved += _mend_few(drawn, sorted(posed), splits)
    return {group: drawn[leader[group]] for group in groups}, tuple(moved)


def hold_out_paths(paths: Mapping[str, Mapping[int, Iterable[str]]], count: int) -> set[str]:
    """The variant groups to keep out of training.

    `paths` maps a training scene to its variant groups by frame height. At each height the `count` whose names hash
    lowest are taken, but never the last one.
    """
    held_out: set[str] = set()
    for by_height in paths.values():
        for names in by_height.values():
            ranked = sorted(set(names), key=lambda name: _digest("held_out", name))
            held_out |= set(ranked[: min(count, len(ranked) - 1)])
    return held_out


def _digest(purpose: str, name: str) -> bytes:
    return sha256(f"{purpose}:{name}".encode()).digest()


def _draw(name: str, splits: Splits) -> Side:
    point = int.from_bytes(_digest("split", name)[:8]) / 2.0**64
    if point < splits.train:
        return "train"
    return "val" if point < splits.train + splits.val else "test"


def _join(groups: Iterable[str], similar: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Each group's leader: the first name among the groups it is joined with, directly or through others."""
    leader = {group: group for group in groups}

    def find(group: str) -> str:
        while leader[group] != group:
            group = leader[group]
        return group

    for first, second in similar:
        if first in leader and second in leader:
            low, high = sorted((find(first), find(second)))
            leader[high] = low
    return {group: find(group) for group in leader}


def _mend(drawn: dict[str, Side], names: list[str], splits: Splits) -> list[str]:
    """Moves groups in place until each side has its least; the group whose name hashes lowest goes first."""
    total = len(names)
    least = {side: 1 if getattr(splits, side) > 0 else 0 for side in SIDES}
    spare = total - least["val"] - least["test"]
    least["train"] = max(1, min(MIN_TRAIN_GROUPS, int(splits.train * total + 1e-9), spare))
    moved = []
    for side in SIDES:
        while sum(drawn[name] == side for name in names) < least[side]:
            counts = {other: sum(drawn[name] == other for name in names) for other in SIDES}
            giver = max((other for other in SIDES if other != side), key=lambda other: counts[other] - least[other])
            if counts[giver] <= least[giver]:
                break
            name = min((name for name in names if drawn[name] == giver), key=lambda name: _digest("move", name))
            drawn[name] = side
            moved.append(f"{name} moved from {giver} to {side}, which had too few groups")
    return moved


def _mend_few(drawn: dict[str, Side], names: list[str], splits: Splits) -> list[str]:
    """Sees to it that of one or two groups one trains and the other, where another side has a share, does not."""
    training = [name for name in names if drawn[name] == "train"]
    others = [side for side in SIDES[1:] if getattr(splits, side) > 0]
    if not training:
        name, side = min(names, key=lambda name: _digest("move", name)), SIDES[0]
        why = "which had no group with camera poses"
    elif len(training) == 2 and others:
        name, side = min(training, key=lambda name: _digest("move", name)), others[0]
        why = "for else all groups with camera poses would train"
    else:
        return []
    moved = f"{name} moved from {drawn[name]} to {side}, {why}"
    drawn[name] = side
    return [moved]
