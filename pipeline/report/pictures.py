"""Pictures inside the page: arrays become data URIs of bounded size, depth and ids become colours.

JPEG for what a camera saw, PNG for drawings. The same array gives the same bytes.
"""

import base64
import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from video4spatial.pipeline.report.text import escape

# Near to far, yellow to dark blue: brightness falls all the way, so it reads without red-green vision and in grey.
_RAMP = np.array(
    [[253, 231, 85], [206, 187, 99], [162, 150, 113], [123, 122, 119], [86, 92, 108], [42, 63, 108], [0, 34, 78]],
    dtype=np.float64,
)


@dataclass(frozen=True, kw_only=True)
class Detail:
    """How much of a picture is kept; `build.py` turns to a lower one when the page would grow too large."""

    side_px: int
    """Longer side of a picture of the data set."""
    tile_px: int
    """Longer side of one frame of a strip."""
    plan_px: int
    """Longer side of a plan."""
    quality: int
    """Of JPEG, 1 to 95."""


FULL = Detail(side_px=360, tile_px=160, plan_px=560, quality=86)
SMALLER = Detail(side_px=240, tile_px=112, plan_px=400, quality=72)
SMALLEST = Detail(side_px=128, tile_px=64, plan_px=256, quality=50)


def photo_uri(frame: NDArray[np.uint8], side_px: int, quality: int) -> str:
    """JPEG data URI of a frame (H, W, 3), shrunk to `side_px` on its longer side, never enlarged."""
    image = _shrunk(Image.fromarray(np.ascontiguousarray(frame)), side_px, Image.Resampling.LANCZOS)
    # Small frames: full chroma and a high quality, or their few pixels drown in block artefacts.
    small = max(image.size) <= 96
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=min(95, quality + 8) if small else quality, subsampling=0 if small else 2)
    return _uri(buffer.getvalue(), "image/jpeg")


def drawing_uri(pixels: NDArray[np.uint8], side_px: int) -> str:
    """PNG data URI of a drawing (H, W, 3) with at most 128 colours, shrunk to `side_px`, never enlarged."""
    image = _shrunk(Image.fromarray(np.ascontiguousarray(pixels)), side_px, Image.Resampling.BOX)
    buffer = io.BytesIO()
    image.quantize(128, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(buffer, "PNG", optimize=True)
    return _uri(buffer.getvalue(), "image/png")


def film(mp4: bytes, size_px: tuple[int, int], alternative: str) -> str:
    """A <video> that plays by itself, without sound, again and again. It takes a third more than its bytes."""
    size = f'width="{size_px[0]}" height="{size_px[1]}"'
    playing = "autoplay muted loop playsinline controls"
    return f'<video src="{_uri(mp4, "video/mp4")}" {size} {playing} aria-label="{escape(alternative)}"></video>'


def stored_jpeg_uri(data: bytes) -> str | None:
    """A thumbnail from the table as it stands; None when the bytes are not a JPEG."""
    return _uri(data, "image/jpeg") if data[:3] == b"\xff\xd8\xff" else None


def depth_colours(depth_m: NDArray[np.float32]) -> tuple[NDArray[np.uint8], float, float]:
    """(h, w, 3) colours, yellow near and blue far, black where nothing was measured; and the range drawn in metres."""
    measured = depth_m[depth_m > 0]
    if not measured.size:
        return np.zeros((*depth_m.shape, 3), np.uint8), 0.0, 0.0
    near, far = float(measured.min()), float(measured.max())
    place = (depth_m.astype(np.float64) - near) / max(far - near, 1e-9) * (len(_RAMP) - 1)
    place = np.clip(place, 0, len(_RAMP) - 1)
    lower = np.minimum(place.astype(int), len(_RAMP) - 2)
    share = (place - lower)[..., None]
    colours = _RAMP[lower] * (1 - share) + _RAMP[lower + 1] * share
    return np.where((depth_m > 0)[..., None], colours.round(), 0).astype(np.uint8), near, far


def id_colours(object_id: NDArray[np.int32]) -> NDArray[np.uint8]:
    """(h, w, 3): each id in a colour of its own (golden-angle hues), 0 in grey."""
    hue = (object_id.astype(np.float64) * 0.61803398875) % 1.0
    sector = hue[..., None] * 6 + np.array([0.0, 4.0, 2.0])
    colours = np.clip(np.abs(sector % 6 - 3) - 1, 0, 1) * 150 + 75
    return np.where((object_id == 0)[..., None], 205, colours.round()).astype(np.uint8)


def image(uri: str, alternative: str, css: str = "", width: int | None = None, height: int | None = None) -> str:
    """An <img>; its size keeps the page from jumping while it loads."""
    size = f' width="{width}" height="{height}"' if width and height else ""
    return f'<img src="{uri}" alt="{escape(alternative)}"{size}{f" class={chr(34)}{css}{chr(34)}" if css else ""}>'


def photo(frame: NDArray[np.uint8], alternative: str, side_px: int, quality: int, css: str = "") -> str:
    """A frame as an <img> of its own shape."""
    return image(photo_uri(frame, side_px, quality), alternative, css, frame.shape[1], frame.shape[0])


def _shrunk(image: Image.Image, side_px: int, resampling: Image.Resampling) -> Image.Image:
    longest = max(image.size)
    if longest <= side_px:
        return image
    size = tuple(max(1, round(length * side_px / longest)) for length in image.size)
    return image.resize((size[0], size[1]), resampling)


def _uri(data: bytes, kind: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"
