"""Training metrics as JSON lines, always, and as TensorBoard curves where it is installed.

trainer (rank 0) ─▶ [MetricsLog] ─▶ metrics.jsonl, tensorboard/

A resumed run drops the lines its checkpoint does not know of, so that its file reads like an undisturbed run's.
"""

import importlib.util
import json
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from video4spatial.pipeline.core.files import write_atomic

logger = logging.getLogger(__name__)


class MetricsLog:
    """Appends to `run_dir`/metrics.jsonl from `first_step` on; later lines of an earlier try are removed."""

    def __init__(self, run_dir: Path, first_step: int) -> None:
        self._path = run_dir / "metrics.jsonl"
        known = [line for line in read_metrics(self._path) if line["step"] <= first_step]
        write_atomic(self._path, b"".join(_line(entry) for entry in known))
        self._file = self._path.open("ab")
        self._board = _tensorboard(run_dir / "tensorboard", first_step)

    def write(self, entry: Mapping[str, Any]) -> None:
        """One line: `kind`, `step` and numbers (nested as wanted)."""
        self._file.write(_line(entry))
        self._file.flush()
        if self._board is not None:
            for name, value in _scalars(entry["kind"], entry):
                self._board.add_scalar(name, value, entry["step"])

    def close(self) -> None:
        self._file.close()
        if self._board is not None:
            self._board.close()


def read_metrics(path: Path) -> list[dict[str, Any]]:
    """The lines of a metrics file; a last line that was cut short by a crash is left out."""
    if not path.exists():
        return []
    lines = path.read_bytes().split(b"\n")
    return [json.loads(line) for line in lines[:-1] if line]


def _line(entry: Mapping[str, Any]) -> bytes:
    return json.dumps(entry).encode() + b"\n"


def _scalars(prefix: str, entry: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """(`train/loss`, value) pairs; a validation set's name becomes part of the path."""
    if "set" in entry:
        prefix = f"{prefix}/{entry['set']}"
    for name, value in entry.items():
        if isinstance(value, Mapping):
            yield from _scalars(f"{prefix}/{name}", value)
        elif isinstance(value, (int, float)) and name not in ("step", "n"):
            yield f"{prefix}/{name}", float(value)


def _tensorboard(folder: Path, first_step: int) -> Any:
    """A writer, or None with a word where TensorBoard is not installed."""
    if importlib.util.find_spec("tensorboard") is None:
        logger.info("TensorBoard is not installed; metrics go to metrics.jsonl only")
        return None
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(str(folder), purge_step=first_step + 1)
