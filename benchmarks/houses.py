"""Looks for faults in generated houses: things that float or meet, rooms that cannot be reached, cameras too near.

seeds ─▶ house ─▶ problems, clearance of the cameras of walks, orbits, dollies and loops ─▶ a line a fault, a summary

    python -m benchmarks.houses 0 1000
    python -m benchmarks.houses 0 1000 --objects MY_GLBS --textures MY_PICTURES

Everything is looked up in the house's triangles (tests/sim_scenes/house_checks.py), not in the generator's books.
Times are those of this process's CPU. Exit status 1 when there is a fault.
"""

import argparse
import sys
import time

import numpy as np

from tests.sim_scenes.house_checks import CELL_M, camera_clearance_m, problems
from video4spatial.pipeline.core.errors import SourceError
from video4spatial.pipeline.core.seeds import rng
from video4spatial.sim_scenes.assets.library import SourceFolders, open_library
from video4spatial.sim_scenes.assets.stock import Stock
from video4spatial.sim_scenes.config import View
from video4spatial.sim_scenes.houses import GeneratedHouse, generate_house
from video4spatial.sim_scenes.place import load_place
from video4spatial.sim_scenes.recordings import draw_recordings
from video4spatial.sim_scenes.sources import house_source

VIEW = View(size_px=64, paths=6, frames=48, moves=("walk", "orbit", "walk", "dolly", "walk", "loop"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("first", type=int)
    parser.add_argument("stop", type=int)
    parser.add_argument("--objects", action="append", default=[], help="folder of GLB files")
    parser.add_argument("--textures", action="append", default=[], help="folder of pictures")
    options = parser.parse_args()
    folders = SourceFolders(tuple(options.objects), tuple(options.textures))
    library = open_library(folders) if options.objects or options.textures else None
    faults = cameras = 0
    least_m, cpu_s = [], []
    for seed in range(options.first, options.stop):
        began = time.process_time()
        house = generate_house(seed, Stock(library))
        cpu_s.append(time.process_time() - began)
        lines = problems(house)
        try:
            found = filmed(house, seed, folders)
        except SourceError as error:
            lines.append(f"house {seed}: {error}")
        else:
            cameras += found[1]
            least_m.append(found[0])
            # the map of the check has cells of its own
            if found[0] < VIEW.walk.radius_m - CELL_M:
                lines.append(f"house {seed}: a camera comes within {found[0]:.3f} m of something")
        faults += len(lines)
        for line in lines:
            print(line, flush=True)
    middle, most, worst = np.percentile(cpu_s, (50, 95, 100))
    nearest_m = min(least_m, default=np.nan)
    print(
        f"{len(cpu_s)} houses, {faults} faults; cpu-s to make one: {middle:.2f}, 95 % {most:.2f}, largest {worst:.2f}; "
        f"{cameras} camera positions in {len(least_m)} houses, at least {nearest_m:.3f} m from anything"
    )
    sys.exit(faults > 0)


def filmed(house: GeneratedHouse, seed: int, folders: SourceFolders) -> tuple[float, int]:
    """The least clearance of the cameras of six paths, metres, and how many frames those have."""
    place = load_place(house_source(seed, folders), VIEW.walk.radius_m, VIEW.walk.eye_height_m[1])
    draws = [rng(0, "benchmark", str(seed), number) for number in range(VIEW.paths)]
    walks = [recording.walk for recording in draw_recordings(place, VIEW, draws)]
    return camera_clearance_m(house, walks), sum(len(walk.world_from_camera) for walk in walks)


if __name__ == "__main__":
    main()
