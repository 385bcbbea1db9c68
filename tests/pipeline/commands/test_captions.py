"""Captions on the command line. Unseen: a mistake found after hours, or a model trained on words nobody published."""

import json
from pathlib import Path

import pytest

from tests.filters.conftest import _write_video, film
from tests.pipeline.commands.test_main import fails
from video4spatial.pipeline.commands import main as command
from video4spatial.pipeline.store.store import Store

RECIPE = "name: t\nreal: {size_px: 32, clip_frames: 16, rate_fps: 12}\nfloor: {min_frames: 8}\n"


def test_published_clips_are_captioned_and_published_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recipe, out, words = tmp_path / "r.yaml", tmp_path / "out", tmp_path / "captions.jsonl"
    recipe.write_text(RECIPE)
    video = _write_video(tmp_path / "film.mp4", film([40, 20]))
    run = (str(recipe), "--out", str(out), "--videos", str(video))
    assert command.main(["curate", *run, "--local"]) == 0
    assert command.main(["publish", *run]) == 0
    reader = Store.open(out / "store").version("t").reader("all")
    lines = [{"sample_sha256": row["sample_sha256"].hex(), "caption": f"clip {row['key']}"} for row in reader.rows]
    lines.append({"key": "somewhere-else", "caption": "nothing here"})
    words.write_text("".join(json.dumps(line) + "\n" for line in lines))
    capsys.readouterr()
    assert command.main(["publish", *run, "--set", f"captions={words}"]) == 0
    said = capsys.readouterr().out
    assert "t@2 made" in said
    assert f"{len(lines) - 1} sequences have a caption; 0 were written for other bytes, 1 name no sequence" in said
    rows = Store.open(out / "store").version("t").reader("all").rows
    assert [row["caption"] for row in rows] == [f"clip {row['key']}" for row in rows]
    # what was published with captions is not what a recipe without them means, and the other way round
    assert json.loads((out / "run.json").read_text())["publish"]["version"] == "t@2"
    capsys.readouterr()
    words.write_text("not json\n")
    assert "captions.jsonl:1: not JSON" in fails(capsys, 2, "publish", *run, "--set", f"captions={words}")


def test_a_mistake_in_the_captions_stops_before_anything_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = tmp_path / "r.yaml"
    recipe.write_text(RECIPE + "captions: gone.jsonl\n")
    line = fails(capsys, 2, "run", recipe, "--out", tmp_path / "out")
    assert "cannot read the captions gone.jsonl" in line
    assert not (tmp_path / "out").exists()
