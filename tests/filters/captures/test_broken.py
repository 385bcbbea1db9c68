"""A broken capture costs itself, and says what is wrong with it. Unseen, it would stop a run or train on nonsense."""

import json
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.filters.captures import imitate
from video4spatial.filters.captures.capture import ReadOptions
from video4spatial.filters.captures.sources import capture_sources
from video4spatial.filters.captures.stage import CaptureStage
from video4spatial.filters.config import Floor, RealConfig
from video4spatial.pipeline.core.errors import ConfigError, SourceError
from video4spatial.pipeline.core.unit import Product

CONFIG = RealConfig(size_px=32, clip_frames=12, rate_fps=10)
Break = Callable[[Path], None]


def curate(path: Path) -> list[Product]:
    """All products of the capture at `path`, planned as the engine plans it."""
    stage = CaptureStage(config=CONFIG, floor=Floor(min_frames=6))
    worker = stage.build()
    try:
        sources = capture_sources((str(path),), ReadOptions())
        return [product for unit in stage.units(sources, 1) for product in worker(unit)]
    finally:
        worker.close()


def edited(name: str, change: Callable[[str], str]) -> Break:
    """Rewrites a text file of the capture."""

    def apply(folder: Path) -> None:
        path = folder / name
        path.write_text(change(path.read_text()))

    return apply


def told(change: Callable[[dict], object]) -> Break:
    """Changes the parsed transforms.json."""

    def apply(folder: Path) -> None:
        path = folder / "transforms.json"
        value = json.loads(path.read_text())
        change(value)
        path.write_text(json.dumps(value))

    return apply


def first(folder: Path, pattern: str) -> Path:
    return sorted(folder.rglob(pattern))[0]


def line(text: str, number: int, change: Callable[[list[str]], list[str]]) -> str:
    """The text with the words of one line changed."""
    lines = text.splitlines()
    lines[number] = " ".join(change(lines[number].split()))
    return "\n".join(lines) + "\n"


CASES: list[tuple[str, Callable[[Path], Path], Break, str, str]] = [
    ("a missing picture", imitate.write_tum, lambda f: first(f, "rgb/*.png").unlink(), "missing_file", "rgb/1000"),
    (
        "a picture that does not decode",
        imitate.write_tum,
        lambda f: first(f, "rgb/*.png").write_bytes(b"\x89PNG\r\n\x1a\n garbage"),
        "undecodable",
        "does not decode",
    ),
    (
        "pictures of two sizes",
        imitate.write_tum,
        lambda f: imitate.save_rgb(first(f, "rgb/*.png"), np.zeros((40, 50, 3), dtype=np.uint8)),
        "mixed_sizes",
        "50x40",
    ),
    (
        "a colour picture for depth",
        imitate.write_tum,
        lambda f: imitate.save_rgb(first(f, "depth/*.png"), np.zeros((72, 96, 3), dtype=np.uint8)),
        "bad_depth",
        "no depth map",
    ),
    (
        "a trajectory cut off inside a line",
        imitate.write_tum,
        edited("groundtruth.txt", lambda t: t[: t.rindex(" ") - 12]),
        "truncated",
        "groundtruth.txt, line 25",
    ),
    (
        "a pose that is not finite",
        imitate.write_tum,
        edited("groundtruth.txt", lambda t: line(t, 4, lambda w: [*w[:2], "nan", *w[3:]])),
        "not_finite",
        "not finite",
    ),
    (
        "a quaternion that is none",
        imitate.write_tum,
        edited("groundtruth.txt", lambda t: line(t, 4, lambda w: [*w[:7], "2.5"])),
        "bad_pose",
        "has length",
    ),
    ("no frames", imitate.write_tum, edited("rgb.txt", lambda t: "# nothing\n"), "no_frames", "rgb.txt"),
    (
        "two frames at once",
        imitate.write_tum,
        edited("rgb.txt", lambda t: t + t.splitlines()[3]),
        "no_times",
        "same time",
    ),
    (
        "a picture of no width",
        imitate.write_tum,
        edited("camera.json", lambda t: t.replace('"width": 96', '"width": 1e999')),
        "bad_number",
        "width",
    ),
    ("no intrinsics", imitate.write_tum, lambda f: (f / "camera.json").unlink(), "no_intrinsics", "camera.json"),
    (
        "half a transforms.json",
        imitate.write_nerfstudio,
        edited("transforms.json", lambda t: t[:-300]),
        "unreadable",
        "JSON",
    ),
    (
        "a matrix that mirrors",
        imitate.write_nerfstudio,
        told(lambda v: v["frames"][2]["transform_matrix"][0].__setitem__(slice(0, 3), [-9, 0, 0])),
        "bad_pose",
        "no rotation",
    ),
    (
        "a lens that OpenCV does not know",
        imitate.write_nerfstudio,
        told(lambda v: v.update(camera_model="FISHEYE624")),
        "lens_refused",
        "FISHEYE624",
    ),
    (
        "frames of two sizes",
        lambda f: imitate.write_nerfstudio(f, per_frame=True),
        told(lambda v: v["frames"][3].update(w=10)),
        "mixed_sizes",
        "10x72",
    ),
    (
        "frames without poses",
        imitate.write_nerfstudio,
        told(lambda v: v["frames"][3].pop("transform_matrix")),
        "truncated",
        "1 of 24",
    ),
    ("an empty list", imitate.write_nerfstudio, told(lambda v: v.update(frames=[])), "no_frames", "no frames"),
    (
        "a model that cannot be straightened",
        lambda f: imitate.write_colmap(f, model="THIN_PRISM_FISHEYE"),
        lambda f: None,
        "lens_refused",
        "THIN_PRISM_FISHEYE",
    ),
    (
        "a binary model cut off",
        lambda f: imitate.write_colmap(f, binary=True),
        lambda f: (f / "sparse/0/images.bin").write_bytes((f / "sparse/0/images.bin").read_bytes()[:-5]),
        "truncated",
        "cut off",
    ),
    (
        "a binary model of bytes",
        lambda f: imitate.write_colmap(f, binary=True),
        lambda f: (f / "sparse/0/images.bin").write_bytes(b"\xff" * 64),
        "truncated",
        "images.bin",
    ),
    (
        "an image of no camera",
        imitate.write_colmap,
        edited("sparse/0/images.txt", lambda t: t.replace(" 3 frame 004", " 9 frame 004")),
        "truncated",
        "camera 9",
    ),
    (
        "a trajectory that lost a line",
        imitate.write_open3d,
        edited("trajectory.log", lambda t: "\n".join(t.splitlines()[:-1])),
        "truncated",
        "5 a frame",
    ),
    (
        "more poses than pictures",
        imitate.write_open3d,
        lambda f: (f / "color/00003.png").unlink(),
        "missing_file",
        "23 pictures",
    ),
    (
        "intrinsics of a frame missing",
        imitate.write_arkit,
        lambda f: first(f, "*.pincam").unlink(),
        "missing_file",
        "pincam",
    ),
    (
        "a box without size",
        imitate.write_arkit,
        lambda f: edited("40000001_3dod_annotation.json", lambda t: t.replace('Lengths": [', 'Lengths": [-', 1))(
            f.parent
        ),
        "bad_box",
        "no size",
    ),
    (
        "a camera file cut off",
        lambda f: imitate.write_re10k(f).parent,
        edited("0123456789abcdef.txt", lambda t: t[:-40]),
        "truncated",
        "line 25",
    ),
]


@pytest.mark.parametrize(("write", "spoil", "reason", "said"), [case[1:] for case in CASES], ids=[c[0] for c in CASES])
def test_what_is_broken_is_named(
    tmp_path: Path, write: Callable[[Path], Path], spoil: Break, reason: str, said: str
) -> None:
    folder = tmp_path / "place"
    folder.mkdir()
    path = write(folder)
    spoil(path)
    with pytest.raises(SourceError) as refused:
        curate(path)
    assert refused.value.reason == reason
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_whatever_bytes_are_changed_a_capture_is_read_or_refused(tmp_path: Path) -> None:
    """Each index file of each format with bytes overwritten, cut or doubled: SourceError or a capture, nothing else."""
    random = np.random.default_rng(5)
    writers = (
        imitate.write_tum,
        imitate.write_arkit,
        imitate.write_nerfstudio,
        imitate.write_open3d,
        lambda folder: imitate.write_colmap(folder, binary=True),
        imitate.write_colmap,
        lambda folder: imitate.write_scannetpp(folder) / "iphone",
        lambda folder: imitate.write_re10k(folder).parent,
    )
    outcomes = {"read": 0, "refused": 0, "hidden": 0}
    for number, write in enumerate(writers):
        folder = tmp_path / str(number)
        folder.mkdir()
        path = write(folder)
        index = [
            p for p in sorted(path.rglob("*")) if p.suffix in {".txt", ".json", ".bin", ".log", ".traj", ".pincam"}
        ]
        for turn in range(12):
            victim = index[int(random.integers(len(index)))]
            whole = victim.read_bytes()
            victim.write_bytes(spoiled(whole, turn, random))
            try:
                sources = capture_sources((str(path),), ReadOptions())
                CaptureStage(config=CONFIG).units(sources, 1)
                read_all(path)
                outcomes["read"] += 1
            except ConfigError:  # a spoiled file may hide that there is a capture at all
                outcomes["hidden"] += 1
            except SourceError:
                outcomes["refused"] += 1
            victim.write_bytes(whole)
    assert outcomes["read"] > 5
    assert outcomes["refused"] > 30


def read_all(path: Path) -> None:
    from video4spatial.filters.captures.formats import format_of, read_capture

    candidates = [path, *path.iterdir()] if path.is_dir() else [path]
    for candidate in candidates:
        if format_of(candidate) is not None:
            read_capture(candidate, ReadOptions())
            return


def spoiled(whole: bytes, turn: int, random: np.random.Generator) -> bytes:
    """Some bytes overwritten, the end cut off, or a stretch doubled."""
    at = int(random.integers(len(whole)))
    match turn % 4:
        case 0:
            return whole[:at]
        case 1:
            return whole[:at] + bytes(random.integers(0, 256, 8, dtype=np.uint8)) + whole[at + 8 :]
        case 2:
            return whole[: at // 2] + whole[at:]
        case _:
            return whole[:at] + whole[at // 2 : at] + whole[at:]


def test_pictures_larger_than_memory_are_refused(tmp_path: Path) -> None:
    path = imitate.write_tum(tmp_path)
    header = b"IHDR" + struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunks = struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    first(path, "rgb/*.png").write_bytes(b"\x89PNG\r\n\x1a\n" + chunks + b"\0" * 64)
    with pytest.raises(SourceError) as refused:
        curate(path)
    assert refused.value.reason == "undecodable"


def test_a_camera_file_without_footage_is_rejected_and_breaks_nothing(tmp_path: Path) -> None:
    folder = imitate.write_re10k(tmp_path).parent
    (folder / "0123456789abcdef").rename(folder / "elsewhere")
    product = curate(folder)[0]
    assert (product.verdict, product.reason) == ("rejected", "no_footage")
    assert "AbCdEfGhIjK" in product.detail
