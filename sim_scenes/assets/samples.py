"""Points spread evenly over a thing's surface, and the maps of it that are made from them.

Parts ─▶ [spread] ─▶ Samples ─▶ heights, depths, colours ─▶ prepare.py, facing.py, colours.py

The spread is a fixed low-discrepancy sequence: the same triangles give the same points on every machine.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from video4spatial.sim_scenes.scene import Part

COUNT = 24_000
GRID = 24
"""Cells along each side of a map; about forty points fall into one."""


@dataclass(frozen=True, eq=False)
class Samples:
    """Points on a surface, each for an equal area."""

    points_m: NDArray[np.float64]
    """(N, 3)."""
    normals: NDArray[np.float64]
    """(N, 3) of the flat triangles, unit length."""
    colours: NDArray[np.float64]
    """(N, 3) sRGB, 0 to 1."""

    def turned(self, rotation: NDArray[np.float64]) -> "Samples":
        return Samples(self.points_m @ rotation.T, self.normals @ rotation.T, self.colours)


def spread(parts: tuple[Part, ...], count: int = COUNT) -> Samples:
    """`count` points in proportion to area; none when the parts have no area."""
    corners = np.concatenate([part.vertices_m[part.faces] for part in parts]).astype(float)
    part_of = np.repeat(np.arange(len(parts)), [len(part.faces) for part in parts])
    first = np.concatenate([np.arange(len(part.faces)) for part in parts])
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    area = np.linalg.norm(normal, axis=1) / 2
    total = np.cumsum(area)
    if not total[-1] > 0:
        empty = np.zeros((0, 3))
        return Samples(empty, empty, empty)
    steps = np.arange(count)
    index = np.searchsorted(total, (steps + 0.5) / count * total[-1]).clip(0, len(area) - 1)
    u, v = (0.5 + steps * 0.7548776662466927) % 1.0, (0.5 + steps * 0.5698402909980532) % 1.0  # the R2 sequence
    outside = u + v > 1.0
    u, v = np.where(outside, 1.0 - u, u), np.where(outside, 1.0 - v, v)
    weights = np.stack([1.0 - u - v, u, v], axis=1)
    points = np.einsum("nk,nkc->nc", weights, corners[index])
    normals = normal[index] / np.maximum(2 * area[index, None], 1e-12)
    return Samples(points, normals, _colours(parts, part_of[index], first[index], weights))


def _colours(
    parts: tuple[Part, ...], part_of: NDArray[np.intp], face: NDArray[np.intp], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    colours = np.zeros((len(part_of), 3))
    for number, part in enumerate(parts):
        here = part_of == number
        corners = part.faces[face[here]]
        linear = np.broadcast_to(np.asarray(part.material.colour, dtype=float), (len(corners), 3))
        if part.colours is not None:
            linear = linear * np.einsum("nk,nkc->nc", weights[here], part.colours[corners].astype(float))
        if part.material.texture is not None:
            uv = np.einsum("nk,nkc->nc", weights[here], part.uv[corners].astype(float))
            height, width = part.material.texture.shape[:2]
            column = (np.nan_to_num(uv[:, 0]) % 1.0 * width).astype(int) % width
            row = (np.nan_to_num(uv[:, 1]) % 1.0 * height).astype(int) % height
            linear = linear * (part.material.texture[row, column] / 255.0) ** 2
        colours[here] = np.sqrt(linear)  # the renderer's gamma is 2
    return colours


def heights(samples: Samples, grid: int = GRID) -> NDArray[np.float64]:
    """(rows along z, columns along x) the highest point over each cell of the footprint, above the lowest of all; NaN
    where there is none."""
    return _map(samples.points_m[:, [0, 2]], samples.points_m[:, 1], grid)


def depths(samples: Samples, grid: int = GRID) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Seen from +z: (rows along y, columns along x) how near each cell's first surface is to the front, and the colour
    (rows, columns, 3) there; NaN where nothing is."""
    near = _map(samples.points_m[:, :2], samples.points_m[:, 2], grid)
    cells = _cells(samples.points_m[:, :2], grid)
    level = samples.points_m[:, 2] - samples.points_m[:, 2].min()
    front = level > near.ravel()[cells] - 0.02 * max(float(np.ptp(samples.points_m[:, 2])), 1e-9)
    colours = np.full((grid * grid, 3), np.nan)
    count = np.bincount(cells[front], minlength=grid * grid)
    for channel in range(3):
        total = np.bincount(cells[front], weights=samples.colours[front, channel], minlength=grid * grid)
        colours[:, channel] = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return near, colours.reshape(grid, grid, 3)


def _cells(places: NDArray[np.float64], grid: int) -> NDArray[np.intp]:
    low, size = places.min(axis=0), np.maximum(np.ptp(places, axis=0), 1e-9)
    cell = np.minimum(((places - low) / size * grid).astype(int), grid - 1)
    return cell[:, 1] * grid + cell[:, 0]


def _map(places: NDArray[np.float64], value: NDArray[np.float64], grid: int) -> NDArray[np.float64]:
    found = np.full(grid * grid, -np.inf)
    np.maximum.at(found, _cells(places, grid), value - value.min())
    return np.where(np.isfinite(found), found, np.nan).reshape(grid, grid)
