"""Frames per second of one process and of two at once, by the wall clock.

candidates.py in two processes ─▶ [rates] ─▶ a table of render.py

Each process makes its own scene and renderers; both begin a run at the same word, and what they do in it is added up.
"""

import multiprocessing
import os
from multiprocessing.connection import Connection

from candidates import BARE, EMBEDDED, SIDECAR, candidates
from scenes import lit_and_unlit, load, views

FRAMES, PEER_FRAMES = 8, 2
"""Views that a process goes round in."""
CASES = (("unlit", 256), ("unlit", 512), ("two lights", 256), ("two lights", 512))


def rates(triangles: dict[str, int], seconds: float) -> list[str]:
    """Markdown lines for these scenes; each run lasts about `seconds`."""
    lines = [
        "",
        "Frames per second by the wall clock, one process / two at once added up (and their cpu-ms per frame):",
    ]
    lines += ["", "| scene | renderer | " + " | ".join(f"{light} {size} px" for light, size in CASES) + " |"]
    lines += ["|---|---|" + "---|" * len(CASES)]
    for name, count in triangles.items():
        names = dict.fromkeys(renderer for renderer, _ in candidates({"unlit": load(name)}, count))
        for renderer in names:
            if renderer not in (BARE, SIDECAR):
                cells = _two_processes(name, renderer, count, seconds)
                lines.append(f"| {name} | {renderer} | " + " | ".join(cells) + " |")
                print(lines[-1], flush=True)
    return lines


def _two_processes(name: str, renderer: str, triangles: int, seconds: float) -> list[str]:
    context = multiprocessing.get_context("spawn")
    pipes = [context.Pipe() for _ in range(2)]
    processes = [
        context.Process(target=_serve, args=(theirs, name, renderer, triangles, seconds), daemon=True)
        for _, theirs in pipes
    ]
    for process in processes:
        process.start()
    ends = [ours for ours, _ in pipes]
    try:
        for end in ends:
            end.recv()  # its renderers stand
        cells = []
        for case in CASES:
            alone, both = _ask(ends[:1], case), _ask(ends, case)
            cells.append(f"{alone[0]:.0f} / {both[0]:.0f} ({alone[1]:.1f}, {both[1]:.1f})")
        return cells
    finally:
        for process in processes:
            process.kill()
            process.join()


def _ask(ends: list[Connection], case: tuple[str, int]) -> tuple[float, float]:
    """Frames per second of all, cpu-ms per frame of the mean."""
    for end in ends:
        end.send(case)
    answers = [end.recv() for end in ends]
    return sum(fps for fps, _ in answers), sum(cpu_ms for _, cpu_ms in answers) / len(answers)


def _serve(end: Connection, name: str, renderer: str, triangles: int, seconds: float) -> None:
    os.environ["OMP_NUM_THREADS"] = "1"
    scene = load(name)
    count = FRAMES if renderer == EMBEDDED else PEER_FRAMES
    cameras = {size: views(name, scene, size, count) for _, size in CASES}
    makers = candidates(lit_and_unlit(scene, cameras[CASES[0][1]]), triangles)
    running = {light: make() for (which, light), make in makers.items() if which == renderer}
    for light, size in CASES:
        running[light].run(cameras[size][:1])
    end.send("ready")
    while True:
        light, size = end.recv()
        frames, cpu_s, wall_s = 0, 0.0, 0.0
        while wall_s < seconds:
            cpu, wall = running[light].run(cameras[size])
            frames, cpu_s, wall_s = frames + len(cameras[size]), cpu_s + cpu, wall_s + wall
        end.send((frames / wall_s, 1e3 * cpu_s / frames))
