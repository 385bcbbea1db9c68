"""The rooms of a generated scene as areas of its floor: what each is called, where it is, what opens in its walls.

GeneratedRoom | GeneratedHouse ─▶ [room_area] ─▶ Place.rooms ─▶ viewpoints, plan drawings, `v4s scenes show`
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from video4spatial.sim_scenes.shell import Opening, Shell


@dataclass(frozen=True)
class Gap:
    """An opening of a wall, seen from above."""

    kind: str
    """`door` (closed), `doorway` (open) or `window`."""
    start_m: tuple[float, float]
    """(x, z) on the inner face of the wall; left end for somebody in the room who faces it."""
    stop_m: tuple[float, float]
    outward: tuple[float, float]
    """(x, z) unit step out of the room."""


@dataclass(frozen=True)
class RoomArea:
    """A room's floor: a rectangle between its walls."""

    name: str
    """"bedroom 2"."""
    kind: str
    low_m: tuple[float, float]
    """(x, z)."""
    high_m: tuple[float, float]
    height_m: float
    wall_m: float
    """How thick its walls are, outwards."""
    gaps: tuple[Gap, ...]

    def holds(self, places_m: NDArray[np.float64], margin_m: float = 0.0) -> NDArray[np.bool_]:
        """(...,) which of the places (..., 2), given as (x, z), lie in it or at most `margin_m` outside."""
        low, high = np.asarray(self.low_m) - margin_m, np.asarray(self.high_m) + margin_m
        return np.asarray(np.all((places_m >= low) & (places_m <= high), axis=-1))

    @property
    def middle_m(self) -> tuple[float, float]:
        return (self.low_m[0] + self.high_m[0]) / 2, (self.low_m[1] + self.high_m[1]) / 2

    @property
    def size_m(self) -> tuple[float, float]:
        """Width (x) and depth (z)."""
        return self.high_m[0] - self.low_m[0], self.high_m[1] - self.low_m[1]


def room_area(name: str, kind: str, shell: Shell, middle_m: tuple[float, float] = (0.0, 0.0)) -> RoomArea:
    """The area of a room that was built around `middle_m`."""
    x, z = middle_m
    return RoomArea(
        name=name,
        kind=kind,
        low_m=(x - shell.width_m / 2, z - shell.depth_m / 2),
        high_m=(x + shell.width_m / 2, z + shell.depth_m / 2),
        height_m=shell.height_m,
        wall_m=shell.thickness_m,
        gaps=tuple(_gap(shell, opening, middle_m) for opening in shell.openings),
    )


def room_at(rooms: Sequence[RoomArea], place_m: tuple[float, float]) -> str:
    """The name of the room that holds a place (x, z); empty outside all of them."""
    inside = np.asarray(place_m, dtype=float)
    return next((room.name for room in rooms if room.holds(inside)), "")


def _gap(shell: Shell, opening: Opening, middle_m: tuple[float, float]) -> Gap:
    ends = [shell.wall_place(opening.wall, opening.u_m + side * opening.width_m / 2) for side in (-1, 1)]
    (x0, z0), (x1, z1) = ((x + middle_m[0], z + middle_m[1]) for x, z in ends)
    outward = ((0.0, -1.0), (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0))[opening.wall]
    return Gap(opening.kind, (x0, z0), (x1, z1), outward)
