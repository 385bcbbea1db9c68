"""Exports of whole versions. Unseen: a bare node that cannot train, or trains another model than this one would."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pipeline.store.make import make_products, make_unit
from video4spatial.model import __main__ as trainer
from video4spatial.model.config import ContextConfig, ModelConfig, TrainConfig
from video4spatial.pipeline.commands import main as command
from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.pipeline.core.settings import to_plain
from video4spatial.pipeline.engine import training
from video4spatial.pipeline.engine.clips import split_fingerprint
from video4spatial.pipeline.engine.training import TrainingJob, start_training
from video4spatial.pipeline.store.captions import matched_captions, read_captions
from video4spatial.pipeline.store.selection import Selection
from video4spatial.pipeline.store.store import Store, Version

ROOT = Path(__file__).resolve().parents[3]
ROOMS = [make_unit(number) for number in range(6)]
FILM = make_unit(50, "real")
RECIPE = "name: demo\nsim: {rooms: 6}\ntrain: {steps: 7}\n"

MODEL = ModelConfig(size_px=16, latent_channels=4, layers=1, heads=1, head_dim=12, text_dim=8, instruction_bytes=8)
TRAIN = TrainConfig(
    steps=2,
    batch_size=2,
    context=ContextConfig(context_frames=2, target_frames=2),
    warmup_steps=1,
    validate_every=2,
    validate_sequences=2,
    validate_samples=1,
    log_every=1,
    precision="fp32",
)

BARE = """
import sys
blocked = "ray pyarrow webdataset decord av cv2 pydantic duckdb scenedetect warp trimesh"
sys.modules.update(dict.fromkeys(blocked.split()))  # None: not installed
from video4spatial.model.__main__ import main
sys.exit(main(sys.argv[1:]))
"""

# torch warns once when tensorboard's protobuf classes load; nothing of it is ours
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:google.protobuf")


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Version:
    store = Store.open(tmp_path_factory.mktemp("run") / "store")
    for unit in [*ROOMS, FILM]:
        store.write_unit(unit, make_products(unit, 2), {})
    return store.publish("demo", [*ROOMS, FILM], Selection(), RECIPE, {}).version


def export(version: Version, out: Path, *more: str) -> int:
    store = str(version.blobs.root)
    return command.main(["datasets", "export", "demo@1", *more, "--store", store, "--out", str(out)])


def bare(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The trainer in a process that cannot import what a bare node lacks."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-c", BARE, *arguments], env=environment, capture_output=True, text=True, check=False
    )


def job_of(version: Version, run: Path) -> TrainingJob:
    return TrainingJob(
        store_address=str(version.blobs.root),
        version=version.name,
        content=version.content,
        splits=split_fingerprint(version),
        model=MODEL,
        train=TRAIN,
        run_dir=str(run),
    )


def test_a_bare_node_trains_and_evaluates_the_very_model_that_the_store_would_give(
    version: Version, tmp_path: Path
) -> None:
    arrays, here, there = tmp_path / "arrays", tmp_path / "here", tmp_path / "there"
    assert export(version, arrays, "--format", "arrays") == 0
    settings = tmp_path / "settings.json"
    evaluation = {"clips_per_set": 1, "sample_steps": 1, "bootstrap": 10, "strips_per_set": 0}
    settings.write_text(json.dumps({"model": to_plain(MODEL), "train": to_plain(TRAIN), "evaluate": evaluation}))
    for verb in ("train", "evaluate"):
        done = bare(verb, str(arrays), "--out", str(there), "--settings", str(settings))
        assert done.returncode == 0, done.stderr
    job = job_of(version, here)
    start_training(job, 0, None, lambda: False)
    weights = "pipeline/transformer/diffusion_pytorch_model.safetensors"
    assert (here / weights).read_bytes() == (there / weights).read_bytes()
    told = [json.loads((run / "pipeline" / "trained_on.json").read_text()) for run in (here, there)]
    assert told[0] == told[1]
    assert told[0]["origin"] == {"version": "demo@1"}
    assert told[0]["data"]["content"] == version.content
    assert json.loads((there / "evaluation.json").read_text())["sets"]


def test_the_settings_of_the_recipe_travel_with_the_arrays(version: Version, tmp_path: Path) -> None:
    assert export(version, tmp_path / "arrays", "--format", "arrays") == 0
    assert json.loads((tmp_path / "arrays" / "settings.json").read_text())["train"]["steps"] == 7


def test_the_trainer_of_a_bare_node_says_what_is_wrong(
    version: Version, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arrays, settings = tmp_path / "arrays", tmp_path / "settings.json"
    assert export(version, arrays, "--format", "arrays") == 0
    settings.write_text('{"train": {"stepps": 3}}')
    train = ["train", str(arrays), "--out", str(tmp_path / "run")]
    capsys.readouterr()
    assert trainer.main([*train, "--settings", str(settings)]) == 2
    assert "TrainConfig has no setting 'stepps'; did you mean 'steps'?" in capsys.readouterr().err
    assert trainer.main([*train, "--settings", str(tmp_path / "none.json")]) == 2
    assert "give --settings FILE with model, train and evaluate" in capsys.readouterr().err
    assert trainer.main(["evaluate", str(arrays), "--out", str(tmp_path / "run")]) == 2
    assert "holds no finished training" in capsys.readouterr().err
    assert trainer.main(["check", str(arrays)]) == 0
    next((arrays / "sequences").rglob("*.json")).unlink()
    assert trainer.main(["check", str(arrays)]) == 1
    assert "1 files are wrong; export demo@1 again" in capsys.readouterr().err
    (arrays / "index.json").unlink()
    assert trainer.main(["check", str(arrays)]) == 2
    assert "one that was not finished" in capsys.readouterr().err


@pytest.fixture(scope="module")
def captioned(tmp_path_factory: pytest.TempPathFactory) -> Version:
    """demo@1, of which one training sequence and one of the film have captions."""
    folder = tmp_path_factory.mktemp("captioned")
    store = Store.open(folder / "store")
    for unit in [*ROOMS, FILM]:
        store.write_unit(unit, make_products(unit, 2), {})
    lines = folder / "captions.jsonl"
    said = ((ROOMS[0], "a room with a red chair"), (FILM, "somebody walks by"))
    lines.write_text(
        "".join(json.dumps({"key": f"{unit.unit_id[:12]}-0000", "caption": text}) + "\n" for unit, text in said)
    )
    return store.publish("demo", [*ROOMS, FILM], Selection(), RECIPE, {}, read_captions(lines)).version


def test_a_bare_node_names_a_caption_that_does_not_fit_before_it_trains(
    captioned: Version, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert export(captioned, tmp_path / "arrays", "--format", "arrays") == 0
    settings = tmp_path / "settings.json"
    settings.write_text(json.dumps({"model": to_plain(MODEL), "train": to_plain(TRAIN)}))
    run = tmp_path / "run"
    capsys.readouterr()
    train = ["train", str(tmp_path / "arrays"), "--out", str(run), "--settings", str(settings)]
    assert trainer.main(train) == 2
    assert f"{ROOMS[0].unit_id[:12]}-0000 needs 24 bytes" in capsys.readouterr().err
    assert not run.exists()


def test_a_caption_that_does_not_fit_starts_no_workers(
    captioned: Version, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def started(*arguments: object) -> None:
        raise AssertionError("workers were started")

    monkeypatch.setattr(training, "ray_session", started)
    job = job_of(captioned, tmp_path / "run")
    for workers in (0, 2):
        with pytest.raises(ConfigError, match=r"set model\.instruction_bytes=24"):
            start_training(job, workers, None, lambda: False)
    assert not (tmp_path / "run").exists()


def test_captions_go_along_with_tars_in_the_form_in_which_they_came(captioned: Version, tmp_path: Path) -> None:
    assert export(captioned, tmp_path / "out", "--format", "webdataset") == 0
    told = matched_captions(read_captions(tmp_path / "out" / "captions.jsonl"), captioned.table())
    rows = [row for row in captioned.reader("all").rows if row["caption"]]
    assert told == ({row["sample_sha256"].hex(): row["caption"] for row in rows}, {"used": 2, "stale": 0, "unknown": 0})


@pytest.mark.filterwarnings("ignore")
def test_the_webdataset_library_alone_reads_the_export(version: Version, tmp_path: Path) -> None:
    webdataset = pytest.importorskip("webdataset")
    out = tmp_path / "out"
    assert export(version, out, "--format", "webdataset", "--shard-mb", "0.04") == 0
    index = json.loads((out / "index.json").read_text())
    assert (index["version"], index["content"]) == ("demo@1", version.content)
    for part in ("train", "held_out", "val", "test"):
        names = [str(out / shard["name"]) for shard in index["shards"].get(part, [])]
        found = list(webdataset.WebDataset(names, shardshuffle=False)) if names else []
        expected = version.reader(part)  # type: ignore[arg-type]
        assert sorted(sample["__key__"] for sample in found) == [row["key"] for row in expected.rows]
        members = {row["key"]: expected.members(place) for place, row in enumerate(expected.rows)}
        for sample in found:
            assert {ext: sample[ext] for ext in members[sample["__key__"]]} == members[sample["__key__"]]
    assert len(index["shards"]["train"]) > 1
    assert not (out / "captions.jsonl").exists()


def test_whole_exports_take_no_keys_and_overwrite_nothing(
    version: Version, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert export(version, tmp_path / "out", f"{ROOMS[0].unit_id[:12]}-0000", "--format", "arrays") == 2
    assert "writes whole versions; `v4s datasets derive` a smaller one" in capsys.readouterr().err
    assert export(version, tmp_path / "out", "--format", "webdataset") == 0
    assert export(version, tmp_path / "out", "--format", "webdataset") == 2
    assert "holds an export already" in capsys.readouterr().err
    assert export(version, tmp_path / "other", "--format", "webdataset", "--shard-mb", "0") == 2


def test_repack_says_how_many_shards_it_made(version: Version, capsys: pytest.CaptureFixture[str]) -> None:
    store = str(version.blobs.root)
    assert command.main(["datasets", "repack", "demo@1", "--store", store]) == 0
    assert "demo@2 made from demo@1: the same content in 4 shards, before 7" in capsys.readouterr().out
    assert command.main(["datasets", "repack", "demo@1", "--store", store]) == 0
    assert "demo@2 is there already" in capsys.readouterr().out
