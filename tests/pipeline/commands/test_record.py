"""`v4s datasets record`. Unseen: a recording that replaces another one, a key that is not there as a traceback."""

from pathlib import Path

import pytest

from tests.pipeline.store.make import make_products, make_unit
from video4spatial.pipeline.commands import main as command
from video4spatial.pipeline.store.selection import Rule, Selection
from video4spatial.pipeline.store.store import Store

pytest.importorskip("rerun", reason="rerun-sdk is not installed: pip install 'video4spatial[rerun]'")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """demo@1: two units, one posed, one a plain film; the posed one's first sequence is rejected."""
    store, units = Store.open(tmp_path / "store"), [make_unit(1), make_unit(2, "real")]
    for unit in units:
        store.write_unit(unit, make_products(unit, 2), {})
    store.publish("demo", units, Selection(rules=(Rule(score="brightness", min=45, reason="too_dark"),)), "", {})
    return tmp_path


def record(folder: Path, key: str, *more: str) -> int:
    out = str(folder / "a.rrd")
    return command.main(["datasets", "record", "demo@1", key, "--store", str(folder / "store"), "--out", out, *more])


@pytest.mark.parametrize("index", [0, 1])
def test_kept_and_rejected_sequences_are_recorded(folder: Path, index: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert record(folder, f"{make_unit(1).unit_id[:12]}-000{index}") == 0
    assert "4 frames" in capsys.readouterr().out
    assert (folder / "a.rrd").stat().st_size > 1000


def test_a_recording_that_is_there_is_kept_unless_asked(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "a.rrd").write_text("mine")
    key = f"{make_unit(1).unit_id[:12]}-0000"
    assert record(folder, key) == 2
    assert "is there already" in capsys.readouterr().err
    assert (folder / "a.rrd").read_text() == "mine"
    assert record(folder, key, "--overwrite") == 0
    assert (folder / "a.rrd").read_bytes()[:4] == b"RRF2"


def test_a_key_that_is_not_there_is_refused_with_some_that_are(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert record(folder, "nope-0001") == 2
    err = capsys.readouterr().err
    assert "stores no sequence 'nope-0001'" in err
    assert f"{make_unit(1).unit_id[:12]}-0000" in err
    assert err.count("\n") == 1


def test_a_film_without_cameras_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert record(folder, f"{make_unit(2, 'real').unit_id[:12]}-0000") == 2
    assert "has no cameras" in capsys.readouterr().err
    assert not (folder / "a.rrd").exists()
