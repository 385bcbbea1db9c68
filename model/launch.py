"""How a training process stands in its group: alone, under torchrun, or placed by someone else (Ray Train).

The trainer asks a Launch for its rank and device and tells it about checkpoints; it never knows who started it.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import torch
import torch.distributed as dist


class Launch(Protocol):
    """A rank among `world_size`; for more than one, the default process group is initialised."""

    rank: int
    world_size: int
    device: torch.device

    def report(self, metrics: Mapping[str, Any], checkpoint_dir: Path | None) -> None:
        """Called by every rank, equally often, after each committed checkpoint and once at the end."""

    def should_stop(self) -> bool:
        """True when the run should save and return. The ranks need not agree; the trainer makes them."""


class LocalLaunch:
    """Plain python, or one of the processes that torchrun started (RANK, WORLD_SIZE, LOCAL_RANK)."""

    def __init__(self, should_stop: Callable[[], bool] = lambda: False) -> None:
        self.rank = int(os.environ.get("RANK", "0"))
        self.world_size = int(os.environ.get("WORLD_SIZE", "1"))
        if torch.cuda.is_available():
            self.device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
        else:
            self.device = torch.device("cpu")
        self._should_stop = should_stop
        if self.world_size > 1 and not dist.is_initialized():
            dist.init_process_group("nccl" if self.device.type == "cuda" else "gloo")

    def report(self, metrics: Mapping[str, Any], checkpoint_dir: Path | None) -> None:
        """Nobody to tell: the metrics file and the run directory say it all."""

    def should_stop(self) -> bool:
        return self._should_stop()


def any_rank(launch: Launch, claim: bool) -> bool:
    """True on every rank when it is true on one."""
    if launch.world_size == 1:
        return claim
    flag = torch.tensor([float(claim)], device=launch.device)
    dist.all_reduce(flag, op=dist.ReduceOp.MAX)
    return bool(flag.item() > 0)


def mean_over_ranks(launch: Launch, value: float) -> float:
    """The mean of every rank's `value`, on every rank."""
    if launch.world_size == 1:
        return value
    total = torch.tensor([value], dtype=torch.float64, device=launch.device)
    dist.all_reduce(total)
    return float(total.item()) / launch.world_size


def barrier(launch: Launch) -> None:
    """Waits for all ranks."""
    if launch.world_size > 1:
        dist.barrier()
