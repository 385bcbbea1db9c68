"""Small pictures of what the floor dropped, so that a person can see what was lost.

floor ─▶ [thumbnail] ─▶ Product.thumbnail_jpeg ─▶ report
"""

import cv2
import numpy as np
from numpy.typing import NDArray

MAX_BYTES = 4000
_SHORT_SIDE_PX = 72
_MAX_LONG_SIDE_PX = 192


def thumbnail_jpeg(frame: NDArray[np.uint8]) -> bytes:
    """A JPEG of at most `MAX_BYTES` of a picture (H, W, 3): the quality gives way first, then the size."""
    height, width = frame.shape[:2]
    scale = min(1.0, _SHORT_SIDE_PX / min(height, width), _MAX_LONG_SIDE_PX / max(height, width))
    while True:
        size_px = max(1, round(width * scale)), max(1, round(height * scale))
        small = cv2.cvtColor(cv2.resize(frame, size_px, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2BGR)
        for quality in (85, 70, 50, 30):
            data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
            if len(data) <= MAX_BYTES:
                return data
        scale *= 0.7
