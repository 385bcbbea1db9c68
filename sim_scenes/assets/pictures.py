"""Image files of any make as plain (H, W, 3) sRGB bytes of a bounded size.

bytes ─▶ [read_picture] ─▶ (H, W, 3) uint8 ─▶ library.py

Grey, palette, CMYK, alpha and 16 bits are all turned into three bytes a pixel. Transparency is dropped: these are
surfaces.
"""

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from video4spatial.pipeline.core.errors import SourceError

MOST_PIXELS = 16384 * 8192
"""Larger pictures are left out: opening one would take gigabytes."""


def picture_size(path: Path) -> tuple[int, int]:
    """(width, height) from the header alone. Raises SourceError(reason="unusable_texture") for what is no picture."""
    try:
        with Image.open(path) as picture:
            width, height = picture.size
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise SourceError(f"{path.name} is no picture that can be read", reason="unusable_texture") from None
    if width * height > MOST_PIXELS or min(width, height) < 4:
        raise SourceError(f"{path.name} has {width} x {height} px", reason="unusable_texture")
    return width, height


def read_picture(name: str, data: bytes, side_px: int) -> NDArray[np.uint8]:
    """The picture, its longer side at most `side_px`. Raises SourceError(reason="unusable_texture")."""
    try:
        with Image.open(io.BytesIO(data)) as picture:
            picture.draft("RGB", (2 * side_px, 2 * side_px))  # JPEG decodes to a half, quarter or eighth for free
            picture.load()
            pixels = _three_bytes(picture)
    except (OSError, ValueError, SyntaxError, EOFError, TypeError, Image.DecompressionBombError) as error:
        raise SourceError(f"{name} cannot be read: {error}", reason="unusable_texture") from None
    return fitted(pixels, side_px)


def fitted(pixels: NDArray[np.uint8], side_px: int) -> NDArray[np.uint8]:
    """(H, W) or (H, W, 3) with its longer side at most `side_px`."""
    height, width = pixels.shape[:2]
    if max(height, width) <= side_px:
        return pixels
    factor = side_px / max(height, width)
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BOX, reducing_gap=2.0))


def _three_bytes(picture: Image.Image) -> NDArray[np.uint8]:
    if picture.mode.startswith("I") or picture.mode == "F":
        values = np.asarray(picture).astype(float)
        top = 65535.0 if values.max() > 255.0 else 255.0 if values.max() > 1.0 else 1.0
        grey = np.clip(values * (255.0 / top), 0, 255).astype(np.uint8)
        return np.repeat(grey[..., None], 3, axis=2)
    return np.asarray(picture.convert("RGB"))
