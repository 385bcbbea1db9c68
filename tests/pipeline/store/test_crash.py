"""kill -9. Unseen: a receipt or version that a dead writer left half done, work that is lost, a result that differs."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.pipeline.store.crash_worker import UNITS
from tests.pipeline.store.make import files_of, make_products
from video4spatial.pipeline.store.selection import Selection
from video4spatial.pipeline.store.store import Store

ROOT = Path(__file__).resolve().parents[3]
KILLED = -signal.SIGKILL


def start(folder: Path, which: int = -1) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.pipeline.store.crash_worker", str(folder), str(which)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)


def ending(folder: Path, which: int = -1) -> int:
    """How that process ended."""
    with start(folder, which) as worker:
        worker.communicate(timeout=60)
        return worker.returncode


def lasting(folder: Path) -> dict[str, str]:
    """What readers see, without manifests (they hold the time) and what a dead writer left in tmp/."""
    return {path: digest for path, digest in files_of(folder).items() if not path.startswith(("tmp/", "datasets/"))}


def check_nothing_is_half_done(store: Store) -> None:
    """Whatever a reader can see after the kill is whole."""
    for unit in UNITS:
        receipt = store.receipt(unit.unit_id)
        assert receipt is None or (store.root / receipt.shard).stat().st_size == receipt.shard_nbytes
    for number in store.versions("demo"):
        assert store.verify(store.version(f"demo@{number}")) == []


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """The same job undisturbed, done in this process."""
    store = Store.open(tmp_path_factory.mktemp("calm"))
    for unit in UNITS:
        store.write_unit(unit, make_products(unit, 1, variants=False), {})
    store.publish("demo", UNITS, Selection(), "recipe", {})
    return store


def finish(store: Store) -> None:
    """The same job again, as the user's next command would do it."""
    for unit in UNITS:
        store.write_unit(unit, make_products(unit, 1, variants=False), {})
    store.publish("demo", UNITS, Selection(), "recipe", {})


@pytest.mark.parametrize("which", [1, 17, 30, 43, 60, 76, 82, 85, 90])
def test_killed_at_a_step_the_next_run_gives_what_an_undisturbed_one_gives(
    which: int, calm: Store, tmp_path: Path
) -> None:
    assert ending(tmp_path, which) == KILLED
    store = Store.open(tmp_path)
    check_nothing_is_half_done(store)
    finish(store)
    assert store.versions("demo") == [1]
    assert store.version("demo").content == calm.version("demo").content
    assert lasting(tmp_path) == lasting(calm.root)


@pytest.mark.chaos
def test_killed_at_every_step(calm: Store, tmp_path: Path) -> None:
    with start(tmp_path / "count") as worker:
        content, steps = worker.communicate(timeout=60)[0].split()
    assert content == calm.version("demo").content
    for which in range(int(steps)):
        folder = tmp_path / str(which)
        assert ending(folder, which) == KILLED
        check_nothing_is_half_done(Store.open(folder))
        finish(Store.open(folder))
        assert lasting(folder) == lasting(calm.root)
        assert Store.open(folder).versions("demo") == [1]


@pytest.mark.chaos
def test_three_writers_killed_at_random_moments_lose_nothing(calm: Store, tmp_path: Path) -> None:
    chance = random.Random(5)
    for _ in range(12):
        writers = [start(tmp_path) for _ in range(3)]
        time.sleep(chance.uniform(0.3, 1.6))
        for writer in writers:
            with writer:
                writer.kill()
                writer.communicate()
        store = Store.open(tmp_path)
        check_nothing_is_half_done(store)
    assert ending(tmp_path) == 0
    assert lasting(tmp_path) == lasting(calm.root)
    assert Store.open(tmp_path).versions("demo") == [1]
