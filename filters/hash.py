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

    pHash (Zauner 2010): 32 x 32 luma, discrete cosine transform, the 8 x 8 lowest frequencies against their median; the
    lowest is the mean, says nothing about the picture and gives its place to the next one down. Two pictures unlike
    each other differ in 32 bits on average; a re-encoding differs in 0 to 4.
    """
    luma = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(luma, (_SIDE_PX, _SIDE_PX), interpolation=cv2.INTER_AREA).astype(np.float32)
    spectrum = cv2.dct(small)
    low = spectrum[:_KEPT, :_KEPT].ravel()
    low[0] = spectrum[_KEPT, 0]
    return int(np.packbits(low > np.median(low)).view(">i8")[0])


def bits_apart(one: int, other: int) -> int:
    """Hamming distance of two hashes, 0 to 64."""
    return ((one ^ other) & (2**64 - 1)).bit_count()
