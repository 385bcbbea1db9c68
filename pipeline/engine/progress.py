"""Progress: one live line in a terminal, plain lines elsewhere, JSON lines for machines.

What it is told is also appended to `progress.jsonl` of the run, whatever is shown.
"""

import json
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, TextIO

from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

Mode = Literal["auto", "terminal", "plain", "json"]

PLAIN_EVERY_S = 5.0
"""Without a terminal, a step says where it stands at most this often: a log should stay readable."""


class Counter:
    """One step while it runs: how much is done of how much."""

    def __init__(self, reporter: "Reporter", step: str, total: int, noun: str) -> None:
        self._reporter, self._step, self._noun = reporter, step, noun
        self.total, self.done = total, 0
        self._started = self._told = time.monotonic()
        self._bar = reporter.start_bar(f"{step:9s}", total)

    def advance(self, count: int = 1, **facts: Any) -> None:
        """`count` more are done; `facts` go to the JSON lines and, as `key value`, to the line of the terminal."""
        self.done += count
        now = time.monotonic()
        elapsed = max(now - self._started, 1e-6)
        rate = self.done / elapsed
        left_s = (self.total - self.done) / rate if rate > 0 else float("inf")
        self._reporter.record(
            "progress", step=self._step, done=self.done, total=self.total, rate_per_s=round(rate, 3), **facts
        )
        said = ", ".join(f"{key} {_short(value)}" for key, value in facts.items() if key not in ("unit", "source"))
        if self._bar is not None:
            self._reporter.move_bar(self._bar, self.done, f"{rate:.2g} {self._noun}/s  {said}")
        elif now - self._told > PLAIN_EVERY_S or self.done == self.total:
            self._told = now
            self._reporter.say(
                f"{self._step}: {self.done} of {self.total} {self._noun}, {rate:.2g}/s, "
                f"{_duration(left_s)} left{'; ' + said if said else ''}"
            )

    def close(self) -> None:
        """Takes the live line away."""
        if self._bar is not None:
            self._reporter.stop_bar(self._bar)


class Reporter:
    """Where a run says what it does."""

    def __init__(self, mode: Mode = "auto", journal: Path | None = None, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._mode = mode if mode != "auto" else ("terminal" if self._stream.isatty() else "plain")
        self._journal = journal
        self._live: Progress | None = None

    def say(self, text: str) -> None:
        """One line for people (in JSON mode: one line for machines)."""
        if self._mode == "json":
            self._write(json.dumps({"event": "message", "text": text}))
        elif self._live is not None:
            self._live.console.print(text, highlight=False, markup=False, soft_wrap=True)
        else:
            self._write(text)
        self._append({"event": "message", "text": text})

    def record(self, event: str, **facts: Any) -> None:
        """One line for machines only."""
        line = {"event": event, **facts}
        if self._mode == "json":
            self._write(json.dumps(line))
        self._append(line)

    @contextmanager
    def counting(self, step: str, total: int, noun: str) -> Iterator[Counter]:
        """A counter that is closed at the end of the block, whatever happens."""
        counter = Counter(self, step, total, noun)
        try:
            yield counter
        finally:
            counter.close()

    def start_bar(self, label: str, total: int) -> int | None:
        """A live line; None outside a terminal."""
        if self._mode != "terminal":
            return None
        self._live = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed:.0f}/{task.total:.0f}"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[said]}"),
            transient=True,
        )
        self._live.start()
        return self._live.add_task(label, total=total, said="")

    def move_bar(self, bar: int, done: int, said: str) -> None:
        """Moves a live line."""
        assert self._live is not None
        self._live.update(self._live.task_ids[0], completed=done, said=said)

    def stop_bar(self, bar: int) -> None:
        """Ends a live line."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _write(self, text: str) -> None:
        self._stream.write(text + "\n")
        self._stream.flush()

    def _append(self, line: Mapping[str, Any]) -> None:
        if self._journal is not None:
            with self._journal.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"time": round(time.time(), 3), **line}) + "\n")


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _duration(seconds: float) -> str:
    if seconds == float("inf"):
        return "unknown time"
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
