"""The columns of a table, and the rows a unit adds to it. One row per sequence, kept or not.

Product + Place ─▶ make_row ─▶ [rows_to_table] ─▶ index of a unit ─▶ [join_tables] ─▶ publish ─▶ table of a version

docs/format.md describes each column. A score is a float64 column of its own name, null where it was not measured; the
names of all scores stand in the schema's metadata. Selection fills `split`, `held_out`, `near_duplicate_of`.
"""

import difflib
import io
import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from video4spatial.pipeline.core.errors import ConfigError, StorageError
from video4spatial.pipeline.core.settings import canonical_json
from video4spatial.pipeline.core.unit import Product, Unit
from video4spatial.pipeline.store.receipt import settings_sha256
from video4spatial.pipeline.store.shard import Place

_MEMBER = pa.struct([("ext", pa.string()), ("offset", pa.int64()), ("nbytes", pa.int64())])

COLUMNS: dict[str, pa.DataType] = {
    # which sequence, and where its bytes are
    "key": pa.string(),
    "sample_sha256": pa.binary(32),
    "shard": pa.string(),
    "offset": pa.int64(),
    "nbytes": pa.int64(),
    "members": pa.list_(_MEMBER),
    # its fate
    "kind": pa.string(),
    "verdict": pa.string(),
    "reason": pa.string(),
    "detail": pa.string(),
    "near_duplicate_of": pa.string(),
    # which part of the data it belongs to
    "split_group": pa.string(),
    "split": pa.string(),
    "held_out": pa.bool_(),
    "variant_group": pa.string(),
    "variant": pa.int32(),
    "variant_kind": pa.string(),
    # what it shows
    "scene": pa.string(),
    "task": pa.string(),
    "n_frames": pa.int32(),
    "height": pa.int32(),
    "width": pa.int32(),
    "fps": pa.float64(),
    "pose_source": pa.string(),
    "scale": pa.string(),
    # where it came from
    "unit_id": pa.string(),
    "source_uri": pa.string(),
    "source_sha256": pa.string(),
    "start": pa.int64(),
    "stop": pa.int64(),
    "start_s": pa.float64(),
    "end_s": pa.float64(),
    "seed": pa.int64(),
    "settings_sha256": pa.string(),
    "stages": pa.string(),
    "thumbnail_jpeg": pa.binary(),
    # measured by some stages, but always there
    "perceptual_hash": pa.int64(),
    "picture_hashes": pa.list_(pa.int64()),
    "pose_error_px": pa.float64(),
    "geometry_error": pa.float64(),
}

_OPEN_COLUMNS = {"perceptual_hash", "picture_hashes", "pose_error_px", "geometry_error"}
"""Columns of COLUMNS that a stage may fill through `Product.scores` or `Product.columns`."""

_SCORES = b"v4s.scores"


def make_row(unit: Unit, product: Product) -> dict[str, Any]:
    """The row of one product, without the place of its bytes."""
    row: dict[str, Any] = {
        "key": product.key(unit.unit_id),
        "kind": unit.kind,
        "verdict": product.verdict,
        "reason": product.reason or None,
        "detail": product.detail or None,
        "split_group": unit.source.split_group,
        "held_out": False,
        "variant_group": product.variant_group(unit.unit_id),
        "variant": product.variant,
        "scene": product.scene or None,
        "task": product.task,
        "unit_id": unit.unit_id,
        "source_uri": unit.source.uri,
        "source_sha256": unit.source.sha256,
        "start": product.start,
        "stop": product.stop,
        "seed": unit.seed,
        "settings_sha256": settings_sha256(unit),
        "stages": canonical_json(unit.stage_versions).decode(),
        "thumbnail_jpeg": product.thumbnail_jpeg or None,
    }
    return row | _of_sequence(product) | _measured(product)


def placed(row: Mapping[str, Any], shard: str, place: Place) -> dict[str, Any]:
    """`row` with where its bytes lie."""
    members = [{"ext": item.ext, "offset": item.offset, "nbytes": item.nbytes} for item in place.members]
    where = {"shard": shard, "offset": place.offset, "nbytes": place.nbytes, "sample_sha256": place.sample_sha256}
    return {**row, **where, "members": members}


def failure_row(unit: Unit, reason: str, detail: str) -> dict[str, Any]:
    """The row of a unit that infrastructure kept from finishing."""
    start, stop = unit.span or (0, 0)
    product = Product(index=0, sequence=None, verdict="failed", reason=reason, detail=detail, start=start, stop=stop)
    return make_row(unit, product)


def rows_to_table(rows: Iterable[Mapping[str, Any]], scores: Iterable[str]) -> pa.Table:
    """A table of `rows`; columns beyond COLUMNS are typed by their values, `scores` are float64."""
    rows = list(rows)
    score_names = set(scores)
    extra = {name: value for row in rows for name, value in row.items() if name not in COLUMNS}
    types = COLUMNS | {name: pa.float64() if name in score_names else _type_of(extra[name]) for name in sorted(extra)}
    schema = pa.schema(list(types.items()), metadata={_SCORES: json.dumps(sorted(score_names))})
    try:
        return pa.Table.from_pylist([dict(row) for row in rows], schema=schema)
    except (pa.ArrowInvalid, OverflowError) as error:
        raise ConfigError(f"a row does not fit the table's columns: {error}") from error


def join_tables(tables: Iterable[pa.Table]) -> pa.Table:
    """One table with the union of all columns (null where a table lacks one), sorted by key."""
    tables = [rows_to_table([], []), *tables]
    try:
        joined = pa.concat_tables(
            [table.replace_schema_metadata(None) for table in tables], promote_options="permissive"
        )
    except (pa.ArrowTypeError, pa.ArrowInvalid) as error:
        raise StorageError(f"units disagree about the type of a column: {error}; raise the stage's version") from None
    scores = sorted({name for table in tables for name in score_names(table)})
    names = [*COLUMNS, *sorted(set(joined.column_names) - set(COLUMNS))]
    joined = joined.select(names).sort_by("key").combine_chunks()
    return joined.replace_schema_metadata({_SCORES: json.dumps(scores)})


def score_names(table: pa.Table) -> list[str]:
    """The columns of `table` that are scores, sorted."""
    return json.loads((table.schema.metadata or {}).get(_SCORES, b"[]"))


def clip_hashes(row: Mapping[str, Any]) -> list[int]:
    """The perceptual hashes of a clip's pictures: `picture_hashes`, else the one `perceptual_hash`, else none."""
    several, single = row.get("picture_hashes"), row["perceptual_hash"]
    return several if several is not None else [] if single is None else [single]


def set_column(table: pa.Table, name: str, values: list[Any]) -> pa.Table:
    """`table` with the column `name`, which it has, replaced."""
    return table.set_column(table.column_names.index(name), name, pa.array(values, table[name].type))


def to_parquet(table: pa.Table) -> bytes:
    """The table's bytes: the same rows give the same bytes with the same pyarrow."""
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()


def from_parquet(data: bytes, path: str, columns: list[str] | None = None) -> pa.Table:
    """All columns or those named. Raises StorageError where `path` is not Parquet, ConfigError for unknown columns."""
    try:
        # not pq.read_table: it loads pyarrow.dataset and starts thread pools, and about one process in thirty then
        # aborted on its way out ("terminate called without an active exception", pyarrow 26.0.1)
        file = pq.ParquetFile(pa.BufferReader(data), pre_buffer=False)
        for name in columns or ():
            check_column(name, file.schema_arrow.names)
        return _plain(file.read(columns=columns, use_threads=False))
    except (pa.ArrowException, OSError) as error:
        raise StorageError(f"{path} cannot be read ({error}); run `v4s datasets verify`") from None


def _plain(table: pa.Table) -> pa.Table:
    """`table` without the field numbers that reading adds: written again it then has the same bytes."""
    fields = [pa.field(field.name, COLUMNS.get(field.name, field.type)) for field in table.schema]
    return table.cast(pa.schema(fields, metadata=table.schema.metadata)).combine_chunks()


def check_column(name: str, names: list[str]) -> None:
    """Raises ConfigError, with the nearest name, unless `name` is one of `names`."""
    if name not in names:
        close = difflib.get_close_matches(name, names, 1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise ConfigError(f"the table has no column {name!r}{hint}")


def _of_sequence(product: Product) -> dict[str, Any]:
    sequence = product.sequence
    if sequence is None:
        return {}
    return {
        "n_frames": len(sequence),
        "height": sequence.height_px,
        "width": sequence.width_px,
        "fps": float(sequence.rate_fps),
        "pose_source": sequence.pose_source,
        "scale": sequence.scale,
        "start_s": float(int(sequence.times[0]) * sequence.time_base),
        "end_s": float(int(sequence.times[-1]) * sequence.time_base),
        "variant_kind": sequence.variant.get("kind"),
    }


def _measured(product: Product) -> dict[str, Any]:
    both = set(product.scores) & set(product.columns)
    taken = ((set(product.scores) | set(product.columns)) & set(COLUMNS)) - _OPEN_COLUMNS
    if both or taken:
        raise ConfigError(f"a score or column may not be called {sorted(both | taken)[0]!r}: the table has one already")
    for name, value in product.scores.items():
        if not math.isfinite(value):
            raise ConfigError(f"score {name!r} is {value}; a score that was not measured is left out")
    columns = {
        name: value.item() if isinstance(value, np.generic) else value for name, value in product.columns.items()
    }
    return {name: float(value) for name, value in product.scores.items()} | columns


def _type_of(value: Any) -> pa.DataType:
    for kind, arrow in ((bool, pa.bool_()), (int, pa.int64()), (float, pa.float64()), (str, pa.string())):
        if isinstance(value, kind):
            return arrow
    raise ConfigError(f"a column holds int, float, str or bool, got {type(value).__name__}; convert it first")
