"""A contact sheet: pictures in a grid, each with a line of text under it.

(picture, caption) ... ─▶ [contact_sheet] ─▶ one picture ─▶ [jpeg_of | png_of] ─▶ bytes

The same pictures and words give the same bytes.
"""

import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

CAPTION_PX, GAP_PX, TITLE_PX = 24, 8, 40
INK, PAPER = (28, 31, 35), (255, 255, 255)


def contact_sheet(
    tiles: Sequence[tuple[NDArray[np.uint8], str]], columns: int, title: str = "", notes: str = ""
) -> NDArray[np.uint8]:
    """(H, W, 3) of tiles of one size, row by row; at least one. `notes` stands to the right of the title."""
    height, width = tiles[0][0].shape[:2]
    columns = min(columns, len(tiles))
    rows = -(-len(tiles) // columns)
    head = TITLE_PX if title else GAP_PX
    size = (columns * (width + GAP_PX) + GAP_PX, rows * (height + CAPTION_PX + GAP_PX) + head)
    image = Image.new("RGB", size, PAPER)
    draw = ImageDraw.Draw(image)
    if title:
        draw.text((GAP_PX, head / 2), title, fill=INK, font=ImageFont.load_default(20), anchor="lm")
        draw.text((size[0] - GAP_PX, head / 2), notes, fill=INK, font=ImageFont.load_default(14), anchor="rm")
    for number, (picture, caption) in enumerate(tiles):
        x = GAP_PX + number % columns * (width + GAP_PX)
        y = head + number // columns * (height + CAPTION_PX + GAP_PX)
        image.paste(Image.fromarray(picture), (x, y))
        font = ImageFont.load_default(14)
        words = _fitting(caption, font, width - 4)
        draw.text((x + 2, y + height + CAPTION_PX / 2), words, fill=INK, font=font, anchor="lm")
    return np.asarray(image)


def _fitting(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width_px: float) -> str:
    """The text, or as many of its words as fit."""
    if font.getlength(text) <= width_px:
        return text
    words = text.split(" ")
    while len(words) > 1 and font.getlength(" ".join(words) + " ...") > width_px:
        words.pop()
    return " ".join(words).rstrip(",") + " ..."


def jpeg_of(picture: NDArray[np.uint8], quality: int = 88) -> bytes:
    """A photograph's file."""
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def png_of(picture: NDArray[np.uint8]) -> bytes:
    """A drawing's file."""
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
