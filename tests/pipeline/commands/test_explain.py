"""`v4s curate --explain`. Unseen: a verdict that a run would not give, or a look that leaves data behind."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.filters.captures import imitate
from tests.filters.conftest import _write_video, film
from tests.pipeline.commands.test_main import fails
from video4spatial.pipeline.commands import explain as explaining
from video4spatial.pipeline.commands import main as command
from video4spatial.pipeline.core.files import sha256_file
from video4spatial.pipeline.core.stage import UnitWorker
from video4spatial.pipeline.core.unit import Unit
from video4spatial.pipeline.engine.rehearse import Rehearsed, rehearse
from video4spatial.pipeline.report.explained import ADVICE, Check
from video4spatial.pipeline.store.store import Store
from video4spatial.pipeline.store.withdrawal import withdraw

RECIPE = (
    "name: t\nreal: {size_px: 64, clip_frames: 16, rate_fps: 12, augment: {occluder_variants: 0}}\n"
    "floor: {min_frames: 8}\nselect: {rules: [{score: motion, max: 0.001, reason: too_fast}]}\n"
)


@pytest.fixture(scope="module")
def edited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Shots of 60, 30 and 10 frames."""
    return _write_video(tmp_path_factory.mktemp("films") / "edited <1>.mp4", film([60, 30, 10]))


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "r.yaml"
    path.write_text(RECIPE)
    return path


def told(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert command.main(["curate", *map(str, arguments)]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


def test_shots_clips_and_reasons_are_told_without_a_recipe_and_without_a_trace(
    edited: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    out = told(capsys, "--explain", edited, "--set", "real.clip_frames=16", "--set", "floor.min_frames=8")
    assert "Shot 1, source frames 60 to 89, begins with a cut" in out
    assert "too_short: 5 frames at the clip's rate, floor.min_frames is 8" in out
    assert "brightness" in out
    assert list(tmp_path.iterdir()) == []


def test_the_verdicts_are_those_that_a_run_publishes(
    edited: Path, recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    explained = told(capsys, recipe, "--explain", edited)
    assert command.main(["curate", str(recipe), "--out", str(out), "--videos", str(edited), "--local"]) == 0
    assert command.main(["publish", str(recipe), "--out", str(out), "--videos", str(edited)]) == 0
    rows = Store.open(out / "store").version("t").table(["verdict", "reason", "detail"]).to_pylist()
    assert {row["reason"] for row in rows} >= {"too_fast", "too_short"}
    for row in rows:
        assert row["verdict"] == "kept" or f"{row['reason']}: {row['detail']}" in explained
    kept = sum(row["verdict"] == "kept" for row in rows)
    assert f"{kept} kept, {len(rows) - kept} rejected" in explained
    capsys.readouterr()
    recorded = told(capsys, recipe, "--explain", edited, "--out", out)
    assert f"finished: {len(rows)} rows" in recorded


def test_the_page_stands_alone_and_escapes_the_name(
    edited: Path, recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = told(capsys, recipe, "--explain", edited, "--out", tmp_path / "look")
    (page,) = (tmp_path / "look" / "explained").glob("*.html")
    assert str(page) in out
    html = page.read_text()
    assert "edited &lt;1&gt;.mp4" in html
    assert "edited <1>.mp4" not in html
    assert html.count("data:image/jpeg") >= 6
    assert "All that was measured" in html
    assert "<dt>largest_gap_s</dt>" in html
    assert "http://" not in html
    assert not (tmp_path / "look" / "store").exists()


def test_a_file_that_cannot_be_read_has_its_name_and_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"something else" * 99)
    out = told(capsys, "--explain", broken, "--out", tmp_path / "out")
    assert "FAILED unopenable" in out
    assert f"what to do: {ADVICE['unopenable']}" in out
    assert "nothing can be used: unopenable" in out


def test_an_input_that_was_withdrawn_is_told_as_such(
    edited: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = Store.open(tmp_path / "store")
    arguments = ("--explain", edited, "--store", store.root)
    assert "withdrawn" not in told(capsys, *arguments)
    withdraw(store._blobs, sha256_file(edited), edited.name)
    assert "recorded      the input was withdrawn: publish leaves out" in told(capsys, *arguments)


def test_a_span_that_fails_takes_the_others_with_it_no_more_than_in_a_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    long = _write_video(tmp_path / "long.mp4", film([300, 150]))
    lost: list[str] = []

    def loses_the_first(worker: UnitWorker, unit: Unit, **options: bool) -> Rehearsed:
        found = rehearse(worker, unit, **options)
        lost.extend(unit.unit_id for _ in range(not lost))
        return replace(found, reason="timed_out", detail="no answer") if unit.unit_id in lost else found

    monkeypatch.setattr(explaining, "rehearse", loses_the_first)
    arguments = ("--set", "real.clip_frames=16", "--set", "real.unit_span_s=10", "--out", tmp_path / "look")
    out = told(capsys, "--explain", long, *arguments)
    assert "FAILED timed_out: no answer" in out
    found, kept = (len(re.findall(rf" {word} {{2,}}", out)) for word in ("found", "kept"))
    assert found > 0
    assert re.search(rf"^{kept} kept, .*; 1 of its units fail: timed_out$", out, re.MULTILINE)
    assert kept > 2
    starts = [int(start) for start in re.findall(r"^  clip .*? (\d+) to \d+ ", out, re.MULTILINE)]
    assert starts == sorted(starts)
    assert len(starts) > 10


def test_a_timed_out_file_says_which_limit_to_raise(edited: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = told(capsys, "--explain", edited, "--set", "real.limits.stall_timeout_s=0.0001")
    assert "FAILED timed_out" in out
    assert "raise real.limits.stall_timeout_s" in out


def test_a_capture_is_explained_like_a_film(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "desk"
    folder.mkdir()
    imitate.write_tum(folder)
    out = told(capsys, "--explain", folder, "--set", "real.size_px=32", "--set", "floor.min_frames=4")
    assert "format        tum" in out
    assert "read, metric scale, up is known by gravity" in out
    assert "clip 0" in out
    (folder / "groundtruth.txt").write_text("1 2 three\n")
    assert "FAILED truncated" in told(capsys, "--explain", folder)


def test_what_is_not_there_and_what_is_no_input_is_wrong_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "there is no file" in fails(capsys, 2, "curate", "--explain", tmp_path / "gone.mp4")
    assert "no posed capture" in fails(capsys, 2, "curate", "--explain", tmp_path)


def test_a_run_still_needs_a_recipe_and_a_folder(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "RECIPE is missing" in fails(capsys, 2, "curate")
    assert "--out DIR is missing" in fails(capsys, 2, "curate", recipe)


@pytest.mark.parametrize(
    ("low", "high", "limits", "passes"),
    [(None, 0.85, "<= 0.85", True), (0.9, None, ">= 0.9", False), (0.1, 0.5, "0.1 to 0.5", True)],
)
def test_limits_are_inclusive_as_at_publish(low: float, high: float, limits: str, passes: bool) -> None:
    check = Check(score="motion", value=0.5, low=low, high=high, where="selection")
    assert (check.limits, check.passes) == (limits, passes)
