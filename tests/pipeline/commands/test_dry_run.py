"""`v4s curate --dry-run`. Unseen: an estimate of something else than what a run does, or data left behind."""

import re
from pathlib import Path

import pytest

from tests.filters.captures import imitate
from tests.filters.conftest import _write_video, film
from tests.pipeline.commands.test_main import fails
from video4spatial.pipeline.commands import main as command
from video4spatial.pipeline.store.store import Store

RECIPE = "name: t\nreal: {size_px: 64, clip_frames: 16, rate_fps: 12}\nfloor: {min_frames: 8}\n"


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seven films of one to three shots, and one broken file."""
    folder = tmp_path_factory.mktemp("films")
    for number in range(7):
        shots = [30 + 10 * number, 20, 10][: number % 3 + 1]
        _write_video(folder / f"film{number}.mp4", film(shots))
    (folder / "broken.mp4").write_bytes(b"no film" * 50)
    return folder


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "r.yaml"
    path.write_text(RECIPE)
    return path


def dry(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert command.main(["curate", *map(str, arguments), "--dry-run", "--local"]) == 0
    return capsys.readouterr().out


def amount(out: str, name: str) -> str:
    """The first word behind a line's name."""
    found = re.search(rf"^  {name} +(\S+)", out, re.MULTILINE)
    assert found, out
    return found[1]


def test_a_sample_of_all_counts_what_a_run_then_makes_and_writes_nothing(
    films: Path, recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    out = dry(capsys, recipe, "--videos", films, "--sample", "100%")
    assert sorted(tmp_path.rglob("*")) == before
    assert "these are counts, not estimates" in out
    assert "broken.mp4: unopenable" in out
    assert amount(out, "videos that fail") == "1"
    store = tmp_path / "run"
    assert command.main(["curate", str(recipe), "--videos", str(films), "--out", str(store), "--local"]) == 0
    assert command.main(["publish", str(recipe), "--videos", str(films), "--out", str(store)]) == 0
    version = Store.open(store / "store").version("t")
    rows = version.table(["verdict", "reason"]).to_pylist()
    assert amount(out, "sequences kept") == str(sum(row["verdict"] == "kept" for row in rows))
    assert amount(out, "rejected too_short") == str(sum(row["reason"] == "too_short" for row in rows))
    stored = sum(path.stat().st_size for kind in ("shards", "index") for path in (store / "store" / kind).rglob("*.*"))
    assert float(amount(out, "stored")) == pytest.approx(stored / 1e6, abs=0.06)


def test_a_part_has_intervals_and_too_small_a_part_says_so(
    films: Path, recipe: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = dry(capsys, recipe, "--videos", films, "--sample", "6")
    assert "with 95 % intervals (bootstrap over inputs)" in out
    assert re.search(r"sequences kept +\d+  \[\d+, \d+\]", out)
    again = dry(capsys, recipe, "--videos", films, "--sample", "6")
    assert amount(out, "sequences kept") == amount(again, "sequences kept")
    small = dry(capsys, recipe, "--videos", films, "--sample", "0.2")
    assert "from 2 of them: too few for an interval" in small


def test_captures_are_estimated_by_their_frames(
    recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a", "b"):
        (tmp_path / "scans" / name).mkdir(parents=True)
        imitate.write_tum(tmp_path / "scans" / name, "opencv" if name == "b" else "")
    out = dry(capsys, recipe, "--captures", tmp_path / "scans")
    assert re.search(r"captures: 2, \S+ MB, \d+ frames", out)
    assert amount(out, "captures that fail") == "0"


def test_wrong_usage_is_named_before_anything_is_decoded(
    films: Path, recipe: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "--videos DIR" in fails(capsys, 2, "curate", recipe, "--dry-run")
    assert "a number of inputs" in fails(capsys, 2, "curate", "--dry-run", "--videos", films, "--sample", "many")
    assert "--sample" in fails(capsys, 2, "curate", recipe, "--out", "x", "--videos", films, "--sample", "3")
