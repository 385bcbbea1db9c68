"""`v4s datasets list`. Unseen: one damaged manifest that hides every other version, a typo that lists nothing."""

import json
from pathlib import Path

import pytest

from tests.pipeline.store.make import make_products, make_unit
from video4spatial.pipeline.commands import main as command
from video4spatial.pipeline.store.selection import Rule, Selection
from video4spatial.pipeline.store.store import Store


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """demo@1, demo@2 and other@1."""
    store, unit = Store.open(tmp_path), make_unit(1)
    store.write_unit(unit, make_products(unit, 2), {})
    store.publish("demo", [unit], Selection(), "", {})
    store.publish("demo", [unit], Selection(rules=(Rule(score="brightness", min=-1),)), "", {})
    store.publish("other", [unit], Selection(), "", {})
    return tmp_path


def test_a_damaged_manifest_is_a_line_among_the_others(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = folder / "datasets" / "demo" / "versions" / "000002.json"
    place.chmod(0o644)
    place.write_bytes(place.read_bytes()[:40])
    assert command.main(["datasets", "list", "--store", str(folder)]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert [line.split()[0] for line in out.splitlines()] == ["VERSION", "demo@1", "demo@2", "other@1"]
    damaged = out.splitlines()[2]
    assert damaged.split()[1] == "DAMAGED"
    assert "000002.json" in damaged
    assert "remove it and publish again" in damaged
    assert command.main(["datasets", "list", "--store", str(folder), "--json"]) == 0
    lines = json.loads(capsys.readouterr().out)
    assert ["damaged" in line for line in lines] == [False, True, False]


def test_a_dataset_that_is_not_there_is_refused_with_those_that_are(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["datasets", "list", "NOPE", "--store", str(folder)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "no dataset 'NOPE'" in err
    assert "demo, other" in err


def test_one_dataset_can_be_listed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["datasets", "list", "other", "--store", str(folder)]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["VERSION", "other@1"]
