"""`--retry-failed` over real files. Unseen: a failure that stays for good, or one that is never told."""

from pathlib import Path

import pytest

from tests.filters.conftest import _write_video, film
from video4spatial.pipeline.commands import main as command
from video4spatial.pipeline.store.store import Store

RECIPE = (
    "name: t\nreal: {size_px: 32, clip_frames: 16, rate_fps: 12, augment: {lighting_variants: 0, occluder_variants: 0}}"
    "\nfloor: {min_frames: 8}\nengine: {max_failed_fraction: 1.0}\n"
)


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "r.yaml"
    path.write_text(RECIPE)
    return path


def v4s(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert command.main([str(argument) for argument in arguments]) == 0
    return capsys.readouterr().out


def test_a_repaired_file_is_good_a_broken_one_is_told_again_and_rejected_ones_are_left(
    recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    films = tmp_path / "films"
    films.mkdir()
    whole = _write_video(tmp_path / "whole.mp4", film([40])).read_bytes()
    _write_video(films / "good.mp4", film([30]))
    _write_video(films / "short.mp4", film([6]))
    (films / "mended.mp4").write_bytes(whole[: len(whole) // 8])
    (films / "broken.mp4").write_bytes(b"no film" * 99)
    curate = ("curate", recipe, "--out", tmp_path / "out", "--videos", films, "--local")
    first = v4s(capsys, *curate)
    assert "broken.mp4: unopenable" in first
    assert "mended.mp4: " in first
    (films / "mended.mp4").write_bytes(whole)
    again = v4s(capsys, *curate, "--retry-failed")
    assert "1 units failed last time (1 unopenable); trying them again" in again
    assert "2 units to do, 2 done already" in again, "the repaired file is another input; good and rejected ones stay"
    assert "of 1 tried again 0 are good now, 1 failed again" in again
    v4s(capsys, "publish", recipe, "--out", tmp_path / "out", "--videos", films)
    rows = Store.open(tmp_path / "out" / "store").version("t").table(["source_uri", "verdict"]).to_pylist()
    fates = {(row["source_uri"], row["verdict"]) for row in rows}
    assert {("mended.mp4", "kept"), ("broken.mp4", "failed"), ("good.mp4", "kept")} <= fates


def test_a_film_that_timed_out_is_good_when_it_is_given_time(
    recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    slow = _write_video(tmp_path / "slow.mp4", film([40]))
    curate = ("curate", recipe, "--out", tmp_path / "out", "--videos", slow, "--local")
    first = v4s(capsys, *curate, "--set", "real.limits.stall_timeout_s=0.0001")
    assert "slow.mp4: timed_out" in first
    left_alone = v4s(capsys, *curate)
    assert "--retry-failed tries them again" in left_alone
    assert "slow.mp4: timed_out (3 attempts" in left_alone
    assert "all 1 units are done already, 1 of them failed" in left_alone
    again = v4s(capsys, *curate, "--retry-failed")
    assert "of 1 tried again 1 are good now, 0 failed again" in again
    v4s(capsys, "publish", recipe, "--out", tmp_path / "out", "--videos", slow)
    assert Store.open(tmp_path / "out" / "store").version("t").manifest["complete"] is True
