"""Mip maps. If this breaks, far floors flicker from frame to frame and shadows of paths look like motion."""

import numpy as np
import pytest

from video4spatial.sim_scenes.render.start import start_warp
from video4spatial.sim_scenes.render.textures import Atlas, build_pyramid, mip_levels, squared
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
    start_warp()
    assert build_pyramid(Material("plain")) == ()
    atlas = Atlas("cpu")
    assert atlas.numbers([Material("plain")]).tolist() == [0]
    assert atlas.side_log2.tolist() == [-1]


def test_materials_keep_their_number_when_others_are_added_and_unused_ones_are_counted() -> None:
    start_warp()
    grey = np.full((4, 4, 3), 9, dtype=np.uint8)
    sign = Material("sign", texture=grey)
    first, second, third = Material("a", texture=grey), Material("b", texture=grey, emission=sign), Material("c")
    atlas = Atlas("cpu")
    assert atlas.numbers([first, second]).tolist() == [0, 1]
    assert atlas.materials == [first, second, sign]
    assert atlas.numbers([third, second, first]).tolist() == [3, 1, 0]
    assert atlas.wasted_texels([first, second, third]) == 0
    assert atlas.wasted_texels([first]) == 2 * (16 + 4 + 1)


def test_large_textures_are_bounded_and_said_to_be(caplog: pytest.LogCaptureFixture) -> None:
    large = [Material(f"m{k}", texture=np.full((1100, 4096, 3), k, dtype=np.uint8)) for k in range(3)]
    atlas = Atlas("cpu")
    with caplog.at_level("INFO"):
        atlas.numbers([*large, Material("small", texture=np.zeros((64, 64, 3), dtype=np.uint8))])
    assert atlas.side_log2.tolist() == [10, 10, 10, 6]
    assert caplog.messages == ["3 of 4 textures (the largest has 4096 x 1100 texels) are shown at 1024 a side"]
