"""Annotated boxes, and what each frame shows of them.

annotation ─▶ [box_of] ─▶ Box;   Box + fitted cameras + depth ─▶ [object_table] ─▶ `objects` of a sequence

Where a frame has depth, a thing is seen in the pixels whose measured point lies in its box. Where it has none, it is
taken to be seen all over its outline: what stands before it is not known then, and the entry says so.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from video4spatial.filters.captures.capture import Y_UP_FROM_Z_UP, Box
from video4spatial.filters.occluder import on_grid
from video4spatial.filters.reframe import MIRROR_X, mirrored_words
from video4spatial.pipeline.core.camera import Cameras, project, unproject
from video4spatial.pipeline.core.errors import SourceError

MARGIN = 1.05
"""A box is grown by this factor when measured points are looked for in it: boxes are drawn by hand, depth is noisy."""
LEAST_SEEN = 0.1
"""Share of its outline that must be unhidden for a thing to count as seen."""
LEAST_PX = 4
NEAR_M = 0.05
"""Corners nearer than this to the camera's plane are cut off."""
_CORNERS = np.array([[x, y, z] for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.5, 0.5)])
_EDGES = [(a, b) for a in range(8) for b in range(a + 1, 8) if np.abs(_CORNERS[a] - _CORNERS[b]).sum() == 1]


def box_of(label: Any, told: Any) -> Box:
    """The Box of an oriented box as ARKitScenes and ScanNet++ write it, whose world has z up.

    Corners are centroid + sum of (+-1/2) axesLengths[k] normalizedAxes[3k:3k+3] (compute_box_3d of ARKitScenes).
    """
    try:
        centre = np.array(told["centroid"], dtype=float).reshape(3)
        extent = np.array(told["axesLengths"], dtype=float).reshape(3)
        axes = np.array(told["normalizedAxes"], dtype=float).reshape(3, 3)
    except (KeyError, TypeError, ValueError) as error:
        raise SourceError(
            f"the box of {label!r} lacks centroid, axesLengths or normalizedAxes ({error!r})", reason="bad_box"
        ) from None
    is_frame = np.abs(axes @ axes.T - np.eye(3)).max() < 0.01
    if not np.isfinite([*centre, *extent]).all() or (extent <= 0).any() or not is_frame:
        raise SourceError(f"the box of {label!r} has no size, or axes that are not at right angles", reason="bad_box")
    turn = Y_UP_FROM_Z_UP[:3, :3]
    words = " ".join(str(label).lower().replace("_", " ").replace("-", " ").replace("/", " ").split())
    return Box(label=words, centre_m=turn @ centre, axes=axes @ turn.T, extent_m=extent)


def boxes_of(entries: list[Any], path: tuple[str, ...]) -> tuple[Box, ...]:
    """The boxes of an annotation's entries: each has a `label`, and the oriented box at `path`."""
    boxes = []
    for entry in entries:
        told = entry
        for key in path:
            told = told.get(key) if isinstance(told, dict) else None
        boxes.append(box_of(entry.get("label") if isinstance(entry, dict) else None, told))
    return tuple(boxes)


def mirrored_box(box: Box) -> Box:
    """The box in the mirrored world (`reframe.py`); its name changes sides too. Its axes stay right-handed."""
    flip = MIRROR_X[:3, :3]
    axes = box.axes @ flip
    axes[0] = -axes[0]
    return replace(box, label=mirrored_words(box.label), centre_m=flip @ box.centre_m, axes=axes)


def corners_m(box: Box) -> NDArray[np.float64]:
    """(8, 3) corners in the world."""
    return box.centre_m + (_CORNERS * box.extent_m) @ box.axes


def object_table(
    boxes: tuple[Box, ...],
    cameras: Cameras,
    depth_m: NDArray[np.float32] | None,
    hidden: NDArray[np.bool_] | None = None,
) -> tuple[Mapping[str, Any], ...]:
    """The objects seen in at least one of T frames, as docs/format.md describes them; ids count the boxes from 1.

    `depth_m` (T, h, w) is that of the sequence. `visible_px` counts pixels of its grid, of the frames' without depth.
    `hidden` (T, H, W) are pixels that something else than the scene covers.
    """
    grid = cameras if depth_m is None else cameras.resized(depth_m.shape[2], depth_m.shape[1])
    outlines = [[_outline(box, grid, frame) for frame in range(len(cameras))] for box in boxes]
    masks = [[outline.astype(bool) for outline in each] for each in outlines]
    if hidden is not None:
        covered = on_grid(hidden, grid.height_px, grid.width_px)
        masks = [[mask & ~cover for mask, cover in zip(each, covered, strict=True)] for each in masks]
    measured = np.zeros(len(cameras), dtype=bool) if depth_m is None else (depth_m > 0).any(axis=(1, 2))
    for frame in np.flatnonzero(measured):
        assert depth_m is not None
        points = unproject(depth_m[frame], grid.image_from_camera[frame], grid.world_from_camera[frame])
        for box, each in zip(boxes, masks, strict=True):
            each[frame] = each[frame] & _is_inside(box, points)
    scale = np.array([cameras.width_px / grid.width_px, cameras.height_px / grid.height_px] * 2)
    table = []
    for number, (box, each, whole) in enumerate(zip(boxes, masks, outlines, strict=True), start=1):
        counts = [int(mask.sum()) for mask in each]
        enough = [
            count >= max(LEAST_PX, LEAST_SEEN * outline.sum()) for count, outline in zip(counts, whole, strict=True)
        ]
        if not any(enough):
            continue
        seen = [count if is_seen else 0 for count, is_seen in zip(counts, enough, strict=True)]
        table.append(
            {
                "id": number,
                "category": box.label,
                "words": [box.label],
                "box": {
                    "centre_m": box.centre_m.tolist(),
                    "axes": box.axes.tolist(),
                    "extent_m": box.extent_m.tolist(),
                },
                "visible_px": seen,
                "box_px": [_bounds(mask, scale) if n else None for mask, n in zip(each, seen, strict=True)],
                "occlusion": "measured" if measured.all() else "partly" if measured.any() else "unknown",
            }
        )
    return tuple(table)


def _outline(box: Box, cameras: Cameras, frame: int) -> NDArray[np.uint8]:
    """(h, w) 1 where the box lies in the picture: the hull of its corners, cut at a plane before the camera."""
    mask = np.zeros((cameras.height_px, cameras.width_px), dtype=np.uint8)
    pose, matrix = cameras.world_from_camera[frame], cameras.image_from_camera[frame]
    corners = (corners_m(box) - pose[:3, 3]) @ pose[:3, :3]
    ahead = corners[:, 2]
    points = [corners[ahead >= NEAR_M]]
    for a, b in _EDGES:
        if (ahead[a] < NEAR_M) != (ahead[b] < NEAR_M):
            part = (NEAR_M - ahead[a]) / (ahead[b] - ahead[a])
            points.append((corners[a] + part * (corners[b] - corners[a]))[None])
    before = np.concatenate(points)
    if len(before) < 3:
        return mask
    pixels, _ = project(before, matrix, np.eye(4))
    # cv2 fills whole pixels; far points would overflow its fixed-point numbers
    hull = cv2.convexHull(np.clip(pixels - 0.5, -1e4, 1e4).astype(np.float32))
    cv2.fillConvexPoly(mask, np.round(hull).astype(np.int32), 1)
    return mask


def _is_inside(box: Box, points: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(h, w) is a measured point (h, w, 3) in the box, a little grown; where nothing is measured it is not."""
    with np.errstate(invalid="ignore"):
        along = np.abs((points - box.centre_m) @ box.axes.T)
        return np.asarray((along <= MARGIN * box.extent_m / 2 + 0.02).all(axis=-1))


def _bounds(mask: NDArray[np.bool_], scale: NDArray[np.float64]) -> list[int]:
    """[left, top, right, bottom], half-open, in pixels of the stored frame."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    box = np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]) * scale
    return [int(np.floor(box[0])), int(np.floor(box[1])), int(np.ceil(box[2])), int(np.ceil(box[3]))]
