"""An hour of film, and how much memory `v4s curate` takes for it.

films ─▶ five minutes at one size, encoded once ─▶ repeated twelve times without encoding ─▶ v4s curate ─▶ peak

Peak: proportional set size (shared pages counted once), added up over the process and all its descendants, every half
second.
"""

import itertools
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from video4spatial.sim_scenes.render.embedded import EmbeddedRenderer
from video4spatial.sim_scenes.rooms import generate_room

SIZE_PX, RATE, PIECE_S = (640, 360), 24, 300
RECIPE = "name: hour\nreal:\n  size_px: 128\n"


def pictures(films: list[Path]) -> Iterator[NDArray[np.uint8]]:
    """Frames of the films one after the other, again and again; of rendered rooms where there are none."""
    for number in itertools.count():
        if not films:
            yield from room(number)
            continue
        with av.open(str(films[number % len(films)])) as source:
            for frame in source.decode(video=0):
                yield frame.to_ndarray(format="rgb24", width=SIZE_PX[0], height=SIZE_PX[1])


def room(number: int) -> Iterator[NDArray[np.uint8]]:
    """Ten seconds in one generated room."""
    from scenes import views  # beside this file

    scene = generate_room(number).scene
    for picture in EmbeddedRenderer(scene).render(views("", scene, 256, 60)).rgb:
        large = np.asarray(picture).repeat(3, axis=0).repeat(3, axis=1)[: SIZE_PX[1], : SIZE_PX[0]]
        yield from itertools.repeat(large, 4)


def make_hour(films: list[Path], path: Path, repeats: int = 12) -> Path:
    """A film of `repeats` times five minutes."""
    piece = path.with_name("piece.mp4")
    with av.open(str(piece), "w") as out:
        stream = out.add_stream("libx264", rate=RATE, options={"preset": "superfast", "g": "96"})
        stream.width, stream.height, stream.pix_fmt = *SIZE_PX, "yuv420p"
        for picture in itertools.islice(pictures(films), RATE * PIECE_S):
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        out.mux(stream.encode(None))
    with av.open(str(path), "w") as out:
        for number in range(repeats):
            with av.open(str(piece)) as source:
                template = source.streams.video[0]
                stream = stream if number else out.add_stream_from_template(template)
                offset = round(Fraction(number * PIECE_S) / template.time_base)
                for packet in source.demux(template):
                    if packet.dts is not None:
                        packet.pts, packet.dts = packet.pts + offset, packet.dts + offset
                        packet.stream = stream
                        out.mux(packet)
    piece.unlink()
    return path


def memory_table(film: Path, folder: Path, with_ray: bool) -> str:
    """Runs `v4s curate` on it without Ray, and with it."""
    (folder / "hour.yaml").write_text(RECIPE)
    lines = [
        "| run | peak of all processes, MiB | of them the run's own | wall s | clips in units |",
        "|---|---|---|---|---|",
    ]
    runs = {"without Ray (`--local`)": ["--local"]} | ({"with Ray": []} if with_ray else {})
    for name, flags in runs.items():
        out = folder / ("ray" if not flags else "local")
        command = [sys.executable, "-m", "video4spatial.pipeline", "curate", str(folder / "hour.yaml")]
        command += ["--out", str(out), "--videos", str(film), "--progress", "plain", *flags]
        began, (peak, own) = time.monotonic(), watch(subprocess.Popen(command, stdout=subprocess.DEVNULL))
        receipts = [json.loads(path.read_text()) for path in out.glob("store/units/*/*.json")]
        clips = sum(receipt["sequences"] for receipt in receipts)
        lines.append(
            f"| {name} | {peak:.0f} | {own:.0f} | {time.monotonic() - began:.0f} | {clips} in {len(receipts)} |"
        )
    return "\n".join(lines)


def watch(process: subprocess.Popen) -> tuple[float, float]:
    """(MiB of it and all descendants, MiB of those of them that are not Ray's own servers) at their peaks."""
    peak = own = 0.0
    while process.poll() is None:
        sizes = [(pss_mib(pid), is_servant(pid)) for pid in descendants(process.pid)]
        peak = max(peak, sum(size for size, _ in sizes))
        own = max(own, sum(size for size, servant in sizes if not servant))
        time.sleep(0.5)
    if process.returncode:
        raise SystemExit(f"v4s curate ended with {process.returncode}")
    return peak, own


def descendants(pid: int) -> list[int]:
    """The process and all below it."""
    found = [pid]
    for one in found:
        try:
            tasks = list(Path(f"/proc/{one}/task").iterdir())
            found += [int(child) for task in tasks for child in (task / "children").read_text().split()]
        except OSError:
            continue
    return found


def pss_mib(pid: int) -> float:
    """Proportional set size; 0 of a process that has gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)


def is_servant(pid: int) -> bool:
    """Whether it is one of Ray's servers, not a worker of the run."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return True
    return any(word in words for word in ("raylet", "gcs_server", "dashboard", "log_monitor", "runtime_env"))
