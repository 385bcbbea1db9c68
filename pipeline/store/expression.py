"""SQL over the table of a version: an expression that picks rows, or a whole query. DuckDB does the work.

Version.table ─▶ [matching_keys] ─▶ derive.py        Version.table ─▶ [query] ─▶ datasets query

The database lives in memory, sees the one table `samples` and nothing else: no file, no network, no setting. What picks
rows must depend on the row alone, so that the same version and expression give the same rows anywhere.
"""

import contextlib
import difflib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from video4spatial.pipeline.core.errors import ConfigError, NotAvailable

if TYPE_CHECKING:
    import duckdb

_LOST_COLUMN = re.compile(r'Referenced column "([^"]*)" not found')
_OFF = ("allow_community_extensions", "autoinstall_known_extensions", "autoload_known_extensions")


@dataclass(frozen=True, kw_only=True)
class Matches:
    """What an expression says about the kept rows of a table."""

    keys: frozenset[str]
    """Of rows for which it is true."""
    unknown: int
    """Rows for which it is neither true nor false, because a value it needs was not measured."""


def matching_keys(table: pa.Table, where: str) -> Matches:
    """The kept rows for which the SQL expression `where` is true.

    Raises ConfigError for one that does not parse, names a column that is not there, is no condition, or depends on
    more than the row (subqueries, random(), now()); NotAvailable without DuckDB.
    """
    if not where.strip():
        raise ConfigError("--where needs a condition, as in \"sharpness > 60 and scene = 'kitchen'\"")
    kept = table.filter(pc.equal(table["verdict"], "kept"))
    with _database(kept) as database, _explained(where, table.column_names):
        _check_pure(database, where, {name.lower() for name in table.column_names})
        rows = database.sql("select * from samples").project(f"key, ({where}\n) as holds")
        if str(rows.types[1]) != "BOOLEAN":
            raise ConfigError(f"--where must be true or false for a row, {where!r} is a {rows.types[1]}")
        found = rows.fetchall()
    return Matches(
        keys=frozenset(key for key, holds in found if holds), unknown=sum(holds is None for _, holds in found)
    )


def query(table: pa.Table, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Names of the columns and rows of the one SELECT `sql` over the table `samples` (all rows, kept or not).

    Raises ConfigError for what is no SELECT or names what is not there; NotAvailable without DuckDB.
    """
    with _database(table) as database, _explained(sql, table.column_names):
        statements = database.extract_statements(sql)
        if len(statements) != 1 or statements[0].type.name != "SELECT":
            raise ConfigError("query takes one SELECT over the table samples; versions are never changed")
        result = database.execute(sql)
        return [column[0] for column in result.description or ()], result.fetchall()


def _database(table: pa.Table) -> "duckdb.DuckDBPyConnection":
    try:
        import duckdb
    except ImportError:
        raise NotAvailable("SQL over tables needs DuckDB: pip install 'video4spatial[sql]'") from None
    database = duckdb.connect(":memory:", config={"threads": 1, **dict.fromkeys(_OFF, False)})
    database.register("stored", table.drop_columns(["thumbnail_jpeg"]))
    database.execute(
        "create view samples as select * replace (lower(hex(sample_sha256)) as sample_sha256) from stored order by key"
    )
    database.execute("set enable_external_access = false")
    database.execute("set lock_configuration = true")
    return database


@contextlib.contextmanager
def _explained(asked: str, columns: list[str]) -> Iterator[None]:
    """Turns DuckDB's errors into one line that says what to write instead."""
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        lost = _LOST_COLUMN.search(str(error))
        if lost is None:
            said = str(error).partition("\n\n")[0]
            raise ConfigError(f"{asked!r} is not understood: {said}") from None
        close = difflib.get_close_matches(lost[1], columns, 1)
        hint = f"did you mean {close[0]!r}? " if close else ""
        raise ConfigError(
            f"the table has no column {lost[1]!r}; {hint}text stands in single quotes; `v4s datasets query "
            '... "describe samples"` lists the columns'
        ) from None


def _check_pure(database: "duckdb.DuckDBPyConnection", where: str, columns: set[str]) -> None:
    """Raises ConfigError where the expression's value may differ from one evaluation to the next."""
    database.sql("select * from samples").filter(where)  # it is one expression, not several and no part of a query
    import duckdb

    parsed = database.execute("select json_serialize_sql(?)", [f"select 1 from samples where ({where}\n)"]).fetchone()
    moody = {
        name
        for (name,) in database.execute(
            "select function_name from duckdb_functions() where stability = 'VOLATILE' or "
            "(stability = 'CONSISTENT_WITHIN_QUERY' and len(parameters) = 0)"
        ).fetchall()
    }
    for node in _nodes(json.loads(parsed[0]) if parsed else {}):
        if node.get("class") == "SUBQUERY":
            raise ConfigError("--where judges each row by itself: it cannot hold a SELECT")
        if node.get("class") == "COLUMN_REF" and node["column_names"][0].lower() not in columns:
            # `current_date` is a column to the parser, and a function where there is no such column
            raise duckdb.BinderException(f'Referenced column "{node["column_names"][0]}" not found')
        if node.get("class") == "FUNCTION" and node["function_name"].lower() in moody:
            raise ConfigError(f"--where cannot use {node['function_name']}(): it must say the same of a row every time")


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        yield tree
        for item in tree.values():
            yield from _nodes(item)
    elif isinstance(tree, list):
        for item in tree:
            yield from _nodes(item)
