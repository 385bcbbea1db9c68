"""Mip maps. If this breaks, far floors flicker from frame to frame and shadows of paths look like motion."""

import numpy as np
import pytest

from video4spatial.sim_scenes.render.textures import build_atlas, build_pyramid, mip_levels, squared
from video4spatial.sim_scenes.scene import Material


def test_levels_halve_down_to_one_texel_and_keep_the_light() -> None:
    texture = np.zeros((8, 8, 3), dtype=np.uint8)
    texture[::2] = 200
    levels = mip_levels(texture)
    assert [level.shape[0] for level in levels] == [8, 4, 2, 1]
    # half of the light of 200, in gamma 2: 200 / sqrt(2)
    assert np.abs(levels[-1].astype(int) - 141).max() <= 1


@pytest.mark.parametrize(("shape", "side"), [((5, 9), 16), ((64, 64), 64), ((300, 100), 512), ((3000, 2000), 1024)])
def test_any_size_becomes_a_square_power_of_two(shape: tuple[int, int], side: int) -> None:
    assert squared(np.full((*shape, 3), 77, dtype=np.uint8)).shape == (side, side, 3)


def test_plain_materials_have_no_texture() -> None:
    assert build_pyramid(Material("plain")) == ()
    assert build_atlas((Material("plain"),), "cpu").side_log2.tolist() == [-1]


def test_an_atlas_is_used_again_where_the_materials_are_the_same() -> None:
    first, second, third = (Material(name, texture=np.full((4, 4, 3), 9, dtype=np.uint8)) for name in "abc")
    atlas = build_atlas((first, second), "cpu")
    assert build_atlas((first, second), "cpu", atlas) is atlas
    assert build_atlas((first,), "cpu", atlas) is atlas
    larger = build_atlas((third, second), "cpu", atlas)
    assert larger.pyramids[1] is atlas.pyramids[1]
    assert larger.materials == (third, second)
