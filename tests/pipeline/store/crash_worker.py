"""Run by test_crash.py as a process of its own: does the whole job and kills itself (SIGKILL) at a given step.

`python -m tests.pipeline.store.crash_worker STORE WHICH`: the steps are the calls that make something visible or
durable (`os.write`, `os.fsync`, `os.link`), before and after each, counted from 0. WHICH -1 never kills. Prints the
content and how many steps there were.
"""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from tests.pipeline.store.make import make_products, make_unit
from video4spatial.pipeline.store.selection import Selection
from video4spatial.pipeline.store.store import Store

UNITS = [make_unit(number) for number in range(2)]


def main(folder: str, which: int) -> None:
    steps = 0

    def killing(call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*arguments: Any) -> Any:
            nonlocal steps
            for act in (None, call):
                result = act(*arguments) if act else None
                if steps == which:
                    os.kill(os.getpid(), signal.SIGKILL)
                steps += 1
            return result

        return wrapped

    store = Store.open(folder)
    for name in ("write", "fsync", "link"):
        setattr(os, name, killing(getattr(os, name)))
    for unit in UNITS:
        store.write_unit(unit, make_products(unit, 1, variants=False), {})
    version = store.publish("demo", UNITS, Selection(), "recipe", {}).version
    sys.stdout.write(f"{version.content} {steps}")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
