"""Near duplicates have near hashes; other pictures do not."""

from collections.abc import Callable

import cv2
import numpy as np

from video4spatial.filters.hash import bits_apart, picture_columns
from video4spatial.filters.hash import perceptual_hash as hash_of_luma
from video4spatial.pipeline.store.duplicates import MIRROR, find_near_duplicates


def perceptual_hash(frame: np.ndarray) -> int | None:
    return hash_of_luma(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY))


def picture_hashes(frames: np.ndarray) -> list[int]:
    return picture_columns(frames)["picture_hashes"]


def test_a_smaller_darker_recompressed_copy_differs_in_few_bits(texture: Callable) -> None:
    for seed in range(10):
        picture = texture(seed, 128, 192)
        small = (cv2.resize(picture, (96, 64), interpolation=cv2.INTER_AREA) * 0.8).astype(np.uint8)
        copy = cv2.imdecode(cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 40])[1], cv2.IMREAD_COLOR)
        assert bits_apart(perceptual_hash(picture), perceptual_hash(copy)) <= 6


def test_other_pictures_differ_in_about_half_of_the_bits(texture: Callable) -> None:
    hashes = [perceptual_hash(texture(seed, 128, 192)) for seed in range(12)]
    distances = [bits_apart(one, other) for n, one in enumerate(hashes) for other in hashes[:n]]
    assert min(distances) >= 16
    assert 28 <= np.mean(distances) <= 36


def test_hashes_fit_a_signed_64_bit_column(texture: Callable) -> None:
    hashes = np.array([perceptual_hash(texture(seed, 64, 64)) for seed in range(20)], dtype=np.int64)
    assert (hashes < 0).any()
    assert (hashes > 0).any()
    assert bits_apart(-1, 0) == 64


def test_a_mirrored_picture_differs_in_the_bits_of_the_odd_frequencies(texture: Callable) -> None:
    for seed in range(10):
        picture = texture(seed, 128, 192)
        mirrored = perceptual_hash(np.ascontiguousarray(picture[:, ::-1]))
        assert bits_apart(mirrored ^ MIRROR, perceptual_hash(picture)) <= 2


def test_flat_pictures_have_no_hash_so_that_blank_frames_are_not_all_alike() -> None:
    noise = np.random.default_rng(0).integers(0, 12, (12, 90, 160, 3)).astype(np.uint8)
    assert [perceptual_hash(frame) for frame in noise] == [None] * 12
    assert picture_hashes(noise) == []
    assert "perceptual_hash" not in picture_columns(noise)


def test_a_black_middle_frame_does_not_hide_a_copy(film: Callable) -> None:
    one = np.stack([frame[20:] for frame in film([48])])
    copy = (one * 0.8).astype(np.uint8)
    copy[20:30] = 0
    assert "perceptual_hash" not in picture_columns(copy)
    assert find_near_duplicates([picture_hashes(one), picture_hashes(copy)], 8).kept_one == {1: 0}


def test_a_clip_shorter_than_the_sample_is_hashed_frame_by_frame(texture: Callable) -> None:
    frames = np.stack([texture(seed, 64, 64) for seed in range(3)])
    assert picture_hashes(frames) == [perceptual_hash(frame) for frame in frames]


def test_bars_around_a_copy_do_not_hide_it(film: Callable) -> None:
    one = np.stack([frame[20:] for frame in film([24])])
    boxed = np.full((24, 140, 200, 3), 12, dtype=np.uint8)
    boxed[:, 20:120, 20:180] = one
    columns = picture_columns(boxed)
    assert [columns[f"content_{side}_px"] for side in ("left", "top", "right", "bottom")] == [20, 20, 180, 120]
    assert find_near_duplicates([picture_hashes(one), picture_hashes(boxed)], 2).kept_one == {1: 0}
