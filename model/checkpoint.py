"""Checkpoints that are whole or not there: written aside, synced, then committed by one rename.

step_000120.incomplete/state.pt ─▶ complete.json (sizes, settings, data) ─▶ rename to step_000120/ ─▶ prune

The newest committed one is found by reading the directory, so a new launcher needs no memory of an old one.
"""

import json
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from video4spatial.pipeline.core.errors import ConfigError, StorageError
from video4spatial.pipeline.core.files import write_error

_NAME = re.compile(r"step_(\d{8})")


def save_checkpoint(folder: Path, step: int, state: Mapping[str, Any], facts: Mapping[str, Any], keep: int) -> Path:
    """Commits `state` as `folder`/step_<step> and prunes older ones down to `keep`. Saving a step twice is safe.

    Raises StorageError with what to do where the disk is full, refuses or fails; what was committed before stays.
    """
    try:
        return _save(folder, step, state, facts, keep)
    except OSError as error:
        raise write_error(folder / f"step_{step:08d}", error) from error


def _save(folder: Path, step: int, state: Mapping[str, Any], facts: Mapping[str, Any], keep: int) -> Path:
    final = folder / f"step_{step:08d}"
    if _facts(final) is not None:
        return final
    for leftover in folder.glob("step_*.incomplete"):
        shutil.rmtree(leftover)
    partial = final.with_name(final.name + ".incomplete")
    partial.mkdir(parents=True)
    try:
        torch.save(dict(state), partial / "state.pt")
    except RuntimeError as error:  # what torch makes of a write that came back short
        raise StorageError(
            f"cannot write {partial / 'state.pt'} ({str(error).splitlines()[0]}); see that there is space for it and "
            "run the same command again; earlier checkpoints are kept"
        ) from error
    sizes = {"state.pt": (partial / "state.pt").stat().st_size}
    (partial / "complete.json").write_text(json.dumps({"step": step, "files": sizes, **facts}, sort_keys=True))
    for name in ("state.pt", "complete.json"):
        _sync(partial / name)
    _sync(partial)
    partial.rename(final)
    _sync(folder)
    _prune(folder, keep)
    return final


def newest_checkpoint(folder: Path) -> Path | None:
    """The committed checkpoint of the highest step, or None."""
    found = [path for path in sorted(folder.glob("step_*")) if _facts(path) is not None]
    return found[-1] if found else None


def load_checkpoint(path: Path, expected: Mapping[str, Any]) -> dict[str, Any]:
    """The state in `path`. Raises ConfigError when it was made with other facts (settings, data) than `expected`."""
    facts = _facts(path)
    if facts is None:
        raise StorageError(f"{path} is not a complete checkpoint; delete it and run again")
    for name, value in expected.items():
        if facts.get(name) != value:
            raise ConfigError(
                f"{path.parent.parent} holds a run with {name} {facts.get(name)!r}, this one has {value!r}; "
                "give another output folder, or delete that run"
            )
    return torch.load(path / "state.pt", map_location="cpu", weights_only=True)


def _facts(path: Path) -> dict[str, Any] | None:
    """What complete.json says, or None when the directory is not a committed checkpoint with all its bytes."""
    record = path / "complete.json"
    if _NAME.fullmatch(path.name) is None or not record.exists():
        return None
    facts = json.loads(record.read_text())
    whole = all((path / n).exists() and (path / n).stat().st_size == size for n, size in facts["files"].items())
    return facts if whole else None


def _prune(folder: Path, keep: int) -> None:
    committed = [path for path in sorted(folder.glob("step_*")) if _facts(path) is not None]
    for path in committed[:-keep]:
        # renamed first: a half-deleted directory must not look committed
        doomed = path.with_name(path.name + ".incomplete")
        path.rename(doomed)
        shutil.rmtree(doomed)


def _sync(path: Path) -> None:
    """Forces a file or directory to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
