"""The scenes that renderers are timed on, the views of them, and the light of the lit runs.

V4S_TEST_DATA, generators ─▶ [load, views, two_lights] ─▶ render.py, throughput.py, render_memory.py
"""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from dense_room import dense_room, dense_views

from video4spatial.pipeline.core.camera import Cameras, pinhole
from video4spatial.pipeline.core.geometry import upright_pose
from video4spatial.sim_scenes.clearance import find_free_space
from video4spatial.sim_scenes.glb import load_glb
from video4spatial.sim_scenes.habitat_dataset import read_dataset
from video4spatial.sim_scenes.houses import generate_house
from video4spatial.sim_scenes.materials import plain
from video4spatial.sim_scenes.rooms import generate_room
from video4spatial.sim_scenes.scene import Body, Lamp, Lighting, Part, Scene, Sun, flatten
from video4spatial.sim_scenes.shapes import box

FIELD_OF_VIEW_DEG = 79.0
EYE_HEIGHT_M = 1.5
BALL_TRIANGLES = 5120


class SceneMissingError(Exception):
    """A scene whose file is not here; the text says which."""


def load(name: str) -> Scene:
    """A scene by its name. Raises SceneMissingError."""
    return SCENES[name]()


def _file(name: str) -> Path:
    path = Path(os.environ.get("V4S_TEST_DATA", "")) / name
    if not os.environ.get("V4S_TEST_DATA") or not path.is_file():
        raise SceneMissingError(f"V4S_TEST_DATA does not name a folder with {name}")
    return path


def _golden_flat() -> Scene:
    return read_dataset(_file("habitat_golden/dataset/flat.scene_dataset_config.json"), "flat_no_lights")


def balls(count: int) -> Scene:
    """A hall with `count` balls of BALL_TRIANGLES each, textured as a room's floor."""
    texture = next(
        part.material.texture for part in generate_room(2).scene.bodies[0].parts if part.material.texture is not None
    )
    grey = plain("wall", (0.6, 0.58, 0.55))
    slabs = [box((24, 0.1, 24), (0, -0.1, 0), grey), box((24, 0.1, 24), (0, 4.0, 0), grey)]
    slabs += [box((0.1, 4, 24), (x, 0, 0), grey) for x in (-12, 12)] + [
        box((24, 4, 0.1), (0, 0, z), grey) for z in (-12, 12)
    ]
    bodies = [Body(0, "stage", "stage", ("hall",), tuple(slabs))]
    draw = np.random.default_rng(5)
    painted = [
        _ball(replace(grey, name=f"paint {k}", colour=tuple(draw.uniform(0.3, 1, 3)), texture=texture))
        for k in range(12)
    ]
    for number in range(count):
        pose = np.diag([*([draw.uniform(0.15, 0.5)] * 3), 1.0])
        pose[:3, 3] = draw.uniform(-11, 11), pose[0, 0], draw.uniform(-11, 11)
        bodies.append(Body(number + 1, f"ball-{number}", "ball", ("ball",), (painted[number % 12],), pose))
    return Scene(f"{count} balls", tuple(bodies))


def _ball(material: object) -> Part:
    import trimesh

    mesh = trimesh.creation.icosphere(subdivisions=4)
    points = np.asarray(mesh.vertices)
    uv = np.stack([np.arctan2(points[:, 2], points[:, 0]) / np.pi, points[:, 1]], axis=1)
    return Part(
        points.astype(np.float32),
        points.astype(np.float32),
        uv.astype(np.float32),
        mesh.faces.astype(np.int32),
        material,
    )


SCENES: dict[str, Callable[[], Scene]] = {
    "dense room": dense_room,
    "golden flat": _golden_flat,
    "aws_small_house": lambda: load_glb(_file("scenes/aws_small_house.glb"), "aws_small_house"),
    "generated room": lambda: generate_room(2).scene,
    "generated house": lambda: generate_house(3).scene,
    "million": lambda: balls(200),
}


def views(name: str, scene: Scene, size_px: int, count: int) -> Cameras:
    """Poses on the free floor, the same for all candidates."""
    if name == "dense room":
        return dense_views(size_px, count)
    space = find_free_space(flatten(scene.bodies), EYE_HEIGHT_M)
    places = space.places_m(space.walkable(0.25))
    draw = np.random.default_rng(11)
    chosen = places[draw.integers(len(places), size=count)]
    eyes = [(float(x), space.floor_m + EYE_HEIGHT_M, float(z)) for x, z in chosen[:, [0, -1]]]
    poses = [upright_pose(list(eye), draw.uniform(-np.pi, np.pi), draw.uniform(-0.35, 0.1)) for eye in eyes]
    k = pinhole(count, size_px, size_px, FIELD_OF_VIEW_DEG)
    return Cameras(world_from_camera=np.stack(poses), image_from_camera=k, width_px=size_px, height_px=size_px)


def lit_and_unlit(scene: Scene, cameras: Cameras) -> dict[str, Scene]:
    """`unlit`, and `two lights`: a sun and a lamp, both with shadows; the lamp hangs where the first camera stands."""
    x, y, z = (float(v) for v in cameras.world_from_camera[0, :3, 3])
    sun = Sun((0.5, -0.7, 0.5099), (2.0, 1.9, 1.7))
    lighting = Lighting((0.25, 0.25, 0.25), (Lamp((x, y + 0.6, z), (3.0, 2.7, 2.2)),), sun)
    return {"unlit": replace(scene, lighting=None), "two lights": replace(scene, lighting=lighting)}
