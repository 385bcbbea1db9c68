"""What to call one thing of a scene so that nobody can mean another: "find the red chair next to the bed".

Scene + windows ─▶ [referring_sentences] ─▶ sentences of each object that has any ─▶ grounding.py

A sentence is given only where it is certain. A thing without a colour word could have any colour; teal could be called
green; an armchair is a chair too; a thing 2 m from a window might still be "by" it. What stays in doubt gets none.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from video4spatial.pipeline.core.words import MEANINGLESS, SIMILAR_COLOURS, is_alike, is_similar
from video4spatial.sim_scenes.scene import STAGE_ID, Body, Scene

NEAR_M, FAR_M = 0.5, 1.5
"""A thing is next to another up to the first distance, and certainly not beyond the second."""
WINDOW_NEAR_M, WINDOW_FAR_M = 0.9, 2.2
ANCHOR_REACH_M = 0.3
"""Smaller things are no landmarks."""


@dataclass(frozen=True, eq=False)
class Window:
    """Where a scene is open to the day."""

    centre_m: NDArray[np.float64]
    inward: NDArray[np.float64]
    """(3,) unit."""


@dataclass(frozen=True, eq=False)
class _Thing:
    body: Body
    low_m: NDArray[np.float64]
    high_m: NDArray[np.float64]

    @property
    def centre_m(self) -> NDArray[np.float64]:
        return (self.low_m + self.high_m) / 2

    @property
    def name(self) -> str:
        """As people would say it: with its colour or material where that is known."""
        return self.body.words[0] if self.body.words[0].endswith(self.body.category) else self.body.category

    @property
    def adjectives(self) -> frozenset[str]:
        return adjectives_of(self.body)


def referring_sentences(
    scene: Scene, windows: tuple[Window, ...] = (), only: int | None = None
) -> dict[int, tuple[str, ...]]:
    """Sentences of each object id (or of one alone) that mean this object and no other; objects without one are left
    out."""
    things = [_thing(body) for body in scene.bodies if body.object_id != STAGE_ID]
    walls = [part.vertices_m[part.faces] for body in scene.bodies if body.object_id == STAGE_ID for part in body.parts]
    corners = np.concatenate(walls).astype(float) if walls else np.zeros((0, 3, 3))
    asked = [thing for thing in things if only in (None, thing.body.object_id)]
    sentences = {thing.body.object_id: _sentences(thing, things, windows, corners) for thing in asked}
    return {object_id: found for object_id, found in sentences.items() if found}


def could_mean(noun: str, adjectives: frozenset[str], body: Body) -> bool:
    """Could somebody who hears the noun and the adjectives think of `body`? In doubt: yes."""
    names = (body.category, *body.words)
    same_kind = any(name.endswith(noun) or is_alike(noun, name) for name in names)
    known = adjectives_of(body)
    if not same_kind or not adjectives or not known:
        return same_kind
    return all(any(word == other or is_similar(SIMILAR_COLOURS, word, other) for other in known) for word in adjectives)


def adjectives_of(body: Body) -> frozenset[str]:
    """The colour and material words before its category; empty where they are unknown."""
    best = body.words[0]
    return frozenset(best.removesuffix(body.category).split()) if best.endswith(body.category) else frozenset()


def _thing(body: Body) -> _Thing:
    vertices = body.world_vertices_m()
    return _Thing(body, vertices.min(axis=0), vertices.max(axis=0))


def _is_nameable(thing: _Thing) -> bool:
    words = set(thing.name.split())
    return bool(words) and not words & MEANINGLESS and all(word.isalpha() for word in words)


def _sentences(
    thing: _Thing, things: list[_Thing], windows: tuple[Window, ...], walls_m: NDArray[np.float64]
) -> tuple[str, ...]:
    if not _is_nameable(thing):
        return ()
    category, found = thing.body.category, []
    for name, adjectives in ((category, frozenset[str]()), (thing.name, thing.adjectives)):
        if not _rivals(category, adjectives, thing, things) and f"find the {name}" not in found:
            found.append(f"find the {name}")
    if found:
        return tuple(found)
    rivals = _rivals(category, thing.adjectives, thing, things)
    relation = _relation(thing, rivals, things, windows, walls_m)
    return (f"find the {thing.name} {relation}",) if relation else ()


def _rivals(noun: str, adjectives: frozenset[str], thing: _Thing, things: list[_Thing]) -> list[_Thing]:
    return [other for other in things if other is not thing and could_mean(noun, adjectives, other.body)]


def _relation(
    thing: _Thing,
    rivals: list[_Thing],
    things: list[_Thing],
    windows: tuple[Window, ...],
    walls_m: NDArray[np.float64],
) -> str:
    """Words that hold for `thing` and certainly for none of its rivals; empty where there are none."""
    landmarks = [
        other
        for other in things
        if other is not thing
        and other not in rivals
        and _is_nameable(other)
        and np.hypot(*(other.high_m - other.low_m)[[0, 2]]) / 2 >= ANCHOR_REACH_M
        and not _rivals(other.body.category, other.adjectives, other, things)
    ]
    for mark in landmarks:
        if _stands_on(thing, mark, 0.04) and not any(_stands_on(rival, mark, 0.3) for rival in rivals):
            return f"on the {mark.name}"
    for mark in sorted(landmarks, key=lambda mark: _gap_m(thing, mark)):
        near = _gap_m(thing, mark) <= NEAR_M and not _stands_on(thing, mark, 0.3)
        alone = all(_gap_m(rival, mark) >= FAR_M for rival in rivals)
        if near and alone and not _is_wall_between(walls_m, thing.centre_m, mark.centre_m):
            place = _beside_or_above(thing, mark)
            if place:
                return f"{place} the {mark.name}"
    if any(_window_gap_m(rival, window) < WINDOW_FAR_M for rival in rivals for window in windows):
        return ""
    for window in windows:
        inside = window.centre_m + 0.3 * window.inward
        if _window_gap_m(thing, window) <= WINDOW_NEAR_M and not _is_wall_between(walls_m, thing.centre_m, inside):
            return "by the window" if len(windows) == 1 else "by a window"
    return ""


def _gap_m(one: _Thing, other: _Thing) -> float:
    """Between the upright boxes around two things, seen from above; never too large."""
    gap = np.maximum(np.maximum(one.low_m - other.high_m, other.low_m - one.high_m), 0.0)
    return float(np.hypot(gap[0], gap[2]))


def _beside_or_above(thing: _Thing, mark: _Thing) -> str:
    """`next to` where their heights overlap, `above` where it hangs over the landmark, empty for neither."""
    if thing.low_m[1] < mark.high_m[1] and mark.low_m[1] < thing.high_m[1]:
        return "next to"
    over = np.all((thing.centre_m > mark.low_m - 0.1)[[0, 2]] & (thing.centre_m < mark.high_m + 0.1)[[0, 2]])
    return "above" if over and thing.low_m[1] >= mark.high_m[1] else ""


def _window_gap_m(thing: _Thing, window: Window) -> float:
    gap = np.maximum(np.maximum(thing.low_m - window.centre_m, window.centre_m - thing.high_m), 0.0)
    return float(np.hypot(gap[0], gap[2]))


def _stands_on(thing: _Thing, mark: _Thing, tolerance_m: float) -> bool:
    over = np.all((thing.centre_m > mark.low_m)[[0, 2]] & (thing.centre_m < mark.high_m)[[0, 2]])
    return bool(over) and abs(float(thing.low_m[1] - mark.high_m[1])) <= tolerance_m


def _is_wall_between(walls_m: NDArray[np.float64], start_m: NDArray[np.float64], end_m: NDArray[np.float64]) -> bool:
    """Does the line between two points cross a triangle (F, 3, 3) of the stage (Moeller and Trumbore)."""
    way = end_m - start_m
    edge, side, first = walls_m[:, 1] - walls_m[:, 0], walls_m[:, 2] - walls_m[:, 0], start_m - walls_m[:, 0]
    across = np.cross(way, side)
    scale = np.einsum("fc,fc->f", edge, across)
    flat = np.abs(scale) < 1e-12
    inverse = 1.0 / np.where(flat, 1.0, scale)
    u = np.einsum("fc,fc->f", first, across) * inverse
    normal = np.cross(first, edge)
    v = normal @ way * inverse
    t = np.einsum("fc,fc->f", side, normal) * inverse
    return bool(np.any(~flat & (u >= 0) & (v >= 0) & (u + v <= 1) & (t > 0) & (t < 1)))
