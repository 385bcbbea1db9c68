"""A room of fine triangles: what a scan or a modelled flat asks of a renderer.

[dense_room, dense_views] ─▶ scenes.py

6 x 5 x 2.6 m, two windows and a door, 17 things, 48 thousand triangles in 18 bodies, nine textures of 512 texels a
side, three things with vertex colours; the camera goes round in 200 poses. The room in which the renderer was compared
with Habitat's was made to the same figures.
"""

import numpy as np
from numpy.typing import NDArray

from video4spatial.pipeline.core.camera import Cameras, pinhole
from video4spatial.pipeline.core.geometry import look_at
from video4spatial.sim_scenes import materials
from video4spatial.sim_scenes.scene import Body, Material, Part, Scene
from video4spatial.sim_scenes.shapes import joined, moved, panel

SIDE = 512
POSES = 200


def dense_room() -> Scene:
    """Unlit."""
    draw = np.random.default_rng(7)
    pictures = {
        "planks": materials.planks(draw, (0.55, 0.38, 0.22), side=SIDE),
        "paper": materials.stripes(draw, (0.72, 0.70, 0.60), (0.6, 0.64, 0.55), side=SIDE),
        "plaster": materials.plaster(draw, (0.9, 0.9, 0.88), side=SIDE),
        "brick": materials.brick(draw, (0.55, 0.25, 0.18), side=SIDE),
        "check": materials.check(draw, (0.1, 0.12, 0.3), (0.9, 0.88, 0.8), side=SIDE),
        "fabric": materials.fabric(draw, (0.15, 0.38, 0.4), side=SIDE),
        "painting": materials.painting(draw, side=SIDE),
        "wood": materials.wood(draw, (0.6, 0.42, 0.25), side=SIDE),
        "rug": materials.rug(draw, 0.02, side=SIDE),
    }
    paint = {name: Material(name, texture=picture) for name, picture in pictures.items()}
    bodies = [Body(0, "stage", "stage", ("room",), joined(_shell(paint)))]
    for number, (name, parts, place, yaw) in enumerate(_things(paint), start=1):
        pose = np.eye(4)
        pose[:3, :3] = [[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]]
        pose[:3, 3] = place
        bodies.append(Body(number, name, name, (name,), tuple(parts), pose))
    return Scene("dense_room", tuple(bodies))


def dense_views(size_px: int, count: int) -> Cameras:
    """`count` of the 200 poses, spread over the round."""
    poses = []
    for angle in 2 * np.pi * np.floor(np.arange(count) * POSES / count) / POSES:
        eye = [1.9 * np.cos(angle), 1.45 + 0.2 * np.sin(2 * angle), 1.6 * np.sin(angle)]
        poses.append(look_at(eye, [-0.9 * np.cos(angle + 0.7), 0.75 + 0.35 * np.sin(3 * angle), -0.8 * np.sin(angle)]))
    return Cameras(
        world_from_camera=np.stack(poses),
        image_from_camera=pinhole(count, size_px, size_px, 79.0),
        width_px=size_px,
        height_px=size_px,
    )


def _shell(paint: dict[str, Material]) -> list[Part]:
    """Walls with holes, floor, ceiling; cells of about 0.25 m."""
    parts = [
        panel((-3, 0, 2.5), (6, 0, 0), (0, 0, -5), paint["planks"], 1.5, cells=22),
        panel((-3, 2.6, -2.5), (6, 0, 0), (0, 0, 5), paint["plaster"], 2.0, cells=22),
    ]
    walls = (
        ((-3, 0, -2.5), (1, 0, 0), 6.0, "paper", (1.0, 0.9, 3.0, 2.1)),
        ((3, 0, 2.5), (-1, 0, 0), 6.0, "paper", (4.2, 0.0, 5.1, 2.1)),
        ((3, 0, -2.5), (0, 0, 1), 5.0, "brick", (1.4, 0.9, 3.6, 2.1)),
        ((-3, 0, 2.5), (0, 0, -1), 5.0, "paper", (2.0, 0.9, 2.0, 2.1)),
    )
    for corner, along, length, name, (left, low, right, high) in walls:
        pieces = ((0, 0, left, 2.6), (right, 0, length, 2.6), (left, 0, right, low), (left, high, right, 2.6))
        for u0, v0, u1, v1 in pieces:
            if u1 - u0 > 1e-6 and v1 - v0 > 1e-6:
                start = np.array(corner, float) + np.array(along, float) * u0 + [0, v0, 0]
                span = np.array(along, float) * (u1 - u0)
                parts.append(panel(start, span, (0, v1 - v0, 0), paint[name], 1.2, cells=9))
    return parts


def _things(paint: dict[str, Material]) -> list[tuple[str, list[Part], tuple[float, float, float], float]]:
    plain = Material("vertex colours")
    seat = [_slab((0.45, 0.05, 0.45), (0, 0.42, 0), paint["fabric"], 8)]
    seat += [_slab((0.45, 0.5, 0.05), (0, 0.47, -0.2), paint["fabric"], 7), *_legs(0.19, 0.19, 0.42, paint["fabric"])]
    table = [_slab((1.5, 0.05, 0.8), (0, 0.69, 0), paint["wood"], 11), *_legs(0.69, 0.34, 0.69, paint["wood"])]
    sofa = [
        _slab((1.8, 0.42, 0.85), (0, 0, 0), paint["fabric"], 10),
        _slab((1.8, 0.4, 0.2), (0, 0.42, -0.32), paint["fabric"], 9),
    ]
    sofa += [_slab((0.2, 0.2, 0.85), (side * 0.8, 0.42, 0), paint["fabric"], 7) for side in (-1, 1)]
    shelf = [_slab((1.0, 0.04, 0.3), (0, 0.42 * k, 0), paint["wood"], 5) for k in range(5)]
    shelf += [_slab((0.04, 1.72, 0.3), (side * 0.5, 0, 0), paint["wood"], 5) for side in (-1, 1)]
    return [
        ("table", table, (0.2, 0, 0.1), 0.3),
        ("chair", seat, (0.2, 0, 0.9), 3.4),
        ("stool", seat, (0.9, 0, -0.6), -0.5),
        ("sofa", sofa, (-2.4, 0, -0.6), np.pi / 2),
        ("shelf", shelf, (-1.2, 0, 2.3), np.pi),
        ("globe", [_round(48, 32, paint["check"], 0.16)], (0.0, 0.9, 0.1), 0.0),
        ("star", [_round(60, 40, plain, 0.14, bumps=0.12)], (0.55, 0.89, 0.05), 0.0),
        ("ring", [_ring(64, 32, plain, 0.22, 0.08)], (1.9, 0.08, 1.4), 0.0),
        ("vase", [_round(48, 40, paint["wood"], 0.22)], (2.5, 0.22, -2.0), 0.0),
        ("cup", [_round(32, 24, paint["check"], 0.12)], (-0.3, 0.86, 0.25), 0.0),
        ("rug", [_slab((2.2, 0.012, 1.5), (0, 0, 0), paint["rug"], 11)], (0.2, 0.001, 0.2), 0.3),
        ("poster", [_slab((0.9, 0.9, 0.03), (0, 0, 0), paint["painting"], 4)], (-2.97, 1.1, 0.9), np.pi / 2),
        ("cabinet", [_slab((0.9, 0.8, 0.45), (0, 0, 0), paint["wood"], 13)], (2.6, 0, 1.9), -np.pi / 2),
        ("lamp", [_round(40, 24, plain, 0.12)], (2.6, 0.92, 1.9), 0.0),
        ("bag", [_round(50, 34, paint["fabric"], 0.38, bumps=0.03)], (-1.9, 0.36, 1.5), 0.2),
        ("pedestal", [_slab((0.35, 1.0, 0.35), (0, 0, 0), paint["brick"], 10)], (1.5, 0, -2.1), 0.5),
        ("tyre", [_ring(50, 30, paint["check"], 0.13, 0.05)], (1.5, 1.06, -2.1), 0.0),
    ]


def _slab(size: tuple[float, float, float], base: tuple[float, float, float], paint: Material, cells: int) -> Part:
    """A box of six panels of cells x cells x 2 triangles."""
    x, y, z = np.array(size) / 2
    sides = (
        ((-x, -y, z), (2 * x, 0, 0), (0, 2 * y, 0)),
        ((x, -y, -z), (-2 * x, 0, 0), (0, 2 * y, 0)),
        ((x, -y, z), (0, 0, -2 * z), (0, 2 * y, 0)),
        ((-x, -y, -z), (0, 0, 2 * z), (0, 2 * y, 0)),
        ((-x, y, z), (2 * x, 0, 0), (0, 0, -2 * z)),
        ((-x, -y, -z), (2 * x, 0, 0), (0, 0, 2 * z)),
    )
    panels = [panel(corner, along, up, paint, 0.7, cells=cells) for corner, along, up in sides]
    return moved(joined(panels)[0], (base[0], base[1] + y, base[2]))


def _legs(x: float, z: float, height: float, paint: Material) -> list[Part]:
    return [_slab((0.05, height, 0.05), (a * x, 0, b * z), paint, 5) for a in (-1, 1) for b in (-1, 1)]


def _round(across: int, upward: int, paint: Material, radius: float, bumps: float = 0.0) -> Part:
    turn, rise = np.meshgrid(np.linspace(0, 2 * np.pi, across + 1), np.linspace(-np.pi / 2, np.pi / 2, upward + 1))
    reach = radius * (1 + bumps * np.sin(6 * turn) * np.cos(6 * rise))
    unit = np.stack([np.cos(rise) * np.cos(turn), np.sin(rise), -np.cos(rise) * np.sin(turn)], axis=-1)
    return _surface(unit * reach[..., None], unit, turn, rise, paint)


def _ring(across: int, upward: int, paint: Material, radius: float, thickness: float) -> Part:
    turn, rise = np.meshgrid(np.linspace(0, 2 * np.pi, across + 1), np.linspace(-np.pi, np.pi, upward + 1))
    unit = np.stack([np.cos(rise) * np.cos(turn), np.sin(rise), -np.cos(rise) * np.sin(turn)], axis=-1)
    spine = np.stack([np.cos(turn), 0 * turn, -np.sin(turn)], axis=-1) * radius
    return _surface(spine + unit * thickness, unit, turn, rise, paint)


def _surface(points: NDArray, normals: NDArray, turn: NDArray, rise: NDArray, paint: Material) -> Part:
    rows, columns = turn.shape
    index = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    faces = np.concatenate([np.stack([a, b, c], axis=-1), np.stack([a, c, d], axis=-1)]).reshape(-1, 3)
    place = points.reshape(-1, 3)
    low = place.min(axis=0)
    colours = None if paint.texture is not None else 0.25 + 0.7 * (place - low) / np.ptp(place, axis=0)
    return Part(
        place.astype(np.float32),
        normals.reshape(-1, 3).astype(np.float32),
        np.stack([turn / np.pi, -rise / np.pi], axis=-1).reshape(-1, 2).astype(np.float32),
        faces.astype(np.int32),
        paint,
        None if colours is None else colours.astype(np.float32),
    )
