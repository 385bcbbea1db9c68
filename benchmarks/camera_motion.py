"""How well the kind of camera motion is told: on houses filmed by known cameras, and on films as the stage cuts them.

python -m benchmarks.camera_motion --houses 13                        a table: what was filmed, what was told
python -m benchmarks.camera_motion --houses 0 --videos DIR            one line a clip
"""

import argparse
import time
from collections import Counter
from pathlib import Path

import cv2
import numpy as np

from benchmarks.film_clips import film_clips
from benchmarks.known_cameras import MOVING_KINDS, STILL_KINDS, Studio
from video4spatial.filters.camera_motion import CameraMotion, measure_camera
from video4spatial.filters.scores import shrink, to_luma

FIRST_HOUSE = 200


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--houses", type=int, default=13, help="each is filmed once in every kind of motion")
    parser.add_argument("--first", type=int, default=FIRST_HOUSE, help="seed of the first house")
    parser.add_argument("--size", type=int, nargs="+", default=[64, 128, 256], help="short sides, px")
    parser.add_argument("--videos", type=Path, help="a folder of films")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    if options.houses:
        rendered(options.first, options.houses, options.size)
    if options.videos:
        for film in sorted(options.videos.iterdir()):
            for size in options.size:
                filmed(film, size)


def rendered(first: int, houses: int, sizes: list[int]) -> None:
    """Prints what was told of each kind of motion, and its evidence of parallax."""
    told: dict[tuple[int, str], list[CameraMotion]] = {}
    cpu_s, frames = dict.fromkeys(sizes, 0.0), 0
    for house in range(first, first + houses):
        studio = Studio(house)
        for kind in (*STILL_KINDS, *MOVING_KINDS):
            clip = studio.film_clip(kind, house)
            frames += len(clip.frames)
            for size in sizes:
                luma = shrink(to_luma(clip.frames), size)
                began = time.process_time()
                told.setdefault((size, kind), []).append(measure_camera(luma, clip.times_s))
                cpu_s[size] += time.process_time() - began
    for (size, kind), found in sorted(told.items()):
        words = ", ".join(f"{count} {word}" for word, count in Counter(one.kind for one in found).most_common())
        evidence = np.array([one.scores.get("parallax_evidence", np.nan) for one in found])
        print(f"{size:4d} px  {kind:16s} {words:40s} evidence {np.nanmin(evidence):.2f} to {np.nanmax(evidence):.2f}")
    for size in sizes:
        still = [one for kind in STILL_KINDS for one in told[size, kind]]
        moving = [one for kind in MOVING_KINDS for one in told[size, kind]]
        wrong = sum(one.kind == "translation" for one in still)
        right = sum(one.kind == "translation" for one in moving)
        print(
            f"{size} px: translation was told of {wrong} of {len(still)} standing cameras and of {right} of "
            f"{len(moving)} moving ones; {1e3 * cpu_s[size] / frames:.1f} cpu-ms a frame"
        )


def filmed(film: Path, size: int) -> None:
    """Prints a line for each clip."""
    for start, luma, times_s in film_clips(film, size):
        found = measure_camera(luma, times_s)
        scores = ", ".join(f"{name} {value:.3g}" for name, value in found.scores.items())
        print(f"{film.name:38s} {size:4d} px {start:5d} {found.kind:12s} {scores}")


if __name__ == "__main__":
    main()
