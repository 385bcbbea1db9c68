"""Finds where one camera recording ends and the next begins, while the frames pass by once.

video ─▶ [shots] ─▶ (picture, how its shot began) ─▶ cut

A dissolve is known only when it is over, so pictures are held back by the longest one; a black stretch of any length
holds nothing back. The pictures of a dissolve or a fade belong to neither shot: they are a piece of their own.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Literal

from video4spatial.filters.blends import HELD
from video4spatial.filters.boundaries import Beginning, BoundaryFinder
from video4spatial.filters.config import ShotConfig
from video4spatial.filters.decode import Picture


def split_shots(
    pictures: Iterable[Picture], config: ShotConfig, opening: Literal["start", "span"] = "start"
) -> Iterator[tuple[Picture, Beginning]]:
    """Each picture once and in order, with how its shot began if it is its first. Holds back `HELD` pictures."""
    finder = BoundaryFinder(config)
    held: deque[tuple[int, Picture]] = deque()
    last: Picture | None = None
    # the finder counts from 0 without a gap; a span's pictures need not
    for place, picture in enumerate(pictures):
        if last is None:
            finder.begins[place] = opening
        elif picture.time <= last.time:
            finder.begins[place] = "time"
        last = picture
        held.append((place, picture))
        finder.feed(place, picture.rgb)
        if len(held) > HELD:
            yield _leave(held, finder)
    if last is None:
        return
    finder.finish(last.rgb)
    while held:
        yield _leave(held, finder)


def _leave(held: deque[tuple[int, Picture]], finder: BoundaryFinder) -> tuple[Picture, Beginning]:
    place, picture = held.popleft()
    return picture, finder.begins.pop(place, "")
