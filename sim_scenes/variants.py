"""Variants of a walk: the same cameras in another light, or with something put in the way of the view.

Walk + Place ─▶ [lighting_variant, dials_variant, occluder_variant] ─▶ Variant ─▶ stage.py

Passers-by, jitter and hidden targets have files of their own (passersby.py, jitter.py, hidden.py). All change the scene
(or the cameras) in 3D before it is rendered, so depth and object ids of a variant are its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from video4spatial.pipeline.core.settings import to_plain
from video4spatial.sim_scenes import furniture
from video4spatial.sim_scenes.dials import draw_dials, lighting_of
from video4spatial.sim_scenes.lights import MOODS, describe, draw_lighting
from video4spatial.sim_scenes.palette import Palette, draw_palette
from video4spatial.sim_scenes.paths import Walk
from video4spatial.sim_scenes.place import Place
from video4spatial.sim_scenes.scene import Body, Scene
from video4spatial.sim_scenes.shapes import box, joined, yaw_matrix

VariantKind = Literal["lighting", "occluder", "passerby", "jitter", "hidden"]
KINDS: tuple[VariantKind, ...] = ("lighting", "occluder", "passerby", "jitter", "hidden")
"""In the order of their numbers."""


def variant_number(kind: VariantKind, repeat: int) -> int:
    """1 to 5 for the first variant of each kind; the others of lighting are 11, 12, ..., of occluders 21, 22, ...: so
    that keys, which are sorted as text, keep a kind together."""
    first = 1 + KINDS.index(kind)
    return first if repeat == 0 else 10 * first + repeat


@dataclass(frozen=True, eq=False)
class Variant:
    """A changed scene, or the same one seen otherwise."""

    kind: VariantKind
    scene: Scene
    """Of all frames; of the first one where something moves."""
    parameters: Mapping[str, Any]
    walk: Walk | None = None
    """The cameras, where they are not those of the original."""
    scenes: tuple[Scene, ...] = ()
    """One a frame, where something moves."""
    moving: tuple[Mapping[str, Any], ...] = ()
    """Entries of `objects` of what moves, without what is seen of it."""


def lighting_variant(place: Place, draw: np.random.Generator) -> Variant:
    """The scene in one of the other moods."""
    moods = [mood for mood in MOODS if mood != place.mood]
    mood = str(draw.choice(moods))
    scene = relit(place, mood, draw)
    assert scene.lighting is not None
    return Variant("lighting", scene, {"mood": mood, "lighting": describe(scene.lighting)})


def dials_variant(place: Place, draw: np.random.Generator) -> Variant:
    """The scene at another hour, each of its lamps on or off, in another colour and strength."""
    dials = draw_dials(draw, place.fixtures)
    lighting = lighting_of(dials, place.fixtures)
    parameters = {"dials": to_plain(dials), "lighting": describe(lighting)}
    return Variant("lighting", replace(place.scene, lighting=lighting), parameters)


def relit(place: Place, mood: str, draw: np.random.Generator) -> Scene:
    """The scene in a mood of lights.py."""
    return replace(place.scene, lighting=draw_lighting(draw, place.fixtures, mood))


def occluder_variant(place: Place, walk: Walk, radius_m: float, draw: np.random.Generator) -> Variant | None:
    """The scene with a thing standing in free space where the walk looks, out of the walker's way; None without room.

    Of 200 places drawn, the one that stands in the view of most frames (within 0.4 of the optical axis, 0.5 to 3 m
    away) is taken.
    """
    make = (furniture.plant, furniture.floor_lamp, furniture.stool, furniture.bean_bag, box_stack)[
        int(draw.integers(5))
    ]
    piece = make(draw, draw_palette(draw))
    width, _, depth = piece.size_m()
    reach = float(np.hypot(width, depth)) / 2
    places = place.space.places_m(place.space.clearance_m > reach)
    walked = walk.world_from_camera[:, [0, 2], 3]
    if not len(places):
        return None
    drawn = places[draw.integers(len(places), size=200)]
    distance = np.linalg.norm(drawn[:, None] - walked[None], axis=2)
    drawn = drawn[distance.min(axis=1) > reach + radius_m]
    if not len(drawn):
        return None
    away = drawn[:, None] - walked[None]
    forward = walk.world_from_camera[:, [0, 2], 2]
    ahead = np.einsum("ptk,tk->pt", away, forward)
    aside = np.abs(away[..., 0] * forward[:, 1] - away[..., 1] * forward[:, 0])
    seen = ((ahead > 0.5) & (ahead < 3.0) & (aside < 0.4 * ahead)).sum(axis=1)
    if not seen.max():
        return None
    x, z = (float(value) for value in drawn[int(seen.argmax())])
    yaw = float(draw.uniform(-np.pi, np.pi))
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = yaw_matrix(yaw), (x, place.space.floor_m, z)
    object_id = 1 + max(body.object_id for body in place.scene.bodies)
    body = Body(object_id, f"occluder_{object_id:03d}", piece.category, piece.words, piece.parts, pose)
    parameters = {
        "object": object_id,
        "category": piece.category,
        "position_m": [round(value, 4) for value in (x, place.space.floor_m, z)],
        "yaw_rad": round(yaw, 4),
        "frames_in_view": int(seen.max()),
    }
    return Variant("occluder", replace(place.scene, bodies=(*place.scene.bodies, body)), parameters)


def box_stack(draw: np.random.Generator, palette: Palette) -> furniture.Piece:
    """A tall box of moving cartons."""
    paint = palette.paint(draw)
    parts, y = [], 0.0
    for _ in range(3):
        size = draw.uniform(0.3, 0.45)
        parts.append(box((size, size, size), (0, y, 0), paint.material))
        y += size
    return furniture.Piece("box", (f"stack of {paint.word} boxes", "boxes"), joined(parts))
