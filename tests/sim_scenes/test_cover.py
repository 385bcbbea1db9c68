"""Cells that triangles cover. If this breaks, a camera walks through a chair leg that the map does not have."""

import numpy as np
import pytest

from video4spatial.sim_scenes.clearance import SLACK_CELLS
from video4spatial.sim_scenes.cover import covered

CELL_M, SHAPE = 0.04, (120, 150)


def points_on(triangle: np.ndarray, count: int = 160) -> np.ndarray:
    """Many points on a triangle, its edges and corners too."""
    i, j = np.meshgrid(np.arange(count + 1), np.arange(count + 1), indexing="ij")
    keep = i + j <= count
    weights = np.stack([i[keep], j[keep], count - i[keep] - j[keep]], axis=1) / count
    return weights @ triangle


@pytest.mark.parametrize("kind", ["any", "small", "upright", "flat", "needle"])
def test_no_point_of_a_triangle_is_far_from_a_covered_cell_and_no_cell_is_far_from_a_point(kind: str) -> None:
    rng = np.random.default_rng(5)
    origin = np.array([-3.0, -2.4])
    for _ in range(40):
        triangle = rng.uniform((-2.8, -1.0, -2.2), (2.8, 3.0, 2.2), size=(3, 3))
        if kind == "small":
            triangle = triangle[0] + rng.uniform(-0.02, 0.02, size=(3, 3))
        if kind == "upright":
            triangle[2, [0, 2]] = triangle[0, [0, 2]]
        if kind == "flat":
            triangle[:, 1] = 0.5
        if kind == "needle":
            triangle[2] = triangle[0] * 0.5 + triangle[1] * 0.5 + rng.uniform(-0.004, 0.004, size=3)
        mask = covered(triangle[None], 0.1, 1.9, origin, CELL_M, SHAPE)
        points = points_on(triangle)
        points = points[(points[:, 1] >= 0.1) & (points[:, 1] <= 1.9)][:, [0, 2]]
        rows, columns = np.nonzero(mask)
        middles = np.stack([columns + 0.5, rows + 0.5], axis=1) * CELL_M + origin
        assert len(points) == 0 or len(middles)
        if not len(points):
            continue
        sample = points[:: max(1, len(points) // 800)]
        away = np.linalg.norm(sample[:, None] - middles[None], axis=2).min(axis=1)
        assert away.max() <= (SLACK_CELLS - 0.7072) * CELL_M
        back = np.array([np.linalg.norm(points - middle, axis=1).min() for middle in middles[::7]])
        assert back.max() <= 1.25 * CELL_M


def test_heights_outside_the_band_cover_nothing() -> None:
    table = np.array([[[0.0, 2.0, 0.0], [1.0, 2.0, 0.0], [0.0, 2.0, 1.0]]])
    assert not covered(table, 0.1, 1.9, np.zeros(2), CELL_M, SHAPE).any()
    wall = np.array([[[0.5, 0.0, 0.5], [0.5, 2.5, 0.5], [2.0, 0.0, 0.5]]])
    rows, columns = np.nonzero(covered(wall, 1.0, 1.2, np.zeros(2), CELL_M, SHAPE))
    assert set(rows) <= {11, 12}
    assert columns.max() * CELL_M < 0.5 + 1.5 * (1 - 1.0 / 2.5) + CELL_M  # it is narrower up there


def test_triangles_beyond_the_grid_are_harmless() -> None:
    outside = np.array([[[-9.0, 1.0, -9.0], [-8.0, 1.0, -9.0], [-9.0, 1.0, -8.0]]])
    assert covered(outside, 0.1, 1.9, np.zeros(2), CELL_M, SHAPE).sum() <= 1
    assert not covered(np.zeros((0, 3, 3)), 0.1, 1.9, np.zeros(2), CELL_M, SHAPE).any()
