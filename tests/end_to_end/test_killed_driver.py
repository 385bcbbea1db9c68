"""kill -9 of the driver at random moments, then the same command: the data is that of an undisturbed run.

If this breaks, a crash on a cluster costs days, or worse, changes the data without a word.
"""

import random
from pathlib import Path

import pytest

from tests.end_to_end.driver import TINY, published, run, run_and_kill, wait_until_quiet
from video4spatial.pipeline.store.store import Store

KILLS = 10


@pytest.mark.chaos
@pytest.mark.ray
@pytest.mark.parametrize("where", ["--local", "--ray"])
def test_a_driver_killed_at_ten_random_moments_gives_the_undisturbed_content(where: str, tmp_path: Path) -> None:
    flags = [where] if where == "--local" else []
    calm = tmp_path / "calm"
    result = run("run", TINY, "--out", calm, *flags)
    assert result.returncode == 0, result.stderr
    chance, out, killed = random.Random(20261122), tmp_path / "killed", 0
    while killed < KILLS:
        longest_s = 12.0 if where == "--local" else 25.0
        if not run_and_kill(chance.uniform(0.5, longest_s), "run", TINY, "--out", out, *flags):
            # it reached its end between two kills: start over, the moments are what counts
            out = tmp_path / f"killed-{killed}"
            continue
        killed += 1
    wait_until_quiet(out)
    result = run("run", TINY, "--out", out, *flags)
    assert result.returncode == 0, result.stderr
    assert published(out)["content"] == published(calm)["content"]
    store = Store.open(out / "store", create=False)
    assert store.verify(store.version(published(out)["version"])) == []


@pytest.mark.slow
def test_ctrl_c_stops_cleanly_and_says_how_to_go_on(tmp_path: Path) -> None:
    import signal
    import subprocess
    import time

    from tests.end_to_end.driver import v4s

    arguments = ("run", TINY, "--out", tmp_path / "out", "--local", "--set", "train.steps=4000")
    process = subprocess.Popen(v4s(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    metrics = tmp_path / "out" / "train"
    while process.poll() is None and not list(metrics.rglob("metrics.jsonl")):
        time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Go on with: " in err
    assert list(metrics.rglob("step_*/complete.json")), "the step it was at is saved"
