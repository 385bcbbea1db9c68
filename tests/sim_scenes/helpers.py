"""Poses, cameras and scenes in one line, for the tests of sim_scenes."""

from dataclasses import replace

import numpy as np

from video4spatial.pipeline.core.camera import Cameras, pinhole
from video4spatial.sim_scenes.materials import plain
from video4spatial.sim_scenes.paths import Walk
from video4spatial.sim_scenes.scene import Body, Material, Scene
from video4spatial.sim_scenes.shapes import box, panel


def placed(x: float, y: float, z: float) -> np.ndarray:
    pose = np.eye(4)
    pose[:3, 3] = x, y, z
    return pose


def cameras_at(poses: list[np.ndarray], width: int = 64, height: int = 48, fov_deg: float = 70.0) -> Cameras:
    return Cameras(
        world_from_camera=np.stack(poses),
        image_from_camera=pinhole(len(poses), width, height, fov_deg),
        width_px=width,
        height_px=height,
    )


def oddities() -> Scene:
    """Things that one file for each name, a quaternion or a texture alone could not hold."""
    red, white = plain("red", (0.8, 0.1, 0.1)), plain("white", (0.9, 0.9, 0.9))
    cube = box((0.6, 0.6, 0.6), (0, 0, 0), red)
    shaded = replace(cube, material=white, colours=(0.2 + 0.8 * (cube.vertices_m > 0.1)).astype(np.float32))
    holes = np.kron(np.indices((4, 4)).sum(axis=0) % 2, np.full((16, 16), 255)).astype(np.uint8)
    green = np.full((64, 64, 3), (60, 190, 80), dtype=np.uint8)
    leaf = Material("leaf", texture=green, alpha=holes, double_sided=True)
    screen = Material("screen", colour=(0.1, 0.1, 0.1), emission=plain("film", (0.1, 0.4, 0.9)))
    mirrored = placed(0.9, 0.2, 0.0) @ np.diag([-1.0, 2.0, 0.5, 1.0])
    floor = box((6, 0.1, 6), (0, -0.1, 0), white)
    return Scene(
        "oddities",
        (
            Body(0, "stage", "stage", ("stage",), (floor,), placed(0.0, 0.05, 0.0)),
            Body(1, "twin / one", "cube", ("cube",), (cube,), placed(-1.0, 0.05, 0.0)),
            Body(2, "x", "cube", ("cube",), (shaded,), mirrored),
            Body(3, "leaf", "leaf", ("leaf",), (panel((-0.6, 1.0, 0.3), (1.0, 0, 0), (0, 0.8, 0), leaf),)),
            Body(4, "screen", "screen", ("screen",), (panel((0.5, 1.2, 0.1), (0.8, 0, 0), (0, 0.5, 0), screen),)),
        ),
    )


def pinhole_cameras(walk: Walk, size_px: int) -> Cameras:
    """The square cameras of a walk."""
    return Cameras(
        world_from_camera=walk.world_from_camera,
        image_from_camera=pinhole(len(walk.world_from_camera), size_px, size_px, walk.horizontal_fov_deg),
        width_px=size_px,
        height_px=size_px,
    )
