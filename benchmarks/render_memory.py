"""How much memory a render worker takes, and whether it grows from scene to scene.

scenes.py ─▶ a fresh process per scene ─▶ peak ─┐
200 rooms and houses ─▶ one process ─▶ slope ───┴▶ docs/benchmarks/render.md

    V4S_TEST_DATA=... python benchmarks/render_memory.py --write

Peak: the resident set's high-water mark of a process that imports the renderer, makes the scene and renders it lit at
512 px, 16 views in a call. Growth: a line through the resident set after every 20th scene, the first 40 left out.
"""

import argparse
import ctypes
import gc
import multiprocessing
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from render import write_into_page
from scenes import SCENES, SceneMissingError, balls, lit_and_unlit, load, views

from video4spatial.sim_scenes.houses import generate_house
from video4spatial.sim_scenes.render.embedded import EmbeddedRenderer
from video4spatial.sim_scenes.rooms import generate_room
from video4spatial.sim_scenes.scene import Scene, flatten

BEGIN, END = "<!-- table: benchmarks/render_memory.py -->", "<!-- end of memory table -->"
SIZE_PX, VIEWS = 512, 16
EVERY, SETTLING = 20, 40
MIB = 2**20


def resident_mib() -> float:
    """Of this process, after what Python and the allocator keep for later is given back."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / MIB


def scene_of(number: int) -> Scene:
    """Two rooms, then a house."""
    return generate_house(number).scene if number % 3 == 2 else generate_room(number).scene


def growth(scenes: int) -> list[tuple[int, float]]:
    """(scenes rendered, resident MiB), every EVERY scenes."""
    taken = []
    for number in range(scenes):
        scene = scene_of(number)
        EmbeddedRenderer(scene).render(views("", scene, 128, 4))
        if (number + 1) % EVERY == 0:
            taken.append((number + 1, resident_mib()))
            print(f"{taken[-1][0]} scenes: {taken[-1][1]:.1f} MiB", flush=True)
    return taken


def slope_kib(taken: list[tuple[int, float]]) -> float:
    """KiB per scene of a straight line through what was taken after SETTLING scenes."""
    counts, sizes = np.array([pair for pair in taken if pair[0] >= SETTLING]).T
    return float(np.polyfit(counts, sizes, 1)[0] * 1024)


def peak(make: Callable[[], Scene], name: str) -> tuple[int, float, float, float]:
    """Triangles; peak MiB after the scene is made, after it is rendered; seconds to the first frames."""
    scene = make()
    triangles = len(flatten(scene.bodies).object_id)
    cameras = views(name, scene, SIZE_PX, VIEWS)
    lit = lit_and_unlit(scene, cameras)["two lights"]
    made = _high_water_mib()
    started = time.perf_counter()
    EmbeddedRenderer(lit).render(cameras)
    return triangles, made, _high_water_mib(), time.perf_counter() - started


def _high_water_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _peak_of(name: str) -> tuple[int, float, float, float]:
    return peak((lambda: balls(int(name.split()[0]))) if name.endswith("balls") else (lambda: load(name)), name)


def main() -> int:
    """Prints the table; --write puts it into docs/benchmarks/render.md between its two marks."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--scenes", type=int, default=200, help="rendered one after the other in one process")
    parser.add_argument("--balls", type=int, default=900, help="of the largest scene; 900 are 4.6 million triangles")
    parser.add_argument("--write", action="store_true", help="replace the table in docs/benchmarks/render.md")
    arguments = parser.parse_args()
    lines = [
        "| scene | triangles | peak, scene made | peak, rendered | seconds to the first frames |",
        "|---|---|---|---|---|",
    ]
    for name in (*SCENES, f"{arguments.balls} balls"):
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            try:
                triangles, made, rendered, seconds = pool.apply(_peak_of, (name,))
            except SceneMissingError as error:
                lines.append(f"| {name} | not run: {error} | | | |")
                continue
        lines.append(f"| {name} | {triangles:,} | {made:.0f} MiB | {rendered:.0f} MiB | {seconds:.1f} |")
        print(lines[-1], flush=True)
    taken = growth(arguments.scenes)
    told = ", ".join(f"{size:.0f}" for _, size in taken)
    lines += [
        "",
        f"{arguments.scenes} scenes in one process, MiB after every {EVERY}: {told}; a line through them from ",
    ]
    lines[-1] += f"scene {SETTLING} on rises by {slope_kib(taken):.1f} KiB a scene."
    print("\n".join(lines))
    if arguments.write:
        write_into_page(BEGIN, END, "\n".join([BEGIN, *lines, END]) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
