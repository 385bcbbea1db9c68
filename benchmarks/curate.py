"""What curating real video costs beside decoding it, beside PySceneDetect, and in memory for an hour of film.

films ─▶ rounds of [bare decode | curate | curate and encode | PySceneDetect] ─▶ markdown
films ─▶ one hour ─▶ `v4s curate` ─▶ peak memory of all its processes ─▶ markdown

    pip install -r benchmarks/requirements.txt          for PySceneDetect's splitting: a static ffmpeg
    python benchmarks/curate.py FILM ...                costs; every round does all of them, one after the other
    python benchmarks/curate.py FILM ... --hour local   memory, for five minutes repeated to an hour

Without films, rooms are rendered and filmed. Costs are processor seconds of this process and all its children, which
other work on the machine disturbs least, and wall seconds; both as the median over the rounds of ratios within a round.
"""

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
from hour import make_hour, memory_table
from scenedetect import AdaptiveDetector, detect
from scenedetect.output import split_video_ffmpeg

import video4spatial.filters.curate
from video4spatial.filters.choose import open_decoder
from video4spatial.filters.config import AugmentConfig, RealConfig
from video4spatial.filters.decode import Decoder
from video4spatial.filters.decode_decord import DecordDecoder
from video4spatial.filters.decode_pyav import PyAVDecoder
from video4spatial.filters.sources import video_sources
from video4spatial.filters.stage import CurateStage
from video4spatial.pipeline.core.sequence import Sequence
from video4spatial.pipeline.store.sample import encode_sample
from video4spatial.pipeline.store.store import Store

SIZE_PX = 128


@dataclass(frozen=True)
class Cost:
    """Of one job in one round."""

    wall_s: float
    cpu_s: float


def measure(job: Callable[[], object]) -> Cost:
    """Runs it; children count once they have ended."""

    def cpu_s() -> float:
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(one.ru_utime + one.ru_stime for one in used)

    wall, cpu = time.perf_counter(), cpu_s()
    job()
    return Cost(time.perf_counter() - wall, cpu_s() - cpu)


def decoder_of(film: Path, name: str) -> Decoder:
    """The decoder that curation uses for it, without the probe by which it was chosen."""
    whole = PyAVDecoder(film, SIZE_PX)
    return DecordDecoder(film, SIZE_PX, whole) if name == "decord" else whole


def decode(films: dict[Path, str]) -> None:
    """Every picture of every film, at working size, dropped at once."""
    for film, name in films.items():
        for _ in decoder_of(film, name).pictures(0):
            pass


def still(*_: object) -> SimpleNamespace:
    """Stands in for the camera's motion, whose cost is told apart."""
    return SimpleNamespace(scores={}, kind="not measured")


def without_camera(job: Callable[[], object]) -> Callable[[], object]:
    """The job with the camera's motion left out."""

    def patched() -> None:
        measured = video4spatial.filters.curate.measure_camera
        video4spatial.filters.curate.measure_camera = still
        try:
            job()
        finally:
            video4spatial.filters.curate.measure_camera = measured

    return patched


def curate(films: dict[Path, str], store: Store | None, kept: list[Sequence] | None = None) -> None:
    """Plans and curates the films as a run without Ray does; into a store, or only measured."""
    plain = AugmentConfig(lighting_variants=0, occluder_variants=0)
    decoder: Any = "pyav" if set(films.values()) == {"pyav"} else "auto"
    stage = CurateStage(config=RealConfig(size_px=SIZE_PX, augment=plain, decoder=decoder))
    units = stage.units([source for film in films for source in video_sources(str(film))], 0)
    worker = stage.build()
    for unit in units:
        if store is not None:
            store.write_unit(unit, worker(unit), {})
            continue
        for product in worker(unit):
            if kept is not None and product.sequence is not None:
                kept.append(product.sequence)
    worker.close()


def peer(films: dict[Path, str], folder: Path) -> None:
    """PySceneDetect: find the cuts, then cut with ffmpeg (x264 veryfast, its defaults)."""
    for film in films:
        scenes = detect(str(film), AdaptiveDetector(), start_in_scene=True)
        split_video_ffmpeg(str(film), scenes, folder)


def one_round(films: dict[Path, str], with_peer: bool) -> dict[str, Cost]:
    """All jobs, one after the other; each is told when it is done."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sequences: list[Sequence] = []
        jobs: dict[str, Callable[[], object]] = {
            "bare decode": lambda: decode(films),
            "curate: shots, scores, clips": without_camera(lambda: curate(films, None, sequences)),
            "curate, encoded, proven, stored": without_camera(lambda: curate(films, Store.open(folder / "store"))),
            "of it: encoded and proven": lambda: [encode_sample(sequence) for sequence in sequences],
        }
        if with_peer:
            jobs["PySceneDetect: detect and split"] = lambda: peer(films, folder)
        jobs["curate with camera motion"] = lambda: curate(films, None)
        costs = {}
        for what, job in jobs.items():
            costs[what] = measure(job)
            print(f"  {what}: {costs[what]}", file=sys.stderr, flush=True)
        return costs


def cost_table(rounds: list[dict[str, Cost]], source_s: float) -> str:
    """Medians over rounds; ratios within a round."""
    lines = [
        "| | wall s | cpu s | wall / bare decode | cpu / bare decode | source s per cpu s |",
        "|---|---|---|---|---|---|",
    ]
    for job in rounds[0]:
        wall, cpu = (np.median([getattr(one[job], what) for one in rounds]) for what in ("wall_s", "cpu_s"))
        ratios = [
            np.median([getattr(one[job], what) / getattr(one["bare decode"], what) for one in rounds])
            for what in ("wall_s", "cpu_s")
        ]
        lines.append(f"| {job} | {wall:.1f} | {cpu:.1f} | {ratios[0]:.2f} | {ratios[1]:.2f} | {source_s / cpu:.1f} |")
    return "\n".join(lines)


def seconds_of(film: Path, name: str) -> float:
    """From the first picture to the last."""
    decoder = decoder_of(film, name)
    times = [picture.time for picture in decoder.pictures(0) if picture]
    return float((max(times) - min(times)) * decoder.header.time_base)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("films", nargs="*", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--decoder", choices=["pyav"], help="for all films; else the one that curation chooses")
    parser.add_argument("--alone", action="store_true", help="without PySceneDetect")
    parser.add_argument("--hour", choices=["local", "ray"], help="memory instead of cost; ray: also with Ray")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder:
        if options.hour:
            film = make_hour(options.films, Path(folder) / "hour.mp4")
            print(memory_table(film, Path(folder), options.hour == "ray"))
            return
        names = options.films or [make_hour([], Path(folder) / "film.mp4", repeats=1)]
        films = {film: options.decoder or open_decoder(film, SIZE_PX, "auto").name for film in names}
        source_s = sum(seconds_of(film, name) for film, name in films.items())
        print(f"{len(films)} films, {source_s:.0f} s, {options.rounds} rounds\n")
        print(cost_table([one_round(films, not options.alone) for _ in range(options.rounds)], source_s))


if __name__ == "__main__":
    main()
