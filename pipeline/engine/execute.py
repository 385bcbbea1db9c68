"""Units through Ray Data: one callable class, a pool of actors between bounds, rows that are units.

units ─▶ ray.data.from_items ─▶ map_batches(RunUnits) ─▶ outcomes as they come
"""

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from video4spatial.pipeline.core.errors import RunFailed
from video4spatial.pipeline.core.stage import UnitStage
from video4spatial.pipeline.core.unit import Unit
from video4spatial.pipeline.engine.config import EngineConfig
from video4spatial.pipeline.engine.plan import pool_bounds
from video4spatial.pipeline.engine.unit_row import unit_from_text, unit_to_text
from video4spatial.pipeline.engine.unit_runner import Outcome, UnitRunner


class RunUnits:
    """The actor: a dozen lines around UnitRunner. Every row returns a value."""

    def __init__(self, stage: UnitStage, store_address: str, attempts: int, counter: Any) -> None:
        self._runner = UnitRunner(stage, store_address, attempts)
        self._attempts, self._counter = attempts, counter

    def __call__(self, batch: dict[str, np.ndarray]) -> dict[str, list[str]]:
        import ray

        outcomes = []
        for text in batch["unit"]:
            unit = unit_from_text(str(text))
            begun = ray.get(self._counter.begin.remote(unit.unit_id))
            outcome = self._runner(unit) if begun <= self._attempts else self._runner.give_up(unit, begun - 1)
            outcomes.append(json.dumps(asdict(outcome)))
        return {"outcome": outcomes}


class AttemptCounter:
    """How often each unit was begun: a unit that kills its whole actor is not fed to actors for ever."""

    def __init__(self) -> None:
        self._begun: dict[str, int] = {}

    def begin(self, unit_id: str) -> int:
        """Counts one more beginning and returns the count."""
        self._begun[unit_id] = self._begun.get(unit_id, 0) + 1
        return self._begun[unit_id]


def run_on_ray(
    stage: UnitStage,
    units: Sequence[Unit],
    store_address: str,
    config: EngineConfig,
    resources: Mapping[str, float],
) -> Iterator[Outcome]:
    """Outcomes in the order they come. Needs an open `ray_session`; raises RunFailed when a worker has a bug."""
    import ray
    import ray.data
    from ray.exceptions import RayError

    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    context.issue_detectors_config.detectors = []  # its advice is about stages that hold data in Ray; ours hold none
    logging.getLogger("ray.data").setLevel(logging.CRITICAL)  # what it would log is raised below, in one line
    least, most = pool_bounds(stage.needs, resources, len(units), config)
    counter = ray.remote(AttemptCounter).options(num_cpus=0).remote()
    rows = ray.data.from_items([{"unit": unit_to_text(unit)} for unit in units], override_num_blocks=len(units))
    outcomes = rows.map_batches(
        RunUnits,
        fn_constructor_args=(stage, store_address, config.attempts, counter),
        compute=ray.data.ActorPoolStrategy(
            min_size=least, max_size=most, initial_size=most, max_tasks_in_flight_per_actor=2
        ),
        batch_size=None,
        num_cpus=stage.needs.cpus,
        num_gpus=stage.needs.gpus or None,
        memory=stage.needs.memory_gib * 2**30,
    )
    try:
        for row in outcomes.iter_rows():
            yield Outcome(**json.loads(row["outcome"]))
    except RayError as error:
        raise RunFailed(f"a worker failed in a way that is a bug, please report it: {_last_line(error)}") from error


def _last_line(error: BaseException) -> str:
    lines = [line for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
