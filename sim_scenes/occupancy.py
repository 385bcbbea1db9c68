"""What stands where in a room: does a piece fit, and can one still walk?

Shell ─▶ [Room.add(Placed)] ─▶ furnish.py

A piece fits inside the room, apart from what stands there already, not in front of a door, not before a window if it
is tall, and only if enough floor is left to walk on and a way from each doorway to every other.
"""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from video4spatial.sim_scenes.furniture import Piece
from video4spatial.sim_scenes.shapes import yaw_matrix
from video4spatial.sim_scenes.shell import Opening, Shell

GAP_M = 0.03
WALK_RADIUS_M = 0.30
PASSAGE_RADIUS_M = 0.36
"""Of who walks from doorway to doorway; leaves the clearance map (cells of 4 cm, rounded against the walker) a path
for a radius of 0.25 m."""
DOORSTEP_M = 0.5
"""So far before a doorway one stands in the room."""
CELL_M = 0.05
MIN_WALK_SHARE = 0.20
"""Of the floor; less would make paths that stand still."""


Bounds = tuple[float, float, float, float]
"""(x, z) of the lower and the upper corner."""


@dataclass(frozen=True, eq=False)
class Placed:
    """A piece with a place."""

    piece: Piece
    position_m: tuple[float, float, float]
    """Of the piece's origin."""
    yaw_rad: float
    support: str
    """`floor`, `wall`, `ceiling`, or the index of the piece it stands on."""

    def footprint_m(self, margin_m: float = 0.0) -> NDArray[np.float64]:
        """(4, 2) corners in (x, z)."""
        return self._footprint_m if margin_m == 0.0 else self._outline_m(margin_m)

    @cached_property
    def _footprint_m(self) -> NDArray[np.float64]:
        return self._outline_m(0.0)

    @cached_property
    def bounds_m(self) -> Bounds:
        """Around its footprint."""
        return _bounds(self._footprint_m)

    def _outline_m(self, margin_m: float) -> NDArray[np.float64]:
        width, _, depth = self.piece.size_m()
        half = np.array([width, depth]) / 2 + margin_m
        corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half
        turned = np.stack([corners[:, 0], np.zeros(4), corners[:, 1]], axis=1) @ yaw_matrix(self.yaw_rad).T
        return turned[:, [0, 2]] + np.array([self.position_m[0], self.position_m[2]])


class Room:
    """A shell being filled."""

    def __init__(self, shell: Shell) -> None:
        self.shell = shell
        self.placed: list[Placed] = []
        self._doors = [_bounded(self._door_zone(door)) for door in shell.doors()]
        self._windows = [(window.sill_m + 0.15, *_bounded(self._window_zone(window))) for window in shell.windows()]

    def add(self, candidate: Placed) -> bool:
        """Keeps the candidate if it fits on the floor of the room."""
        if not self._fits(candidate):
            return False
        self.placed.append(candidate)
        if self._can_be_walked():
            return True
        self.placed.pop()
        return False

    def _fits(self, candidate: Placed) -> bool:
        footprint = candidate.footprint_m(GAP_M)
        if np.any(np.abs(footprint) > np.array([self.shell.width_m, self.shell.depth_m]) / 2 + 1e-6):
            return False
        around, height = _bounds(footprint), candidate.piece.full_height_m()
        if any(_near(around, bounds) and rectangles_meet(footprint, zone) for zone, bounds in self._doors):
            return False
        for low, zone, bounds in self._windows:
            if height > low and _near(around, bounds) and rectangles_meet(footprint, zone):
                return False
        standing = (other for other in self.placed if stands_on_floor(other) and _near(around, other.bounds_m))
        return not any(rectangles_meet(footprint, other.footprint_m()) for other in standing)

    def _window_zone(self, window: Opening) -> NDArray[np.float64]:
        """Nothing tall stands there."""
        x, z = self.shell.wall_place(window.wall, window.u_m, 0.2)
        half = np.array([window.width_m / 2, 0.2] if window.wall % 2 == 0 else [0.2, window.width_m / 2])
        return np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half + (x, z)

    def _door_zone(self, door: Opening) -> NDArray[np.float64]:
        """Kept empty: a door's swing, or the first step through an open doorway."""
        deep = 0.5 if door.kind == "door" else 0.36
        x, z = self.shell.wall_place(door.wall, door.u_m, deep)
        half = np.array([door.width_m / 2 + 0.05, deep])
        return np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * (half if door.wall % 2 == 0 else half[::-1]) + (x, z)

    def _can_be_walked(self) -> bool:
        """Is the largest connected part of the floor where a walker fits large enough, and are all doorways joined?"""
        doorways = [opening for opening in self.shell.openings if opening.kind == "doorway"]
        half = np.array([self.shell.width_m, self.shell.depth_m]) / 2
        size = (round(self.shell.depth_m / CELL_M), round(self.shell.width_m / CELL_M))
        floor = np.ones(size, dtype=np.uint8)
        floor[[0, -1]] = 0
        floor[:, [0, -1]] = 0
        for other in self.placed:
            if stands_on_floor(other):
                corners = (other.footprint_m() + half) / CELL_M
                cv2.fillConvexPoly(floor, np.round(corners).astype(np.int32), 0)
        reach = cv2.distanceTransform(floor, cv2.DIST_L2, 5) * CELL_M
        _, _, stats, _ = cv2.connectedComponentsWithStats((reach > WALK_RADIUS_M).astype(np.uint8), connectivity=4)
        if stats[1:, cv2.CC_STAT_AREA].max(initial=0) / floor.size < MIN_WALK_SHARE:
            return False
        _, labels = cv2.connectedComponents((reach > PASSAGE_RADIUS_M).astype(np.uint8), connectivity=4)
        before = [np.array(self.shell.wall_place(door.wall, door.u_m, DOORSTEP_M)) for door in doorways]
        cells = [((place + half) / CELL_M).astype(int) for place in before]
        steps = {int(labels[row, column]) for column, row in cells}
        return len(steps) < 2 and 0 not in steps


def _bounds(outline: NDArray[np.float64]) -> Bounds:
    (x0, z0), (x1, z1) = outline.min(axis=0).tolist(), outline.max(axis=0).tolist()
    return x0, z0, x1, z1


def _bounded(outline: NDArray[np.float64]) -> tuple[NDArray[np.float64], Bounds]:
    return outline, _bounds(outline)


def _near(first: Bounds, second: Bounds) -> bool:
    """Could two outlines meet? Cheap, and true wherever `rectangles_meet` is."""
    return (
        first[0] < second[2] + 1e-6
        and second[0] < first[2] + 1e-6
        and first[1] < second[3] + 1e-6
        and second[1] < first[3] + 1e-6
    )


def rectangles_meet(first: NDArray[np.float64], second: NDArray[np.float64]) -> bool:
    """Do two convex outlines (N, 2) share area? Separating axis test over the sides of both."""
    for outline in (first, second):
        sides = np.roll(outline, -1, axis=0) - outline
        axes = np.stack([-sides[:, 1], sides[:, 0]], axis=1)
        a, b = first @ axes.T, second @ axes.T
        if np.any((a.max(axis=0) <= b.min(axis=0) + 1e-9) | (b.max(axis=0) <= a.min(axis=0) + 1e-9)):
            return False
    return True


def stands_on_floor(placed: Placed) -> bool:
    """Takes floor: everything on the floor but rugs."""
    return placed.support == "floor" and placed.piece.category != "rug"
