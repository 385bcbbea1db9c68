"""Runs units without a store: what would they give? Nothing is written anywhere.

stage.build() ─▶ [rehearse] ─▶ Rehearsed: the rows of the unit's index, a few pictures, the bytes it would store
Rehearsed ... ─▶ [judged_rows] ─▶ the same rows with the verdicts that publish would give them

The rows are made by the code that makes them in a run, so that what is told here is what will happen.
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from video4spatial.pipeline.core.errors import SourceError
from video4spatial.pipeline.core.stage import UnitWorker
from video4spatial.pipeline.core.unit import Product, Unit
from video4spatial.pipeline.store.selection import Selection, judge
from video4spatial.pipeline.store.shard import pack
from video4spatial.pipeline.store.table import join_tables, make_row, rows_to_table, to_parquet
from video4spatial.pipeline.store.units import encode_product

PICTURES = 3
"""Frames kept of a sequence: its first, its middle and its last."""


@dataclass(frozen=True, kw_only=True)
class Rehearsed:
    """What one unit would give."""

    unit: Unit
    rows: tuple[dict[str, Any], ...]
    """As its index would have them; of a unit that failed: what was found before."""
    scores: frozenset[str]
    seconds: float
    nbytes: int = 0
    """Of its shard and index; 0 unless weighed."""
    frames: Mapping[str, NDArray[np.uint8]] = field(default_factory=dict)
    """(up to `PICTURES`, H, W, 3) by key."""
    reason: str = ""
    """Why the unit as a whole would fail; empty where it would not."""
    detail: str = ""


def rehearse(worker: UnitWorker, unit: Unit, *, with_frames: bool = False, weigh: bool = False) -> Rehearsed:
    """The unit through the worker, once. A broken input and a lost worker are told, not raised."""
    began = time.monotonic()
    rows: list[dict[str, Any]] = []
    scores: set[str] = set()
    frames: dict[str, NDArray[np.uint8]] = {}
    samples: dict[str, dict[str, bytes]] = {}
    reason = detail = ""
    try:
        for made in worker(unit):
            product, members = encode_product(unit, made)
            rows.append(make_row(unit, product))
            scores |= set(product.scores)
            if with_frames and product.sequence is not None:
                frames[product.key(unit.unit_id)] = _few(product.sequence.frames)
            if weigh and members is not None:
                samples[product.key(unit.unit_id)] = members
    except SourceError as error:
        reason, detail = error.reason, str(error)
    return Rehearsed(
        unit=unit,
        rows=tuple(rows),
        scores=frozenset(scores),
        seconds=time.monotonic() - began,
        nbytes=_weight(unit, rows, scores, {} if reason else samples, reason, detail) if weigh else 0,
        frames=frames,
        reason=reason,
        detail=detail,
    )


def judged_rows(rehearsed: Iterable[Rehearsed], selection: Selection) -> list[dict[str, Any]]:
    """The rows of the units that would finish, sorted by key, judged as publish would if there were nothing else."""
    finished = [each for each in rehearsed if not each.reason]
    table = join_tables(rows_to_table(each.rows, each.scores) for each in finished)
    judgement = judge(table, selection)
    rows = table.to_pylist()
    for at, row in enumerate(rows):
        row |= {"verdict": judgement.verdict[at], "reason": judgement.reason[at], "detail": judgement.detail[at]}
    return rows


def _few(frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
    chosen = np.unique(np.linspace(0, len(frames) - 1, min(PICTURES, len(frames))).round().astype(int))
    return frames[chosen].copy()


def _weight(
    unit: Unit,
    rows: list[dict[str, Any]],
    scores: set[str],
    samples: dict[str, dict[str, bytes]],
    reason: str,
    detail: str,
) -> int:
    """Bytes of the shard and the index that the unit would leave."""
    if reason:
        failed = Product(index=0, sequence=None, verdict="failed", reason=reason, detail=detail)
        rows, scores = [make_row(unit, failed)], set()
    shard = len(pack(samples)[0]) if samples else 0
    return shard + len(to_parquet(rows_to_table(rows, scores)))
