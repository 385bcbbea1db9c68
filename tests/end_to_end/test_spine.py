"""The spine: raw inputs to a report, the same command again, and the same content on Ray and here.

If this breaks, nobody can use anything, however good the parts are.
"""

import json
from pathlib import Path

import pytest

from tests.end_to_end.driver import TINY, published, run
from video4spatial.pipeline.store.store import Store


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished tiny run, done in one process."""
    out = tmp_path_factory.mktemp("run") / "out"
    result = run("run", TINY, "--out", out, "--local")
    assert result.returncode == 0, result.stderr
    assert "done in" in result.stdout
    assert str(out / "report.html") in result.stdout
    return out


def test_a_run_leaves_a_verified_version_a_pipeline_an_evaluation_and_a_report(finished: Path) -> None:
    store = Store.open(finished / "store", create=False)
    version = store.version(published(finished)["version"])
    assert store.verify(version) == []
    assert {"train", "val", "test"} <= set(version.table(["split"])["split"].to_pylist())
    assert len(version.reader("held_out")) > 0
    state = json.loads((finished / "run.json").read_text())
    run_dir = finished / "train" / state["train"]["id"]
    assert (run_dir / "pipeline" / "model_index.json").exists()
    steps = [json.loads(line) for line in (run_dir / "metrics.jsonl").read_text().splitlines()]
    assert {line["kind"] for line in steps} == {"train", "validation"}
    result = json.loads((finished / "evaluation" / state["evaluate"]["id"] / "result.json").read_text())
    assert {"held_out", "val", "test"} <= set(result["sets"])
    page = (finished / "report.html").read_text()
    assert published(finished)["content"][:12] in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert list((finished / "samples").rglob("*.mp4"))


def test_the_same_command_again_does_nothing_twice(finished: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in finished.rglob("*") if path.is_file()}
    result = run("run", TINY, "--out", finished, "--local")
    assert result.returncode == 0, result.stderr
    changed = {path.name for path, time_ns in before.items() if path.stat().st_mtime_ns != time_ns}
    assert changed <= {"run.json", "progress.jsonl", "recipe.yaml", ".lock"}
    assert "done already" in result.stdout
    assert "is finished already" in result.stdout


def test_another_selection_makes_a_version_without_touching_a_unit(finished: Path) -> None:
    units = sorted((finished / "store" / "units").rglob("*.json"))
    rule = "select.rules=[{score: brightness, min: 90, reason: too_dark}]"
    result = run("publish", TINY, "--out", finished, "--set", rule)
    assert result.returncode == 0, result.stderr
    assert "tiny@2 made" in result.stdout
    assert sorted((finished / "store" / "units").rglob("*.json")) == units
    again = run("publish", TINY, "--out", finished)
    assert "tiny@1 is there already" in again.stdout


def test_other_splits_of_the_same_data_are_other_training_data(finished: Path) -> None:
    splits = ("--set", "select.held_out_paths=2")
    assert run("publish", TINY, "--out", finished, *splits).returncode == 0
    for verb in ("evaluate", "sample"):
        refused = run(verb, TINY, "--out", finished, *splits)
        assert refused.returncode == 2
        assert "trained on other data or splits" in refused.stderr
    stale = run("train", TINY, "--out", finished)
    assert stale.returncode == 2
    assert "run `v4s publish` with this recipe before train" in stale.stderr
    trained = run("train", TINY, "--out", finished, *splits)
    assert trained.returncode == 0, trained.stderr
    assert "6 steps" in trained.stdout, "it is trained anew: what was held out has changed"
    # back to what the other tests look at
    assert run("publish", TINY, "--out", finished).returncode == 0
    assert "is finished already" in run("train", TINY, "--out", finished).stdout


def test_only_videos_end_in_a_version_and_a_report(finished: Path, tmp_path: Path) -> None:
    film = finished / "film" / "synthetic_film.mp4"
    out = tmp_path / "out"
    result = run("run", TINY, "--out", out, "--local", "--set", "sim=null", "--videos", film)
    assert result.returncode == 0, result.stderr
    assert "train: not run" in result.stdout
    assert (out / "report.html").exists()


def test_datasets_are_listed_shown_and_verified(finished: Path) -> None:
    listed = run("datasets", "list", "--store", finished / "store")
    assert "tiny@1" in listed.stdout
    shown = run("datasets", "show", "tiny@1", "--store", finished / "store", "--json")
    assert json.loads(shown.stdout)["manifest"]["content"] == published(finished)["content"]
    assert run("datasets", "verify", "tiny@1", "--store", finished / "store").returncode == 0


def test_a_flipped_bit_is_found_and_named(finished: Path, tmp_path: Path) -> None:
    import shutil

    store = tmp_path / "store"
    shutil.copytree(finished / "store", store)
    shard = sorted((store / "shards").rglob("*.tar"))[0]
    data = bytearray(shard.read_bytes())
    data[len(data) // 2] ^= 1
    shard.chmod(0o644)
    shard.write_bytes(data)
    result = run("datasets", "verify", "tiny@1", "--store", store)
    assert result.returncode == 1
    assert shard.name[:12] in result.stdout
    assert "problems found" in result.stderr


def test_progress_for_machines_is_json_lines(finished: Path) -> None:
    result = run("run", TINY, "--out", finished, "--local", "--progress", "json")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert {"message", "step"} <= {line["event"] for line in lines}


@pytest.mark.ray
def test_ray_gives_the_content_of_this_process(finished: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for verb in ("simulate", "curate", "publish"):
        result = run(verb, TINY, "--out", out)
        assert result.returncode == 0, result.stderr
    assert (
        published(out)["content"]
        == json.loads(run("datasets", "show", "tiny@1", "--store", finished / "store", "--json").stdout)["manifest"][
            "content"
        ]
    )
