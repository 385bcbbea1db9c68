"""Frames that lie in a film are found by number or by time. Else every pose would belong to the picture beside it."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tests.filters.captures import imitate
from tests.filters.captures.test_stage import curate
from video4spatial.filters.captures.settings import PosedConfig
from video4spatial.filters.config import RealConfig
from video4spatial.pipeline.core.errors import SourceError

CONFIG = RealConfig(size_px=48, clip_frames=24, rate_fps=10)


def film_re10k(folder: Path, write_video: Callable, film: Callable, *, frames: int = 240, step: int = 4) -> Path:
    """A numbered film at 40 fps and camera files of every `step`-th frame from the 30th on."""
    write_video(folder / "AbCdEfGhIjK.mp4", film([frames]), rate=Fraction(40))
    path = imitate.write_re10k(folder)
    for picture in (folder / "0123456789abcdef").iterdir():
        picture.unlink()
    (folder / "0123456789abcdef").rmdir()
    lines = path.read_text().splitlines()
    # the data set's times are rounded to a microsecond, and the film's to its own clock
    moved = [
        " ".join([str(round((30 + step * k) * 25_000) + k % 3 - 1), *line.split()[1:]])
        for k, line in enumerate(lines[1:])
    ]
    path.write_text("\n".join([lines[0], *moved]) + "\n")
    return path


def test_frames_of_a_film_are_found_by_their_times(
    tmp_path: Path, write_video: Callable, film: Callable, read_number: Callable
) -> None:
    path = film_re10k(tmp_path, write_video, film)
    config = RealConfig(size_px=120, clip_frames=24, rate_fps=10, posed=PosedConfig(crop="whole"))
    sequence = curate(path, config)[0].sequence
    assert sequence is not None
    assert sequence.cameras is not None
    assert [read_number(frame) for frame in sequence.frames] == [30 + 4 * k for k in range(imitate.FRAMES)]
    focal = imitate.LENS[0, 0] / imitate.WIDTH * 160
    assert sequence.cameras.image_from_camera[0, 0, 0] == pytest.approx(focal)
    assert np.abs(sequence.cameras.world_from_camera - imitate.truth().c2w).max() < 1e-5


def test_frames_beyond_the_film_have_no_camera(tmp_path: Path, write_video: Callable, film: Callable) -> None:
    path = film_re10k(tmp_path, write_video, film, frames=82)
    products = curate(path, CONFIG)
    assert [(p.verdict, p.reason, p.start, p.stop) for p in products] == [
        ("measured", "", 0, 13),
        ("rejected", "no_camera", 13, 24),
    ]


def test_another_film_is_refused(tmp_path: Path, write_video: Callable, film: Callable) -> None:
    path = film_re10k(tmp_path, write_video, film, frames=20)
    with pytest.raises(SourceError, match="another film"):
        curate(path, CONFIG)


def test_frames_of_a_phone_are_those_of_their_numbers(tmp_path: Path, write_video: Callable) -> None:
    scene = imitate.write_scannetpp(tmp_path / "aa11", video=True, colmap=True)
    write_video(scene / "iphone" / "rgb.mkv", list(imitate.truth().rgb), rate=Fraction(10), options={"crf": "4"})
    products = curate(scene / "iphone", CONFIG)
    sequence = products[0].sequence
    assert sequence is not None
    assert sequence.depth_m is not None
    assert len(sequence) == imitate.FRAMES // 2, "COLMAP has posed every second one"
    assert products[0].scores["geometry_error"] < 0.02
    pictures = imitate.write_scannetpp(tmp_path / "bb22")
    beside = curate(pictures / "iphone", CONFIG)[0].sequence
    assert beside is not None
    right = np.abs(beside.frames[::2].astype(int) - sequence.frames).mean()
    assert right < 0.7 * np.abs(beside.frames[1::2].astype(int) - sequence.frames).mean()


def test_a_film_of_another_size_than_its_cameras_is_refused(tmp_path: Path, write_video: Callable) -> None:
    scene = imitate.write_scannetpp(tmp_path / "aa11", video=True)
    write_video(scene / "iphone" / "rgb.mkv", list(imitate.truth().rgb), rate=Fraction(10))
    with pytest.raises(SourceError, match="is 96x72, its cameras 1920x1440"):
        curate(scene / "iphone", CONFIG)


def test_a_film_that_ends_too_early_is_refused(tmp_path: Path, write_video: Callable) -> None:
    scene = imitate.write_scannetpp(tmp_path / "aa11", video=True, colmap=True)
    write_video(scene / "iphone" / "rgb.mkv", list(imitate.truth().rgb[:10]), rate=Fraction(10))
    with pytest.raises(SourceError, match="ends before") as refused:
        curate(scene / "iphone", CONFIG)
    assert refused.value.reason == "video_too_short"
