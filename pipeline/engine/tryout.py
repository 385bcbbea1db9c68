"""One input through a stage in a process of its own, as plain amounts: the hand that a dry run lends its sample.

sampled input ─▶ [try_input] ─▶ amounts: sequences by fate, bytes, seconds ─▶ estimate.py
"""

import time
from collections import Counter
from pathlib import Path

from video4spatial.filters.sources import video_source
from video4spatial.pipeline.core.stage import UnitStage
from video4spatial.pipeline.core.unit import Source
from video4spatial.pipeline.engine.rehearse import judged_rows, rehearse
from video4spatial.pipeline.store.selection import Selection

KEPT, BYTES, WORK_S, PLAN_S, FAILS = "kept", "bytes", "work_s", "plan_s", "failed inputs"


def try_input(
    stage: UnitStage, given: Source | tuple[str, str], seed: int, selection: Selection
) -> tuple[dict[str, float], str]:
    """What it gives: `kept`, `rejected <reason>`, `bytes` to store, `work_s` of a worker, `plan_s` of the planner,
    `failed inputs` 0 or 1; and why it fails, if it does. A video may be given as (path, folder), and is hashed here."""
    began = time.monotonic()
    source = given if isinstance(given, Source) else video_source(Path(given[0]), Path(given[1]))
    units = stage.units([source], seed)
    planned = time.monotonic()
    worker = stage.build()
    try:
        found = [rehearse(worker, unit, weigh=True) for unit in units]
    finally:
        worker.close()
    rows = judged_rows(found, selection)
    fates = Counter(KEPT if row["verdict"] == "kept" else f"rejected {row['reason']}" for row in rows)
    failed = next((each for each in found if each.reason), None)
    amounts = {
        **fates,
        KEPT: float(fates[KEPT]),
        BYTES: float(sum(each.nbytes for each in found)),
        WORK_S: sum(each.seconds for each in found),
        PLAN_S: planned - began,
        FAILS: float(failed is not None),
    }
    return amounts, f"{failed.reason} ({failed.detail})" if failed is not None else ""
