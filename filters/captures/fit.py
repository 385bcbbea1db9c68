"""How the pictures of a capture become stored frames: made straight, turned upright, cut, made smaller, cameras along.

Capture + settings ─▶ [plan_fit] ─▶ Fit ─▶ [fitted_cameras], and in the child [fit_picture], [fit_depth]

All frames of a capture get one size. A straight picture is cut and averaged down, so that no pixel is invented. A
bent one is drawn anew as the widest picture of a centred pinhole that it holds in every frame. Depth is never mixed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from video4spatial.filters.captures.capture import Capture
from video4spatial.filters.captures.lens import Lens, LensKind, distorted
from video4spatial.filters.display import even
from video4spatial.pipeline.core.camera import Cameras
from video4spatial.pipeline.core.errors import SourceError

CropShape = Literal["square", "whole"]
_EDGE_POINTS = 33
_STEPS = 96
_HALVINGS = 8


@dataclass(frozen=True, kw_only=True)
class Fit:
    """The same for every frame of a capture. Sizes are (width, height)."""

    source_px: tuple[int, int]
    """Of the pictures as they lie."""
    corner_px: tuple[int, int]
    """Left and top of the window that is cut out (straight pictures); (0, 0) for bent ones."""
    window_px: tuple[int, int]
    """Size of the window, or of the straight picture that is drawn from a bent one."""
    focal_px: float
    """Of that straight picture; 0: the pictures are straight as they are."""
    quarter_turns: int
    """How often the window is then turned left by 90 degrees."""
    out_px: tuple[int, int]
    """Stored size, after turning."""


def fit_from_plain(plain: Mapping[str, Any]) -> Fit:
    """The Fit whose JSON `plain` is."""
    pairs = {name: (plain[name][0], plain[name][1]) for name in ("source_px", "corner_px", "window_px", "out_px")}
    return Fit(**pairs, focal_px=plain["focal_px"], quarter_turns=plain["quarter_turns"])


def plan_fit(capture: Capture, size_px: int, crop: CropShape, max_fov_deg: float) -> Fit:
    """How this capture's pictures are stored with a short side of at most `size_px`; nothing is enlarged.

    Raises SourceError for a lens that leaves no straight picture.
    """
    cameras, lens = capture.cameras, capture.lens
    turns = quarter_turns(cameras) if capture.up == "gravity" else 0
    source = cameras.width_px, cameras.height_px
    if lens.kind == "pinhole":
        window = (min(source), min(source)) if crop == "square" else source
        corner = (source[0] - window[0]) // 2, (source[1] - window[1]) // 2
        focal = 0.0
    else:
        aspect = 1.0 if crop == "square" else source[0] / source[1]
        focal = float(np.mean(cameras.image_from_camera[:, [0, 1], [0, 1]]))
        reach = _straight_reach(cameras, lens, aspect, np.tan(np.radians(max_fov_deg) / 2))
        window = max(2, round(2 * focal * reach * aspect)), max(2, round(2 * focal * reach))
        corner = 0, 0
    shown = (window[1], window[0]) if turns % 2 else window
    scale = min(Fraction(1), Fraction(size_px, min(shown)))
    # even sizes, as the stored video needs them, and none larger than the window
    out = min(even(shown[0] * scale), shown[0] // 2 * 2), min(even(shown[1] * scale), shown[1] // 2 * 2)
    return Fit(
        source_px=source, corner_px=corner, window_px=window, focal_px=focal, quarter_turns=turns, out_px=out
    )  # fmt: skip


def fitted_cameras(cameras: Cameras, fit: Fit) -> Cameras:
    """The cameras of the stored frames."""
    width, height = fit.window_px
    if fit.focal_px:
        lens = np.array([[fit.focal_px, 0, width / 2], [0, fit.focal_px, height / 2], [0, 0, 1.0]])
        straight = np.repeat(lens[None], len(cameras), axis=0)
        window = replace(cameras, image_from_camera=straight, width_px=width, height_px=height)
    else:
        window = cameras.cropped(*fit.corner_px, width, height)
    for _ in range(fit.quarter_turns):
        window = turned_left(window)
    return window.resized(*fit.out_px)


def fit_picture(
    picture: NDArray[np.uint8],
    fit: Fit,
    image_from_camera: NDArray[np.float64],
    lens_kind: LensKind,
    coefficients: NDArray[np.float64],
) -> NDArray[np.uint8]:
    """The stored frame (h, w, 3) of a picture (H, W, 3) of `fit.source_px`, taken with these intrinsics (3, 3)."""
    width, height = fit.window_px
    if fit.focal_px:
        place = _bent_pixels(fit, fit.window_px, image_from_camera, lens_kind, coefficients)
        # cv2 counts from the centre of the first pixel
        across, down = (place - 0.5).astype(np.float32).transpose(2, 0, 1)
        window = cv2.remap(picture, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    else:
        left, top = fit.corner_px
        window = picture[top : top + height, left : left + width]
    window = np.rot90(window, fit.quarter_turns)
    if (window.shape[1], window.shape[0]) == fit.out_px:
        return np.ascontiguousarray(window, dtype=np.uint8)
    return np.asarray(
        cv2.resize(np.ascontiguousarray(window), fit.out_px, interpolation=cv2.INTER_AREA), dtype=np.uint8
    )


def fit_depth(
    depth_m: NDArray[np.float32],
    fit: Fit,
    image_from_camera: NDArray[np.float64],
    lens_kind: LensKind,
    coefficients: NDArray[np.float64],
    grid_px: tuple[int, int],
) -> NDArray[np.float32]:
    """Depth (h, w) at the pixel centres of the stored grid (width, height), read from the nearest pixel of `depth_m`.

    The depth picture may have another size than the colour picture, but must show the same view. z-depth stays what it
    is: straightening, cutting and turning leave the viewing axis alone.
    """
    before_turning = (grid_px[1], grid_px[0]) if fit.quarter_turns % 2 else grid_px
    if fit.focal_px:
        place = _bent_pixels(fit, before_turning, image_from_camera, lens_kind, coefficients)
    else:
        place = _grid(before_turning, fit.window_px) + np.array(fit.corner_px)
    high, wide = depth_m.shape
    column, row = np.floor(place * np.array([wide, high]) / np.array(fit.source_px)).astype(int).transpose(2, 0, 1)
    is_inside = (column >= 0) & (column < wide) & (row >= 0) & (row < high)
    read = depth_m[np.clip(row, 0, high - 1), np.clip(column, 0, wide - 1)]
    found = np.where(is_inside & np.isfinite(read) & (read > 0), read, np.float32(0))
    return np.ascontiguousarray(np.rot90(found, fit.quarter_turns), dtype=np.float32)


def quarter_turns(cameras: Cameras) -> int:
    """How often the pictures must be turned left by 90 degrees to stand upright, by the cameras of a y-up world.

    0 where the cameras look so steeply up or down that no side is up.
    """
    up = cameras.world_from_camera[:, 1, :2].mean(axis=0)
    if np.linalg.norm(up) < 0.3:
        return 0
    # where up is seen in the picture, x right and y down: (0, -1) stands upright, (1, 0) needs one turn left
    angle = np.arctan2(-up[1], up[0])
    return int(np.round((np.pi / 2 - angle) / (np.pi / 2))) % 4


def turned_left(cameras: Cameras) -> Cameras:
    """The same views after the pictures were turned left by 90 degrees (`np.rot90`): u' = v, v' = W - u."""
    turn = np.array([[0, 1, 0, 0], [-1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1.0]])
    old = cameras.image_from_camera
    new = np.zeros_like(old)
    new[:, 0, 0], new[:, 1, 1], new[:, 2, 2] = old[:, 1, 1], old[:, 0, 0], 1.0
    new[:, 0, 2], new[:, 1, 2] = old[:, 1, 2], cameras.width_px - old[:, 0, 2]
    return Cameras(
        world_from_camera=cameras.world_from_camera @ turn.T,
        image_from_camera=new,
        width_px=cameras.height_px,
        height_px=cameras.width_px,
    )


def _grid(grid_px: tuple[int, int], window_px: tuple[int, int]) -> NDArray[np.float64]:
    """(h, w, 2) the centres of a grid's cells, in pixels of the window that it covers."""
    across = (np.arange(grid_px[0]) + 0.5) * window_px[0] / grid_px[0]
    down = (np.arange(grid_px[1]) + 0.5) * window_px[1] / grid_px[1]
    return np.stack(np.meshgrid(across, down), axis=-1)


def _bent_pixels(
    fit: Fit,
    grid_px: tuple[int, int],
    image_from_camera: NDArray[np.float64],
    lens_kind: LensKind,
    coefficients: NDArray[np.float64],
) -> NDArray[np.float64]:
    """(h, w, 2) where the cells of a grid over the straight picture lie in the bent one, in pixels."""
    packed = image_from_camera.tobytes(), coefficients.tobytes()
    return _bent_grid(fit, grid_px, lens_kind, *packed)


@lru_cache(maxsize=4)
def _bent_grid(
    fit: Fit, grid_px: tuple[int, int], lens_kind: LensKind, matrix: bytes, bends: bytes
) -> NDArray[np.float64]:
    """Most captures have one lens: its map is made once."""
    image_from_camera, coefficients = np.frombuffer(matrix).reshape(3, 3), np.frombuffer(bends)
    points = (_grid(grid_px, fit.window_px) - np.array(fit.window_px) / 2) / fit.focal_px
    bent = distorted(lens_kind, coefficients, points.reshape(-1, 2))
    pixels = bent @ image_from_camera[:2, :2].T + image_from_camera[:2, 2]
    return pixels.reshape(grid_px[1], grid_px[0], 2)


def _straight_reach(cameras: Cameras, lens: Lens, aspect: float, most: float) -> float:
    """Half the height, at distance 1, of the largest straight picture that every frame holds; `most` bounds its longer
    side. Widens step by step: beyond some angle a polynomial folds back, and looks as if it fitted again."""
    edge = np.linspace(-1, 1, _EDGE_POINTS)
    side = np.ones_like(edge)
    border = np.concatenate(
        [np.stack(pair, axis=1) for pair in ((edge, side), (edge, -side), (side, edge), (-side, edge))]
    )
    border = border * [aspect, 1.0]
    steps = np.linspace(0, most / max(aspect, 1.0), _STEPS + 1)[1:]
    reach = float(steps[-1])
    seen = {}
    for frame in range(len(cameras)):
        coefficients, matrix = lens.of(frame), cameras.image_from_camera[frame]
        key = coefficients.tobytes() + matrix.tobytes()
        if key not in seen:
            seen[key] = _reach_of(lens.kind, coefficients, matrix, cameras, border, steps)
        reach = min(reach, seen[key])
    if reach < float(steps[2]):
        raise SourceError("the lens leaves no straight picture: its distortion is beyond use", reason="bad_lens")
    return reach


def _reach_of(
    kind: LensKind,
    coefficients: NDArray[np.float64],
    matrix: NDArray[np.float64],
    cameras: Cameras,
    border: NDArray[np.float64],
    steps: NDArray[np.float64],
) -> float:
    size = np.array([cameras.width_px, cameras.height_px])

    def bends_to(step: float) -> tuple[NDArray[np.float64], bool]:
        bent = distorted(kind, coefficients, border * step)
        pixels = bent @ matrix[:2, :2].T + matrix[:2, 2]
        return np.linalg.norm(bent, axis=1), bool((pixels >= 0).all() and (pixels <= size).all())

    last, reach = np.zeros(len(border)), 0.0
    for step in steps:
        length, is_inside = bends_to(float(step))
        if not is_inside or (length <= last).any():
            break
        last, reach = length, float(step)
    else:
        return reach
    beyond = reach + float(steps[0])
    for _ in range(_HALVINGS):
        middle = (reach + beyond) / 2
        length, is_inside = bends_to(middle)
        reach, beyond = (middle, beyond) if is_inside and (length > last).all() else (reach, middle)
    return reach
