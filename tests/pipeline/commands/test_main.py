"""The command line: what a person sees when something is wrong, and that nothing is left half-made then."""

import argparse
from pathlib import Path

import pytest

from video4spatial.pipeline.commands import main as command
from video4spatial.pipeline.core.errors import V4SError

RECIPE = "name: t\nsim:\n  rooms: 1\nreal:\n  synthetic_film: false\n"


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "r.yaml"
    path.write_text(RECIPE)
    return path


def fails(capsys: pytest.CaptureFixture[str], status: int, *arguments: object) -> str:
    """Runs `v4s`, expects that exit status and one line on stderr, and returns the line."""
    assert command.main([str(argument) for argument in arguments]) == status
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1, err
    return err


def test_a_typo_in_a_key_stops_before_anything_is_made(
    recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe.write_text(RECIPE.replace("rooms", "rooom"))
    line = fails(capsys, 2, "run", recipe, "--out", tmp_path / "out")
    assert "r.yaml:3: unknown key sim.rooom; did you mean 'rooms'?" in line
    assert not (tmp_path / "out").exists()


def test_a_missing_video_folder_stops_before_anything_is_made(
    recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = fails(capsys, 2, "run", recipe, "--out", tmp_path / "out", "--videos", tmp_path / "nowhere")
    assert "nowhere" in line
    assert not (tmp_path / "out").exists()


def test_a_broken_glb_stops_before_anything_is_made(
    recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "house.glb").write_bytes(b"glTF but not really")
    line = fails(capsys, 2, "run", recipe, "--out", tmp_path / "out", "--set", f"sim.scenes=[{tmp_path / 'house.glb'}]")
    assert "house.glb" in line
    assert not (tmp_path / "out").exists()


def test_an_output_folder_that_cannot_be_made_is_one_line(
    recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    line = fails(capsys, 2, "run", recipe, "--out", tmp_path / "file" / "out")
    assert "choose another --out" in line


def test_two_runs_do_not_share_an_output_folder(
    recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import fcntl

    (tmp_path / "out").mkdir()
    with (tmp_path / "out" / ".lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        line = fails(capsys, 2, "publish", recipe, "--out", tmp_path / "out")
    assert "another v4s is working in" in line


@pytest.mark.parametrize(("verb", "missing"), [("train", "publish"), ("evaluate", "publish"), ("sample", "publish")])
def test_a_step_without_its_predecessor_names_the_verb_to_run_first(
    verb: str, missing: str, recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = fails(capsys, 2, verb, recipe, "--out", tmp_path / "out")
    assert f"run `v4s {missing}`" in line


def test_publishing_before_the_units_are_done_says_what_is_missing(
    recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = fails(capsys, 1, "publish", recipe, "--out", tmp_path / "out")
    assert "1 of 1 units are not finished" in line


def test_a_folder_that_is_no_store_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "holds no store" in fails(capsys, 1, "datasets", "list", "--store", tmp_path)


def test_an_unknown_verb_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        command.main(["simulat"])
    assert caught.value.code == 2


@pytest.mark.parametrize(("error", "status"), [(V4SError("a\nb"), 1), (KeyboardInterrupt(), 130)])
def test_a_stop_says_how_to_go_on(
    error: BaseException, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(options: argparse.Namespace) -> int:
        raise error

    monkeypatch.setattr("video4spatial.pipeline.commands.datasets.run_list", run)
    assert command.main(["datasets", "list", "--store", "some where"]) == status
    err = capsys.readouterr().err
    if status == 130:
        assert "Go on with: " in err
        assert "datasets list --store 'some where'" in err
    else:
        assert err == "v4s: a b\n"
