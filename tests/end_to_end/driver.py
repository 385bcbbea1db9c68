"""Runs `v4s` as a person would: in a process of its own, so that tests can kill it."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

TINY = Path(__file__).with_name("tiny.yaml")


def v4s(*arguments: object) -> list[str]:
    """The command line of `v4s` with this Python."""
    return [sys.executable, "-m", "video4spatial.pipeline", *map(str, arguments)]


def run(*arguments: object, timeout_s: float = 300.0) -> "subprocess.CompletedProcess[str]":
    """Runs `v4s` to its end."""
    return subprocess.run(v4s(*arguments), capture_output=True, text=True, timeout=timeout_s, check=False)


def run_and_kill(seconds: float, *arguments: object) -> bool:
    """Runs `v4s` and kills it with SIGKILL after `seconds`; False when it had ended before."""
    process = subprocess.Popen(v4s(*arguments), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        process.wait(timeout=seconds)
        return False
    except subprocess.TimeoutExpired:
        os.kill(process.pid, 9)
        process.wait()
        return True


def published(out: Path) -> dict[str, str]:
    """What run.json says about the version: name and content."""
    return dict(json.loads((out / "run.json").read_text())["publish"])


def wait_until_quiet(out: Path, quiet_s: float = 2.0) -> None:
    """Waits until nobody writes below `out` any more (workers of a killed driver may take a moment to go)."""
    before, since = "", time.monotonic()
    while time.monotonic() - since < quiet_s:
        now = str(sorted((str(path), path.stat().st_size) for path in out.rglob("*") if path.is_file()))
        if now != before:
            before, since = now, time.monotonic()
        time.sleep(0.2)
