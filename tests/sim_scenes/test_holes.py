"""Which triangles are cut out. One left out that has a hole is a black leaf; too many are slow and throw no shadow."""

from typing import Any

import numpy as np

from tests.sim_scenes.helpers import cameras_at
from video4spatial.pipeline.core.geometry import look_at
from video4spatial.sim_scenes.materials import plain
from video4spatial.sim_scenes.render.embedded import EmbeddedRenderer
from video4spatial.sim_scenes.render.holes import cut_triangles
from video4spatial.sim_scenes.scene import Body, Lamp, Lighting, Material, Part, Scene, flatten
from video4spatial.sim_scenes.shapes import box, panel

WHITE = np.full((16, 16, 3), 255, dtype=np.uint8)


def _masked(alpha: np.ndarray) -> Material:
    return Material("leaf", texture=WHITE, alpha=alpha, double_sided=True)


def _triangle_at(material: Material, uv: list[list[float]]) -> Any:
    corners = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], np.float32)
    normals = np.tile(np.array([0, 0, 1], np.float32), (3, 1))
    part = Part(corners, normals, np.array(uv, np.float32), np.array([[0, 1, 2]], np.int32), material)
    return flatten((Body(1, "leaf", "leaf", ("leaf",), (part,)),))


def test_a_mask_without_holes_cuts_nothing() -> None:
    assert not cut_triangles(_triangle_at(_masked(np.full((16, 16), 255, np.uint8)), [[0, 0], [3, 0], [0, 3]])).any()


def test_only_triangles_over_a_hole_are_cut() -> None:
    alpha = np.full((16, 16), 255, dtype=np.uint8)
    alpha[2, 12] = 0  # v about 0.16, u about 0.78
    away, over = [[0.1, 0.6], [0.4, 0.6], [0.1, 0.9]], [[0.7, 0.1], [0.9, 0.1], [0.7, 0.3]]
    assert not cut_triangles(_triangle_at(_masked(alpha), away)).any()
    assert cut_triangles(_triangle_at(_masked(alpha), over)).all()
    repeated = [[u + 5.0, v - 3.0] for u, v in over]
    assert cut_triangles(_triangle_at(_masked(alpha), repeated)).all()
    across_the_edge = [[0.95, 0.1], [1.85, 0.1], [0.95, 0.2]]
    assert cut_triangles(_triangle_at(_masked(alpha), across_the_edge)).all()


def test_no_triangle_with_a_hole_is_missed() -> None:
    draw = np.random.default_rng(4)
    for _ in range(300):
        alpha = np.full((16, 16), 255, dtype=np.uint8)
        hole = draw.integers(16, size=2)
        alpha[hole[0], hole[1]] = 0
        uv = draw.uniform(-2, 2, 2) + draw.uniform(-0.6, 0.6, (3, 2))
        weights = draw.dirichlet([1, 1, 1], 4000)
        texel = np.floor((weights @ uv) * 16).astype(int) % 16
        if ((texel[:, 0] == hole[1]) & (texel[:, 1] == hole[0])).any():
            assert cut_triangles(_triangle_at(_masked(alpha), uv.tolist())).all()


def test_a_masked_board_without_holes_looks_and_shades_like_a_plain_one() -> None:
    floor = box((6, 0.1, 6), (0, -0.1, 0), plain("floor", (0.8, 0.8, 0.8)))
    light = Lighting(ambient=(0.1, 0.1, 0.1), lamps=(Lamp((0.0, 2.0, 0.0), (2.0, 2.0, 2.0)),))
    seen = []
    for material in (_masked(np.full((16, 16), 255, np.uint8)), Material("board", texture=WHITE, double_sided=True)):
        board = panel((-0.4, 1.0, 0.4), (0.8, 0, 0), (0, 0, -0.8), material)
        bodies = (Body(0, "stage", "stage", ("stage",), (floor,)), Body(1, "board", "board", ("board",), (board,)))
        seen.append(EmbeddedRenderer(Scene("s", bodies, light)).render(cameras_at([look_at([0, 1.5, 2.5], [0, 0, 0])])))
    np.testing.assert_array_equal(seen[0].rgb, seen[1].rgb)
    np.testing.assert_array_equal(seen[0].depth_m, seen[1].depth_m)
