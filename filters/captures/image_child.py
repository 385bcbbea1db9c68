"""The child's main: opens pictures and depth maps, and hands them out as they will be stored.

frames.PictureFrames ──socketpair──▶ [image_child] ─▶ Pillow ─▶ fit.py

Run as `python -m video4spatial.filters.captures.image_child FD`. Whatever a hostile picture does to its decoder
happens here. A file that is merely broken is answered with its reason; anything else ends the process: WorkerLost.
"""

import warnings
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from video4spatial.filters.captures.fit import fit_depth, fit_from_plain, fit_picture
from video4spatial.pipeline.core.child import Message, serve
from video4spatial.pipeline.core.errors import SourceError


def handle(header: dict[str, Any], arrays: dict[str, np.ndarray]) -> Message:
    """Answers `frame`: the picture and the depth of one frame, fitted; a file name of "" leaves that part out."""
    fit = fit_from_plain(header["fit"])
    lens = arrays["image_from_camera"], header["lens"], arrays["coefficients"]
    answer: dict[str, np.ndarray] = {}
    try:
        if header["image"]:
            picture = open_picture(Path(header["image"]), fit.source_px)
            answer["rgb"] = fit_picture(picture, fit, *lens)
        if header["depth"]:
            depth_m = open_depth(Path(header["depth"]), header["depth_unit_m"])
            answer["depth_m"] = fit_depth(depth_m, fit, *lens, tuple(header["grid_px"]))
    except SourceError as error:
        return {"error": str(error), "reason": error.reason}, {}
    return {}, answer


def open_picture(path: Path, size_px: tuple[int, int]) -> NDArray[np.uint8]:
    """(H, W, 3) sRGB of `size_px` (width, height). Raises SourceError where it is broken or of another size.

    Intrinsics are told for the pixels as they lie; only where these have the wrong size is the orientation tag obeyed.
    """
    try:
        with warnings.catch_warnings(), Image.open(path) as picture:
            warnings.simplefilter("ignore")  # odd metadata, told on stderr, is no business of the frame
            picture.load()
            upright = picture if picture.size == size_px else ImageOps.exif_transpose(picture)
            shown = np.asarray(upright.convert("RGB"))
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        raise SourceError(f"{path.name} does not decode ({error}). Restore it", reason="undecodable") from None
    if shown.shape[1::-1] != size_px:
        raise SourceError(
            f"{path.name} is {shown.shape[1]}x{shown.shape[0]}, its camera {size_px[0]}x{size_px[1]} pixels",
            reason="mixed_sizes",
        )
    return shown


def open_depth(path: Path, unit_m: float) -> NDArray[np.float32]:
    """(h, w) metres, 0 = none, of a picture with one channel of 16 bits."""
    try:
        with Image.open(path) as picture:
            picture.load()
            levels = np.asarray(picture)
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        raise SourceError(f"{path.name} does not decode ({error}). Restore it", reason="undecodable") from None
    if levels.ndim != 2 or levels.dtype == np.uint8:
        raise SourceError(
            f"{path.name} is no depth map: expected one channel of 16 bits, got {levels.shape} {levels.dtype}",
            reason="bad_depth",
        )
    return np.asarray(levels * np.float64(unit_m), dtype=np.float32)


if __name__ == "__main__":
    cv2.setNumThreads(1)  # one unit is one core
    serve(handle)
