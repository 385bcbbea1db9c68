"""Near duplicates have near hashes; other pictures do not."""

from collections.abc import Callable

import cv2
import numpy as np

from video4spatial.filters.hash import bits_apart, perceptual_hash


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
