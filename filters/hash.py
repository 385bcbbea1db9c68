"""The perceptual hash by which near duplicates are found at publish.

cut ─▶ [hash] ─▶ Product.columns["perceptual_hash"] ─▶ selection
"""

import cv2
import numpy as np
from numpy.typing import NDArray

_SIDE_PX = 32
_KEPT = 8


def perceptual_hash(frame: NDArray[np.uint8]) -> int:
    """64 bits of a picture (H, W, 3) as a signed integer; like pictures differ in few bits (Hamming distance).

    pHash (Zauner 2010): 32 x 32 luma, discrete cosine transform, the sign of the 8 x 8 lowest frequencies against their
    median. Two pictures unlike each other differ in 32 bits on average; a re-encoding differs in 0 to 4.
    """
    luma = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(luma, (_SIDE_PX, _SIDE_PX), interpolation=cv2.INTER_AREA).astype(np.float32)
    low = cv2.dct(small)[:_KEPT, :_KEPT].ravel()
    # the first coefficient is the mean: it says nothing about the picture and would pull the median
    bits = low > np.median(low[1:])
    return int(np.packbits(bits).view(">i8")[0])


def bits_apart(one: int, other: int) -> int:
    """Hamming distance of two hashes, 0 to 64."""
    return ((one ^ other) & (2**64 - 1)).bit_count()
