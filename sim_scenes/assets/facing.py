"""Which way up a thing stands and which way it looks, from its shape.

Samples + kind ─▶ [stands_better, front_yaw_rad] ─▶ prepare.py

Seats and beds have their high side behind them. Cupboards, fridges and shelves have doors, drawers and handles in
front and a plain board behind. A screen is flat and shows something in front. What gives no sign keeps the file's
front, +z in glTF.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from video4spatial.sim_scenes.assets.samples import Samples, depths, heights
from video4spatial.sim_scenes.assets.vocabulary import Faces
from video4spatial.sim_scenes.shapes import yaw_matrix

SIDES_RAD = (0.0, np.pi / 2, np.pi, -np.pi / 2)
"""Yaws of the looks along +z, +x, -z, -x."""
LONG = 1.25
"""Beyond this ratio of its sides, a thing looks along its shorter one."""
CLEAR = 1.15
"""How much more a side must show than the file's own front to be taken instead."""


def stands_better(upright: Samples, other: Samples, faces: Faces) -> bool:
    """Does a thing stand better the other way up? Only by a wide margin: both are plausible by size."""
    if faces == "back":
        return not _has_seat(upright) and _has_seat(other)
    return _support(other) > 0.2 and _support(other) > 3.0 * _support(upright)


def _has_seat(samples: Samples) -> bool:
    """Is it half as high opposite its high side? Lying on its face it is level, on its back its low part is thin."""
    level = _edge_levels(samples)
    back = max(range(4), key=lambda side: level[side])
    return 0.4 < level[(back + 2) % 4] / max(float(np.ptp(samples.points_m[:, 1])), 1e-9) < 0.85


def _edge_levels(samples: Samples) -> list[float]:
    """Mean height of the outer fifth along +z, +x, -z, -x."""
    height = heights(samples)
    strip = max(1, round(0.2 * len(height)))
    edges = (height[-strip:], height[:, -strip:], height[:strip], height[:, :strip])
    return [float(np.nanmean(edge)) if np.isfinite(edge).any() else 0.0 for edge in edges]


def _support(samples: Samples) -> float:
    """Share of the footprint's box that the outline of what touches the ground covers."""
    low, size = samples.points_m.min(axis=0), np.ptp(samples.points_m, axis=0)
    touching = samples.points_m[samples.points_m[:, 1] < low[1] + 0.03 * size[1]][:, [0, 2]]
    if len(touching) < 3 or size[0] * size[2] <= 0:
        return 0.0
    outline = cv2.convexHull(touching.astype(np.float32))
    return float(cv2.contourArea(outline) / (size[0] * size[2]))


def front_yaw_rad(samples: Samples, faces: Faces) -> float:
    """Yaw of the way it looks, in its own upright frame: 0 is +z, positive turns towards +x."""
    size = np.ptp(samples.points_m, axis=0)
    if faces == "any":
        return 0.0
    if faces == "back":
        return _away_from_back(samples, size)
    long = max(size[0], size[2]) > LONG * min(size[0], size[2])
    across = (0, 2) if size[0] >= size[2] else (1, 3)
    sides = across if long or faces == "long" else (0, 1, 2, 3)
    if faces == "long":
        return SIDES_RAD[across[0]]
    shown = {side: _shown(samples.turned(yaw_matrix(-SIDES_RAD[side])), faces) for side in sides}
    best = max(sides, key=lambda side: (shown[side], -side))
    own = sides[0]
    return SIDES_RAD[best if shown[best] > CLEAR * shown[own] else own]


def _away_from_back(samples: Samples, size: NDArray[np.float64]) -> float:
    """Opposite the side along which it is highest. Long seats have their back along a long side."""
    level = _edge_levels(samples)
    sides = [0, 1, 2, 3]
    if max(size[0], size[2]) > 1.5 * min(size[0], size[2]) and size[1] < 0.6 * max(size[0], size[2]):
        # a sofa's arms may be as high as its back; a long bed has its head at a short side, and stays as it is
        sides = [0, 2] if size[0] > size[2] else [1, 3]
        if abs(level[sides[0]] - level[sides[1]]) < 0.05 * size[1]:
            sides = [0, 1, 2, 3]
    back = max(sides, key=lambda side: level[side])
    if level[back] - level[(back + 2) % 4] < 0.05 * size[1]:
        return 0.0
    return SIDES_RAD[(back + 2) % 4]


def _shown(samples: Samples, faces: Faces) -> float:
    """How much its +z side looks like a front."""
    near, colours = depths(samples)
    if not np.isfinite(near).any():
        return 0.0
    relief_m = float(np.nanmean(np.abs(near - np.nanmedian(near))))
    spread = float(np.nanmean(np.abs(colours - np.nanmedian(colours, axis=(0, 1)))))
    if faces == "screen":
        flat = float(np.mean(np.abs(near[np.isfinite(near)] - np.nanmedian(near)) < 0.01))
        dark = 1.0 - float(np.nanmean(colours))
        return flat + 2.0 * spread + 0.5 * dark
    inner = near[2:-2, 2:-2]
    steps = np.abs(np.diff(inner, axis=0)), np.abs(np.diff(inner, axis=1))
    edges = sum(float(np.nanmean(np.minimum(step, 0.05))) for step in steps if np.isfinite(step).any())
    return 0.2 * min(relief_m, 0.1) + edges + 0.05 * spread
