"""What an encoder wrote is proven before it is stored: lies are found, honest losses are not called lies."""

from collections.abc import Callable
from fractions import Fraction

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.pipeline.store.make import make_products, make_unit
from video4spatial.pipeline.core.errors import SourceError
from video4spatial.pipeline.store import sample
from video4spatial.pipeline.store.proof import largest_mse, prove_gray16, prove_h264
from video4spatial.pipeline.store.store import Store
from video4spatial.pipeline.store.video import encode_ffv1_gray16, encode_h264

TICK = Fraction(1, 24000)
Clip = NDArray[np.uint8]
Lie = Callable[[Clip, NDArray[np.int64]], tuple[Clip, NDArray[np.int64]]]


def times(count: int) -> NDArray[np.int64]:
    return np.arange(count, dtype=np.int64) * 1001


def walk(step_px: float = 3.0, noise: float = 2.0, count: int = 30) -> Clip:
    """A view that pans over blobs, with noise."""
    random = np.random.default_rng(1)
    wall = cv2.resize(random.integers(20, 236, (8, 32, 3), dtype=np.uint8), (512, 96), interpolation=cv2.INTER_CUBIC)
    views = [cv2.warpAffine(wall, np.array([[1, 0, -step_px * k], [0, 1, 0.0]]), (160, 96)) for k in range(count)]
    return np.clip(np.stack(views) + random.normal(0, noise, (count, 96, 160, 1)), 0, 255).astype(np.uint8)


def swapped(clip: Clip, ticks: NDArray[np.int64]) -> tuple[Clip, NDArray[np.int64]]:
    order = np.arange(len(clip))
    order[[11, 12]] = order[[12, 11]]
    return clip[order], ticks


def repeated(clip: Clip, ticks: NDArray[np.int64]) -> tuple[Clip, NDArray[np.int64]]:
    return clip[[*range(15), 14, *range(16, len(clip))]], ticks


LIES: dict[str, tuple[Lie, str]] = {
    "a frame is dropped": (lambda c, t: (np.delete(c, 9, 0), np.delete(t, 9)), "30 frames were encoded, .* holds 29"),
    "the last frame is dropped": (lambda c, t: (c[:-1], t[:-1]), "holds 29"),
    "two frames are swapped": (swapped, "frame 11 of the clip is frame 12 of its source"),
    "a frame is repeated in another's place": (repeated, "frame 15 of the clip is frame 14"),
    "all frames are one late": (lambda c, t: (c[[0, *range(len(c) - 1)]], t), "is frame"),
    "the colours are inverted": (lambda c, t: (255 - c, t), "levels from its source; crf 18 explains"),
    "a frame is shown too late": (lambda c, t: (c, t + 500 * (np.arange(len(t)) == 7)), r"frame 7 is shown 0\.0208 s"),
    "another size": (lambda c, t: (c[:, :, :-2], t), "160x96 px were encoded"),
}


@pytest.mark.parametrize("name", LIES)
def test_a_lie_is_found_and_told(name: str) -> None:
    clip, (lie, told) = walk(), LIES[name]
    data = encode_h264(*lie(clip, times(30)), TICK)
    with pytest.raises(SourceError, match=told) as caught:
        prove_h264(data, clip, times(30), TICK, 18)
    assert caught.value.reason == "clip_mismatch"


def test_a_clip_that_is_cut_off_does_not_pass() -> None:
    clip = walk()
    data = encode_h264(clip, times(30), TICK)
    for length in (0, 50, len(data) // 2):
        with pytest.raises(SourceError) as caught:
            prove_h264(data[:length], clip, times(30), TICK, 18)
        assert caught.value.reason == "clip_mismatch"


HONEST = {
    "a slow pan": walk(0.25, 0.0),
    "a slow pan with noise": walk(0.25, 4.0),
    "a still with noise": walk(0.0, 3.0),
    "white noise": np.random.default_rng(2).integers(0, 256, (20, 64, 96, 3), dtype=np.uint8),
    "noise in the dark": np.random.default_rng(2).integers(0, 6, (20, 64, 96, 3), dtype=np.uint8),
    "black": np.zeros((20, 64, 96, 3), np.uint8),
    "stripes that change sides": np.stack([np.full((64, 96, 3), 255 * (k % 2), np.uint8) for k in range(20)]),
    "one frame": walk()[:1],
    "the smallest frames": walk()[:, :2, :2],
}


@pytest.mark.parametrize("crf", [0, 18, 35, 51])
@pytest.mark.parametrize("name", HONEST)
def test_what_compression_costs_is_no_lie(name: str, crf: int) -> None:
    clip = HONEST[name]
    prove_h264(encode_h264(clip, times(len(clip)), TICK, crf), clip, times(len(clip)), TICK, crf)


def test_the_bound_follows_the_rate_factor_and_is_nothing_where_nothing_is_lost() -> None:
    assert largest_mse(0) == 0
    assert largest_mse(12) < largest_mse(18) < largest_mse(30)
    clip = walk()
    with pytest.raises(SourceError, match="crf 0 explains 0"):
        prove_h264(encode_h264(clip, times(30), TICK, 5), clip, times(30), TICK, 0)


@pytest.mark.parametrize("index", [0, 2, 4])
def test_a_lossless_stream_must_be_exact_in_every_frame(index: int) -> None:
    depth = np.random.default_rng(1).integers(0, 9000, (5, 12, 16)).astype(np.uint16)
    other = depth.copy()
    other[index, 3, 3] ^= 1
    prove_gray16(encode_ffv1_gray16(depth), depth)
    for lie in (other, depth[:-1]):
        with pytest.raises(SourceError, match=r"differ|shape") as caught:
            prove_gray16(encode_ffv1_gray16(lie), depth)
        assert caught.value.reason == "clip_mismatch"


def test_a_lying_encoder_fails_its_clip_by_name_and_no_other(
    tmp_path: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    def lies_once(frames: Clip, ticks: NDArray[np.int64], time_base: Fraction, crf: int) -> bytes:
        made.append(len(frames))
        kept = slice(1, None) if len(made) == 2 else slice(None)
        return encode_h264(frames[kept], ticks[kept], time_base, crf)

    monkeypatch.setattr(sample, "encode_h264", lies_once)
    store, unit = Store.open(str(tmp_path)), make_unit(1, "real")
    receipt = store.write_unit(unit, make_products(unit, 3), {})
    assert (receipt.sequences, receipt.failed, receipt.rejected) == (3, 1, 1)
    index = next(store.root.glob("index/*/*.parquet"))
    rows = pytest.importorskip("pyarrow.parquet").read_table(index).to_pylist()
    (failed,) = (row for row in rows if row["verdict"] == "failed")
    assert failed["reason"] == "clip_mismatch"
    assert failed["shard"] is None
