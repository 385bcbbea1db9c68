"""The codecs of the shard. Unseen: bytes that differ between runs, off-by-one frames, drifting colour, lost depth."""

import io
from fractions import Fraction

import av
import numpy as np
import pytest

from video4spatial.pipeline.core.errors import ConfigError, StorageError
from video4spatial.pipeline.store.video import (
    decode_ffv1_gray16,
    decode_video,
    encode_ffv1_gray16,
    encode_h264,
)

COUNT = 40
HALF = Fraction(1, 30)


def numbered_frames(count: int = COUNT, height: int = 32, width: int = 48) -> np.ndarray:
    """Each frame has its own grey level and a bright column at its own place."""
    frames = np.zeros((count, height, width, 3), np.uint8)
    for index in range(count):
        frames[index] = 30 + 4 * index
        frames[index, :, index % (width - 8) : index % (width - 8) + 8] = 230
    return frames


def psnr_db(first: np.ndarray, second: np.ndarray) -> float:
    return float(10 * np.log10(255.0**2 / np.mean((first.astype(float) - second) ** 2)))


@pytest.fixture(scope="module")
def film() -> bytes:
    return encode_h264(numbered_frames(), np.arange(COUNT), HALF)


def test_what_is_decoded_looks_like_what_was_encoded(film: bytes) -> None:
    decoded = decode_video(film)
    assert decoded.shape == (COUNT, 32, 48, 3)
    assert decoded.dtype == np.uint8
    assert psnr_db(decoded, numbered_frames()) > 30
    assert np.abs(decoded.mean((1, 2, 3)) - numbered_frames().mean((1, 2, 3))).max() < 1.5


def test_grey_stays_grey_at_every_level() -> None:
    ramp = np.repeat(np.arange(0, 256, 5, dtype=np.uint8)[:, None, None, None], 16, 1).repeat(16, 2).repeat(3, 3)
    decoded = decode_video(encode_h264(ramp, np.arange(len(ramp)), HALF, crf=5)).astype(int)
    assert np.abs(decoded - ramp).max() <= 3


@pytest.mark.parametrize("indices", [[0], [COUNT - 1], [17, 3, 3, 39], [15, 16], [31, 32, 33], range(5, 21)])
def test_asked_frames_equal_those_of_the_whole_film(film: bytes, indices: list[int]) -> None:
    assert np.array_equal(decode_video(film, indices), decode_video(film)[list(indices)])


def test_only_the_groups_that_hold_asked_frames_are_needed(film: bytes) -> None:
    """Damage beyond the first group does not touch its frames: nothing else is decoded, no group leans on another."""
    with av.open(io.BytesIO(film)) as container:
        keys = [packet.pos for packet in container.demux(video=0) if packet.size and packet.is_keyframe]
    assert len(keys) == 3
    damaged = bytearray(film)
    start = keys[1] + 4
    damaged[start : start + 400] = bytes(400)
    assert np.array_equal(decode_video(bytes(damaged), range(16)), decode_video(film, range(16)))


@pytest.mark.parametrize(
    "time_base", [Fraction(1, 12), Fraction(1001, 30000), Fraction(1, 90000), Fraction(1, 10**9)], ids=str
)
def test_players_see_the_times_that_were_given(time_base: Fraction) -> None:
    step = int(Fraction(1, 15) / time_base) or 1
    times = 1000 + np.cumsum([step, 3 * step, step, step, 2 * step])
    film = encode_h264(numbered_frames(5), times, time_base)
    with av.open(io.BytesIO(film)) as container:
        shown = sorted(packet.pts * packet.time_base for packet in container.demux(video=0) if packet.size)
    expected = [int(tick - times[0]) * time_base for tick in times]
    assert max(abs(got - want) for got, want in zip(shown, expected, strict=True)) < Fraction(1, 10_000)


def test_the_same_frames_give_the_same_bytes(film: bytes) -> None:
    assert encode_h264(numbered_frames(), np.arange(COUNT), HALF) == film
    depth = np.arange(3 * 8 * 8, dtype=np.uint16).reshape(3, 8, 8)
    assert encode_ffv1_gray16(depth) == encode_ffv1_gray16(depth)


def test_what_lies_in_memory_beside_the_frames_never_gets_into_the_bytes() -> None:
    """With x264's default assembly one encode in about thirty differed here: sixty in a changing heap must not."""
    random = np.random.default_rng(5)
    texture = random.integers(40, 216, (16, 16, 3)).repeat(4, 0).repeat(4, 1)
    frames = np.stack([np.roll(texture, shift, axis=1) for shift in range(20)]).astype(np.uint8)
    encoded = set()
    for _ in range(60):
        heap = [np.full(int(random.integers(1_000, 300_000)), 255, np.uint8) for _ in range(20)]
        encoded.add(encode_h264(frames, np.arange(20) * 1001, Fraction(1, 12012)))
        del heap
    assert len(encoded) == 1


@pytest.mark.parametrize(
    ("frames", "told"),
    [
        (np.zeros((2, 15, 16, 3), np.uint8), "even frames, got 16x15"),
        (np.zeros((2, 16, 16), np.uint8), r"\(T, H, W, 3\)"),
        (np.zeros((2, 16, 16, 3), np.float32), "float32"),
        (np.zeros((0, 16, 16, 3), np.uint8), "not empty"),
    ],
)
def test_frames_that_h264_cannot_hold_are_refused(frames: np.ndarray, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        encode_h264(frames, np.arange(len(frames)), HALF)


def test_a_quality_that_x264_does_not_know_is_refused() -> None:
    with pytest.raises(ConfigError, match="0 to 51"):
        encode_h264(numbered_frames(2), np.arange(2), HALF, crf=60)


@pytest.mark.parametrize("shape", [(5, 1, 1), (4, 2, 3), (20, 16, 16), (2, 300, 400)])
def test_depth_comes_back_bit_by_bit(shape: tuple[int, int, int]) -> None:
    depth = np.random.default_rng(3).integers(0, 65536, shape).astype(np.uint16)
    data = encode_ffv1_gray16(depth)
    assert np.array_equal(decode_ffv1_gray16(data), depth)
    assert np.array_equal(decode_ffv1_gray16(data, [1, 0]), depth[[1, 0]])


def test_bytes_that_are_no_film_are_named(film: bytes) -> None:
    for data in (b"", b"no film", film[:100], film[: len(film) // 2]):
        with pytest.raises(StorageError, match=r"does not decode|lacks frames"):
            decode_video(data)


def test_a_frame_that_is_not_there_is_an_index_error(film: bytes) -> None:
    for indices in ([COUNT], [-1], []):
        with pytest.raises(IndexError):
            decode_video(film, indices)
