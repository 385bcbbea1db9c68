"""SQL over tables. Unseen: an expression that says something else tomorrow, a query that reads files."""

import sys
from pathlib import Path

import pyarrow as pa
import pytest

from tests.pipeline.store.make import make_products, make_unit
from video4spatial.pipeline.core.errors import ConfigError, NotAvailable
from video4spatial.pipeline.store.expression import matching_keys, query
from video4spatial.pipeline.store.selection import Selection
from video4spatial.pipeline.store.store import Store


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> pa.Table:
    """Three sequences of a room and a variant, with brightness 40, 50, 60 and 90, three of a film, two black rows."""
    store, room, film = Store.open(tmp_path_factory.mktemp("store")), make_unit(1), make_unit(2, "real")
    store.write_unit(room, make_products(room), {})
    store.write_unit(film, make_products(film, variants=False, columns={"shot": 4}), {})
    return store.publish("demo", [room, film], Selection(), "", {}).version.table()


def test_a_condition_is_asked_of_kept_rows_alone(table: pa.Table) -> None:
    found = matching_keys(table, "brightness < 55 and kind = 'simulation'")
    key = make_unit(1).unit_id[:12]
    assert found.keys == {f"{key}-0000", f"{key}-0001"}
    assert found.unknown == 0


def test_rows_without_the_value_are_neither_in_nor_unnoticed(table: pa.Table) -> None:
    found = matching_keys(table, "shot = 4")
    assert len(found.keys) == 3
    assert found.unknown == 4


def test_remarks_do_not_swallow_what_follows(table: pa.Table) -> None:
    assert len(matching_keys(table, "brightness > 0 -- all of them").keys) == 7


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("brightnes > 3", "no column 'brightnes'; did you mean 'brightness'"),
        ('kind = "real"', "no column 'real'; .*text stands in single quotes"),
        ("brightness > ", "is not understood: Parser Error"),
        ("brightness > 'bright'", "Could not convert string 'bright'"),
        ("brightness", "must be true or false for a row, 'brightness' is a DOUBLE"),
        ("", "needs a condition"),
        ("random() < 0.5", r"cannot use random\(\)"),
        ("now() > '2026-01-01'", r"cannot use now\(\)"),
        ("current_date > '2026-01-01'", "no column 'current_date'"),
        ("key in (select key from samples)", "cannot hold a SELECT"),
        ("count(*) > 1", "cannot contain aggregates"),
        ("brightness > 3) or (1 = 1", "is not understood"),
        ("brightness > 3; drop table stored", "is not understood"),
        ("(select length(content) from read_text('/etc/passwd')) > 0", "Cannot access file"),
    ],
)
def test_what_is_no_condition_on_one_row_is_refused_with_what_to_write(
    table: pa.Table, where: str, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        matching_keys(table, where)


def test_a_query_sees_all_rows_and_hashes_as_text(table: pa.Table) -> None:
    names, rows = query(
        table, "select verdict, count(*) as n, max(length(sample_sha256)) from samples group by all order by 1"
    )
    assert names[:2] == ["verdict", "n"]
    assert rows == [("kept", 7, 64), ("rejected", 2, None)]


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("drop view samples", "takes one SELECT"),
        ("select 1; select 2", "takes one SELECT"),
        ("update stored set key = ''", "takes one SELECT"),
        ("copy samples to '/tmp/stolen.csv'", "takes one SELECT"),
        ("select * from read_text('/etc/passwd')", "Cannot access file"),
        ("select scen from samples", "no column 'scen'; did you mean 'scene'"),
        ("selec 1", "is not understood: Parser Error"),
    ],
)
def test_a_query_that_is_more_than_a_question_is_refused(table: pa.Table, sql: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        query(table, sql)


def test_without_duckdb_it_is_said_what_to_install(
    table: pa.Table, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(NotAvailable, match=r"pip install 'video4spatial\[sql\]'"):
        matching_keys(table, "brightness > 3")
