"""Rotations as files spell them (quaternions, rotation vectors), and poses between two known ones. NumPy only.

filters/captures/* ─▶ [rotations] ─▶ world_from_camera
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def rotation_from_quaternion(wxyz: Floats) -> Floats:
    """(..., 3, 3) of unit quaternions (..., 4), scalar first (Hamilton)."""
    w, x, y, z = np.moveaxis(np.asarray(wxyz, dtype=float), -1, 0)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return np.moveaxis(np.array(rows), (0, 1), (-2, -1))


def quaternion_from_rotation(rotation: Floats) -> Floats:
    """(..., 4) unit quaternions, scalar first and not negative, of rotations (..., 3, 3).

    The largest of the four components is taken from the diagonal, so that nothing is divided by a small number
    (Shepperd 1978).
    """
    m = np.asarray(rotation, dtype=float)
    trace = np.trace(m, axis1=-2, axis2=-1)
    diagonal = np.stack([trace, m[..., 0, 0], m[..., 1, 1], m[..., 2, 2]], axis=-1)
    largest = diagonal.argmax(axis=-1)[..., None]
    wx, wy, wz = (
        m[..., 2, 1] - m[..., 1, 2],
        m[..., 0, 2] - m[..., 2, 0],
        m[..., 1, 0] - m[..., 0, 1],
    )
    xy, xz, yz = m[..., 0, 1] + m[..., 1, 0], m[..., 0, 2] + m[..., 2, 0], m[..., 1, 2] + m[..., 2, 1]
    xx, yy, zz = (1 + 2 * diagonal[..., k] - trace for k in (1, 2, 3))
    choices = [(1 + trace, wx, wy, wz), (wx, xx, xy, xz), (wy, xy, yy, yz), (wz, xz, yz, zz)]
    found = np.zeros((*trace.shape, 4))
    for k, parts in enumerate(choices):
        found = np.where(largest == k, np.stack(parts, axis=-1), found)
    found /= np.linalg.norm(found, axis=-1, keepdims=True)
    return np.where(found[..., :1] < 0, -found, found)


def rotation_from_vector(vector_rad: Floats) -> Floats:
    """(..., 3, 3) of rotation vectors (..., 3): axis times angle (Rodrigues)."""
    vector = np.asarray(vector_rad, dtype=float)
    angle = np.linalg.norm(vector, axis=-1, keepdims=True)
    # sin(a/2) / a, which is 1/2 at 0
    half_sine = 0.5 * np.sinc(angle / (2 * np.pi))
    return rotation_from_quaternion(np.concatenate([np.cos(angle / 2), half_sine * vector], axis=-1))


def interpolated_poses(
    known_s: Floats, world_from_camera: Floats, wanted_s: Floats, max_gap_s: float
) -> tuple[Floats, NDArray[np.bool_]]:
    """(M, 4, 4) poses at `wanted_s` (M,) between those known at rising times `known_s` (N,), and which are trusted.

    Positions go straight, rotations along the shortest arc at even speed (slerp). Not trusted is what lies outside the
    known times, or between two that are farther apart than `max_gap_s`; it gets the pose of the nearest known time.
    """
    after = np.clip(np.searchsorted(known_s, wanted_s), 1, max(1, len(known_s) - 1))
    after = np.minimum(after, len(known_s) - 1)
    before = np.maximum(after - 1, 0)
    # a known time needs no neighbour
    nearest = np.where(np.abs(known_s[after] - wanted_s) < np.abs(known_s[before] - wanted_s), after, before)
    is_known = np.abs(known_s[nearest] - wanted_s) < 1e-6
    gap = known_s[after] - known_s[before]
    part = np.clip((wanted_s - known_s[before]) / np.where(gap > 0, gap, 1.0), 0.0, 1.0)
    is_inside = (wanted_s >= known_s[0]) & (wanted_s <= known_s[-1]) & (gap <= max_gap_s)
    poses = world_from_camera[nearest].copy()
    between = is_inside & ~is_known
    one, other = world_from_camera[before[between]], world_from_camera[after[between]]
    share = part[between][:, None]
    poses[between, :3, 3] = (1 - share) * one[:, :3, 3] + share * other[:, :3, 3]
    poses[between, :3, :3] = _slerp(one[:, :3, :3], other[:, :3, :3], share)
    return poses, is_known | is_inside


def _slerp(one: Floats, other: Floats, share: Floats) -> Floats:
    turn = quaternion_from_rotation(np.swapaxes(one, -1, -2) @ other)
    half = np.arccos(np.clip(turn[:, :1], -1.0, 1.0))
    sine = np.sin(half)
    axis = turn[:, 1:] / np.where(sine > 1e-12, sine, 1.0)
    return one @ rotation_from_vector(2 * half * share * axis)
