"""Edits of a small scene, for every renderer: what is shown before, and what is looked at in the end."""

from dataclasses import replace

import numpy as np

from tests.sim_scenes.helpers import placed
from video4spatial.sim_scenes.materials import plain
from video4spatial.sim_scenes.scene import Body, Lamp, Lighting, Material, Scene, Sun
from video4spatial.sim_scenes.shapes import box

LIGHT = Lighting(
    ambient=(0.2, 0.2, 0.2),
    lamps=(Lamp((0.0, 2.0, 0.0), (2.0, 2.0, 2.0)), Lamp((2.5, 1.5, 1.0), (1.0, 0.8, 0.6))),
    sun=Sun((0.48, -0.8, 0.36), (1.0, 0.9, 0.8)),
)
DIMMED = replace(LIGHT, ambient=(0.1, 0.1, 0.2), lamps=(replace(LIGHT.lamps[1], colour=(0.4, 0.4, 0.4)),), sun=None)
SUNNY = replace(LIGHT, lamps=())
TURNED = replace(SUNNY, sun=Sun((-0.6, -0.8, 0.0), (1.0, 1.0, 1.0)))


def edits_of(yard: Scene) -> dict[str, list[Scene]]:
    """Scenes to show one after the other; the last one is looked at. `yard`: a floor, a red and a blue cube."""
    floor, red, blue = yard.bodies
    lit = replace(yard, lighting=LIGHT)
    aside = replace(red, world_from_body=placed(1.3, 0.4, -0.5) @ red.world_from_body)
    outside = replace(red, world_from_body=placed(9.0, 0.0, 0.0))
    other = replace(red, parts=blue.parts, object_id=9)
    texture = np.full((32, 32, 3), (60, 160, 90), dtype=np.uint8)
    green = box((0.5, 0.8, 0.5), (0, 0, 0), Material("green", texture=texture))
    added = Body(3, "green_box", "box", ("green box",), (green,), placed(0.2, 0.0, 1.1))
    shade = box((0.6, 0.05, 0.6), (0, 1.1, 0), plain("shade", (0.9, 0.9, 0.7), glow=1.0))
    glowing = Body(4, "shade", "lamp", ("lamp",), (shade,))
    leaf = Material("leaf", texture=texture, alpha=np.eye(32, dtype=np.uint8) * 255, double_sided=True)
    leaves = Body(5, "leaves", "plant", ("leaves",), (box((1.0, 1.0, 0.1), (0, 0, 0), leaf),), placed(0.0, 0.2, 0.8))

    def of(*bodies: Body) -> Scene:
        return replace(lit, bodies=bodies)

    carried = [replace(added, world_from_body=placed(0.2 * k, 0.1 * k, 1.1)) for k in range(4)]
    return {
        "moved": [lit, of(floor, aside, blue)],
        "added": [lit, of(floor, red, blue, added)],
        "added in between": [lit, of(floor, glowing, added, leaves, red, blue)],
        "taken away": [lit, of(floor, blue)],
        "all taken away": [lit, of(floor)],
        "exchanged": [lit, of(floor, other, blue)],
        "in another order": [of(floor, red, blue, added), of(floor, added, blue, red)],
        "carried on": [lit, *(of(floor, red, blue, each) for each in carried)],
        "carried and taken away": [lit, *(of(floor, red, blue, each) for each in carried), lit],
        "there and back": [lit, of(floor, aside, blue, leaves), lit],
        "moved out of bounds": [lit, of(floor, outside, blue)],
        "another light": [lit, replace(lit, lighting=DIMMED)],
        "another light, then moved": [lit, replace(lit, lighting=DIMMED), of(floor, aside, blue)],
        "moved, then another light": [lit, of(floor, aside, blue), replace(of(floor, aside, blue), lighting=DIMMED)],
        "light put on": [yard, lit],
        "light put out": [lit, yard],
        "the sun turned": [replace(lit, lighting=SUNNY), replace(lit, lighting=TURNED)],
        "moved in the dark": [lit, replace(yard, bodies=(floor, aside, blue)), of(floor, aside, blue)],
        "another scene": [of(floor, added, leaves), lit],
    }


EDITS = (
    *("moved", "added", "added in between", "taken away", "all taken away", "exchanged", "in another order"),
    *("carried on", "carried and taken away", "there and back", "moved out of bounds", "another light"),
    *("another light, then moved", "light put on", "light put out", "the sun turned", "moved in the dark"),
    *("another scene", "moved, then another light"),
)
