"""The perceptual hashes by which near duplicates are found at publish.

cut ─▶ [picture_hashes] ─▶ Product.columns["picture_hashes"] ─▶ store/duplicates.py
"""

import cv2
import numpy as np
from numpy.typing import NDArray

PICTURES = 6
"""Hashed pictures of a clip: two in three of a copy's still match when it begins a third of a clip later."""
MIN_CONTRAST = 3.0
"""Standard deviation of luma (levels) of the small picture below which its bits are noise: it has no hash."""
_SIDE_PX = 32
_KEPT = 8


def hash_columns(frames: NDArray[np.uint8]) -> dict[str, int | list[int]]:
    """The columns of a clip (T, H, W, 3): the hash of its middle frame, which a flat one lacks, and of several."""
    middle = perceptual_hash(frames[len(frames) // 2])
    single = {} if middle is None else {"perceptual_hash": middle}
    return {**single, "picture_hashes": picture_hashes(frames)}


def picture_hashes(frames: NDArray[np.uint8]) -> list[int]:
    """The hashes of up to `PICTURES` frames of (T, H, W, 3), evenly spaced; flat ones (black, fog) are left out."""
    picked = ((np.arange(PICTURES) + 0.5) * len(frames) / PICTURES).astype(int)
    hashes = [perceptual_hash(frames[index]) for index in np.unique(picked)]
    return [value for value in hashes if value is not None]


def perceptual_hash(frame: NDArray[np.uint8]) -> int | None:
    """64 bits of a picture (H, W, 3) as a signed integer; like pictures differ in few bits (Hamming distance).

    The signs of the 8 x 8 lowest frequencies of the discrete cosine transform of 32 x 32 luma, as in pHash (Zauner,
    "Implementation and benchmarking of perceptual image hash functions", 2010) with zero for the median, which the
    coefficients lie around: so the mirrored picture has the same bits but for those of `store.duplicates.MIRROR`. The
    lowest is the mean, says nothing about the picture and gives its place to the next one down. Pictures unlike each
    other differ in 32 bits on average; a re-encoding differs in 0 to 8. None for a picture flatter than `MIN_CONTRAST`.
    """
    luma = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(luma, (_SIDE_PX, _SIDE_PX), interpolation=cv2.INTER_AREA).astype(np.float32)
    if small.std() < MIN_CONTRAST:
        return None
    spectrum = cv2.dct(small)
    low = spectrum[:_KEPT, :_KEPT].ravel()
    low[0] = spectrum[_KEPT, 0]
    return int(np.packbits(low > 0).view(">i8")[0])


def bits_apart(one: int, other: int) -> int:
    """Hamming distance of two hashes, 0 to 64."""
    return ((one ^ other) & (2**64 - 1)).bit_count()
