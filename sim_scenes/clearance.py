"""Where a camera can walk: a map from above of the distance to the nearest thing in the way.

Scene ─▶ triangles ─▶ [FreeSpace] ─▶ paths.py, plan.py

Made from the geometry itself, so it holds for a generated room as for a scanned house: a place is free when there is
floor under it and nothing between ankle and over the head (floor + 0.1 m to eye + 0.25 m). A second map of the same
cells says where a level look passes: over beds and tables, through doorways, not through walls and wardrobes.
"""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from video4spatial.sim_scenes.cover import covered
from video4spatial.sim_scenes.scene import TriangleSoup

ANKLE_M = 0.10
HEADROOM_M = 0.25
CELL_M = 0.04
MAX_CELLS = 1_000_000
LOW_LOOK_SHARE = 0.75
"""Of the highest eye: what stands between there and the eye is in the way of a look."""
SLACK_CELLS = 1.0 + 0.7072
"""What the grid can hide, in cells: from a thing to the middle of a covered cell (cover.py), and the walker anywhere in
its own cell. Subtracted, so that the distances given are never too large."""


@dataclass(frozen=True, eq=False)
class FreeSpace:
    """Distances on a grid over x and z."""

    origin_m: tuple[float, float]
    """(x, z) of the corner of cell (0, 0)."""
    cell_m: float
    floor_m: float
    """Height of the floor."""
    clearance_m: NDArray[np.float32]
    """(rows along z, columns along x) distance to the next obstacle or floor edge, never too large; 0 or less: none."""
    blind: NDArray[np.bool_] | None = None
    """(rows, columns) cells in which something stands at the height of the eyes; None: wherever nobody can walk."""

    @cached_property
    def see_through(self) -> NDArray[np.bool_]:
        """(rows, columns) cells that a look from the floor can come to; hollows of walls and wardrobes are not."""
        if self.blind is None:
            return self.clearance_m > -SLACK_CELLS * self.cell_m
        count, labels = cv2.connectedComponents((~self.blind).astype(np.uint8), connectivity=4)
        walked = np.bincount(labels[(self.clearance_m > 0) & ~self.blind], minlength=count) > 0
        walked[0] = False
        return walked[labels]

    def sight_m(self, places_m: NDArray[np.float64], yaw: NDArray[np.float64], far_m: float) -> NDArray[np.float64]:
        """(...) how far a level look from places (..., 2) goes, at most `far_m`; yaw as `upright_pose` has it. Beyond
        the map nothing is in the way."""
        steps = np.arange(1, int(far_m / self.cell_m) + 1) * self.cell_m
        way = np.stack([-np.sin(yaw), -np.cos(yaw)], axis=-1)
        line = places_m[..., None, :] + way[..., None, :] * steps[:, None]
        shut = ~self.passes(line)
        return np.where(shut.any(axis=-1), steps[shut.argmax(axis=-1)], far_m)

    def hidden_m(self, places_m: NDArray[np.float64], targets_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """(...) how much of the level line from places to targets (..., 2) lies behind the first thing in the way."""
        away = targets_m - places_m
        distance = np.linalg.norm(away, axis=-1)
        count = max(2, int(np.ceil(distance.max(initial=0.0) / self.cell_m)))
        part = np.arange(1, count + 1) / count
        shut = ~self.passes(places_m[..., None, :] + away[..., None, :] * part[:, None])
        return np.where(shut.any(axis=-1), distance * (1 - part[shut.argmax(axis=-1)]), 0.0)

    def passes(self, places_m: NDArray[np.float64]) -> NDArray[np.bool_]:
        """(...) does a level look pass through places (..., 2)."""
        cells = np.floor((places_m - np.asarray(self.origin_m)) / self.cell_m).astype(int)
        rows, columns = self.see_through.shape
        x, z = cells[..., 0], cells[..., 1]
        outside = (x < 0) | (z < 0) | (x >= columns) | (z >= rows)
        return self.see_through[np.clip(z, 0, rows - 1), np.clip(x, 0, columns - 1)] | outside

    def clearance_at(self, places_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """(...,) clearance at places (..., 2) given as (x, z), from the cells around; outside the map -1."""
        grid = (places_m - np.asarray(self.origin_m)) / self.cell_m - 0.5
        low = np.floor(grid).astype(int)
        part = grid - low
        rows, columns = self.clearance_m.shape
        outside = (low[..., 0] < 0) | (low[..., 1] < 0) | (low[..., 0] >= columns - 1) | (low[..., 1] >= rows - 1)
        x, z = np.clip(low[..., 0], 0, columns - 2), np.clip(low[..., 1], 0, rows - 2)
        px, pz = part[..., 0], part[..., 1]
        c = self.clearance_m
        top = c[z, x] * (1 - px) + c[z, x + 1] * px
        bottom = c[z + 1, x] * (1 - px) + c[z + 1, x + 1] * px
        return np.where(outside, -1.0, top * (1 - pz) + bottom * pz)

    def walkable(self, radius_m: float) -> NDArray[np.bool_]:
        """(rows, columns) the largest connected area where somebody of `radius_m` fits."""
        free = (self.clearance_m > radius_m).astype(np.uint8)
        count, labels, stats, _ = cv2.connectedComponentsWithStats(free, connectivity=4)
        if count < 2:
            return np.zeros(free.shape, dtype=bool)
        return labels == 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())

    def places_m(self, mask: NDArray[np.bool_]) -> NDArray[np.float64]:
        """(n, 2) cell centres (x, z) where `mask` holds."""
        rows, columns = np.nonzero(mask)
        return np.stack([columns + 0.5, rows + 0.5], axis=1) * self.cell_m + np.asarray(self.origin_m)


def find_free_space(soup: TriangleSoup, eye_height_m: float) -> FreeSpace:
    """The map for cameras up to `eye_height_m` over the floor. A scene without a floor has no free cell."""
    corners = soup.corners_m.astype(float)
    low, high = corners.reshape(-1, 3).min(axis=0), corners.reshape(-1, 3).max(axis=0)
    span = high[[0, 2]] - low[[0, 2]]
    cell = float(max(CELL_M, np.sqrt(span[0] * span[1] / MAX_CELLS), span.max() / MAX_CELLS))
    origin = low[[0, 2]] - 2 * cell
    columns, rows = (int(n) for n in np.ceil(span / cell) + 5)
    floor_m = find_floor(corners)
    flat = _flatness(corners) > 0.9
    grid = (origin, cell, (rows, columns))
    floor = covered(corners[flat], floor_m - ANKLE_M, floor_m + ANKLE_M, *grid)
    blocked = covered(corners, floor_m + ANKLE_M, floor_m + eye_height_m + HEADROOM_M, *grid)
    blind = covered(corners, floor_m + LOW_LOOK_SHARE * eye_height_m, floor_m + eye_height_m, *grid)
    free = (floor & ~blocked).astype(np.uint8)
    distance = cv2.distanceTransform(free, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    clearance = ((distance - SLACK_CELLS) * cell).astype(np.float32)
    return FreeSpace((float(origin[0]), float(origin[1])), cell, floor_m, clearance, blind)


def find_floor(corners_m: NDArray[np.float64]) -> float:
    """Height of the floor: the lowest level with at least half as much level area as the largest one."""
    flat = _flatness(corners_m) > 0.9
    if not flat.any():
        return float(corners_m[..., 1].min())
    heights = corners_m[flat, :, 1].mean(axis=1)
    e1, e2 = corners_m[flat, 1] - corners_m[flat, 0], corners_m[flat, 2] - corners_m[flat, 0]
    area = np.linalg.norm(np.cross(e1, e2), axis=1) / 2
    bin_m = 0.05
    bins = np.round(heights / bin_m).astype(int)
    lowest = bins.min()
    total = np.bincount(bins - lowest, weights=area)
    level = int(np.flatnonzero(total >= 0.5 * total.max())[0])
    members = bins - lowest == level
    # a slab's lower face is level too: what one stands on is the highest face within a hand of the first level
    near = (heights >= heights[members].min()) & (heights <= heights[members].min() + 0.3)
    strong = near & (area >= 0.25 * area[near].max())
    return float(heights[strong].max())


def _flatness(corners_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """(F,) how level each triangle lies: 1 for a floor or a ceiling, 0 for a wall."""
    normal = np.cross(corners_m[:, 1] - corners_m[:, 0], corners_m[:, 2] - corners_m[:, 0])
    return np.abs(normal[:, 1]) / np.maximum(np.linalg.norm(normal, axis=1), 1e-12)
