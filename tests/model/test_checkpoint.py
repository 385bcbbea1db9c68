"""Unseen, a half-written checkpoint would be taken for a whole one, or a whole one for another run's."""

import errno
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from video4spatial.model.checkpoint import load_checkpoint, newest_checkpoint, save_checkpoint
from video4spatial.pipeline.core.errors import ConfigError, StorageError

FACTS = {"settings": "abc", "data": {"content": "1"}}

SAVE_FOR_EVER = """
import sys, torch
from pathlib import Path
from video4spatial.model.checkpoint import save_checkpoint
print("ready", flush=True)
for step in range(1, 10**6):
    save_checkpoint(Path(sys.argv[1]), step, {"step": step, "weights": torch.full((500_000,), float(step))}, {}, 2)
"""


def save(folder: Path, step: int, keep: int = 9) -> Path:
    return save_checkpoint(folder, step, {"step": step, "tensor": torch.full((4,), float(step))}, FACTS, keep)


def test_the_newest_whole_checkpoint_wins(tmp_path: Path) -> None:
    assert newest_checkpoint(tmp_path) is None
    save(tmp_path, 2)
    newest = save(tmp_path, 10)
    cut = save(tmp_path, 11)
    (cut / "state.pt").write_bytes((cut / "state.pt").read_bytes()[:-1])
    save(tmp_path, 12).rename(tmp_path / "step_00000012.incomplete")
    uncommitted = save(tmp_path, 13)
    (uncommitted / "complete.json").unlink()
    assert newest_checkpoint(tmp_path) == newest
    assert load_checkpoint(newest, FACTS)["step"] == 10


def test_old_checkpoints_are_pruned_and_leftovers_removed(tmp_path: Path) -> None:
    (tmp_path / "step_00000001.incomplete").mkdir(parents=True)
    for step in (2, 4, 6, 8):
        save(tmp_path, step, keep=2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["step_00000006", "step_00000008"]


def test_a_checkpoint_of_other_settings_or_data_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "run" / "checkpoints", 2)
    with pytest.raises(ConfigError, match="holds a run with settings 'abc', this one has 'xyz'; give another output"):
        load_checkpoint(path, {**FACTS, "settings": "xyz"})
    with pytest.raises(ConfigError, match="data"):
        load_checkpoint(path, {**FACTS, "data": {"content": "2"}})


@pytest.mark.parametrize("moment_s", [0.02, 0.11])
def test_kill_9_while_saving_leaves_a_loadable_run(tmp_path: Path, moment_s: float) -> None:
    writer = subprocess.Popen([sys.executable, "-c", SAVE_FOR_EVER, str(tmp_path)], stdout=subprocess.PIPE)
    assert writer.stdout is not None
    with writer.stdout as output:
        assert output.readline() == b"ready\n"
        deadline = time.monotonic() + 60
        while newest_checkpoint(tmp_path) is None and time.monotonic() < deadline:
            time.sleep(0.002)
        time.sleep(moment_s)
        writer.kill()
        writer.wait()
    newest = newest_checkpoint(tmp_path)
    assert newest is not None
    state = load_checkpoint(newest, {})
    assert torch.equal(state["weights"], torch.full((500_000,), float(state["step"])))


FULL_DISK = """
import resource, sys, torch
from pathlib import Path
from video4spatial.model.checkpoint import newest_checkpoint, save_checkpoint
from video4spatial.pipeline.core.errors import StorageError
folder = Path(sys.argv[1])
kept = save_checkpoint(folder, 1, {"weights": torch.zeros(9)}, {}, 2)
unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, unlimited[1]))
try:
    save_checkpoint(folder, 2, {"weights": torch.zeros(1_000_000)}, {}, 2)
except StorageError as error:
    print(error)
assert newest_checkpoint(folder) == kept
resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
assert save_checkpoint(folder, 2, {"weights": torch.zeros(9)}, {}, 2) == newest_checkpoint(folder)
"""


def test_a_file_that_cannot_grow_is_one_line_and_costs_no_checkpoint(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1
    assert "cannot write" in done.stdout
    assert "run the same command again" in done.stdout


@pytest.mark.parametrize("where", ["mkdir", "save", "rename"])
def test_a_full_disk_while_saving_is_one_line(tmp_path: Path, where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    place = {"mkdir": (Path, "mkdir"), "save": (torch, "save"), "rename": (Path, "rename")}[where]
    monkeypatch.setattr(*place, full)
    with pytest.raises(StorageError, match=r"cannot write .*step_00000001 \(No space left.*free some space"):
        save(tmp_path, 1)
    monkeypatch.undo()
    assert newest_checkpoint(tmp_path) is None
    assert save(tmp_path, 1) == newest_checkpoint(tmp_path)
