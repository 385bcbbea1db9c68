"""Times the embedded renderer beside others: rgb, depth and ids of one view in one call.

scenes × sizes × lights × candidates ─▶ rounds ─▶ cpu-ms per frame ─┐
        throughput.py ─▶ frames per second of one process and of two ─┴▶ docs/benchmarks/render.md

    V4S_TEST_DATA=... python benchmarks/render.py --rounds 5 --write
    V4S_TEST_DATA=... python benchmarks/render.py --tables rates --write      # when the machine is free

The peers are optional (`pip install -r benchmarks/requirements.txt`; Habitat: HABITAT_PYTHON); one that is not there is
"not run", and so is a scene whose file is not there. Every round visits all candidates in turn, so a busy machine slows
all of them alike; the median over the rounds is reported.
"""

import argparse
import os
import platform
import shlex
import statistics
import subprocess
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from candidates import BARE, EMBEDDED, Candidate, candidates, not_installed
from scenes import SCENES, SceneMissingError, lit_and_unlit, load, views
from throughput import rates

from video4spatial.pipeline.core.errors import V4SError
from video4spatial.sim_scenes.scene import Scene, flatten

PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks" / "render.md"
MARKS = {
    "times": ("<!-- table: benchmarks/render.py -->", "<!-- end of table -->"),
    "rates": ("<!-- table: benchmarks/render.py, two processes -->", "<!-- end of table of two processes -->"),
}
"""Between which a table stands in the page."""
SIZES_PX = (256, 512)
LIGHTS = ("unlit", "two lights")

Case = tuple[str, str, int]
"""Renderer, light, size."""
Times = dict[Case, float]


def measure(name: str, scene: Scene, triangles: int, rounds: int, frames: int, missing: list[str]) -> Times:
    """Median cpu-ms per frame."""
    cameras = {size: views(name, scene, size, frames) for size in SIZES_PX}
    running: dict[tuple[str, str], Candidate] = {}
    times: dict[Case, list[float]] = {}
    try:
        for key, make in candidates(lit_and_unlit(scene, cameras[SIZES_PX[0]]), triangles).items():
            try:
                running[key] = make()
            except V4SError as error:
                missing.append(f"{key[0]} on {name} ({error})")
        for _ in range(rounds + 1):  # the first one warms caches and is dropped
            for (renderer, light), candidate in running.items():
                for size, seen in cameras.items():
                    few = seen if renderer == EMBEDDED else seen[: max(2, frames // 4)]
                    cpu_s, _wall_s = candidate.run(few)
                    times.setdefault((renderer, light, size), []).append(cpu_s * 1e3 / len(few))
    finally:
        for candidate in running.values():
            candidate.close()
    return {case: statistics.median(values[1:]) for case, values in times.items()}


def table_of(times: dict[str, Times], triangles: dict[str, int]) -> list[str]:
    """Markdown lines: cpu-ms, and how many times that of the embedded renderer it is."""
    columns = [(light, size) for light in LIGHTS for size in SIZES_PX]
    lines = ["cpu-ms per frame of rgb + depth + ids, and how many times the embedded renderer's that is.", ""]
    lines += _header(["scene", "triangles", "renderer", *(f"{light} {size} px" for light, size in columns)])
    for name, measured in times.items():
        for renderer in dict.fromkeys(case[0] for case in measured):
            cells = [_cell(measured, renderer, light, size) for light, size in columns]
            lines.append("| " + " | ".join([name, f"{triangles[name]:,}", renderer, *cells]) + " |")
    return lines


def _cell(measured: Times, renderer: str, light: str, size: int) -> str:
    own = measured.get((renderer, light, size))
    if own is None:
        return "not run"
    return f"{own:.1f}" if renderer == EMBEDDED else f"{own:.1f} ({own / measured[EMBEDDED, light, size]:.1f}×)"


def against_habitat(times: dict[str, Times]) -> list[str]:
    """Our time divided by that of Habitat, which is unlit in both columns pairs; empty where Habitat was not run."""
    known = {name: measured for name, measured in times.items() if any(case[0] == BARE for case in measured)}
    if not known:
        return []
    lines = [
        "",
        "Embedded / Habitat (its own process, three sensors, always unlit; goal: 0.6 unlit, 1.0 two lights):",
        "",
    ]
    columns = [(light, size) for light in LIGHTS for size in SIZES_PX]
    lines += _header(["scene", *(f"{light} {size} px" for light, size in columns)])
    for name, measured in known.items():
        cells = [f"{measured[EMBEDDED, light, size] / measured[BARE, 'unlit', size]:.2f}" for light, size in columns]
        lines.append("| " + " | ".join([name, *cells]) + " |")
    return lines


def block_of(table: str, lines: list[str], missing: list[str]) -> str:
    """One measured part of the page with its marks, in Markdown: how, where and when, then the lines."""
    cpu = next((line.split(":")[1].strip() for line in _cpuinfo() if line.startswith("model name")), platform.machine())
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    begin, end = MARKS[table]
    head = [
        begin,
        f"`python benchmarks/render.py {shlex.join(sys.argv[1:])}`",
        "",
        f"{cpu}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}, {date.today()}, "
        f"on top of {commit.stdout.strip() or 'no commit'}, load {os.getloadavg()[1]:.0f}.",
        "",
    ]
    return "\n".join([*head, *lines, "", "Not run: " + ("; ".join(missing) or "nothing") + ".", end]) + "\n"


def write_into_page(begin: str, end: str, text: str) -> None:
    """Replaces what stands between two marks of the page, marks included."""
    old = PAGE.read_text()
    start, stop = old.index(begin), old.index(end) + len(end) + 1
    PAGE.write_text(old[:start] + text + old[stop:])


def _header(columns: Sequence[str]) -> list[str]:
    return ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]


def _cpuinfo() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.is_file() else []


def main() -> int:
    """Prints the tables; --write puts them into docs/benchmarks/render.md between their two marks."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="how often each is timed; the median is reported")
    parser.add_argument("--frames", type=int, default=16, help="views per round (peers: a quarter of them)")
    parser.add_argument("--seconds", type=float, default=1.0, help="of each run for frames per second")
    parser.add_argument("--tables", nargs="+", choices=list(MARKS), default=list(MARKS), help="what is measured")
    parser.add_argument("--scenes", nargs="+", choices=list(SCENES), default=list(SCENES), metavar="SCENE")
    parser.add_argument("--write", action="store_true", help="replace the tables in docs/benchmarks/render.md")
    arguments = parser.parse_args()
    missing, lines, lacking = not_installed(), {}, {table: [] for table in MARKS}
    triangles, times = {}, {}
    for name in arguments.scenes:
        try:
            scene = load(name)
        except SceneMissingError as error:
            missing.append(f"{name} ({error})")
            continue
        triangles[name] = len(flatten(scene.bodies).object_id)
        if "times" in arguments.tables:
            count, rounds, frames = triangles[name], arguments.rounds, arguments.frames
            times[name] = measure(name, scene, count, rounds, frames, lacking["times"])
            print("\n".join(table_of({name: times[name]}, triangles)), flush=True)
    if "times" in arguments.tables:
        lines["times"] = table_of(times, triangles) + against_habitat(times)
    if "rates" in arguments.tables:
        lines["rates"] = rates(triangles, arguments.seconds, arguments.rounds, lacking["rates"])
    for table, measured in lines.items():
        block = block_of(table, measured, missing + lacking[table])
        print(block)
        if arguments.write:
            write_into_page(*MARKS[table], block)
    return 0


if __name__ == "__main__":
    sys.exit(main())
