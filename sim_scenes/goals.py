"""Which places a walk goes to: those that it has not seen yet, through doors, the near ones first.

FreeSpace + radius ─▶ [find_goals] ─▶ Goals ─▶ [draw_way] ─▶ corners of the way ─▶ route.py

Goals stand in the roomy parts of the walkable floor, far from each other. What has been near and in sight counts as
seen; when all is seen, it begins again. So a short walk leaves its room, and a long one covers the house.
"""

import functools
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from video4spatial.sim_scenes.clearance import FreeSpace
from video4spatial.sim_scenes.geodesics import Roads, find_roads, is_straight, way_between

MOST_GOALS = 96
APART_M = 0.7
"""Goals are at least so far from each other."""
SEEN_M = 2.2
"""What was in sight from so near has been seen."""
NEAREST_M = 0.8
NEAR_FIRST_M = 1.5
"""A goal that is farther by this is drawn 1/e times as often."""
HIDDEN_SHARE = 0.8
"""Of the goals drawn, how many must be out of sight: in another room, or behind a corner."""
U_TURN_COS = -0.3
"""A way that turns back more sharply than this at a goal gets an arc."""
ARC_M = 0.4


@dataclass(frozen=True, eq=False)
class Goals:
    """Places to go to, and the ways between them."""

    roads: Roads
    places_m: NDArray[np.float64]
    """(A, 2) as (x, z)."""
    reach_m: NDArray[np.float64]
    """(A, K) as `Roads.reach_m`."""

    def distances_m(self, place_m: NDArray[np.float64], reach_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """(A,) walking distance to each goal from a place with the row `reach_m`; inf where there is no way."""
        direct = np.linalg.norm(self.places_m - place_m, axis=1)
        free = is_straight(self.roads, np.tile(place_m, (len(direct), 1)), self.places_m)
        if not len(self.roads.corners_m):
            return np.where(free, direct, np.inf)
        by_corner = (reach_m[:, None] + self.roads.distance_m).min(axis=0)
        return np.where(free, direct, (by_corner + self.reach_m).min(axis=1))

    def are_seen(self, places_m: NDArray[np.float64], far_m: float) -> NDArray[np.bool_]:
        """(A,) is the goal in sight, within `far_m`, of one of the places (N, 2)."""
        near = np.linalg.norm(places_m[:, None] - self.places_m, axis=2) <= far_m
        places, goals = np.nonzero(near)
        hidden = self.roads.space.hidden_m(places_m[places], self.places_m[goals])
        return np.bincount(goals[hidden == 0], minlength=len(self.places_m)) > 0


@functools.lru_cache(maxsize=4)
def find_goals(space: FreeSpace, radius_m: float) -> Goals:
    """Goals for a walker that keeps `radius_m` from all things; none where the walker does not fit."""
    roads = find_roads(space, radius_m)
    area = space.walkable(radius_m)
    window = np.ones((max(1, round(0.6 / space.cell_m)),) * 2, dtype=np.uint8)
    roomy = area & (space.clearance_m >= 0.8 * cv2.dilate(space.clearance_m, window))
    cells = space.places_m(roomy if roomy.any() else area)
    if not len(cells):
        return Goals(roads, cells, np.zeros((0, len(roads.corners_m))))
    chosen = [int(space.clearance_at(cells).argmax())]
    away = np.linalg.norm(cells - cells[chosen[0]], axis=1)
    while len(chosen) < MOST_GOALS and away.max() > APART_M:
        chosen.append(int(away.argmax()))
        away = np.minimum(away, np.linalg.norm(cells - cells[chosen[-1]], axis=1))
    return Goals(roads, cells[chosen], roads.reach_m(cells[chosen]))


def draw_way(goals: Goals, start_m: NDArray[np.float64], needed_m: float, draw: np.random.Generator) -> NDArray:
    """(n, 2) corners of a way from a free place that is at least `needed_m` long; the start alone if it leads nowhere.

    A longer way begins as a shorter one does.
    """
    way, length_m = start_m[None], 0.0
    reach_m = goals.roads.reach_m(start_m[None])[0]
    seen = goals.are_seen(way, SEEN_M)
    while length_m < needed_m:
        k = _next_goal(goals, way[-1], reach_m, seen, draw)
        if k is None:
            break
        leg = way_between(goals.roads, way[-1], goals.places_m[k], (reach_m, goals.reach_m[k]))
        assert leg is not None  # its distance was finite
        reach_m = goals.reach_m[k]
        passed = _along(leg, 0.4)
        seen |= goals.are_seen(passed, SEEN_M)
        seen[k] = True
        way = np.concatenate([_turned(goals.roads, way, leg[1]), leg[1:]])
        length_m += float(np.linalg.norm(np.diff(leg, axis=0), axis=1).sum())
    return way


def _next_goal(
    goals: Goals,
    place_m: NDArray[np.float64],
    reach_m: NDArray[np.float64],
    seen: NDArray[np.bool_],
    draw: np.random.Generator,
) -> int | None:
    """A goal that was not seen, mostly one out of sight; clears `seen` when there is none left."""
    wants_hidden, part = draw.random(2)
    distance = goals.distances_m(place_m, reach_m)
    open_to = np.isfinite(distance) & (distance > NEAREST_M)
    if not open_to.any():
        return None
    if not (open_to & ~seen).any():
        seen[:] = False
    fresh = open_to & ~seen
    hidden = fresh & ~goals.are_seen(place_m[None], np.inf)
    chosen = np.flatnonzero(hidden if hidden.any() and wants_hidden < HIDDEN_SHARE else fresh)
    weight = np.cumsum(np.exp(-(distance[chosen] - distance[chosen].min()) / NEAR_FIRST_M))
    return int(chosen[min(int(np.searchsorted(weight, part * weight[-1])), len(chosen) - 1)])


def _turned(roads: Roads, way: NDArray[np.float64], onward_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """The way with half a circle in place of its last point, if it goes on to where it came from."""
    if len(way) < 2:
        return way
    goal, into, out = way[-1], way[-1] - way[-2], onward_m - way[-1]
    if min(np.linalg.norm(into), np.linalg.norm(out)) < 1e-6:
        return way
    into, out = into / np.linalg.norm(into), out / np.linalg.norm(out)
    radius_m = min(ARC_M, float(roads.space.clearance_at(goal)) - roads.radius_m)
    if into @ out > U_TURN_COS or radius_m < 0.08:
        return way
    side = np.array([-into[1], into[0]])
    side = side if side @ out <= 0 else -side
    angles = np.linspace(0, np.pi, 7)[:, None]
    arc = goal + radius_m * (np.cos(angles) * side + np.sin(angles) * into)
    ends_free = is_straight(roads, np.stack([way[-2], arc[-1]]), np.stack([arc[0], onward_m]))
    return np.concatenate([way[:-1], arc]) if ends_free.all() else way


def _along(way: NDArray[np.float64], step_m: float) -> NDArray[np.float64]:
    """Places on the way, about `step_m` apart, with its last point."""
    arc = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(way, axis=0), axis=1))])
    at = np.append(np.arange(0, arc[-1], step_m), arc[-1])
    return np.stack([np.interp(at, arc, way[:, 0]), np.interp(at, arc, way[:, 1])], axis=1)
