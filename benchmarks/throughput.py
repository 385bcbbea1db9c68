"""Frames per second of one process and of two side by side.

candidates.py in two processes ─▶ [rates] ─▶ a table of render.py

Each process makes its own scene and renderers. In a round one of them works alone, in turn, then both begin at the same
word and what they do is added up. What other programs took of the machine meanwhile stands beside it: rates by the
wall clock are worth what was free.
"""

import multiprocessing
import os
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from candidates import EMBEDDED, SIDECAR, Candidate, candidates
from scenes import lit_and_unlit, load, views

from video4spatial.pipeline.core.errors import V4SError
from video4spatial.sim_scenes.scene import Scene

FRAMES, PEER_FRAMES = 8, 2
"""Views that a process goes round in."""
CASES = (("unlit", 256), ("unlit", 512), ("two lights", 256), ("two lights", 512))
Case = tuple[str, int]
ENDS_IN_S = 20.0
"""So long a process may take to end its renderers."""


@dataclass(frozen=True)
class Run:
    """What one or two processes did at a time."""

    fps: float
    """Added up."""
    cpu_s: float
    """Per frame, the mean of the processes."""
    others: float
    """Cores that other programs took meanwhile."""


@dataclass(frozen=True)
class Told:
    """What one process says of its run."""

    frames: int
    cpu_s: float
    wall_s: float


def rates(triangles: dict[str, int], seconds: float, rounds: int, missing: list[str]) -> list[str]:
    """Markdown lines for these scenes; each run lasts about `seconds`. What cannot be run is added to `missing`."""
    lines = [
        "Frames per second by the wall clock: one process / two side by side, added up (two / one; the same by cpu "
        f"time). Medians of {rounds} rounds of {seconds:g} s in which one and two take turns. `others`: how many of "
        f"the {os.cpu_count()} cores other programs took meanwhile, median and most; above 0.1 the wall clock shows "
        "what they left, and the ratio by cpu time is what to read.",
        "",
        "| scene | renderer | " + " | ".join(f"{light} {size} px" for light, size in CASES) + " | others |",
        "|---|---|" + "---|" * (len(CASES) + 1),
    ]
    for name, count in triangles.items():
        for renderer in dict.fromkeys(which for which, _ in candidates({"unlit": Scene("", ())}, count)):
            if renderer != SIDECAR:
                try:
                    lines.append(_row(name, renderer, count, seconds, rounds))
                except V4SError as error:
                    missing.append(f"two processes of {renderer} on {name} ({error})")
                    continue
                print(lines[-1], flush=True)
    return lines


def _row(name: str, renderer: str, triangles: int, seconds: float, rounds: int) -> str:
    with _two_processes(name, renderer, triangles) as (ends, lights):
        cells, others = [], []
        for case in CASES:
            if case[0] not in lights:
                cells.append("not run")
                continue
            alone, both = [], []
            for number in range(rounds):
                alone.append(_run([ends[number % 2]], case, seconds))
                both.append(_run(ends, case, seconds))
            cells.append(_cell(alone, both))
            others += [run.others for run in alone + both]
    return f"| {name} | {renderer} | {' | '.join(cells)} | {statistics.median(others):.2f}, {max(others):.2f} |"


def _cell(alone: list[Run], both: list[Run]) -> str:
    one, two = (statistics.median(run.fps for run in runs) for runs in (alone, both))
    by_wall = statistics.median(b.fps / a.fps for a, b in zip(alone, both, strict=True))
    by_cpu = statistics.median(2 * a.cpu_s / b.cpu_s for a, b in zip(alone, both, strict=True))
    return f"{one:.0f} / {two:.0f} ({by_wall:.2f}; {by_cpu:.2f})"


@contextmanager
def _two_processes(name: str, renderer: str, triangles: int) -> Iterator[tuple[list[Connection], set[str]]]:
    """Both ends, and the lights that the renderer shows. Raises V4SError where it cannot be made."""
    context = multiprocessing.get_context("spawn")
    pipes = [context.Pipe() for _ in range(2)]
    processes = [
        context.Process(target=_serve, args=(theirs, name, renderer, triangles), daemon=True) for _, theirs in pipes
    ]
    for process in processes:
        process.start()
    ends = [ours for ours, _ in pipes]
    try:
        answers = [end.recv() for end in ends]
        if isinstance(answers[0], str):
            raise V4SError(answers[0])
        yield ends, answers[0]
        for end in ends:
            end.send(None)
    finally:
        for process in processes:
            process.join(ENDS_IN_S)
            process.kill()
            process.join()


def _run(ends: list[Connection], case: Case, seconds: float) -> Run:
    busy_s, began_s = _busy_cpu_s(), time.perf_counter()
    for end in ends:
        end.send((case, seconds))
    told: list[Told] = [end.recv() for end in ends]
    wall_s = time.perf_counter() - began_s
    others = (_busy_cpu_s() - busy_s - sum(one.cpu_s for one in told)) / wall_s
    fps = sum(one.frames / one.wall_s for one in told)
    return Run(fps, statistics.fmean(one.cpu_s / one.frames for one in told), max(others, 0.0))


def _busy_cpu_s() -> float:
    """Of all cores and programs since the machine started; 0 where Linux does not tell."""
    path = Path("/proc/stat")
    if not path.is_file():
        return 0.0
    user, nice, system, _idle, _waiting, irq, soft, stolen = map(int, path.read_text().split()[1:9])
    return (user + nice + system + irq + soft + stolen) / os.sysconf("SC_CLK_TCK")


def _serve(end: Connection, name: str, renderer: str, triangles: int) -> None:
    os.environ["OMP_NUM_THREADS"] = "1"
    scene = load(name)
    count = FRAMES if renderer == EMBEDDED else PEER_FRAMES
    cameras = {size: views(name, scene, size, count) for _, size in CASES}
    makers = candidates(lit_and_unlit(scene, cameras[CASES[0][1]]), triangles)
    running: dict[str, Candidate] = {}
    try:
        for (which, light), make in makers.items():
            if which == renderer:
                running[light] = make()
                for seen in cameras.values():
                    running[light].run(seen)
        end.send(set(running))
        while (asked := end.recv()) is not None:
            (light, size), seconds = asked
            frames, cpu_s, began_s = 0, 0.0, time.perf_counter()
            while time.perf_counter() - began_s < seconds:
                cpu_s += running[light].run(cameras[size])[0]
                frames += len(cameras[size])
            end.send(Told(frames, cpu_s, time.perf_counter() - began_s))
    except V4SError as error:
        end.send(str(error))
    finally:
        for candidate in running.values():
            candidate.close()
