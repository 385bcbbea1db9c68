"""`v4s datasets export`. Unseen: files overwritten, sequences without cameras written as if they had some."""

from pathlib import Path

import pytest

from tests.pipeline.store.make import make_products, make_unit
from video4spatial.filters.captures.capture import ReadOptions
from video4spatial.filters.captures.formats import read_capture
from video4spatial.filters.captures.write import WRITERS
from video4spatial.pipeline.commands import main as command
from video4spatial.pipeline.store.selection import Selection
from video4spatial.pipeline.store.store import Store


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """mixed@1: a simulated unit with cameras and a film without; bare@1: the film alone."""
    store, posed, film = Store.open(tmp_path / "store"), make_unit(1), make_unit(2, "real")
    for unit in (posed, film):
        store.write_unit(unit, make_products(unit, 2), {})
    store.publish("mixed", [posed, film], Selection(), "", {})
    store.publish("bare", [film], Selection(), "", {})
    return tmp_path / "store"


def export(folder: Path, version: str, out: Path, *more: str) -> int:
    return command.main(["datasets", "export", version, *more, "--store", str(folder), "--out", str(out)])


@pytest.mark.parametrize("name", sorted(WRITERS))
def test_every_sequence_with_cameras_is_written_once(
    name: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert export(folder, "mixed", out, "--format", name) == 0
    assert "have no cameras and were left out" in capsys.readouterr().out
    reader = Store.open(folder, create=False).version("mixed").reader()
    posed = [row["key"] for row in reader.rows if row["pose_source"] != "none"]
    assert sorted(path.name for path in out.iterdir()) == posed
    capture = read_capture(out / posed[0], ReadOptions())
    assert len(capture) == reader.rows[reader.find(posed[0])]["n_frames"]


def test_named_sequences_alone_are_written_and_nothing_is_overwritten(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = Store.open(folder, create=False).version("mixed").reader().rows
    key = next(row["key"] for row in rows if row["pose_source"] != "none")
    out = tmp_path / "out"
    assert export(folder, "mixed", out, key, "--format", "tum") == 0
    assert [path.name for path in out.iterdir()] == [key]
    assert export(folder, "mixed", out, key, "--format", "tum") == 2
    assert "exists already" in capsys.readouterr().err


def test_what_has_no_cameras_is_refused(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert export(folder, "bare", tmp_path / "out", "--format", "colmap") == 2
    assert "nothing to export" in capsys.readouterr().err
    rows = Store.open(folder, create=False).version("mixed").reader().rows
    key = next(row["key"] for row in rows if row["pose_source"] == "none")
    assert export(folder, "mixed", tmp_path / "out", key, "--format", "colmap") == 2
    assert "has no cameras" in capsys.readouterr().err
    assert export(folder, "mixed", tmp_path / "out", "nokey", "--format", "colmap") == 2
    assert not (tmp_path / "out").exists()
