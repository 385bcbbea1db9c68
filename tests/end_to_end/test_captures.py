"""Real footage with cameras trains a model. Unseen, captures would be stored and never used."""

from pathlib import Path

import pytest

from tests.end_to_end.driver import published, run
from tests.filters.captures import imitate
from video4spatial.pipeline.core.sequence import Sequence
from video4spatial.pipeline.store.store import Store

RECIPE = """
name: posed
seed: 1
real: {size_px: 32, clip_frames: 8, rate_fps: 10}
floor: {min_frames: 4}
select: {splits: {train: 0.34, val: 0.33, test: 0.33}}
model: {size_px: 32, patch_px: 4, layers: 2, heads: 1, head_dim: 32, text_dim: 16}
train:
  steps: 4
  batch_size: 2
  context: {context_frames: 2, target_frames: 2}
  validate_every: 4
  validate_sequences: 2
  validate_samples: 1
  save_every: 4
evaluate: {clips_per_set: 2, sample_steps: 2, bootstrap: 50, strips_per_set: 1, batch_size: 2}
engine: {workers: 2, max_failed_fraction: 0.5}
"""


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run on captures of three formats, one of them of unknown scale, and a broken one."""
    root = tmp_path_factory.mktemp("posed")
    captures = root / "captures"
    for name, write in (
        ("desk", imitate.write_tum),
        ("garden", imitate.write_nerfstudio),
        ("model", imitate.write_colmap),
        ("broken", imitate.write_open3d),
    ):
        (captures / name).mkdir(parents=True)
        write(captures / name)
    (captures / "broken" / "color" / "00003.png").write_bytes(b"no picture")
    (root / "recipe.yaml").write_text(RECIPE)
    result = run("run", root / "recipe.yaml", "--out", root / "out", "--captures", captures, "--local")
    assert result.returncode == 0, result.stderr
    assert "broken: undecodable" in result.stdout
    return root / "out"


def test_captures_become_a_verified_version_that_a_model_is_trained_on(finished: Path) -> None:
    store = Store.open(finished / "store", create=False)
    version = store.version(published(finished)["version"])
    assert store.verify(version) == []
    rows = version.table().to_pylist()
    kept = [row for row in rows if row["verdict"] == "kept"]
    assert {row["capture_format"] for row in kept} == {"tum", "nerfstudio", "colmap"}
    assert {row["scale"] for row in kept} == {"metric", "relative"}
    assert {row["pose_source"] for row in kept} == {"read"}
    assert {row["split"] for row in kept} == {"train", "val", "test"}
    assert [row["reason"] for row in rows if row["verdict"] == "failed"] == ["undecodable"]
    assert (finished / "report.html").read_text().count("posed capture") > 0
    assert list((finished / "train").rglob("model_index.json"))
    assert list((finished / "samples").rglob("*.mp4"))


def test_the_stored_clip_has_the_cameras_of_the_walk(finished: Path) -> None:
    version = Store.open(finished / "store", create=False).version(published(finished)["version"])
    reader = version.reader()
    place = next(k for k, row in enumerate(reader.rows) if row["capture_format"] == "tum" and row["start"] == 8)
    sequence: Sequence = reader.read(place)
    assert sequence.cameras is not None
    known = imitate.truth().c2w[8:16]
    assert abs(sequence.cameras.world_from_camera - known).max() < 1e-5


def test_a_recipe_whose_captures_no_model_could_take_is_refused(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text(RECIPE.replace("real: {size_px: 32", "real: {size_px: 64"))
    imitate.write_tum(tmp_path / "desk")
    result = run("run", tmp_path / "recipe.yaml", "--out", tmp_path / "out", "--captures", tmp_path / "desk")
    assert result.returncode == 2
    assert "set real.size_px=32" in result.stderr
    assert not (tmp_path / "out").exists()


def test_a_folder_without_captures_stops_before_anything_is_made(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    result = run("run", tmp_path / "recipe.yaml", "--out", tmp_path / "out", "--captures", tmp_path)
    assert result.returncode == 2
    assert "no posed capture" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()
