"""Unseen, a run that was killed would end as another run, or two processes would train another network than one."""

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from video4spatial.model.checkpoint import load_checkpoint, newest_checkpoint
from video4spatial.model.config import ModelConfig, TrainConfig
from video4spatial.model.launch import LocalLaunch
from video4spatial.model.metrics import read_metrics
from video4spatial.model.source import ArraySource
from video4spatial.model.trainer import TrainResult, train
from video4spatial.pipeline.core.errors import ConfigError, RunFailed
from video4spatial.pipeline.core.settings import to_plain

IDENTITY = {"content": "a"}
TIMES = ("cpu_s", "samples_per_s", "data_wait_s")


def curve(run_dir: Path) -> list[dict[str, Any]]:
    """The metrics without what depends on the clock."""
    lines = read_metrics(run_dir / "metrics.jsonl")
    return [{name: value for name, value in line.items() if name not in TIMES} for line in lines]


def final_state(run_dir: Path) -> dict[str, Any]:
    newest = newest_checkpoint(run_dir / "checkpoints")
    assert newest is not None
    return load_checkpoint(newest, {})


def stop_after(steps: int) -> LocalLaunch:
    asked = iter(range(10**6))
    return LocalLaunch(lambda: next(asked) >= steps)


def test_a_run_ends_with_pipeline_record_metrics_and_checkpoints(finished: TrainResult) -> None:
    assert finished.finished
    assert finished.step == 6
    assert (finished.pipeline_dir / "model_index.json").exists()
    record = json.loads((finished.run_dir / "train.json").read_text())
    assert record["data"] == IDENTITY
    assert record["validation"]["held_out"]["context_gap"]["n"] == 2
    names = [path.name for path in sorted((finished.run_dir / "checkpoints").iterdir())]
    assert names == ["step_00000004", "step_00000006"]
    lines = curve(finished.run_dir)
    assert [line["step"] for line in lines if line["kind"] == "train"] == [1, 2, 3, 4, 5, 6]
    assert [(line["step"], line["set"]) for line in lines if line["kind"] == "validation"] == [
        (3, "held_out"),
        (3, "val"),
        (6, "held_out"),
        (6, "val"),
    ]
    assert set(lines[2]) == {"kind", "step", "loss", "grad_norm", "lr", "skipped"}


@pytest.mark.parametrize("steps", [0, 3, 5])
def test_a_run_that_was_stopped_goes_on_to_the_same_bits(
    steps: int,
    finished: TrainResult,
    run_dir: Path,
    model_config: ModelConfig,
    train_config: TrainConfig,
    sources: dict[str, ArraySource],
) -> None:
    stopped = train(model_config, train_config, sources, run_dir, stop_after(steps), IDENTITY)
    assert not stopped.finished
    assert stopped.step == steps
    assert not (run_dir / "train.json").exists()
    resumed = train(model_config, train_config, sources, run_dir, LocalLaunch(), IDENTITY)
    assert resumed.finished
    assert curve(run_dir) == curve(finished.run_dir)
    ours, theirs = final_state(run_dir), final_state(finished.run_dir)
    for part in ("network", "average", "autoencoder"):
        assert all(torch.equal(ours[part][name], theirs[part][name]) for name in theirs[part])


ONE_PROCESS = """
import json, pickle, sys
from pathlib import Path
from video4spatial.model.config import ContextConfig, ModelConfig, TrainConfig
from video4spatial.model.launch import LocalLaunch
from video4spatial.model.trainer import train
folder = Path(sys.argv[1])
settings = json.loads((folder / "settings.json").read_text())
settings["train"]["context"] = ContextConfig(**settings["train"]["context"])
sources = pickle.loads((folder / "sources.pickle").read_bytes())
print("ready", flush=True)
train(ModelConfig(**settings["model"]), TrainConfig(**settings["train"]), sources, folder / "run", LocalLaunch(), {})
"""


def write_order(
    folder: Path, model_config: ModelConfig, train_config: TrainConfig, sources: dict[str, ArraySource]
) -> None:
    """What a process needs to train in `folder`/run."""
    (folder / "settings.json").write_text(
        json.dumps({"model": to_plain(model_config), "train": to_plain(train_config)})
    )
    (folder / "sources.pickle").write_bytes(pickle.dumps(sources))


@pytest.mark.chaos
def test_kill_9_at_random_moments_ends_in_the_bits_of_an_undisturbed_run(
    finished: TrainResult,
    tmp_path: Path,
    model_config: ModelConfig,
    train_config: TrainConfig,
    sources: dict[str, ArraySource],
) -> None:
    write_order(tmp_path, model_config, train_config, sources)
    random = np.random.default_rng(int.from_bytes(os.urandom(4), "little"))
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    kills, tries = 0, 0
    while not (tmp_path / "run" / "train.json").exists():
        tries += 1
        assert tries < 30, "never finished"
        child = subprocess.Popen(
            [sys.executable, "-c", ONE_PROCESS, str(tmp_path)], stdout=subprocess.PIPE, env=environment
        )
        assert child.stdout is not None
        with child.stdout as output:
            output.readline()
            try:
                # the first try is cut short for certain, the last ones are left alone
                moment_s = 0.1 if tries == 1 else random.uniform(0.2, 2.5) if tries < 8 else 120.0
                assert child.wait(timeout=moment_s) == 0
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
                kills += 1
    assert kills > 0
    assert curve(tmp_path / "run") == curve(finished.run_dir)
    ours, theirs = final_state(tmp_path / "run"), final_state(finished.run_dir)
    assert all(torch.equal(ours["network"][name], theirs["network"][name]) for name in theirs["network"])


def test_a_finished_run_returns_at_once_and_refuses_other_settings_and_data(
    finished: TrainResult, model_config: ModelConfig, train_config: TrainConfig, sources: dict[str, ArraySource]
) -> None:
    before = (finished.run_dir / "metrics.jsonl").stat().st_mtime_ns
    again = train(model_config, train_config, {}, finished.run_dir, LocalLaunch(), IDENTITY)
    assert again.facts == json.loads((finished.run_dir / "train.json").read_text())
    assert (finished.run_dir / "metrics.jsonl").stat().st_mtime_ns == before
    with pytest.raises(ConfigError, match="finished run with data"):
        train(model_config, train_config, sources, finished.run_dir, LocalLaunch(), {"content": "b"})
    longer = replace(train_config, steps=7)
    with pytest.raises(ConfigError, match="finished run with settings"):
        train(model_config, longer, sources, finished.run_dir, LocalLaunch(), IDENTITY)


def test_steps_that_are_not_finite_are_skipped_named_and_in_the_end_given_up(
    run_dir: Path, model_config: ModelConfig, train_config: TrainConfig, sources: dict[str, ArraySource]
) -> None:
    def broken(item: tuple[str, str, Any]) -> tuple[str, str, Any]:
        key, scene, clip = item
        return key, scene, replace(clip, world_from_camera=np.full_like(clip.world_from_camera, np.nan))

    poisoned = {"train": ArraySource(tuple(broken(item) for item in sources["train"].items))}
    config = replace(train_config, max_skipped=2, joint_drop=0.0)
    with pytest.raises(RunFailed, match="2 steps in a row were not finite"):
        train(model_config, config, poisoned, run_dir, LocalLaunch(), IDENTITY)
    named = json.loads((run_dir / "nonfinite-step00000000-rank0.json").read_text())
    assert len(named["samples"]) == config.batch_size


def test_a_batch_that_does_not_divide_among_the_processes_is_refused(
    run_dir: Path, model_config: ModelConfig, train_config: TrainConfig, sources: dict[str, ArraySource]
) -> None:
    launch = LocalLaunch()
    launch.world_size = 3
    with pytest.raises(ConfigError, match="batch_size 4 does not divide by 3 processes"):
        train(model_config, train_config, sources, run_dir, launch, IDENTITY)


def test_two_processes_train_what_one_trains(
    finished: TrainResult,
    tmp_path: Path,
    model_config: ModelConfig,
    train_config: TrainConfig,
    sources: dict[str, ArraySource],
) -> None:
    write_order(tmp_path, model_config, train_config, sources)
    launched = [
        subprocess.Popen(
            [sys.executable, "-c", ONE_PROCESS, str(tmp_path)], env=_rank_environment(rank), stderr=subprocess.PIPE
        )
        for rank in range(2)
    ]
    ends = [process.communicate(timeout=300)[1].decode() for process in launched]
    assert [process.returncode for process in launched] == [0, 0], "\n".join(ends)
    alone, together = curve(finished.run_dir), curve(tmp_path / "run")
    for name in ("loss", "grad_norm"):
        ours, theirs = ([line[name] for line in lines if line["kind"] == "train"] for lines in (together, alone))
        # sums in another order, amplified step by step by Muon's bfloat16
        assert ours[:2] == pytest.approx(theirs[:2], rel=1e-5)
        assert ours == pytest.approx(theirs, rel=2e-3)
    ours, theirs = ([line["context_gap"]["mean"] for line in lines if "set" in line] for lines in (together, alone))
    assert ours == pytest.approx(theirs, abs=1e-3)


def _rank_environment(rank: int) -> Mapping[str, str]:
    port = 29000 + os.getpid() % 2000
    return {
        **os.environ,
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "WORLD_SIZE": "2",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "OMP_NUM_THREADS": "1",
    }
