"""`v4s datasets` beyond list and show. Unseen: a verb that says done and is not, or touches data on a dry run."""

import csv
import io
import json
from pathlib import Path

import pytest

from tests.pipeline.store.make import files_of, make_products, make_unit
from video4spatial.pipeline.commands import main as command
from video4spatial.pipeline.store.selection import Selection
from video4spatial.pipeline.store.store import Store

ROOMS = [make_unit(number) for number in range(4)]
FILM = make_unit(50, "real")
KEY = f"{ROOMS[0].unit_id[:12]}-0000"

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run whose store holds demo@1: four rooms and a film."""
    store = Store.open(tmp_path / "store")
    for unit in [*ROOMS, FILM]:
        store.write_unit(unit, make_products(unit, 2, variants=unit is not FILM), {})
    store.publish("demo", [*ROOMS, FILM], Selection(), "", {})
    (tmp_path / "run.json").write_text("{}")
    return tmp_path / "store"


def v4s(folder: Path, *arguments: str) -> int:
    return command.main(["datasets", *arguments, "--store", str(folder)])


def test_derive_says_what_it_kept_what_it_could_not_judge_and_what_is_empty(folder: Path, capsys: Capture) -> None:
    assert v4s(folder, "derive", "demo", "--where", "pose_source = 'none'", "--name", "films") == 0
    out = capsys.readouterr().out
    assert "films@1 made from demo@1: kept 2 of 14" in out
    assert "it has no sequence for" in out
    assert v4s(folder, "derive", "demo", "--where", "pose_error_px < 1 or kind = 'real'") == 0
    assert "12 of those left out lack a value that the condition needs" in capsys.readouterr().out
    assert v4s(folder, "derive", "demo@1", "--where", "brightness > 0") == 0
    assert "demo@1 is that version already" in capsys.readouterr().out
    assert v4s(folder, "derive", "demo", "--where", "brigthness > 0") == 2
    assert "did you mean 'brightness'" in capsys.readouterr().err


def test_diff_counts_by_reason_and_names_samples_when_asked(folder: Path, capsys: Capture) -> None:
    assert v4s(folder, "derive", "demo", "--where", "brightness < 45") == 0
    capsys.readouterr()
    assert v4s(folder, "diff", "demo@1", "demo@2") == 0
    out = capsys.readouterr().out
    assert out.splitlines()[0] == "demo@1 to demo@2: 9 removed; 5 the same"
    assert "removed        9  selection: derived_out in demo@2" in out
    assert "demo@2: derive brightness < 45 from demo@1" in out
    assert v4s(folder, "diff", "demo@1", "demo@2", "--keys") == 0
    assert f"removed  {KEY}-v1  {ROOMS[0].source.uri}" in capsys.readouterr().out
    assert v4s(folder, "diff", "demo@1", "demo@2", "--json") == 0
    samples = json.loads(capsys.readouterr().out)["samples"]
    assert {(item["change"], item["after"]) for item in samples} == {("removed", None)}
    assert v4s(folder, "diff", "demo@1", "demo@1") == 0
    assert "hold the same 14 samples" in capsys.readouterr().out


def test_query_writes_text_csv_and_json(folder: Path, capsys: Capture) -> None:
    sql = "select kind, count(*) as n, min(shard is null) as bare from samples group by kind order by kind"
    assert v4s(folder, "query", "demo", sql) == 0
    assert capsys.readouterr().out.splitlines()[1].split() == ["real", "3", "False"]
    assert v4s(folder, "query", "demo", sql, "--format", "csv") == 0
    assert list(csv.DictReader(io.StringIO(capsys.readouterr().out)))[1]["n"] == "16"
    assert v4s(folder, "query", "demo", sql, "--format", "json") == 0
    assert json.loads(capsys.readouterr().out)[0] == {"kind": "real", "n": 3, "bare": False}
    assert v4s(folder, "query", "demo", "select 'nan'::double as x", "--format", "json") == 0
    assert json.loads(capsys.readouterr().out) == [{"x": "nan"}]
    assert v4s(folder, "query", "demo", "delete from samples") == 2


def test_drop_says_where_the_input_still_is(folder: Path, capsys: Capture) -> None:
    store = Store.open(folder)
    store.record_training(store.version("demo@1"), "abc", "run7")
    assert v4s(folder, "drop", "demo", "--source", ROOMS[0].source.uri) == 0
    out = capsys.readouterr().out
    assert "demo@2 made from demo@1: kept 11 of 14" in out
    assert "  demo@1: 3 kept, 1 black" in out
    assert "training abc of run run7, on demo@1: " in out
    assert "demo@2:" not in out
    assert v4s(folder, "drop", "demo", "--source", "procedural:room?seed=77") == 2
    assert "did you mean 'procedural:room?seed=" in capsys.readouterr().err


def test_lineage_and_trace_go_both_ways(folder: Path, capsys: Capture) -> None:
    assert v4s(folder, "lineage", f"{KEY}-v1") == 0
    out = capsys.readouterr().out
    for told in (ROOMS[0].source.sha256, '"gain": 1.5', '"size_px": 16', f"parent     {KEY}", "demo@1: kept"):
        assert told in out
    assert v4s(folder, "lineage", KEY, "--json") == 0
    assert json.loads(capsys.readouterr().out)["receipt"]["stage_versions"] == {"make": 1}
    assert v4s(folder, "trace", "film_50.mp4") == 0
    out = capsys.readouterr().out
    assert "1 units made 2 sequences of it" in out
    assert "demo@1: 2 kept, 1 black" in out
    assert v4s(folder, "trace", FILM.source.sha256, "--json") == 0
    assert json.loads(capsys.readouterr().out)["uses"][0]["version"] == "demo@1"


def test_checkpoints_of_the_run_that_holds_the_store_are_found_unasked(folder: Path, capsys: Capture) -> None:
    place = folder.parent / "train" / "abc"
    place.mkdir(parents=True)
    content = Store.open(folder).version("demo").content
    (place / "train.json").write_text(json.dumps({"data": {"content": content}, "origin": {"version": "demo@1"}}))
    assert v4s(folder, "trace", ROOMS[0].source.uri) == 0
    assert f"{place}, on demo@1: " in capsys.readouterr().out
    assert v4s(folder, "trace", ROOMS[0].source.uri, "--runs", str(folder.parent / "elsewhere")) == 0
    assert str(place) not in capsys.readouterr().out


def test_tags_are_shown_and_keep_a_version(folder: Path, capsys: Capture) -> None:
    assert v4s(folder, "tag", "demo", "good") == 0
    assert v4s(folder, "list") == 0
    assert "@good" in capsys.readouterr().out
    assert v4s(folder, "show", "demo@good") == 0
    assert "tagged good" in capsys.readouterr().out
    assert v4s(folder, "rm", "demo@1") == 2
    assert "demo@1 is tagged good" in capsys.readouterr().err
    assert v4s(folder, "rm", "demo") == 2
    assert "which version of demo" in capsys.readouterr().err


def test_a_version_is_removed_restored_and_collected(folder: Path, capsys: Capture) -> None:
    assert v4s(folder, "derive", "demo", "--where", "brightness < 45") == 0
    assert v4s(folder, "rm", "demo@2") == 0
    assert v4s(folder, "rm", "demo@2", "--restore") == 0
    assert v4s(folder, "rm", "demo@2") == 0
    before = files_of(folder)
    capsys.readouterr()
    assert v4s(folder, "list", "--removed") == 0
    out = capsys.readouterr().out
    assert out.startswith("demo@2 ")
    assert "can be restored" in out
    assert v4s(folder, "gc", "--grace-days", "0") == 0
    assert "would delete: 1 of tables; " in capsys.readouterr().out
    assert files_of(folder) == before
    assert v4s(folder, "gc", "--grace-days", "0", "--delete", "--json") == 0
    deleted = json.loads(capsys.readouterr().out)
    assert set(before) - set(files_of(folder)) == {item["path"] for item in deleted["files"]}
    assert v4s(folder, "rm", "demo@2", "--restore") == 1
    capsys.readouterr()
    assert v4s(folder, "list", "--removed", "--json") == 0
    assert [(line["version"], line["restorable"]) for line in json.loads(capsys.readouterr().out)] == [
        ("demo@2", False)
    ]
    assert v4s(folder, "gc", "--grace-days", "-1") == 2


def test_a_lost_table_is_rebuilt(folder: Path, capsys: Capture) -> None:
    store = Store.open(folder)
    (folder / store.version("demo").manifest["table"]["path"]).unlink()
    assert v4s(folder, "verify", "demo") == 1
    assert v4s(folder, "rebuild", "demo") == 0
    assert "its table was made again, as it was published" in capsys.readouterr().out
    assert v4s(folder, "verify", "demo") == 0
