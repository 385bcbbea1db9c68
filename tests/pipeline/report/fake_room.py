"""A tiny ray-cast room for the report's tests: believable frames, depth, ids and a plan without a renderer.

Test data only: a box room with a few boxes on its floor, checkered so that a moving camera is seen to move.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SIZE_M = (5.0, 4.0)
HEIGHT_M = 2.5


@dataclass(frozen=True)
class Room:
    """`low`, `high` (N, 3) corners of boxes, box 0 being the room itself; `colour` (N, 3) in [0, 1]."""

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    colour: NDArray[np.float64]


def make_room(seed: int) -> Room:
    rng = np.random.default_rng(seed)
    low, high, colour = [[0.0, 0.0, 0.0]], [[SIZE_M[0], HEIGHT_M, SIZE_M[1]]], [rng.uniform(0.55, 0.9, 3)]
    for x, z in ((0.7, 0.6), (4.2, 0.8), (0.9, 3.3), (4.1, 3.2), (2.5, 0.5)):
        half = rng.uniform(0.25, 0.45, 2)
        low.append([x - half[0], 0.0, z - half[1]])
        high.append([x + half[0], rng.uniform(0.4, 1.9), z + half[1]])
        colour.append(rng.uniform(0.2, 0.95, 3))
    return Room(np.array(low), np.array(high), np.array(colour))


def make_walk(seed: int, count: int) -> NDArray[np.float64]:
    """(count, 4, 4) world_from_camera of an eye walking an arc around the middle of the room, looking about."""
    rng = np.random.default_rng(seed)
    start, sweep, wobble = rng.uniform(0, 2 * np.pi), rng.uniform(1.2, 2.6), rng.uniform(0.1, 0.25)
    angle = start + np.linspace(0, sweep, count)
    radius = 0.85 + wobble * np.sin(3 * angle + rng.uniform(0, 6))
    eye = np.stack([2.5 + 1.25 * radius * np.cos(angle), np.full(count, 1.45), 2.0 + radius * np.sin(angle)], 1)
    yaw = angle + rng.uniform(-0.6, 0.6) + 0.5 * np.sin(2 * angle)
    forward = np.stack([np.cos(yaw), np.full(count, -0.12), np.sin(yaw)], 1)
    forward /= np.linalg.norm(forward, axis=1, keepdims=True)
    right = np.cross(forward, [0.0, 1.0, 0.0])
    right /= np.linalg.norm(right, axis=1, keepdims=True)
    poses = np.tile(np.eye(4), (count, 1, 1))
    poses[:, :3, 0], poses[:, :3, 1], poses[:, :3, 2] = right, -np.cross(right, forward), forward
    poses[:, :3, 3] = eye
    return poses


def render(
    room: Room, pose: NDArray[np.float64], size_px: int, light: float = 1.0
) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.int32]]:
    """(H, W, 3) colour, (H, W) z-depth, (H, W) ids of one view with a field of view of 80 degrees."""
    u, v = np.meshgrid(*[(np.arange(size_px) + 0.5) / size_px * 2 - 1] * 2)
    in_camera = np.stack([u * 0.84, v * 0.84, np.ones_like(u)], -1)
    ray, eye = in_camera @ pose[:3, :3].T, pose[:3, 3]
    with np.errstate(divide="ignore"):
        a, b = ((bound[:, None, None] - eye) / ray for bound in (room.low, room.high))
    near, far = np.minimum(a, b).max(-1), np.maximum(a, b).min(-1)
    reach = np.where((near[1:] > 0) & (near[1:] < far[1:]), near[1:], np.inf)
    reach = np.concatenate([far[:1], reach])
    hit = reach.argmin(0)
    depth = np.take_along_axis(reach, hit[None], 0)[0]
    point = eye + ray * depth[..., None]
    inner, outer = room.low[hit], room.high[hit]
    axis = np.minimum(np.abs(point - inner), np.abs(point - outer)).argmin(-1)
    checker = (np.floor(point * 3.0 + 1e-6).sum(-1) % 2) * 0.13
    shade = np.choose(axis, [0.8, 1.0, 0.66]) * (1.12 - 0.1 * depth) - checker
    colour = np.clip(room.colour[hit] * shade[..., None] * light, 0, 1) ** (1 / 1.6)
    return (colour * 255).round().astype(np.uint8), depth.astype(np.float32), hit.astype(np.int32)


def draw_plan(room: Room, cell_m: float = 0.02) -> NDArray[np.uint8]:
    """(H, W, 3) from above, first row at z = 0: pale floor, furniture in its colour, dark walls."""
    height, width = int(SIZE_M[1] / cell_m), int(SIZE_M[0] / cell_m)
    plan = np.full((height, width, 3), (238, 232, 220), np.uint8)
    for low, high, colour in zip(room.low[1:], room.high[1:], room.colour[1:], strict=True):
        rows, columns = (slice(int(low[axis] / cell_m), int(high[axis] / cell_m)) for axis in (2, 0))
        plan[rows, columns] = (colour * 150 + 80).astype(np.uint8)
    for wall in (np.s_[:6], np.s_[-6:], np.s_[:, :6], np.s_[:, -6:]):
        plan[wall] = (92, 88, 84)
    return plan
