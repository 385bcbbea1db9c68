"""Rotation, mirror and sample aspect: a wrong sign here turns a dataset on its head without any error."""

from fractions import Fraction

import numpy as np
import pytest

from video4spatial.filters.display import UPRIGHT, Display, Orientation, orientation_of
from video4spatial.pipeline.core.errors import SourceError

ONE = 65536


def matrix(a: int, b: int, c: int, d: int) -> bytes:
    return np.array([a, b, 0, c, d, 0, 0, 0, 1 << 30], dtype="<i4").tobytes()


@pytest.mark.parametrize("b_and_c", [(-ONE, ONE), (ONE, -ONE), (ONE, ONE), (-ONE, -ONE)])
def test_every_point_lands_where_the_display_matrix_sends_it(b_and_c: tuple[int, int]) -> None:
    b, c = b_and_c
    picture = np.arange(2 * 3, dtype=np.uint8).reshape(2, 3, 1).repeat(3, axis=2)
    shown = orientation_of(matrix(0, b, c, 0)).apply(picture)
    assert shown.shape == (3, 2, 3)
    for y in range(2):
        for x in range(3):
            right, down = c // ONE * y, b // ONE * x
            assert (shown[down if b > 0 else down - 1 + 3, right if c > 0 else right - 1 + 2] == picture[y, x]).all()


def test_a_half_turn_and_the_two_mirrors_are_told_apart() -> None:
    assert orientation_of(matrix(-ONE, 0, 0, -ONE)) == Orientation(mirrors_x=True, mirrors_y=True)
    assert orientation_of(matrix(-ONE, 0, 0, ONE)) == Orientation(mirrors_x=True)
    assert orientation_of(matrix(ONE, 0, 0, -ONE)) == Orientation(mirrors_y=True)
    assert orientation_of(matrix(ONE, 0, 0, ONE)) == orientation_of(None) == UPRIGHT


def test_a_tilt_is_refused_by_name() -> None:
    tilt = [round(ONE * value) for value in (np.cos(0.05), np.sin(0.05), -np.sin(0.05), np.cos(0.05))]
    with pytest.raises(SourceError, match="no multiple of 90 degrees") as caught:
        orientation_of(matrix(*tilt))
    assert caught.value.reason == "odd_rotation"


def test_sample_aspect_stretches_the_width_and_rotation_swaps_the_sides() -> None:
    display = Display(
        coded_px=(360, 320), sample_aspect=Fraction(4, 3), orientation=Orientation(is_transposed=True, mirrors_y=True)
    )
    assert display.shown_px == (320, 480)
    assert display.working_px(128) == (128, 192)
    assert display.scaled_px(128) == (192, 128)


def test_working_sizes_are_even_and_never_larger_than_the_video() -> None:
    assert Display(coded_px=(1366, 768)).working_px(128) == (228, 128)
    assert Display(coded_px=(51, 50)).working_px(128) == (50, 50)
