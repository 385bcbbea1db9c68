"""A person made of shapes, who can walk.

rng ─▶ [draw_person] ─▶ Person ─▶ [bodies_at] ─▶ bodies of one frame ─▶ passersby.py

Nine rigid bodies under one object id: trunk with head, and upper and lower halves of arms and legs, each with its joint
at the origin of its frame. Hips swing like a pendulum, knees bend while a leg comes forward, arms swing against the
legs, and the lowest sole always touches the floor. The figure faces -z at yaw 0, like a camera.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from video4spatial.sim_scenes import materials as surface
from video4spatial.sim_scenes.palette import COLOURS, named_colour
from video4spatial.sim_scenes.scene import Body, Material, Part
from video4spatial.sim_scenes.shapes import box, cushion, joined, lathe, moved, yaw_matrix

SWING_RAD = 0.36
"""Of the hips at full pace: a step of 0.35 of the person's height."""
HEIGHT_M = (1.5, 1.86)
SKINS = ((0.93, 0.78, 0.68), (0.86, 0.67, 0.53), (0.70, 0.50, 0.36), (0.50, 0.34, 0.25), (0.35, 0.24, 0.18))
HAIRS = ((0.10, 0.08, 0.07), (0.25, 0.16, 0.10), (0.45, 0.30, 0.15), (0.75, 0.62, 0.40), (0.55, 0.54, 0.53))
TROUSERS = ("blue", "grey", "brown", "beige", "green")
LIMBS = ("thigh", "shin", "upperarm", "forearm")


@dataclass(frozen=True, eq=False)
class Person:
    """Somebody, standing at the origin."""

    height_m: float
    build: float
    """Breadth, 1 the usual one."""
    words: tuple[str, ...]
    parts: dict[str, tuple[Part, ...]]
    """Of `trunk` and of each of LIMBS, in its own frame; both sides share a limb."""

    def step_m(self, pace: float) -> float:
        """Length of one step at `pace`, 0 standing to 1."""
        return 2.0 * self.height_m * 0.5 * float(np.sin(SWING_RAD * pace))


def draw_person(rng: np.random.Generator) -> Person:
    """Height, build, clothes, skin and hair."""
    height = float(rng.uniform(*HEIGHT_M))
    shirt_word, trousers_word = str(rng.choice(list(COLOURS))), str(rng.choice(TROUSERS))
    shirt = _cloth(rng, shirt_word)
    trousers = Material("trousers", texture=surface.fabric(rng, _darker(named_colour(rng, trousers_word))))
    skin = surface.plain("skin", SKINS[int(rng.integers(len(SKINS)))])
    hair = surface.plain("hair", HAIRS[int(rng.integers(len(HAIRS)))])
    shoe = surface.plain("shoe", surface.hsv(rng.random(), 0.2, rng.uniform(0.12, 0.5)))
    sleeves = shirt if rng.random() < 0.6 else skin
    build = float(rng.uniform(0.9, 1.15))
    parts = {
        "trunk": _trunk(height, build, shirt, trousers, skin, hair, bool(rng.random() < 0.5)),
        "thigh": (_limb(0.25 * height, 0.052 * height * build, 0.038 * height * build, trousers),),
        "shin": joined([_limb(0.235 * height, 0.037 * height, 0.026 * height, trousers), *_shoe(height, shoe)]),
        "upperarm": (_limb(0.17 * height, 0.031 * height * build, 0.025 * height, shirt),),
        "forearm": joined([_limb(0.15 * height, 0.025 * height, 0.018 * height, sleeves), _hand(height, skin)]),
    }
    return Person(height, build, (f"person in a {shirt_word} shirt", "person"), parts)


def bodies_at(
    person: Person,
    object_id: int,
    floor_m: float,
    place_m: tuple[float, float],
    yaw: float,
    phase: float,
    pace: float,
) -> tuple[Body, ...]:
    """The person at (x, z) facing `yaw`, `phase` (2 pi is two steps) into the gait, at `pace` 0 standing to 1."""
    h = person.height_m
    joints: dict[str, NDArray[np.float64]] = {"trunk": np.eye(4)}
    for side, sign, turn in (("l", -1.0, phase), ("r", 1.0, phase + np.pi)):
        hip = SWING_RAD * pace * np.sin(turn)
        bend = pace * (0.10 + 0.75 * max(0.0, np.cos(turn + 0.35)) ** 2)
        arm = -0.9 * hip + 0.03
        joints[f"thigh_{side}"] = _joint((sign * 0.055 * h, 0.5 * h, 0.0), hip)
        joints[f"shin_{side}"] = joints[f"thigh_{side}"] @ _joint((0.0, -0.25 * h, 0.0), -bend)
        joints[f"upperarm_{side}"] = _joint((sign * (0.098 + 0.022 * person.build) * h, 0.79 * h, 0.0), arm)
        elbow = 0.18 + 0.35 * pace
        joints[f"forearm_{side}"] = joints[f"upperarm_{side}"] @ _joint((0.0, -0.165 * h, 0.0), elbow)
    shapes = {name: person.parts[name.partition("_")[0]] for name in joints}
    soles = [(_vertices(shapes[n]) @ joints[n][1, :3] + joints[n][1, 3]).min() for n in ("shin_l", "shin_r")]
    world = np.eye(4)
    world[:3, :3], world[:3, 3] = yaw_matrix(yaw), (place_m[0], floor_m - min(soles), place_m[1])
    return tuple(
        Body(object_id, f"person_{name}_{object_id:03d}", "person", person.words, shapes[name], world @ joint)
        for name, joint in joints.items()
    )


def box_around(bodies: tuple[Body, ...], yaw: float) -> dict[str, list[float] | list[list[float]]]:
    """The oriented box of a figure that faces `yaw`, as in `Body.describe`."""
    axes = yaw_matrix(yaw)
    points = np.concatenate([body.world_vertices_m() for body in bodies]) @ axes
    low, high = points.min(axis=0), points.max(axis=0)
    return {
        "centre_m": [round(float(x), 4) for x in axes @ ((low + high) / 2)],
        "axes": [[round(float(x), 6) for x in row] for row in axes.T],
        "extent_m": [round(float(x), 4) for x in high - low],
    }


def _trunk(
    h: float, build: float, shirt: Material, trousers: Material, skin: Material, hair: Material, long_hair: bool
) -> tuple[Part, ...]:
    chest = cushion((0.225 * h * build, 0.24 * h, 0.125 * h * build), (0.0, 0.595 * h, 0.0), shirt, 0.65)
    yoke = cushion((0.285 * h, 0.075 * h, 0.085 * h), (0.0, 0.755 * h, 0.0), shirt, 0.9)
    belly = cushion((0.20 * h * build, 0.20 * h, 0.118 * h * build), (0.0, 0.50 * h, 0.0), shirt, 0.5)
    hips = cushion((0.205 * h * build, 0.13 * h, 0.125 * h * build), (0.0, 0.445 * h, 0.0), trousers, 0.6)
    neck = lathe([(0.034 * h, 0.81 * h), (0.031 * h, 0.88 * h)], (0, 0, 0), skin)
    head = cushion((0.088 * h, 0.125 * h, 0.105 * h), (0.0, 0.865 * h, -0.006 * h), skin, 0.85)
    nose = _bead(0.010 * h, (0.0, 0.926 * h, -0.056 * h), skin)
    dark = surface.plain("eye", (0.08, 0.07, 0.07))
    eyes = [_bead(0.0065 * h, (x * 0.021 * h, 0.937 * h, -0.052 * h), dark) for x in (-1.0, 1.0)]
    mouth = box((0.026 * h, 0.005 * h, 0.006 * h), (0.0, 0.893 * h, -0.053 * h), surface.plain("lips", (0.6, 0.3, 0.3)))
    cap = cushion((0.096 * h, 0.075 * h, 0.105 * h), (0.0, 0.927 * h, 0.006 * h), hair, 0.85)
    back = cushion((0.094 * h, 0.14 * h if long_hair else 0.08 * h, 0.06 * h), (0, 0, 0), hair, 0.8)
    back = moved(back, (0.0, (0.84 if long_hair else 0.895) * h, 0.028 * h))
    return joined([chest, yoke, belly, hips, neck, head, nose, *eyes, mouth, cap, back])


def _bead(radius_m: float, middle_m: tuple[float, float, float], material: Material) -> Part:
    """A ball too small to need many triangles."""
    ring = [(0.0, -radius_m), (0.7 * radius_m, -0.7 * radius_m), (radius_m, 0.0)]
    profile = [*ring, (0.7 * radius_m, 0.7 * radius_m), (0.0, radius_m)]
    return lathe(profile, middle_m, material, segments=8)


def _limb(length_m: float, top_m: float, bottom_m: float, material: Material) -> Part:
    """A tapered, rounded tube that hangs from the origin."""
    profile = [
        (0.0, -length_m - 0.5 * bottom_m),
        (0.75 * bottom_m, -length_m - 0.3 * bottom_m),
        (bottom_m, -length_m),
        (top_m, -0.15 * length_m),
        (0.95 * top_m, 0.2 * top_m),
        (0.6 * top_m, 0.75 * top_m),
        (0.0, 0.95 * top_m),
    ]
    return lathe(profile, (0.0, 0.0, 0.0), material, segments=12, tile_m=0.25)


def _shoe(h: float, material: Material) -> list[Part]:
    return [cushion((0.052 * h, 0.04 * h, 0.145 * h), (0.0, -0.252 * h, -0.033 * h), material, 0.5)]


def _hand(h: float, material: Material) -> Part:
    return cushion((0.022 * h, 0.085 * h, 0.042 * h), (0.0, -0.225 * h, -0.002 * h), material, 0.7)


def _cloth(rng: np.random.Generator, word: str) -> Material:
    colour = named_colour(rng, word)
    kind = int(rng.integers(3))
    if kind == 0:
        return Material(f"{word} shirt", texture=surface.fabric(rng, colour))
    other = tuple(0.35 * channel + 0.6 for channel in colour)
    pattern = surface.check if kind == 1 else surface.stripes
    return Material(f"{word} shirt", texture=pattern(rng, colour, (other[0], other[1], other[2])))


def _darker(colour: surface.Colour) -> surface.Colour:
    red, green, blue = (0.55 * channel for channel in colour)
    return red, green, blue


def _joint(place_m: tuple[float, float, float], pitch: float) -> NDArray[np.float64]:
    """(4, 4) a turn about x, which brings what hangs down forward (-z) where positive, then a shift."""
    c, s = np.cos(pitch), np.sin(pitch)
    return np.array([[1, 0, 0, place_m[0]], [0, c, -s, place_m[1]], [0, s, c, place_m[2]], [0, 0, 0, 1.0]])


def _vertices(parts: tuple[Part, ...]) -> NDArray[np.float64]:
    return np.concatenate([part.vertices_m for part in parts]).astype(float)
