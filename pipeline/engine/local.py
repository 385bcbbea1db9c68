"""The stages in this process, without Ray: for debugging and small jobs. Same units, same bytes."""

from collections.abc import Iterator, Sequence

from video4spatial.pipeline.core.stage import UnitStage
from video4spatial.pipeline.core.unit import Unit
from video4spatial.pipeline.engine.unit_runner import Outcome, UnitRunner


def run_here(stage: UnitStage, units: Sequence[Unit], store_address: str, attempts: int) -> Iterator[Outcome]:
    """Outcomes in the order of `units`, one at a time."""
    runner = UnitRunner(stage, store_address, attempts)
    try:
        for unit in units:
            yield runner(unit)
    finally:
        runner.close()
