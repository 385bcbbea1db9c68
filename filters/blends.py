"""Finds where one picture turns into another by mixing: dissolves, and fades to or from a plain colour.

shots ─▶ [BlendFinder] ─▶ Blend

While A dissolves into B, every picture lies on the straight line between the two: F(t) = A + u(t) (B - A), with u
rising from 0 to 1 (the chromatic edit model of Hampapur, Jain and Weymouth, 1995). A camera that moves leaves that
line, a cut jumps along it, a flash comes back. So each span of up to 43 pictures is judged by its thumbnails: how far
they lie from the line, the largest step of u, whether what lies before already looked like B, and whether B is merely A
moved. Most of it needs only the inner products of the thumbnails; those of the last pictures are kept.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

THUMBNAIL_PX = (32, 18)
"""(width, height). Finer ones take slow motion within a dissolve for departure from the line."""
LENGTHS = (6, 8, 10, 12, 14, 17, 20, 24, 28, 32, 37, 43)
"""Spans that are judged. Longer blends are found as several that overlap."""
AFTER, BEFORE, QUIET = 8, 16, 8
"""Pictures that must still look like the end; pictures looked back on; pictures without a find that end a blend."""
HELD = LENGTHS[-1] + AFTER + QUIET
"""A blend is known at most this many pictures after its first one."""
_RING = HELD + BEFORE
_ROOM = 4 * _RING
"""Places for thumbnails; when they are full, the last `_RING` move to the front."""

MIN_CHANGE = 20.0
"""Levels (0 to 255, root mean square) by which B differs from A."""
CALM_SHARE, MAX_CALM_OFF_LINE = 0.7, 0.3
"""The same of the middle picture in the part of the pixels that change least: where a title fades in over a shot, the
rest of the picture does not mix."""
MIN_CALM_CHANGE = 12.0
"""Levels (root mean square) by which that part of the pixels changes at least."""
MIN_LEVEL = 8.0
"""Mean level of A and B: fades through black are left to fades.py, which measures black."""
MAX_ALIKE = 0.7
"""Correlation of A and B above which the light changed, not the picture."""
MAX_OFF_LINE, OFF_LINE_ALIKE, MAX_OFF_LINE_ONCE = 0.12, 0.16, 0.36
"""Squared distance from the line as a part of |B - A|^2: mean over the span, the same over 1 - correlation of A and B
(the more they are alike, the more a moving camera looks like a blend), and of the worst picture."""
FULL_SPAN = 12
"""Shorter spans must lie closer to the line: few pictures lie near one by chance, as in a whip pan."""
MIN_MIXED = 4
"""Mixed pictures of the shortest blend; less is a cut with a smeared picture."""
MAX_STEP = 3.2
"""Largest step of u, in steps of an even blend. A cut takes the whole way in one."""
MAX_BACK = 0.12
MAX_MOVED = 0.86
"""Correlation of the middle of A with its best place in B (or the other way) above which the camera moved."""
PLAIN = 4.0
"""Standard deviation of luma (levels) below which a picture is one colour."""


@dataclass(frozen=True)
class Blend:
    """A gradual change of picture."""

    start: int
    """Its first mixed picture."""
    stop: int
    """The first picture that is all B."""
    is_fade: bool
    """A or B is one plain colour."""


class BlendFinder:
    """Looks for blends while the pictures pass by once."""

    def __init__(self) -> None:
        self._count = 0
        size = 3 * THUMBNAIL_PX[0] * THUMBNAIL_PX[1]
        self._end = _RING
        """One past the place of the newest thumbnail."""
        self._thumbs = np.zeros((_ROOM, size), dtype=np.float32)
        """(P, n) the last thumbnails, newest last, as levels about 128."""
        self._centred = np.zeros((_ROOM, size), dtype=np.float32)
        """(P, n) the same without their means."""
        self._sizes = np.zeros(_ROOM)
        """(P,) norms of those."""
        self._products = np.zeros((_ROOM, _ROOM))
        """(P, P) inner products of the thumbnails."""
        self._levels = np.zeros(_ROOM)
        """(P,) their mean levels, 0 to 255."""
        self._first = 0
        """The first picture that may belong to the next blend."""
        self._cuts: list[int] = [0]
        """Pictures that follow a cut, as far as is known, and the first one."""
        self._open: tuple[int, int] | None = None
        """[A, B] of the blend that is being found, as picture numbers."""

    def feed(self, rgb: NDArray[np.uint8], cuts: Iterable[int] = ()) -> Blend | None:
        """Takes the next picture (H, W, 3); the blend that is certain now, if one is.

        `cuts`: pictures that are now known to follow a cut. What lies beyond one says nothing of A or B; a blend may
        still be found across it, for fast ones are taken for cuts.
        """
        self._remember(rgb)
        self._cuts = [cut for cut in self._cuts if cut > self._count - _RING][-8:] + list(cuts)
        end = self._count - 1 - AFTER
        found = self._longest_span(end)
        if found is not None:
            start = min(found, self._open[0]) if self._open else found
            self._open = (start, end)
        elif self._open and (end - self._open[1] >= QUIET or self._count - self._open[0] >= HELD):
            return self._close()
        if self._open and self._count - self._open[0] >= HELD + AFTER:
            return self._close()
        return None

    def finish(self) -> Blend | None:
        """The blend that the video's end leaves open."""
        return self._close() if self._open else None

    def _remember(self, rgb: NDArray[np.uint8]) -> None:
        thumb = make_thumbnail(rgb).astype(np.float32).ravel() - 128
        if self._end == _ROOM:
            self._move_to_front()
        new, ring = self._end, slice(self._end + 1 - _RING, self._end + 1)
        mean = thumb.mean()
        self._thumbs[new], self._levels[new] = thumb, mean + 128
        self._centred[new] = thumb - mean
        self._sizes[new] = np.linalg.norm(self._centred[new])
        self._products[new, ring] = self._products[ring, new] = self._thumbs[ring] @ thumb
        self._end += 1
        self._count += 1

    def _move_to_front(self) -> None:
        for array in (self._thumbs, self._centred, self._sizes, self._levels):
            array[:_RING] = array[-_RING:]
        self._products[:_RING, :_RING] = self._products[-_RING:, -_RING:]
        self._end = _RING

    def _place(self, index: int) -> int:
        """Where what is known of picture `index` lies."""
        return self._end - self._count + index

    def _longest_span(self, end: int) -> int | None:
        """A of the longest blend that is over at picture `end`; None if there is none."""
        oldest = max(self._first, self._count - _RING)
        starts = [end - length for length in reversed(LENGTHS) if end - length >= oldest]
        if not starts:
            return None
        g = self._products
        a, b = np.array([self._place(start) for start in starts]), self._place(end)
        change = g[a, a] + g[b, b] - 2 * g[a, b]
        lit = (self._levels[a] >= MIN_LEVEL) & (self._levels[b] >= MIN_LEVEL)
        for k in np.flatnonzero(lit & (change >= self._thumbs.shape[1] * MIN_CHANGE**2)):
            alike = self._alike(int(a[k]), b)
            if alike > MAX_ALIKE:
                continue
            around = slice(self._place(self._cut_before(starts[k], oldest)), self._place(self._cut_after(end)))
            if not is_blend(g, int(a[k]), b, around, alike):
                continue
            before, after = self._thumbs[int(a[k])], self._thumbs[b]
            middle = self._thumbs[(int(a[k]) + b) // 2]
            if moved_alike(before, after) <= MAX_MOVED and calm_off_line(before, middle, after) <= MAX_CALM_OFF_LINE:
                return starts[k]
        return None

    def _alike(self, a: int, b: int) -> float:
        """Correlation of the thumbnails in two places; 0 where one is plain."""
        size = float(self._sizes[a] * self._sizes[b])
        return float(self._centred[a] @ self._centred[b]) / size if size > 1e-6 else 0.0

    def _cut_before(self, index: int, oldest: int) -> int:
        return max([cut for cut in self._cuts if cut <= index] + [oldest, index - BEFORE])

    def _cut_after(self, index: int) -> int:
        return min([cut for cut in self._cuts if cut > index] + [self._count])

    def _close(self) -> Blend | None:
        """The open blend without the pictures at its ends that are not mixed."""
        assert self._open is not None
        first = max(self._open[0], self._count - _RING)
        a, b = self._place(first), self._place(self._open[1])
        u, _ = along(self._products, a, b, slice(a, b + 1))
        low, high = ramp(u)
        is_fade = bool(min(_luma(self._thumbs[a]).std(), _luma(self._thumbs[b]).std()) < PLAIN)
        self._first, self._open = self._open[1], None
        if high - low <= MIN_MIXED:
            return None
        return Blend(first + low + 1, first + high, is_fade)


def make_thumbnail(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The mean of the area that each pixel of a thumbnail covers; by way of half the size, which is much faster."""
    height, width = rgb.shape[:2]
    if not (height % 2 or width % 2) and width >= 4 * THUMBNAIL_PX[0] and height >= 4 * THUMBNAIL_PX[1]:
        rgb = np.asarray(cv2.resize(rgb, (width // 2, height // 2), interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return np.asarray(cv2.resize(rgb, THUMBNAIL_PX, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def along(
    products: NDArray[np.float64], a: int, b: int, span: slice
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """u of the pictures of `span` on the line from picture `a` to `b`, and their squared distance from it as a part of
    |B - A|^2, from the inner products (R, R) of all pictures."""
    change = products[a, a] + products[b, b] - 2 * products[a, b]
    u = (products[span, b] - products[span, a] - products[a, b] + products[a, a]) / change
    from_a = np.diagonal(products)[span] - 2 * products[span, a] + products[a, a]
    return u, from_a / change - u * u


def ramp(u: NDArray[np.float64]) -> tuple[int, int]:
    """The last picture that is all A and the first that is all B: where a line from 0 to 1 that is level before and
    after lies closest to u (N,)."""
    at = np.arange(len(u))
    low, high = np.triu_indices(len(u), 2)
    lines = np.clip((at - low[:, None]) / (high - low)[:, None], 0.0, 1.0)
    best = int(((lines - u) ** 2).sum(axis=1).argmin())
    return int(low[best]), int(high[best])


def is_blend(products: NDArray[np.float64], a: int, b: int, around: slice, alike: float) -> bool:
    """Do the pictures between `a` and `b` mix the two, and do those before and after them, within `around`, not?

    `alike`: correlation of the two.
    """
    u, off = along(products, a, b, slice(a, b + 1))
    most = min(MAX_OFF_LINE, OFF_LINE_ALIKE * (1 - alike)) * min(1.0, (b - a) / FULL_SPAN)
    if off.sum() > most * (b - a - 1) or off.max() > MAX_OFF_LINE_ONCE:
        return False
    step = np.diff(u)
    if step.min() < -MAX_BACK or step.max() * (b - a) > MAX_STEP:
        return False
    before, _ = along(products, a, b, slice(around.start, a + 1))
    after, _ = along(products, a, b, slice(b, around.stop))
    return bool(before.max() < 0.5 < after.min())


def moved_alike(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """How well the middle of one thumbnail (n,) is found anywhere in the other: -1 to 1, the better of both ways."""
    a, b = _luma(one), _luma(other)
    if min(a.std(), b.std()) < PLAIN:
        return 0.0
    height, width = a.shape
    middle = (slice(height // 4, height - height // 4), slice(width // 4, width - width // 4))
    return max(float(cv2.matchTemplate(q, p[middle], cv2.TM_CCOEFF_NORMED).max()) for p, q in ((a, b), (b, a)))


def calm_off_line(before: NDArray[np.float32], middle: NDArray[np.float32], after: NDArray[np.float32]) -> float:
    """How far a mixed thumbnail (n,) lies from the line between A and B as a part of |B - A|^2, in those pixels that
    change less than most; infinitely far where those stay the same."""
    change, way = ((other - before).reshape(-1, 3) for other in (after, middle))
    u = float((way * change).sum() / (change * change).sum())
    size = (change * change).sum(axis=1)
    calm = size <= np.quantile(size, CALM_SHARE)
    least = 3 * MIN_CALM_CHANGE**2 * int(calm.sum())
    return float(((way - u * change)[calm] ** 2).sum() / size[calm].sum()) if size[calm].sum() >= least else np.inf


def _luma(thumb: NDArray[np.float32]) -> NDArray[np.float32]:
    width, height = THUMBNAIL_PX
    return np.asarray(cv2.cvtColor(thumb.reshape(height, width, 3), cv2.COLOR_RGB2GRAY), dtype=np.float32)
