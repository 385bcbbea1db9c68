"""What the readers share: text and JSON files, numbers in lines, poses that must be poses.

file ─▶ [parse] ─▶ arrays; what is wrong with the file becomes a SourceError that says where
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from video4spatial.pipeline.core.errors import SourceError
from video4spatial.pipeline.core.rotations import rotation_from_quaternion

Floats = NDArray[np.float64]
MOST_PX = 65_535
"""Longest side of a picture."""
_UNIT_TOLERANCE = 0.01
_ROTATION_TOLERANCE = 5e-3


def read_text(path: Path) -> str:
    """The text of a file. Raises SourceError where there is none."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SourceError(f"{path.name} is not there. Restore it from its source", reason="missing_file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{path.name} cannot be read as text ({error})", reason="unreadable") from None


def read_json(path: Path) -> Any:
    """The value of a JSON file. Raises SourceError where it is cut off or none."""
    try:
        return json.loads(read_text(path))
    except ValueError as error:
        raise SourceError(f"{path.name} is not whole JSON ({error}). Restore it", reason="unreadable") from None


def rows_of(text: str, name: str) -> list[tuple[int, list[str]]]:
    """(line number from 1, words) of each line that holds any and does not begin with `#`."""
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), start=1)]
    rows = [(number, line.split()) for number, line in lines if line and not line.startswith("#")]
    if not rows:
        raise SourceError(f"{name} holds no line of data", reason="no_frames")
    return rows


def numbers(words: list[str], count: int, name: str, line: int) -> Floats:
    """(count,) the words as finite numbers. Raises SourceError where there are fewer, more, or other things."""
    if len(words) != count:
        raise SourceError(
            f"{name}, line {line}: expected {count} numbers, got {len(words)}; it is cut off, or of another format",
            reason="truncated",
        )
    try:
        values = np.array([float(word) for word in words])
    except ValueError as error:
        raise SourceError(f"{name}, line {line}: {error}", reason="unreadable") from None
    if not np.isfinite(values).all():
        raise SourceError(f"{name}, line {line} holds numbers that are not finite", reason="not_finite")
    return values


def number_of(value: Any, name: str) -> float:
    """A value of a JSON file as a finite number. Raises SourceError where it is none."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = np.nan
    if not np.isfinite(number):
        raise SourceError(f"{name} should be a number, got {str(value)[:40]!r}", reason="bad_number")
    return number


def rotations_of(wxyz: Floats, name: str) -> Floats:
    """(N, 3, 3) of quaternions (N, 4), scalar first. Raises SourceError unless they are units to one in a hundred."""
    length = np.linalg.norm(wxyz, axis=-1)
    is_wrong = ~(np.abs(length - 1) <= _UNIT_TOLERANCE)
    if is_wrong.any():
        worst = int(np.flatnonzero(is_wrong)[0])
        raise SourceError(
            f"{name}: the quaternion of pose {worst} has length {length[worst]:.4g}, expected 1", reason="bad_pose"
        )
    return rotation_from_quaternion(wxyz / length[..., None])


def pose_from(rotation: Floats, translation: Floats) -> Floats:
    """(N, 4, 4) of rotations (N, 3, 3) and translations (N, 3)."""
    pose = np.zeros((len(rotation), 4, 4))
    pose[:, :3, :3], pose[:, :3, 3], pose[:, 3, 3] = rotation, translation, 1.0
    return pose


def rigid(matrices: Any, name: str) -> Floats:
    """(N, 4, 4) rigid transforms of matrices (N, 3 or 4, 4) whose rotations may be rounded in the file.

    Raises SourceError for what is not finite, mirrored, or no rotation.
    """
    try:
        given = np.asarray(matrices, dtype=float)
    except (ValueError, TypeError):
        given = np.zeros(0)
    if given.ndim != 3 or given.shape[1] not in (3, 4) or given.shape[2] != 4:
        raise SourceError(f"{name}: expected poses of 4x4 or 3x4 numbers, got {given.shape}", reason="bad_pose")
    if not np.isfinite(given).all():
        worst = int(np.flatnonzero(~np.isfinite(given).all(axis=(1, 2)))[0])
        raise SourceError(f"{name}: pose {worst} holds numbers that are not finite", reason="bad_pose")
    u, scale, vt = np.linalg.svd(given[:, :3, :3])
    is_wrong = (np.abs(scale - 1) > _ROTATION_TOLERANCE).any(axis=1) | (np.linalg.det(given[:, :3, :3]) < 0)
    if is_wrong.any():
        worst = int(np.flatnonzero(is_wrong)[0])
        raise SourceError(
            f"{name}: pose {worst} is no rotation (it scales by {scale[worst].round(4).tolist()} or mirrors)",
            reason="bad_pose",
        )
    return pose_from(u @ vt, given[:, :3, 3])


def intrinsics(fx_fy_cx_cy: Floats, count: int) -> Floats:
    """(count, 3, 3) of (count, 4) or, for all frames alike, (4,) numbers in pixels."""
    matrix = np.zeros((count, 3, 3))
    matrix[:, [0, 1, 0, 1], [0, 1, 2, 2]] = fx_fy_cx_cy
    matrix[:, 2, 2] = 1.0
    return matrix


def one_size(sizes: set[tuple[float, float]], name: str) -> tuple[int, int]:
    """The (width, height) that all pictures share. Raises SourceError where they do not."""
    if len(sizes) != 1:
        told = ", ".join(f"{width:g}x{height:g}" for width, height in sorted(sizes)[:4])
        raise SourceError(
            f"{name}: the pictures have {len(sizes)} sizes ({told}); split the capture by size", reason="mixed_sizes"
        )
    return size_of(*next(iter(sizes)), name)


def size_of(width: Any, height: Any, name: str) -> tuple[int, int]:
    """(width, height) of a picture. Raises SourceError for what no picture has."""
    size = number_of(width, f"{name}: width"), number_of(height, f"{name}: height")
    if not all(1 <= side <= MOST_PX and side == int(side) for side in size):
        raise SourceError(f"{name}: no picture is {width}x{height} pixels", reason="bad_intrinsics")
    return int(size[0]), int(size[1])
