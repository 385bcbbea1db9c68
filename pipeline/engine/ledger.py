"""Ledger: which units of a plan are done, failed or still to do, read from the store's receipts and failures.

Two things are called failed. A unit whose worker was lost again and again has a failure record and no receipt; one
whose input is broken has a receipt with a failed row. Both are left alone until somebody asks to try them again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from video4spatial.pipeline.core.unit import Unit
from video4spatial.pipeline.store.store import Failure, Receipt, Store


@dataclass(frozen=True, kw_only=True)
class LastTime:
    """How a unit failed in an earlier run."""

    source_uri: str
    reason: str
    detail: str
    attempts: int


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """The state of a plan at one moment."""

    done: tuple[Unit, ...]
    """A receipt exists; also of units whose input is broken."""
    failed: tuple[Unit, ...]
    """Lost again and again: recorded as failure, no receipt."""
    to_do: tuple[Unit, ...]
    again: tuple[Unit, ...]
    """Those of `to_do` that failed earlier."""
    last_time: Mapping[str, LastTime] = field(default_factory=dict)
    """By unit id: every unit of the plan that failed, and was not made good since."""


def read_ledger(store: Store, units: Sequence[Unit], retry_failed: bool = False) -> Ledger:
    """Sorts `units` by what the store knows of them. `retry_failed` moves what failed to `to_do`; what was rejected,
    and what is finished, stays done."""
    failures = store.failures()
    done, failed, to_do, again = [], [], [], []
    last_time = {}
    for unit in units:
        receipt = store.receipt(unit.unit_id)
        found = _last_time(store, unit, receipt, failures.get(unit.unit_id))
        if found is not None:
            last_time[unit.unit_id] = found
        if found is not None and retry_failed:
            if receipt is not None:
                store.reopen_failed(receipt)
            to_do.append(unit)
            again.append(unit)
        elif receipt is not None:
            done.append(unit)
        elif found is not None:
            failed.append(unit)
        else:
            to_do.append(unit)
    return Ledger(
        done=tuple(done), failed=tuple(failed), to_do=tuple(to_do), again=tuple(again), last_time=last_time
    )  # fmt: skip


def _last_time(store: Store, unit: Unit, receipt: Receipt | None, failure: Failure | None) -> LastTime | None:
    if receipt is not None:
        if not receipt.is_broken:
            return None
        reason, detail = store.why_failed(receipt)
        return LastTime(source_uri=unit.source.uri, reason=reason, detail=detail, attempts=1)
    if failure is None:
        return None
    return LastTime(source_uri=unit.source.uri, reason=failure.reason, detail=failure.detail, attempts=failure.attempts)
