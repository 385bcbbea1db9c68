"""How a coded picture is meant to be shown: rotation, mirror and sample aspect, as one plain description.

decoder ─▶ [Display] ─▶ pictures at working size, upright

Eight orientations exist; anything else in a display matrix (a tilt by 3 degrees) is refused by name. Orientation is
applied after scaling, on the small picture.
"""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from video4spatial.pipeline.core.errors import SourceError

_ONE = 1 << 16


@dataclass(frozen=True, kw_only=True)
class Orientation:
    """First swap x and y, then mirror."""

    is_transposed: bool = False
    mirrors_x: bool = False
    mirrors_y: bool = False

    def apply(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """(H, W, 3) as coded becomes upright; (W, H, 3) when transposed."""
        if self.is_transposed:
            picture = picture.transpose(1, 0, 2)
        if self.mirrors_x:
            picture = picture[:, ::-1]
        if self.mirrors_y:
            picture = picture[::-1]
        return np.ascontiguousarray(picture)


UPRIGHT = Orientation()


def orientation_of(display_matrix: bytes | None) -> Orientation:
    """The orientation that a display matrix (nine 16.16 fixed-point int32, row-vector convention) asks for.

    A point (x, y), y down, is shown at (a x + c y, b x + d y); see `av_display_rotation_get` in FFmpeg and the
    `tkhd` box of ISO 14496-12. Raises SourceError `odd_rotation` when it is no multiple of 90 degrees.
    """
    if display_matrix is None:
        return UPRIGHT
    a, b, _, c, d = (round(int(value) / _ONE) for value in np.frombuffer(display_matrix, dtype="<i4")[:5])
    matrix = np.frombuffer(display_matrix, dtype="<i4")
    is_exact = all(abs(int(matrix[i]) - v * _ONE) <= 16 for i, v in zip((0, 1, 3, 4), (a, b, c, d), strict=True))
    if is_exact and b == c == 0 and abs(a) == abs(d) == 1:
        return Orientation(mirrors_x=a < 0, mirrors_y=d < 0)
    if is_exact and a == d == 0 and abs(b) == abs(c) == 1:
        return Orientation(is_transposed=True, mirrors_x=c < 0, mirrors_y=b < 0)
    raise SourceError(
        f"the display matrix turns the picture by no multiple of 90 degrees ({matrix[:5].tolist()}). "
        "Re-encode the file upright",
        reason="odd_rotation",
    )


@dataclass(frozen=True, kw_only=True)
class Display:
    """How the pictures of one video are shown."""

    coded_px: tuple[int, int]
    """(width, height) as the decoder gives them."""
    sample_aspect: Fraction = Fraction(1)
    """Width of a coded pixel over its height."""
    orientation: Orientation = UPRIGHT

    @property
    def shown_px(self) -> tuple[int, int]:
        """(width, height) as shown: sample aspect stretches the width, orientation may swap the two."""
        width, height = self.coded_px
        shown = max(1, round(width * self.sample_aspect)), height
        return (shown[1], shown[0]) if self.orientation.is_transposed else shown

    def working_px(self, short_side_px: int) -> tuple[int, int]:
        """(width, height), both even, whose short side is `short_side_px`; a smaller video keeps its size."""
        width, height = self.shown_px
        scale = min(Fraction(1), Fraction(short_side_px, min(width, height)))
        return min(even(width * scale), width - width % 2 or 2), min(even(height * scale), height - height % 2 or 2)

    def scaled_px(self, short_side_px: int) -> tuple[int, int]:
        """(width, height) to scale coded pictures to, before `orientation` turns them into `working_px`."""
        width, height = self.working_px(short_side_px)
        return (height, width) if self.orientation.is_transposed else (width, height)


def even(length_px: Fraction) -> int:
    """The nearest even whole number, at least 2."""
    return max(2, 2 * round(length_px / 2))
