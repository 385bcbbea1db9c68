"""Shortest walks on the map of free space: how far, and along which way.

FreeSpace + radius ─▶ [find_roads] ─▶ Roads ─▶ [walking_distances, shortest_way] and route.py

A shortest way around things is a taut string: straight lines from corner to corner (Lozano-Perez, Wesley 1979). The
corners are those of the outline of the free area; which of them see each other, and the distances along such lines, are
worked out once for a map. So lengths are those of any-angle ways: there is no grid to walk along.
"""

import functools
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from video4spatial.sim_scenes.clearance import FreeSpace

OUTLINE_CELLS = 0.4
"""How far the outline's corners may leave the outline; doubled until there are at most MOST_CORNERS."""
MOST_CORNERS = 700
VOXEL_M = 0.05
"""Of Habitat's navmesh by default (`cell_size`)."""
HIDDEN_CELLS = 1.5
"""How much the map's clearance is too small, in the mean: given back where a distance is to be right, not safe."""
LENIENT_CELLS = 0.6
"""How much nearer than `radius_m` a straight line may come to a thing: the outline's error and half a sample's step."""
SNAP_M = 2.0
"""Points off the free area are moved to its nearest place within this distance, as Habitat does."""
LEAST_AREA_M2 = 1.0
"""Smaller islands of free floor are hollows of things, unless there is no larger one."""
STRAIGHT = 0.05
"""Sine of the angle below which two directions are one."""


@dataclass(frozen=True, eq=False)
class Roads:
    """The corners of the free area and the ways between them."""

    space: FreeSpace
    radius_m: float
    free: NDArray[np.bool_]
    """(rows, columns) where somebody of `radius_m` fits, without the hollows of things."""
    corners_m: NDArray[np.float64]
    """(K, 2) as (x, z)."""
    distance_m: NDArray[np.float64]
    """(K, K) of the shortest ways between corners; inf where there is none."""
    following: NDArray[np.int32]
    """(K, K) the corner after `row` on the way to `column`."""

    def reach_m(self, places_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """(N, K) straight distance from places (N, 2) to the corners, inf where the line is not free."""
        count, corners = len(places_m), len(self.corners_m)
        starts = np.repeat(places_m, corners, axis=0)
        ends = np.tile(self.corners_m, (count, 1))
        straight = np.linalg.norm(ends - starts, axis=1)
        return np.where(is_straight(self, starts, ends), straight, np.inf).reshape(count, corners)


def walking_distances(
    space: FreeSpace,
    starts_m: NDArray[np.float64],
    ends_m: NDArray[np.float64],
    radius_m: float,
    voxel_m: float = VOXEL_M,
) -> NDArray[np.float64]:
    """(N,) metres that somebody of `radius_m` walks from each start to its end at least; inf where there is no way.

    Points are (N, 3) in the world or (N, 2) as (x, z); heights do not count: the map is of one floor. A point where the
    walker does not fit is moved to the nearest place where it does, and the step there counts; is that farther than
    SNAP_M away, there is no way. `voxel_m` and errors: see `shortest_way`.
    """
    ways = [shortest_way(space, start, end, radius_m, voxel_m) for start, end in zip(starts_m, ends_m, strict=True)]
    return np.array([np.inf if way is None else length_of(way) for way in ways])


def shortest_way(
    space: FreeSpace,
    start_m: NDArray[np.float64],
    end_m: NDArray[np.float64],
    radius_m: float,
    voxel_m: float = VOXEL_M,
) -> NDArray[np.float64] | None:
    """(n, 2) the corners (x, z) of the shortest way, from the start itself to the end itself; None where there is none.

    `voxel_m` is how much farther than `radius_m` a navmesh cut from voxels of this size keeps from things; the default
    is Habitat's, with 0 the walker is a disc among the things themselves. Errors: against that disc, 2 % around the
    end of a wall, where the way turns by half a circle, and less elsewhere; against the navmesh of the golden scene,
    3 %. The map's cells of 4 cm decide about gaps to 3 cm. The corners of a map are found once and kept.
    """
    roads = find_roads(space, max(0.0, radius_m + voxel_m - HIDDEN_CELLS * space.cell_m))
    points = [np.asarray(point, dtype=float)[[0, -1]] for point in (start_m, end_m)]
    snapped = [snap(roads, point) for point in points]
    if snapped[0] is None or snapped[1] is None:
        return None
    way = way_between(roads, snapped[0], snapped[1])
    if way is None:
        return None
    ends = [point[None] for point in points]
    whole = np.concatenate([ends[0], way, ends[1]])
    return whole[np.concatenate([[True], np.any(np.diff(whole, axis=0) != 0, axis=1)])]


def way_between(
    roads: Roads,
    start_m: NDArray[np.float64],
    end_m: NDArray[np.float64],
    reach_m: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None,
) -> NDArray[np.float64] | None:
    """(n, 2) the shortest way between two free places; `reach_m`: the rows of `Roads.reach_m` of both, if known."""
    if is_straight(roads, start_m[None], end_m[None])[0]:
        return np.stack([start_m, end_m])
    if not len(roads.corners_m):
        return None
    first, last = reach_m if reach_m is not None else roads.reach_m(np.stack([start_m, end_m]))
    total = first[:, None] + roads.distance_m + last[None]
    i, j = (int(n) for n in np.unravel_index(int(total.argmin()), total.shape))
    if not np.isfinite(total[i, j]):
        return None
    corners = [i]
    while corners[-1] != j:
        corners.append(int(roads.following[corners[-1], j]))
    return np.concatenate([start_m[None], roads.corners_m[corners], end_m[None]])


def length_of(way_m: NDArray[np.float64]) -> float:
    """Metres along the points (n, 2)."""
    return float(np.linalg.norm(np.diff(way_m, axis=0), axis=1).sum())


def snap(roads: Roads, place_m: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """(2,) the place itself where the walker fits, else the middle of the nearest cell where it does, or None."""
    space = roads.space
    middle = np.floor((place_m - np.asarray(space.origin_m)) / space.cell_m).astype(int)
    far = int(np.ceil(SNAP_M / space.cell_m))
    low, high = np.clip(middle - far, 0, None), np.clip(middle + far + 1, 0, None)
    cells = space.places_m(roads.free[low[1] : high[1], low[0] : high[0]]) + low * space.cell_m
    away = np.linalg.norm(cells - place_m, axis=1)
    if not len(cells) or away.min() > SNAP_M:
        return None
    fits = space.clearance_at(place_m) > roads.radius_m and away.min() < 1.5 * space.cell_m
    return place_m if fits else cells[int(away.argmin())]


def is_straight(roads: Roads, starts_m: NDArray[np.float64], ends_m: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(N,) is the straight line free for the walker."""
    least_m = roads.radius_m - LENIENT_CELLS * roads.space.cell_m
    return _is_free(roads.space, starts_m, ends_m, least_m)


def _is_free(
    space: FreeSpace, starts_m: NDArray[np.float64], ends_m: NDArray[np.float64], least_m: float
) -> NDArray[np.bool_]:
    """(N,) does a line keep `least_m` from all things: looked at coarsely, then twice in every cell."""
    way = ends_m - starts_m
    free = np.ones(len(way), dtype=bool)
    counts = np.maximum(2, np.ceil(np.linalg.norm(way, axis=1) / (space.cell_m / 2)).astype(int) + 1)
    for part in (np.array([0.5]), np.array([0.25, 0.75]), np.arange(1, 16) / 16):
        left = np.flatnonzero(free)
        line = starts_m[left, None] + way[left, None] * part[:, None]
        free[left] = np.all(space.clearance_at(line) >= least_m, axis=1)
    left = np.flatnonzero(free)
    left = left[np.argsort(counts[left], kind="stable")]
    for chosen in np.array_split(left, max(1, int(counts[left].sum()) // 100_000)):
        if len(chosen):
            part = np.linspace(0, 1, int(counts[chosen].max()))
            line = starts_m[chosen, None] + way[chosen, None] * part[:, None]
            free[chosen] = np.all(space.clearance_at(line) >= least_m, axis=1)
    return free


@functools.lru_cache(maxsize=4)
def find_roads(space: FreeSpace, radius_m: float) -> Roads:
    """The corners of the area where somebody of `radius_m` fits, and the shortest ways between all of them."""
    free = _large_parts(space.clearance_m > radius_m, int(LEAST_AREA_M2 / space.cell_m**2))
    corners, sides = _find_corners(space, radius_m, free)
    roads = Roads(space, radius_m, free, corners, np.zeros((0, 0)), np.zeros((0, 0), dtype=np.int32))
    i, j = np.triu_indices(len(corners), 1)
    taut = _is_taut(corners, sides, i, j)
    i, j = i[taut], j[taut]
    seen = is_straight(roads, corners[i], corners[j])
    i, j = i[seen], j[seen]
    distance = np.full((len(corners), len(corners)), np.inf)
    np.fill_diagonal(distance, 0.0)
    distance[i, j] = distance[j, i] = np.linalg.norm(corners[i] - corners[j], axis=1)
    following = np.tile(np.arange(len(corners), dtype=np.int32), (len(corners), 1))
    for k in range(len(corners)):  # Floyd, Warshall 1962
        rows = np.flatnonzero(np.isfinite(distance[:, k]))
        through = distance[rows, k, None] + distance[k]
        shorter = through < distance[rows]
        distance[rows] = np.where(shorter, through, distance[rows])
        following[rows] = np.where(shorter, following[rows, k, None], following[rows])
    return Roads(space, radius_m, free, corners, distance, following)


def _large_parts(free: NDArray[np.bool_], least_cells: int) -> NDArray[np.bool_]:
    """The connected parts of at least so many cells; the largest, where all are smaller."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(free.astype(np.uint8), connectivity=4)
    area = stats[:, cv2.CC_STAT_AREA].copy()
    area[0] = 0
    keep = area >= min(least_cells, int(area.max()))
    keep[0] = False
    return keep[labels]


def _find_corners(
    space: FreeSpace, radius_m: float, free: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(K, 2) corners where a string can bend, and (K, 2, 2) the outline's next points to both sides of each."""
    contours, levels = cv2.findContours(free.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    origin_m = np.asarray(space.origin_m)
    outlines = [_on_the_line(space, radius_m, (line[:, 0] + 0.5) * space.cell_m + origin_m) for line in contours]
    holes = [int(level[3]) >= 0 for level in levels[0]] if outlines else []
    error_m = OUTLINE_CELLS * space.cell_m
    while True:
        found = [_bends(_simplified(line, error_m), hole) for line, hole in zip(outlines, holes, strict=True)]
        bends = np.concatenate([np.zeros((0, 3, 2)), *found])
        if len(bends) <= MOST_CORNERS:
            return bends[:, 1], bends[:, [0, 2]]
        error_m *= 2


def _simplified(outline_m: NDArray[np.float64], error_m: float) -> NDArray[np.float64]:
    """The closed outline with fewer points, none of the others farther than `error_m` from it (Douglas, Peucker)."""
    middle_m = outline_m[0]  # in single precision as exact far from the origin as near it
    return cv2.approxPolyDP((outline_m - middle_m).astype(np.float32), error_m, True)[:, 0].astype(float) + middle_m


def _on_the_line(space: FreeSpace, radius_m: float, places_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """The places, moved from the middles of their cells to where the clearance is `radius_m`."""
    step_m = space.cell_m / 2
    for _ in range(2):
        ahead = [space.clearance_at(places_m + step) for step in np.eye(2) * step_m]
        behind = [space.clearance_at(places_m - step) for step in np.eye(2) * step_m]
        slope = np.stack([a - b for a, b in zip(ahead, behind, strict=True)], axis=1) / (2 * step_m)
        steep = np.maximum((slope**2).sum(axis=1, keepdims=True), 0.25)
        change = (space.clearance_at(places_m) - radius_m)[:, None] * slope / steep
        places_m = places_m - np.clip(change, -step_m, step_m)
    return places_m


def _bends(outline: NDArray[np.float64], is_hole: bool) -> NDArray[np.float64]:
    """(n, 3, 2) the points of a closed outline that stand out into the free area, each between its neighbours."""
    before, after = np.roll(outline, 1, axis=0), np.roll(outline, -1, axis=0)
    area = float(_cross(outline, after).sum())
    turn = _cross(outline - before, after - outline) * (1.0 if is_hole else -1.0)
    keep = turn * np.sign(area) > 0 if area else np.ones(len(outline), dtype=bool)
    return np.stack([before, outline, after], axis=1)[keep]


def _is_taut(
    corners: NDArray[np.float64], sides: NDArray[np.float64], i: NDArray[np.int64], j: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Can a taut string run along the line from i to j: at both of its ends the outline stays on one side of it."""
    line = _unit(corners[j] - corners[i])
    taut = np.ones(len(i), dtype=bool)
    for end in (i, j):
        first, second = (_cross(line, _unit(sides[end, side] - corners[end])) for side in (0, 1))
        taut &= ~((np.minimum(first, second) < -STRAIGHT) & (np.maximum(first, second) > STRAIGHT))
    return taut


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)


def _cross(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
