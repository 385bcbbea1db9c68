"""Gets one unit done: worker ─▶ products ─▶ shard, rows, receipt. The same object runs in this process and in Ray.

What can go wrong has four names: the input is broken (a failed row, finished), its process was lost (tried again, then
recorded as failed), the store is broken (the run stops), and everything else is a bug and travels as it is.
"""

import platform
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import video4spatial
from video4spatial.pipeline.core.errors import SourceError, StorageError, WorkerLost
from video4spatial.pipeline.core.stage import UnitStage, UnitWorker
from video4spatial.pipeline.core.unit import Product, Unit
from video4spatial.pipeline.store.store import Store

Status = Literal["done", "failed", "lost", "store_broken"]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How one unit ended."""

    unit_id: str
    source_uri: str
    status: Status
    """done: receipt written; failed: the input is broken, receipt written; lost: recorded as failure, no receipt."""
    sequences: int
    """Sequences with bytes in the shard."""
    reason: str
    detail: str


class UnitRunner:
    """Holds one worker and one open store; builds a fresh worker after a lost one."""

    def __init__(self, stage: UnitStage, store_address: str, attempts: int) -> None:
        self._stage, self._attempts = stage, attempts
        self._address = store_address
        self._worker: UnitWorker | None = None

    def __call__(self, unit: Unit) -> Outcome:
        """Never raises for a broken input, a lost worker or a broken store: the outcome says it."""
        try:
            # not created: a worker whose node does not mount the store must not make one of its own
            status, sequences, reason, detail = self._run(unit, Store.open(self._address, create=False))
        except StorageError as error:
            status, sequences, reason, detail = "store_broken", 0, "store_broken", str(error)
        return Outcome(
            unit_id=unit.unit_id,
            source_uri=unit.source.uri,
            status=status,
            sequences=sequences,
            reason=reason,
            detail=detail,
        )

    def give_up(self, unit: Unit, attempts: int) -> Outcome:
        """Records a unit that took its whole process with it `attempts` times."""
        detail = f"{unit.source.uri} ended its worker process {attempts} times"
        try:
            Store.open(self._address, create=False).record_failure(unit, "crashed", detail, attempts)
        except StorageError as error:
            return Outcome(
                unit_id=unit.unit_id,
                source_uri=unit.source.uri,
                status="store_broken",
                sequences=0,
                reason="store_broken",
                detail=str(error),
            )
        return Outcome(
            unit_id=unit.unit_id,
            source_uri=unit.source.uri,
            status="lost",
            sequences=0,
            reason="crashed",
            detail=detail,
        )

    def close(self) -> None:
        """Frees the worker; safe to call twice."""
        if self._worker is not None:
            self._worker.close()
            self._worker = None

    def _run(self, unit: Unit, store: Store) -> tuple[Status, int, str, str]:
        lost: WorkerLost | None = None
        for _ in range(self._attempts):
            if self._worker is None:
                self._worker = self._stage.build()
            try:
                receipt = store.write_unit(unit, self._worker(unit), machine_facts())
                return "done", receipt.sequences, "", ""
            except WorkerLost as error:
                lost = error
                self.close()
            except SourceError as error:
                failed = Product(index=0, sequence=None, verdict="failed", reason=error.reason, detail=str(error))
                store.write_unit(unit, [failed], machine_facts())
                return "failed", 0, error.reason, str(error)
        assert lost is not None
        store.record_failure(unit, lost.reason, str(lost), self._attempts)
        return "lost", 0, lost.reason, str(lost)


def machine_facts() -> Mapping[str, Any]:
    """What the receipt says about where it was made; no part of any id."""
    return {"host": socket.gethostname(), "python": platform.python_version(), "package": video4spatial.__version__}
