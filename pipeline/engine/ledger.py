"""Ledger: which units of a plan are done, failed or still to do, read from the store's receipts and failures."""

from collections.abc import Sequence
from dataclasses import dataclass

from video4spatial.pipeline.core.unit import Unit
from video4spatial.pipeline.store.store import Store


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """The state of a plan at one moment."""

    done: tuple[Unit, ...]
    """A receipt exists; also of units whose input is broken for good."""
    broken: tuple[Unit, ...]
    """Those of `done` whose input is broken for good."""
    failed: tuple[Unit, ...]
    """Lost again and again: recorded as failure, no receipt."""
    to_do: tuple[Unit, ...]


def read_ledger(store: Store, units: Sequence[Unit], retry_failed: bool = False) -> Ledger:
    """Sorts `units` by what the store knows of them; `retry_failed` moves the failed ones back to `to_do`."""
    failures = {} if retry_failed else store.failures()
    done, broken, failed, to_do = [], [], [], []
    for unit in units:
        receipt = store.receipt(unit.unit_id)
        if receipt is not None:
            done.append(unit)
            if receipt.failed:
                broken.append(unit)
        elif unit.unit_id in failures:
            failed.append(unit)
        else:
            to_do.append(unit)
    return Ledger(done=tuple(done), broken=tuple(broken), failed=tuple(failed), to_do=tuple(to_do))
