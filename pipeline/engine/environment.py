"""What code and which libraries a run used: recorded in manifests and reports, part of no id."""

import importlib.metadata
import os
import platform
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import video4spatial

_LIBRARIES = (
    "numpy",
    "torch",
    "diffusers",
    "transformers",
    "ray",
    "pyarrow",
    "webdataset",
    "av",
    "decord",
    "scenedetect-headless",
    "warp-lang",
    "trimesh",
)


def code_facts() -> Mapping[str, Any]:
    """{"code": package and git commit, "environment": versions}: no path, no host, no credential."""
    return {"code": {"package": video4spatial.__version__, **_git()}, "environment": environment()}


def environment() -> dict[str, str]:
    """Versions of the libraries that shape data or models, of Python and of the CPU."""
    versions = {name: _version(name) for name in _LIBRARIES}
    return {"python": platform.python_version(), "cpu": _cpu(), "cores": str(len(os.sched_getaffinity(0))), **versions}


def _version(library: str) -> str:
    try:
        return importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _git() -> dict[str, Any]:
    """Commit and whether files were changed; empty outside a checkout."""
    folder = Path(video4spatial.__file__).resolve().parent.parent
    if not (folder / ".git").exists():
        return {}
    command = ["git", "-C", str(folder)]
    try:
        commit = subprocess.run([*command, "rev-parse", "HEAD"], capture_output=True, text=True, check=True, timeout=10)
        status = subprocess.run(
            [*command, "status", "--porcelain"], capture_output=True, text=True, check=True, timeout=10
        )
    except (OSError, subprocess.SubprocessError):
        return {}
    return {"git": commit.stdout.strip(), "dirty": bool(status.stdout.strip())}


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else ():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()
