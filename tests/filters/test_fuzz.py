"""Mutated files cost no more than themselves: no crash, no hang, nothing leaks, and each ends with a named fate."""

import os
from collections import Counter
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tests.filters.conftest import _write_video, film
from video4spatial.filters.config import AugmentConfig, DecodeLimits, Floor, RealConfig
from video4spatial.filters.sources import video_sources
from video4spatial.filters.stage import CurateStage, CurateWorker
from video4spatial.filters.video import VideoReader
from video4spatial.pipeline.core.errors import SourceError, WorkerLost
from video4spatial.pipeline.core.unit import Unit

MADE: dict[str, dict] = {
    "h264.mp4": {"options": {"preset": "ultrafast", "g": "12", "bf": "2"}},
    "fragments.mp4": {"container_options": {"movflags": "frag_keyframe+empty_moov"}},
    "h264.flv": {},
    "h264.mkv": {"times": np.cumsum(np.arange(40) % 7 + 30).tolist(), "time_base": Fraction(1, 1000)},
    "mpeg2.ts": {"codec": "mpeg2video", "options": {"g": "12", "bf": "2"}},
    "mpeg4.avi": {"codec": "mpeg4", "options": {"g": "12"}},
    "hevc.mov": {"codec": "libx265", "options": {"preset": "ultrafast", "x265-params": "log-level=0"}},
    "vp8.webm": {"codec": "libvpx", "options": {"deadline": "realtime", "cpu-used": "8"}},
    "vp9.mkv": {"codec": "libvpx-vp9", "options": {"deadline": "realtime", "cpu-used": "8"}},
    "jpegs.mov": {"codec": "mjpeg", "pix_fmt": "yuvj420p", "options": {}},
    "ffv1.mkv": {"codec": "ffv1", "options": {}},
}
REAL = (
    "androidx_sample.mkv",
    "androidx_sample_fragmented_uuid.mp4",
    "decord_unordered_pts.mov",
    "derived_mpeg4_bframes.avi",
    "mp4parse_minimal.mp4",
    "torchcodec_h265_10bits.mp4",
)
STAGE = CurateStage(
    config=RealConfig(
        size_px=32,
        clip_frames=8,
        unit_span_s=10,
        limits=DecodeLimits(stall_timeout_s=30, memory_gib=1.5),
        augment=AugmentConfig(lighting_variants=0, occluder_variants=0),
    ),
    floor=Floor(min_frames=2),
)


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, bytes]]:
    """Whole files of many containers and codecs, and real ones where they are."""
    folder = tmp_path_factory.mktemp("whole")
    paths = [_write_video(folder / name, film([25, 15], height=48, width=64), **how) for name, how in MADE.items()]
    if data := os.environ.get("V4S_TEST_DATA"):
        paths += [Path(data) / "videos_odd" / name for name in REAL]
    return [(path.name, path.read_bytes()) for path in paths]


def mutate(data: bytes, other: bytes, random: np.random.Generator) -> bytes:
    """One of: flipped bits anywhere or in the header, a cut, a piece lost, doubled, or taken from another file."""
    out = bytearray(data)
    at, to = sorted(random.integers(0, len(data), 2).tolist())
    match random.integers(0, 6):
        case 0 | 1:
            end = len(data) if random.random() < 0.5 else min(len(data), 2000)
            for place in random.integers(0, end, int(random.integers(1, 40))).tolist():
                out[place] ^= 1 << int(random.integers(0, 8))
        case 2:
            del out[max(16, at) :]
        case 3:
            del out[at : min(to, at + 5000)]
        case 4:
            out[at:at] = data[at:to][:5000]
        case _:
            piece = other[: int(random.integers(1, 3000))]
            out[at : at + len(piece)] = piece
    return bytes(out)


def fate(worker: CurateWorker, unit: Unit) -> str:
    """How a unit ends: `clips`, or the reasons for having none."""
    try:
        products = list(worker(unit))
    except WorkerLost as error:
        # a table that claims gigabytes may meet the memory limit
        return error.reason if error.reason == "out_of_memory" else f"lost: {unit.source.uri}: {error}"
    except SourceError as error:
        return error.reason
    if any(product.sequence is not None for product in products):
        return "clips"
    return "+".join(sorted({product.reason for product in products}))


def handles() -> int:
    return len(os.listdir("/proc/self/fd"))


def children() -> int:
    return sum(len((task / "children").read_text().split()) for task in Path("/proc/self/task").iterdir())


def resident_mib(pid: int | str = "self") -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def fuzz(films: list[tuple[str, bytes]], folder: Path, numbers: range) -> Counter[str]:
    """The fates of the mutated files of these numbers; nothing may be left over."""
    for number in numbers:
        random = np.random.default_rng(number)
        name, data = films[number % len(films)]
        other = films[int(random.integers(0, len(films)))][1]
        (folder / f"{number}-{name}").write_bytes(mutate(data, other, random))
    before, running = handles(), children()
    units = STAGE.units(video_sources(str(folder)), 0)
    worker = STAGE.build()
    fates: Counter[str] = Counter()
    settled = 0.0
    for number, unit in enumerate(units):
        fates[fate(worker, unit)] += 1
        settled = resident_mib() if number == len(units) // 3 else settled
    assert resident_mib() < settled + 100
    worker.close()
    assert handles() <= before
    assert children() <= running
    assert not [ending for ending in fates if not ending or ending.startswith("lost")]
    return fates


def test_forty_mutated_files_end_with_clips_or_a_reason(films: list[tuple[str, bytes]], tmp_path: Path) -> None:
    fates = fuzz(films, tmp_path, range(40))
    assert fates["clips"] > 5
    assert sum(fates.values()) >= 40


@pytest.mark.slow
def test_three_hundred_mutated_files_end_with_clips_or_a_reason(films: list[tuple[str, bytes]], tmp_path: Path) -> None:
    fates = fuzz(films, tmp_path, range(1000, 1300))
    assert fates["clips"] > 50
    assert len(fates) > 4
    print(dict(fates))


@pytest.mark.slow
def test_spans_of_mutated_files_are_the_frames_of_their_whole(
    films: list[tuple[str, bytes]], tmp_path: Path, reader: VideoReader
) -> None:
    """The fast way through a file is trusted only where it gives what the slow one gives, broken files included."""
    random = np.random.default_rng(7)
    compared, lost = 0, []
    long = [
        _write_video(tmp_path / name, film([150, 150], height=48, width=64), **how)
        for name, how in MADE.items()
        if "times" not in how
    ]
    for number in range(3 * len(long)):
        path = long[number % len(long)]
        hurt = tmp_path / f"hurt-{path.name}"
        hurt.write_bytes(mutate(path.read_bytes(), b"", random))
        try:
            reader.open(str(hurt), 32, "pyav")
            whole = list(reader.pictures())
            times = reader.times(str(hurt), 0)
            if times is None or len(times) < 300:
                continue
            latest = np.maximum.accumulate([np.iinfo(np.int64).min, *(p.time for p in whole)])[:-1]
            rising = [p for p, before in zip(whole, latest, strict=True) if p.time > before]
            for start, stop in ((0, 130), (130, 280), (280, None)):
                reader.open(str(hurt), 32, "pyav", start, stop)
                low, high = times[start], np.inf if stop is None else times[stop]
                expected = [(p.time, p.rgb.tobytes()) for p in rising if low <= p.time < high]
                assert [(p.time, p.rgb.tobytes()) for p in reader.pictures()] == expected, hurt.name
                compared += 1
        except SourceError as error:
            lost += [f"{hurt.name}: {error}"] if isinstance(error, WorkerLost) else []
    assert not lost
    assert compared > 10
