"""Unseen, a resumed run's curve would show steps that never happened."""

import json
from pathlib import Path

import pytest

from video4spatial.model.metrics import MetricsLog, read_metrics


def entry(step: int) -> dict[str, object]:
    return {"kind": "train", "step": step, "loss": 1.0 / step}


def test_a_resumed_run_drops_what_its_checkpoint_does_not_know(run_dir: Path) -> None:
    first = MetricsLog(run_dir, 0)
    for step in (1, 2, 3):
        first.write(entry(step))
    first.close()
    with (run_dir / "metrics.jsonl").open("a") as file:
        file.write('{"kind": "train", "st')
    second = MetricsLog(run_dir, 2)
    second.write(entry(3))
    second.close()
    assert [line["step"] for line in read_metrics(run_dir / "metrics.jsonl")] == [1, 2, 3]
    assert all(json.loads(line) for line in (run_dir / "metrics.jsonl").read_text().splitlines())


def test_curves_reach_tensorboard_under_readable_names(run_dir: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    log = MetricsLog(run_dir, 0)
    log.write(entry(2))
    log.write({"kind": "validation", "step": 2, "set": "val", "context_gap": {"mean": 0.5, "low": 0.4, "n": 3}})
    log.close()
    events = EventAccumulator(str(run_dir / "tensorboard")).Reload()
    assert set(events.Tags()["scalars"]) == {
        "train/loss",
        "validation/val/context_gap/mean",
        "validation/val/context_gap/low",
    }
    assert events.Scalars("train/loss")[0].step == 2
