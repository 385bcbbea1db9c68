"""Two sizes of each picture from one decode: what is stored, and the larger one at which poses are estimated.

VideoReader at the larger size ─▶ [with_fine_luma] ─▶ Picture with both ─▶ shots
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import cv2
import numpy as np

from video4spatial.filters.decode import Picture
from video4spatial.filters.display import Display


def with_fine_luma(pictures: Iterable[Picture], shown_px: tuple[int, int], size_px: int) -> Iterator[Picture]:
    """The pictures at the size of stored frames, whose short side is `size_px`, with their luma as it came."""
    small_px = Display(coded_px=shown_px).working_px(size_px)
    for picture in pictures:
        fine = np.asarray(cv2.cvtColor(picture.rgb, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
        small = picture.rgb
        if (small.shape[1], small.shape[0]) != small_px:
            small = np.asarray(cv2.resize(small, small_px, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        yield replace(picture, rgb=small, fine_luma=fine)
