"""Gets the units of one stage done, wherever, and watches the budget of failures.

plan ─▶ ledger (what is to do) ─▶ [Executor.run] ─▶ Ray Data or this process ─▶ outcomes ─▶ progress, budget
"""

from collections import Counter as Tally
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import TracebackType

from video4spatial.pipeline.core.errors import RunFailed, StorageError
from video4spatial.pipeline.core.stage import UnitStage
from video4spatial.pipeline.core.unit import Unit
from video4spatial.pipeline.engine.config import EngineConfig
from video4spatial.pipeline.engine.ledger import Ledger, read_ledger
from video4spatial.pipeline.engine.local import run_here
from video4spatial.pipeline.engine.plan import local_workers
from video4spatial.pipeline.engine.progress import Reporter
from video4spatial.pipeline.engine.unit_runner import Outcome
from video4spatial.pipeline.store.store import Store

_NAMED = 20
"""Units that failed earlier are told by name up to this many."""


@dataclass(frozen=True, kw_only=True)
class StageResult:
    """What became of a stage's units in this run."""

    done: int = 0
    """Finished now, broken inputs included."""
    reused: int = 0
    """Found finished."""
    failures: Mapping[str, str] = field(default_factory=dict)
    """source uri -> reason, of the units that failed now or earlier."""


class Executor:
    """Runs stages; opens Ray when the first unit needs it and closes it at the end of the block."""

    def __init__(self, config: EngineConfig, reporter: Reporter, *, local: bool, address: str | None) -> None:
        self._config, self._reporter = config, reporter
        self._local, self._address = local, address
        self._session = ExitStack()
        self._resources: Mapping[str, float] | None = None

    def __enter__(self) -> "Executor":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.close()

    def run(self, name: str, stage: UnitStage, units: Sequence[Unit], store: Store, retry_failed: bool) -> StageResult:
        """Works off what `units` still need. Raises StorageError or RunFailed; what finished before stays finished."""
        ledger = read_ledger(store, units, retry_failed)
        again = {unit.unit_id for unit in ledger.again}
        failures = {
            unit_id: (last.source_uri, last.reason)
            for unit_id, last in ledger.last_time.items()
            if unit_id not in again
        }
        self._tell_last_time(name, ledger, retry_failed)
        self._check_budget(name, failures, len(units))
        if not ledger.to_do:
            bad = f", {len(failures)} of them failed" if failures else ""
            self._reporter.say(f"{name}: all {len(ledger.done) + len(ledger.failed)} units are done already{bad}")
            return StageResult(reused=len(ledger.done), failures=dict(failures.values()))
        self._reporter.say(f"{name}: {len(ledger.to_do)} units to do, {len(ledger.done)} done already")
        done = sequences = 0
        with self._reporter.counting(name, len(ledger.to_do), "units") as counter:
            for outcome in self._outcomes(stage, ledger.to_do, str(store.root)):
                if outcome.status == "store_broken":
                    raise StorageError(outcome.detail)
                done, sequences = done + 1, sequences + outcome.sequences
                if outcome.status != "done":
                    failures[outcome.unit_id] = (outcome.source_uri, outcome.reason)
                    self._reporter.say(f"{name}: {outcome.source_uri}: {outcome.reason} ({outcome.detail})")
                counter.advance(unit=outcome.unit_id[:12], source=outcome.source_uri, sequences=sequences)
                self._check_budget(name, failures, len(units))
        if again:
            still = sum(unit_id in failures for unit_id in again)
            self._reporter.say(
                f"{name}: of {len(again)} tried again {len(again) - still} are good now, {still} failed again"
            )
        return StageResult(done=done, reused=len(ledger.done), failures=dict(failures.values()))

    def _tell_last_time(self, name: str, ledger: Ledger, retry_failed: bool) -> None:
        """What failed in earlier runs and why: the first few by name, the sum by reason."""
        if not ledger.last_time:
            if retry_failed:
                self._reporter.say(f"{name}: nothing failed last time, there is nothing to try again")
            return
        tally = Tally(last.reason for last in ledger.last_time.values())
        reasons = ", ".join(f"{count} {reason}" for reason, count in tally.most_common())
        what = "trying them again" if retry_failed else "--retry-failed tries them again"
        self._reporter.say(f"{name}: {len(ledger.last_time)} units failed last time ({reasons}); {what}")
        for last in list(ledger.last_time.values())[:_NAMED]:
            tries = f"{last.attempts} attempts, " if last.attempts > 1 else ""
            self._reporter.say(f"{name}:   {last.source_uri}: {last.reason} ({tries}{last.detail})")
        if len(ledger.last_time) > _NAMED:
            self._reporter.say(f"{name}:   and {len(ledger.last_time) - _NAMED} more")

    def _outcomes(self, stage: UnitStage, units: Sequence[Unit], store_address: str) -> Iterator[Outcome]:
        if self._local:
            return run_here(stage, units, store_address, self._config.attempts)
        # Ray takes seconds to import and to start: only when there is something to do
        from video4spatial.pipeline.engine.cluster import ray_session
        from video4spatial.pipeline.engine.execute import run_on_ray

        if self._resources is None:
            self._resources = self._session.enter_context(ray_session(self._address, local_workers(self._config)))
        return run_on_ray(stage, units, store_address, self._config, self._resources)

    def _check_budget(self, name: str, failures: Mapping[str, tuple[str, str]], units: int) -> None:
        if len(failures) > self._config.max_failed_fraction * units:
            tally = Tally(reason for _, reason in failures.values())
            reasons = ", ".join(f"{count} {reason}" for reason, count in tally.most_common(3))
            raise RunFailed(
                f"{name}: {len(failures)} of {units} units failed ({reasons}), more than engine.max_failed_fraction "
                f"{self._config.max_failed_fraction:g} allows; look at the reasons, or raise it"
            )
