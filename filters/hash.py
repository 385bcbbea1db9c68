"""The perceptual hashes by which near duplicates are found at publish.

cut ─▶ [picture_columns] ─▶ Product.columns ─▶ store/duplicates.py
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from video4spatial.filters.borders import content_box
from video4spatial.filters.scores import to_luma

PICTURES = 6
"""Hashed pictures of a clip: two in three of a copy's still match when it begins a third of a clip later."""
MIN_CONTRAST = 3.0
"""Standard deviation of luma (levels) of the small picture below which its bits are noise: it has no hash."""
_SIDE_PX = 32
_KEPT = 8


def picture_columns(frames: NDArray[np.uint8]) -> dict[str, int | list[int]]:
    """The columns of a clip (T, H, W, 3): where within its bars the picture is, and the hashes of that part, of the
    middle frame (which a flat one lacks) and of up to `PICTURES` evenly spaced ones, flat ones left out."""
    picked = np.unique(((np.arange(PICTURES) + 0.5) * len(frames) / PICTURES).astype(np.int64))
    luma = to_luma(frames[[len(frames) // 2, *picked]])
    box = content_box(luma[1:])
    middle, *others = (perceptual_hash(picture) for picture in box.cut(luma))
    single = {} if middle is None else {"perceptual_hash": middle}
    sides = {f"content_{side}_px": getattr(box, side) for side in ("left", "top", "right", "bottom")}
    return {**single, "picture_hashes": [value for value in others if value is not None], **sides}


def perceptual_hash(luma: NDArray[np.uint8]) -> int | None:
    """64 bits of a picture (H, W) as a signed integer; like pictures differ in few bits (Hamming distance).

    The signs of the 8 x 8 lowest frequencies of the discrete cosine transform of 32 x 32 luma, as in pHash (Zauner,
    "Implementation and benchmarking of perceptual image hash functions", 2010) with zero for the median, which the
    coefficients lie around: so the mirrored picture has the same bits but for those of `store.duplicates.MIRROR`. The
    lowest is the mean, says nothing about the picture and gives its place to the next one down. Pictures unlike each
    other differ in 32 bits on average; a re-encoding differs in 0 to 8. None for a picture flatter than `MIN_CONTRAST`.
    """
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
