"""`v4s doctor`: what works on this machine, what does not, why, and what to do about it.

Every library is tried in a process of its own, so that one which crashes or hangs is a line and not the end.
"""

import argparse
import fcntl
import json
import os
import platform
import subprocess
import sys
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from video4spatial.pipeline.core.errors import V4SError

TRY_TIMEOUT_S = 180.0
OLDEST_PYTHON = (3, 11)

_EMBEDDED = """
import time
import numpy as np
from video4spatial.pipeline.core.camera import Cameras, pinhole
from video4spatial.sim_scenes.materials import plain
from video4spatial.sim_scenes.render.embedded import EmbeddedRenderer
from video4spatial.sim_scenes.scene import Body, Scene
from video4spatial.sim_scenes.shapes import panel
import warp
wall = panel((-9, -9, -3), (18, 0, 0), (0, 18, 0), plain("wall", (0.5, 0.5, 0.5)))
pose = np.diag([1.0, -1.0, -1.0, 1.0])[None]
cameras = Cameras(world_from_camera=pose, image_from_camera=pinhole(1, 64, 64, 90.0), width_px=64, height_px=64)
frames = EmbeddedRenderer(Scene("wall", (Body(4, "wall", "wall", ("wall",), (wall,)),))).render(cameras)
assert np.allclose(frames.depth_m, 3.0, rtol=1e-4) and (frames.object_id == 4).all(), "a wall at 3 m is not at 3 m"
devices = ", ".join(str(device) for device in warp.get_devices())
print(f"rendered a wall at 3 m; warp {warp.__version__} has the devices {devices}")
"""

_VIDEO = """
from fractions import Fraction
import numpy as np
import av
from video4spatial.pipeline.store.video import decode_video, encode_h264
frames = np.full((4, 32, 32, 3), 128, np.uint8)
back = decode_video(encode_h264(frames, np.arange(4), Fraction(1, 8)))
assert back.shape == frames.shape and abs(back.astype(int) - 128).max() < 8, "a grey film came back in another grey"
print(f"PyAV {av.__version__} encoded and decoded H.264")
"""

_DECORD = "import decord; print(f'decord {decord.__version__}')"

_SQL = "import duckdb; print(f'DuckDB {duckdb.__version__}')"

_TORCH = "import torch; assert (torch.ones(2, 2) @ torch.ones(2, 2)).sum() == 8; print(f'torch {torch.__version__}')"

_CUDA = """
import sys
import torch
if not torch.cuda.is_available():
    built = torch.version.cuda
    sys.exit(f"torch is built for CUDA {built}, no device answers" if built else "this torch is built without CUDA")
assert (torch.ones(2, 2, device="cuda") @ torch.ones(2, 2, device="cuda")).sum().item() == 8
print(torch.cuda.get_device_name(0), "of", torch.cuda.device_count())
"""


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    name: str
    works: bool
    said: str
    remedy: str = ""
    """What to do when it does not work."""
    needed: bool = True
    """False: the rest works without it."""


def register(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the verb."""
    text = "what works on this machine, and what to do about the rest"
    parser = verbs.add_parser("doctor", help=text, description=__doc__)
    parser.add_argument("--store", metavar="DIR", type=Path, help="also: can a dataset store live in this folder?")
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Exit 0 when everything needed works, with or without Habitat, a GPU and decord; else 1."""
    checks: list[Callable[[], Finding]] = [python, embedded, video, torch, cuda, decord, sql, habitat]
    if options.store:
        checks.append(lambda: store(options.store))
    findings = []
    for check in checks:
        findings.append(check())
        if not options.json:
            print(line_of(findings[-1]), flush=True)
    broken = [finding.name for finding in findings if finding.needed and not finding.works]
    if options.json:
        print(json.dumps({"works": not broken, "findings": [asdict(finding) for finding in findings]}))
    elif broken:
        print(f"needed and not working: {', '.join(broken)}")
    else:
        print("everything needed works")
    return 1 if broken else 0


def line_of(finding: Finding) -> str:
    """`ok`, `no` (the rest works without it) or `BAD`, the name, what was found and what to do."""
    mark = "ok" if finding.works else "BAD" if finding.needed else "no"
    what = finding.said if finding.works or not finding.remedy else f"{finding.said}; {finding.remedy}"
    return f"{mark:4s} {finding.name:10s} {what}"


def python() -> Finding:
    """The interpreter."""
    wanted = ".".join(map(str, OLDEST_PYTHON))
    return Finding(
        "python",
        sys.version_info[:2] >= OLDEST_PYTHON,
        f"{platform.python_version()}, {len(os.sched_getaffinity(0))} cores",
        f"install Python {wanted} or newer and run make PYTHON=/path/to/python{wanted} install",
    )


def embedded() -> Finding:
    """The renderer that comes with the package."""
    return tried("embedded", _EMBEDDED, "run make install; set WARP_CACHE_PATH if the home folder cannot be written")


def video() -> Finding:
    """The codec of the store and the decoder of every kind of film."""
    return tried("video", _VIDEO, "run make install: PyAV brings its own FFmpeg")


def torch() -> Finding:
    """What training and evaluation need."""
    return tried("torch", _TORCH, "run make install: torch is pinned in constraints.txt")


def cuda() -> Finding:
    """A GPU for training."""
    remedy = "training runs on the CPU; for a GPU install the torch build of its CUDA version and an NVIDIA driver"
    return tried("cuda", _CUDA, remedy, needed=False)


def decord() -> Finding:
    """The faster decoder of plain films."""
    return tried("decord", _DECORD, "films are decoded by PyAV instead", needed=False)


def sql() -> Finding:
    """SQL over the tables of versions."""
    return tried(
        "sql", _SQL, "`v4s datasets derive` and `query` need it: pip install 'video4spatial[sql]'", needed=False
    )


def habitat() -> Finding:
    """Real habitat-sim in its own Python, proven by a rendered picture."""
    # warp takes a second to import, which the other checks do in processes of their own
    from video4spatial.sim_scenes.render.choose import choose_renderer

    try:
        choice = choose_renderer("auto")
    except V4SError as error:
        return Finding("habitat", False, str(error), needed=False)
    return Finding("habitat", choice.name == "habitat", choice.why, "scenes are rendered by embedded instead", False)


def store(folder: Path) -> Finding:
    """Hard links and create-only names where a store is to be: it commits by them. Leaves nothing behind."""
    place = next(parent for parent in (folder.absolute(), *folder.absolute().parents) if parent.exists())
    where = str(folder) if place == folder.absolute() else f"{place} (where {folder} would be made)"
    first, second = (place / f".v4s-doctor-{uuid.uuid4().hex}" for _ in range(2))
    remedy = "a store needs a local disk that this user can write to"
    try:
        first.write_bytes(b"one")
        os.link(first, second)
        try:
            os.link(first, second)
        except FileExistsError:
            return Finding("store", True, f"{where} makes hard links and keeps names create-only{_locks(first)}")
        return Finding("store", False, f"{where} lets one name be created twice", remedy)
    except OSError as error:
        return Finding("store", False, f"{where}: {error.strerror}", remedy)
    finally:
        for path in (first, second):
            path.unlink(missing_ok=True)


def _locks(path: Path) -> str:
    """What is to be said of a file system that does not lock `path`; empty where it does."""
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            return f", but no locks ({error.strerror}): `v4s datasets gc` and `rm` will refuse there"
    return ""


def tried(name: str, code: str, remedy: str, needed: bool = True) -> Finding:
    """Runs `code` in a Python of its own: it works when it leaves with 0, and its last line is what is told."""
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    try:
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            timeout=TRY_TIMEOUT_S,
            env=environment,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        return Finding(name, False, f"did not answer within {TRY_TIMEOUT_S:g} s", remedy, needed)
    lines = (done.stdout if done.returncode == 0 else done.stderr).strip().splitlines()
    if done.returncode < 0:
        return Finding(name, False, f"its process was killed by signal {-done.returncode}", remedy, needed)
    said = lines[-1] if lines else f"left with status {done.returncode} and said nothing"
    return Finding(name, done.returncode == 0, said, remedy, needed)
