"""How many workers a stage gets; a plan that cannot run on the machine is refused before it starts."""

import math
import os
from collections.abc import Mapping

from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.pipeline.core.stage import Resources
from video4spatial.pipeline.engine.config import EngineConfig


def local_workers(config: EngineConfig) -> int:
    """Workers on this machine: as set, else one per core this process may use."""
    return config.workers or len(os.sched_getaffinity(0))


def pool_bounds(needs: Resources, resources: Mapping[str, float], units: int, config: EngineConfig) -> tuple[int, int]:
    """(least, most) workers of a stage on a Ray with `resources`. Raises ConfigError when not even one fits.

    One CPU share is left to Ray Data's executor: without it the pool waits for ever (seen on two cores).
    """
    cpus, gpus = resources.get("CPU", 0.0), resources.get("GPU", 0.0)
    memory_gib = resources.get("memory", math.inf) / 2**30
    if needs.gpus > gpus:
        raise ConfigError(
            f"a worker of this stage needs {needs.gpus:g} GPU, this Ray has {gpus:g}; use the CPU setting"
        )
    if needs.memory_gib > memory_gib:
        raise ConfigError(
            f"a worker of this stage needs {needs.memory_gib:g} GiB, this Ray has {memory_gib:.1f}; "
            "lower its memory_gib"
        )
    fitting = math.floor((cpus - 1.0) / needs.cpus)
    if fitting < 1:
        raise ConfigError(
            f"a worker of this stage needs {needs.cpus:g} CPU beside 1 for the executor, this Ray has {cpus:g}; "
            "add a CPU to Ray or run with --local"
        )
    by_memory = math.floor(memory_gib / needs.memory_gib) if needs.memory_gib > 0 and memory_gib < math.inf else fitting
    by_gpus = math.floor(gpus / needs.gpus) if needs.gpus > 0 else fitting
    most = max(1, min(fitting, by_memory, by_gpus, units, config.workers or fitting))
    return 1, most
