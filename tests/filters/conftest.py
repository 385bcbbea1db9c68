"""Films that know their own truth: every frame carries its number as a bar code, every shot has its own texture."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from video4spatial.filters.config import DecodeLimits
from video4spatial.filters.video import VideoReader
from video4spatial.pipeline.core.files import sha256_file
from video4spatial.pipeline.core.unit import Source

WriteVideo = Callable[..., Path]
BITS = 12


@pytest.fixture(scope="module")
def reader() -> Iterator[VideoReader]:
    """One child for all tests of a file."""
    with VideoReader(DecodeLimits(stall_timeout_s=30, memory_gib=2)) as opened:
        yield opened


def texture(seed: int, height: int, width: int) -> NDArray[np.uint8]:
    """(height, width, 3) coloured blobs, other ones for each seed."""
    random = np.random.default_rng(seed)
    coarse = random.integers(20, 236, (height // 16, width // 16, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC))


def numbered(frame: NDArray[np.uint8], number: int) -> NDArray[np.uint8]:
    """The frame with `number` written in black and white blocks along its upper edge."""
    out = frame.copy()
    height, width = frame.shape[:2]
    for bit in range(BITS):
        level = 235 if number >> bit & 1 else 20
        out[: height // 6, bit * width // BITS : (bit + 1) * width // BITS] = level
    return out


def read_number(frame: NDArray[np.uint8]) -> int:
    """The number that `numbered` wrote, also after scaling and compression."""
    height, width = frame.shape[:2]
    centres = [(2 * bit + 1) * width // (2 * BITS) for bit in range(BITS)]
    return sum(1 << bit for bit, x in enumerate(centres) if frame[height // 14, x].mean() > 128)


def film(shots: list[int], *, height: int = 120, width: int = 160) -> Iterator[NDArray[np.uint8]]:
    """Frames of shots of the given lengths; in each the camera pans over a texture of its own."""
    number = 0
    for shot, length in enumerate(shots):
        wall = texture(shot, height, 2 * width)
        for step in range(length):
            yield numbered(wall[:, step % width : step % width + width], number)
            number += 1


def _write_video(
    path: Path,
    frames: Iterator[NDArray[np.uint8]] | list[NDArray[np.uint8]],
    *,
    rate: Fraction = Fraction(24),
    times: list[int] | None = None,
    time_base: Fraction | None = None,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    sample_aspect: Fraction | None = None,
    options: dict[str, str] | None = None,
    colour_transfer: int | None = None,
    container_options: dict[str, str] | None = None,
) -> Path:
    """Encodes frames; `times` in ticks of `time_base`, else evenly spaced at `rate`."""
    with av.open(str(path), "w", options=container_options or {}) as container:
        stream = container.add_stream(codec, rate=rate, options={"preset": "ultrafast"} if options is None else options)
        for index, rgb in enumerate(frames):
            if index == 0:
                stream.height, stream.width, stream.pix_fmt = rgb.shape[0], rgb.shape[1], pix_fmt
                stream.codec_context.thread_count = 1
                stream.time_base = stream.codec_context.time_base = time_base or 1 / rate
                if sample_aspect:
                    stream.codec_context.sample_aspect_ratio = sample_aspect
                if colour_transfer:
                    stream.codec_context.color_trc = colour_transfer
            picture = av.VideoFrame.from_ndarray(rgb, format="rgb24")
            picture.pts = times[index] if times else index
            picture.time_base = time_base or 1 / rate
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return path


@pytest.fixture
def write_video() -> WriteVideo:
    """Encodes frames into a file with PyAV."""
    return _write_video


@pytest.fixture(scope="session")
def edited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four shots of 60, 30, 100 and 10 frames at 24 fps, 160x120."""
    return _write_video(tmp_path_factory.mktemp("films") / "edited.mp4", film([60, 30, 100, 10]))


def source_of(path: Path) -> Source:
    """The file as a source."""
    return Source(uri=path.name, sha256=sha256_file(path), split_group=path.stem, location=str(path))


@pytest.fixture(name="source_of")
def source_of_fixture() -> Callable[[Path], Source]:
    """Makes a file a source."""
    return source_of


@pytest.fixture(name="film")
def film_fixture() -> Callable[..., Iterator[NDArray[np.uint8]]]:
    """Makes frames of shots of the given lengths."""
    return film


@pytest.fixture(name="read_number")
def read_number_fixture() -> Callable[[NDArray[np.uint8]], int]:
    """Reads the number that a film's frame carries."""
    return read_number


@pytest.fixture(name="texture")
def texture_fixture() -> Callable[[int, int, int], NDArray[np.uint8]]:
    """Makes coloured blobs."""
    return texture
