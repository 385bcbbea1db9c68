"""Starts the trainer: in this process, or on Ray Train workers that are restarted when one is lost.

TrainingJob (plain data) ─▶ [start_training] ─▶ model.trainer.train with a Launch ─▶ run_dir

The trainer finds its own newest checkpoint, so whoever starts it need not remember one.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from video4spatial.model.config import ModelConfig, TrainConfig
from video4spatial.model.launch import Launch, LocalLaunch
from video4spatial.model.store_source import check_captions, clip_sources
from video4spatial.model.trainer import TrainResult, train
from video4spatial.pipeline.core.errors import ConfigError, RunFailed
from video4spatial.pipeline.engine.cluster import ray_session
from video4spatial.pipeline.store.store import Store
from video4spatial.pipeline.store.version import Part

MAX_RESTARTS = 3
"""Times Ray Train starts the workers again after losing one."""


@dataclass(frozen=True, kw_only=True)
class TrainingJob:
    """Everything a worker needs to take part in one training run; picklable."""

    store_address: str
    version: str
    content: str
    splits: str
    """`clips.split_fingerprint` of the version."""
    model: ModelConfig
    train: TrainConfig
    run_dir: str

    def run(self, launch: Launch) -> TrainResult:
        """Takes part as `launch.rank`. Raises ConfigError when the version is not the one that was planned."""
        version = Store.open(self.store_address, create=False).version(self.version)
        if version.content != self.content:
            raise ConfigError(f"{self.version} holds content {version.content[:16]}, planned was {self.content[:16]}")
        context = self.train.context
        shortest = context.frames
        parts: tuple[Part, ...] = ("train", "held_out", "val")
        sources = clip_sources(version, self.model.size_px, parts, with_depth=False, shortest=shortest)
        if "train" not in sources:
            raise ConfigError(
                f"{self.version} has no sequence to train on, of {self.model.size_px} px and {shortest} frames with "
                "cameras: its scenes went to validation and test, or the selection dropped them; add scenes or loosen "
                "'select'"
            )
        return train(
            self.model,
            self.train,
            sources,
            Path(self.run_dir),
            launch,
            {"content": self.content, "splits": self.splits},
            {"version": version.name},
        )


def start_training(
    job: TrainingJob, workers: int, address: str | None, should_stop: Callable[[], bool], use_gpu: bool = False
) -> TrainResult:
    """Runs `job` here (`workers` 0) or on that many Ray Train workers; returns rank 0's result.

    Raises ConfigError, before any worker starts, where a caption is too long for the model.
    """
    version = Store.open(job.store_address, create=False).version(job.version)
    check_captions(version.reader("all").rows, job.model.instruction_bytes)
    if workers == 0:
        return job.run(LocalLaunch(should_stop))
    return _on_ray(job, workers, address, use_gpu)


def _on_ray(job: TrainingJob, workers: int, address: str | None, use_gpu: bool) -> TrainResult:
    import ray.train
    from ray.train import FailureConfig, RunConfig, ScalingConfig
    from ray.train.torch import TorchConfig, TorchTrainer

    with ray_session(address, workers) as resources:
        if resources.get("CPU", 0) < workers:
            raise ConfigError(
                f"engine.train_workers is {workers}, this Ray has {resources.get('CPU', 0):g} CPUs; ask for fewer"
            )
        trainer = TorchTrainer(
            _train_function,
            train_loop_config={"job": job},
            scaling_config=ScalingConfig(num_workers=workers, use_gpu=use_gpu),
            torch_config=TorchConfig(backend="nccl" if use_gpu else "gloo"),
            run_config=RunConfig(
                name="ray_train",
                storage_path=str(Path(job.run_dir).resolve()),
                failure_config=FailureConfig(max_failures=MAX_RESTARTS),
            ),
        )
        try:
            trainer.fit()
        except ray.train.TrainingFailedError as error:
            last = [line for line in str(error).splitlines() if line.strip()][-1]
            raise RunFailed(f"training failed on Ray after {MAX_RESTARTS} restarts: {last}") from error
    facts = json.loads((Path(job.run_dir) / "train.json").read_text())
    return TrainResult(finished=True, step=job.train.steps, run_dir=Path(job.run_dir), facts=facts)


def _train_function(config: dict[Any, Any]) -> None:
    """What each Ray Train worker runs; its result is train.json."""
    config["job"].run(RayLaunch())


class RayLaunch:
    """A Launch inside a Ray Train worker: the process group is there already."""

    def __init__(self) -> None:
        import ray.train
        import ray.train.torch

        context = ray.train.get_context()
        self.rank, self.world_size = context.get_world_rank(), context.get_world_size()
        self.device = ray.train.torch.get_device()

    def report(self, metrics: Mapping[str, Any], checkpoint_dir: Path | None) -> None:
        """Tells Ray Train that the group is alive; the checkpoint stays where the trainer committed it."""
        import ray.train

        ray.train.report(dict(metrics))

    def should_stop(self) -> bool:
        return False
