"""How many CPU seconds verbs over versions take, by the number of rows: `python benchmarks/versions.py [ROWS ...]`.

Rows are made up, a tenth of them rejected, a hundred a unit; shards are empty: tables and manifests are measured.
Prints a table for docs/benchmarks/versions.md and writes nothing outside a temporary folder.
"""

import platform
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from video4spatial.pipeline.core.settings import canonical_json
from video4spatial.pipeline.core.unit import Source, Unit
from video4spatial.pipeline.store.diff import compare
from video4spatial.pipeline.store.expression import query
from video4spatial.pipeline.store.receipt import Receipt, describe_unit, receipt_path
from video4spatial.pipeline.store.selection import Rule, Selection
from video4spatial.pipeline.store.store import Grace, Store
from video4spatial.pipeline.store.table import rows_to_table, to_parquet

PER_UNIT = 100


def main(sizes: list[int]) -> None:
    """One line a size."""
    print(f"{platform.processor() or platform.machine()}, pyarrow {pa.__version__}, {time.strftime('%Y-%m-%d')}")
    print("| rows | publish | derive | diff | query | gc, dry run | trace | table | peak memory |")
    print("|---|---|---|---|---|---|---|---|---|")
    for rows in sizes:
        with tempfile.TemporaryDirectory() as folder:
            print(_line(Path(folder), rows), flush=True)


def _line(folder: Path, rows: int) -> str:
    store, units = Store.open(folder), list(_units(rows // PER_UNIT))
    random = np.random.default_rng(0)
    for unit in units:
        _finish(store, unit, random)
    low = Selection(rules=(Rule(score="sharpness", min=10.0),))
    publish_s, published = _timed(lambda: store.publish("demo", units, low, "", {}))
    derive_s, derived = _timed(lambda: store.derive(published.version, "sharpness > 60 and motion < 0.5", None, {}))
    diff_s, found = _timed(lambda: compare(published.version, derived.version))
    assert len(found) == derived.left_out
    sql = "select scene, avg(sharpness) from samples where verdict = 'kept' group by scene order by 2 desc limit 5"
    query_s, _ = _timed(lambda: query(published.version.table(), sql))
    gc_s, _ = _timed(lambda: store.garbage(Grace()))
    trace_s, _ = _timed(lambda: store.trace(units[0].source.sha256))
    times = [publish_s, derive_s, diff_s, query_s, gc_s, trace_s]
    table_mb = published.version.manifest["table"]["nbytes"] / 1e6
    memory_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    told = " | ".join(f"{seconds:.2g} s" for seconds in times)
    return f"| {rows:,} | {told} | {table_mb:.1f} MB | {memory_gb:.2g} GB |"


def _timed(action: Callable) -> tuple[float, object]:
    """CPU seconds of this process, all threads: what others do on the machine meanwhile does not count."""
    started = time.process_time()
    result = action()
    return time.process_time() - started, result


def _units(count: int) -> Iterator[Unit]:
    for number in range(count):
        source = Source(uri=f"film_{number}.mp4", sha256=f"{number:064x}", split_group=f"film_{number}")
        yield Unit(kind="real", source=source, stage_versions={"curate": 1}, settings={"size_px": 256}, seed=0)


def _finish(store: Store, unit: Unit, random: np.random.Generator) -> None:
    """Writes what a unit of a hundred sequences leaves, without their bytes."""
    blobs = store._blobs
    shard = blobs.put("shards", unit.unit_id.encode(), "tar")
    rows = [{**_row(unit, index, random), "shard": shard} for index in range(PER_UNIT)]
    receipt = Receipt(
        **describe_unit(unit),
        shard=shard,
        shard_nbytes=len(unit.unit_id),
        index=blobs.put("index", to_parquet(rows_to_table(rows, ["sharpness", "motion"])), "parquet"),
        rows=PER_UNIT,
        sequences=PER_UNIT,
        rejected=0,
        failed=0,
    )
    blobs.create(receipt_path(unit.unit_id), canonical_json(receipt))


def _row(unit: Unit, index: int, random: np.random.Generator) -> dict[str, object]:
    key = f"{unit.unit_id[:12]}-{index:04d}"
    return {
        "key": key,
        "sample_sha256": random.bytes(32),
        "offset": index * 240_000,
        "nbytes": 240_000,
        "members": [{"ext": ext, "offset": index * 240_000 + 512, "nbytes": 1000} for ext in ("json", "rgb.mp4")],
        "kind": "real",
        "verdict": "measured",
        "split_group": unit.source.split_group,
        "held_out": False,
        "variant_group": key,
        "variant": 0,
        "scene": f"scene {index % 20}",
        "task": "none",
        "n_frames": 49,
        "height": 256,
        "width": 256,
        "fps": 24.0,
        "pose_source": "none",
        "scale": "none",
        "unit_id": unit.unit_id,
        "source_uri": unit.source.uri,
        "source_sha256": unit.source.sha256,
        "start": index * 49,
        "stop": (index + 1) * 49,
        "seed": 0,
        "settings_sha256": "0" * 64,
        "stages": '{"curate":1}',
        "sharpness": float(random.uniform(0, 100)),
        "motion": float(random.uniform(0, 1)),
    }


if __name__ == "__main__":
    main([int(rows) for rows in sys.argv[1:]] or [10_000, 100_000, 1_000_000])
