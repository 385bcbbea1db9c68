"""Shapes: the few forms that furniture is made of, as plain functions.

[box, lathe, cushion, panel] ─▶ Part ─▶ furniture.py

Each returns a Part in the frame of its body, metres, y up, counter-clockwise seen from outside. Texture coordinates are
in metres divided by `tile_m`, so that wood has the same grain on a table and on a shelf.
"""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from video4spatial.sim_scenes.scene import Material, Part

Vector = Sequence[float]

# The six sides of a unit cube centred at 0: outward normal, then the two axes of its texture.
_SIDES = (
    ((0, 0, 1), (1, 0, 0), (0, 1, 0)),
    ((0, 0, -1), (-1, 0, 0), (0, 1, 0)),
    ((1, 0, 0), (0, 0, -1), (0, 1, 0)),
    ((-1, 0, 0), (0, 0, 1), (0, 1, 0)),
    ((0, 1, 0), (1, 0, 0), (0, 0, -1)),
    ((0, -1, 0), (1, 0, 0), (0, 0, 1)),
)


def _cube() -> tuple[NDArray[np.float64], ...]:
    """Of the 24 corners of the six sides: place in a cube of side 2, normal, the side's axes, s and t along them."""
    rows = []
    for side in _SIDES:
        normal, along, up = (np.array(axis, dtype=float) for axis in side)
        rows += [(normal + s * along + t * up, normal, abs(along), abs(up), (s, t)) for s, t in _ROUND]
    return tuple(np.array(column, dtype=float) for column in zip(*rows, strict=True))


_ROUND = ((-1, -1), (1, -1), (1, 1), (-1, 1))
_PLACE, _NORMAL, _ALONG, _UP, _ST = _cube()
_CUBE_FACES = np.array([(4 * k, 4 * k + i, 4 * k + i + 1) for k in range(6) for i in (1, 2)], dtype=np.int32)


def box(size_m: Vector, base_m: Vector, material: Material, tile_m: float = 1.0) -> Part:
    """A box of `size_m` (x, y, z) whose lowest face is centred at `base_m`."""
    size = np.asarray(size_m, dtype=float)
    centre = np.asarray(base_m, dtype=float) + np.array([0.0, size[1] / 2, 0.0])
    sides = np.stack([_ALONG @ size, -(_UP @ size)], axis=1)
    return _part(centre + _PLACE * size / 2, _NORMAL, _ST * sides / 2 / tile_m, _CUBE_FACES, material)


def panel(
    corner_m: Vector, along_m: Vector, up_m: Vector, material: Material, tile_m: float | None = None, cells: int = 1
) -> Part:
    """A flat rectangle seen from the side that `along` x `up` points to. `tile_m` None: the texture fills it once."""
    corner, along, up = (np.asarray(vector, dtype=float) for vector in (corner_m, along_m, up_m))
    normal = np.cross(along, up) / np.linalg.norm(np.cross(along, up))
    steps = np.linspace(0.0, 1.0, cells + 1)
    s, t = (grid.ravel() for grid in np.meshgrid(steps, steps))
    vertices = corner + s[:, None] * along + t[:, None] * up
    size = np.array([np.linalg.norm(along), np.linalg.norm(up)]) / tile_m if tile_m else np.ones(2)
    uv = np.stack([s * size[0], (1.0 - t) * size[1]], axis=1)
    return _part(vertices, np.tile(normal, (len(vertices), 1)), uv, _grid_faces(cells + 1, cells + 1), material)


def lathe(
    profile_m: Sequence[tuple[float, float]],
    base_m: Vector,
    material: Material,
    segments: int = 14,
    tile_m: float = 0.5,
) -> Part:
    """A body of revolution about y: `profile_m` lists (radius, height) from below upwards, seen from outside.

    A cylinder is [(0, 0), (r, 0), (r, h), (0, h)]; edges stay sharp because each ring stands twice.
    """
    angles = np.linspace(0.0, 2.0 * np.pi, segments + 1)
    ring = np.stack([np.cos(angles), -np.sin(angles)], axis=1)
    vertices: list[Any] = []
    normals: list[Any] = []
    uv: list[Any] = []
    faces: list[Any] = []
    travelled = 0.0
    for (r0, y0), (r1, y1) in itertools.pairwise(profile_m):
        length = float(np.hypot(r1 - r0, y1 - y0))
        slope = np.array([y1 - y0, r0 - r1]) / max(length, 1e-9)
        start = len(vertices)
        for radius, height, distance in ((r0, y0, travelled), (r1, y1, travelled + length)):
            for angle, (x, z) in zip(angles, ring, strict=True):
                vertices.append((x * radius, height, z * radius))
                normals.append((x * slope[0], slope[1], z * slope[0]))
                uv.append((angle * max(r0, r1) / tile_m, -distance / tile_m))
        for k in range(segments):
            low, high = start + k, start + segments + 1 + k
            faces += [(low, low + 1, high + 1), (low, high + 1, high)]
        travelled += length
    return _part(np.asarray(vertices) + np.asarray(base_m), normals, uv, faces, material)


def cylinder(radius_m: float, height_m: float, base_m: Vector, material: Material, segments: int = 14) -> Part:
    return lathe([(0.0, 0.0), (radius_m, 0.0), (radius_m, height_m), (0.0, height_m)], base_m, material, segments)


def cushion(size_m: Vector, base_m: Vector, material: Material, roundness: float = 0.45, tile_m: float = 0.5) -> Part:
    """A stuffed box: a superellipsoid of `size_m` lying on `base_m`. `roundness` 1: an ellipsoid, 0.1: nearly a box."""
    count = 9
    across, upward = np.meshgrid(np.linspace(-np.pi, np.pi, 2 * count - 1), np.linspace(-np.pi / 2, np.pi / 2, count))
    x = _signed_power(np.cos(upward), roundness) * _signed_power(np.cos(across), roundness)
    z = _signed_power(np.cos(upward), roundness) * _signed_power(np.sin(across), roundness)
    y = _signed_power(np.sin(upward), roundness)
    half = np.asarray(size_m, dtype=float) / 2
    unit = np.stack([x, y, -z], axis=-1)
    # the gradient of the superellipsoid |x/a|^(2/e) + ...: its outward normal
    normals = np.sign(unit) * np.abs(unit) ** (2.0 / roundness - 1.0) / half
    normals /= np.maximum(np.linalg.norm(normals, axis=-1, keepdims=True), 1e-9)
    vertices = unit * half + np.asarray(base_m) + [0.0, half[1], 0.0]
    uv = np.stack([vertices[..., 0] + vertices[..., 1], vertices[..., 2] + vertices[..., 1]], axis=-1) / tile_m
    return _part(
        vertices.reshape(-1, 3),
        normals.reshape(-1, 3),
        uv.reshape(-1, 2),
        _grid_faces(count, 2 * count - 1),
        material,
    )


def ball(radius_m: float, base_m: Vector, material: Material, squash: float = 1.0) -> Part:
    """A ball resting on `base_m`; `squash` below 1 flattens it."""
    return cushion((2 * radius_m, 2 * radius_m * squash, 2 * radius_m), base_m, material, roundness=1.0)


def moved(part: Part, offset_m: Vector = (0, 0, 0), yaw_rad: float = 0.0, pitch_rad: float = 0.0) -> Part:
    """The part turned about x by `pitch_rad`, then about y by `yaw_rad`, then shifted."""
    rotation = yaw_matrix(yaw_rad) @ _pitch_matrix(pitch_rad)
    return Part(
        (part.vertices_m @ rotation.T + np.asarray(offset_m)).astype(np.float32),
        (part.normals @ rotation.T).astype(np.float32),
        part.uv,
        part.faces,
        part.material,
        part.colours,
    )


def yaw_matrix(yaw_rad: float) -> NDArray[np.float64]:
    """(3, 3) rotation about y; positive turns left (counter-clockwise seen from above)."""
    c, s = np.cos(yaw_rad), np.sin(yaw_rad)
    return np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])


def joined(parts: Sequence[Part]) -> tuple[Part, ...]:
    """The same triangles with one part per material, in order of first use."""
    by_material: dict[int, list[Part]] = {}
    for part in parts:
        by_material.setdefault(id(part.material), []).append(part)
    return tuple(_merge(group) for group in by_material.values())


def _merge(parts: list[Part]) -> Part:
    offsets = np.cumsum([0, *(len(part.vertices_m) for part in parts[:-1])])
    return Part(
        np.concatenate([part.vertices_m for part in parts]),
        np.concatenate([part.normals for part in parts]),
        np.concatenate([part.uv for part in parts]),
        np.concatenate([part.faces + offset for part, offset in zip(parts, offsets, strict=True)]).astype(np.int32),
        parts[0].material,
    )


def _pitch_matrix(pitch_rad: float) -> NDArray[np.float64]:
    c, s = np.cos(pitch_rad), np.sin(pitch_rad)
    return np.array([[1.0, 0.0, 0.0], [0.0, c, -s], [0.0, s, c]])


def _signed_power(base: NDArray[np.float64], exponent: float) -> NDArray[np.float64]:
    return np.sign(base) * np.abs(base) ** exponent


def _grid_faces(rows: int, columns: int) -> NDArray[np.int32]:
    index = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    faces = np.concatenate([np.stack([a, b, c], axis=-1), np.stack([a, c, d], axis=-1)])
    return faces.reshape(-1, 3).astype(np.int32)


def _part(vertices: Any, normals: Any, uv: Any, faces: Any, material: Material) -> Part:
    return Part(
        np.asarray(vertices, dtype=np.float32),
        np.asarray(normals, dtype=np.float32),
        np.asarray(uv, dtype=np.float32),
        np.asarray(faces, dtype=np.int32),
        material,
    )
