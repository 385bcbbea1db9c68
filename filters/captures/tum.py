"""Reads TUM RGB-D recordings: rgb.txt, groundtruth.txt, and depth.txt where it is there.

    rgb.txt, depth.txt   timestamp filename
    groundtruth.txt      timestamp tx ty tz qx qy qz qw     camera to world, OpenCV axes, metres, z up (motion capture)
    depth/*.png          uint16, 5000 levels a metre, registered to the colour picture; 0 is none

Colour, depth and poses have clocks of their own. A frame's pose is interpolated between the two measured ones around
it; where the motion capture lost the camera for longer than `max_pose_gap_s`, the frame's camera is not valid. The
depth picture is the one nearest in time within 20 ms, as in the benchmark's associate.py.

Intrinsics are not part of a recording. They are read from `camera.json` (fx, fy, cx, cy, optionally width, height,
distortion_opencv_k1k2p1p2k3 and depth_scale) if it is there, else known by the camera that the folder's name tells
(freiburg1, fr2, ...), as published by the benchmark. They were calibrated with ROS and OpenCV: the centre of the
first pixel is (0, 0), so the principal point is moved by +0.5.

Source: "File formats" and "Intrinsic camera calibration" of the TUM RGB-D benchmark (Sturm et al., IROS 2012).
"""

import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from video4spatial.filters.captures.capture import Y_UP_FROM_Z_UP, Capture, ReadOptions
from video4spatial.filters.captures.lens import Lens, straight_or
from video4spatial.filters.captures.parse import (
    Floats,
    intrinsics,
    number_of,
    numbers,
    pose_from,
    read_json,
    read_text,
    rotations_of,
    rows_of,
    size_of,
)
from video4spatial.pipeline.core.camera import Cameras
from video4spatial.pipeline.core.errors import SourceError
from video4spatial.pipeline.core.rotations import interpolated_poses

CALIBRATIONS = {
    "1": ((517.3, 516.5, 318.6, 255.3), (0.2624, -0.9531, -0.0054, 0.0026, 1.1633)),
    "2": ((520.9, 521.0, 325.1, 249.7), (0.2312, -0.7849, -0.0033, -0.0001, 0.9172)),
    "3": ((535.4, 539.2, 320.1, 247.6), (0.0, 0.0, 0.0, 0.0, 0.0)),
}
"""fx fy cx cy and k1 k2 p1 p2 k3 of the colour cameras of freiburg1, 2 and 3, as the benchmark publishes them."""
SIZE_PX = (640, 480)
DEPTH_LEVELS = 5000.0
ASSOCIATION_S = 0.02
TIME_BASE = Fraction(1, 1_000_000)
"""The files give microseconds."""


def is_tum(folder: Path) -> bool:
    """Does a recording lie here."""
    return (folder / "rgb.txt").is_file() and (folder / "groundtruth.txt").is_file()


def read_tum(folder: Path, options: ReadOptions) -> Capture:
    """The recording in `folder`. Raises SourceError where it is broken."""
    times, images = parse_list(read_text(folder / "rgb.txt"), "rgb.txt")
    pose_times, poses = parse_trajectory(read_text(folder / "groundtruth.txt"), "groundtruth.txt")
    image_from_camera, lens, size_px, levels, calibration = _calibration(folder, len(images))
    index = ["rgb.txt", "groundtruth.txt", *calibration]
    depths: tuple[str, ...] = ()
    if (folder / "depth.txt").is_file():
        depth_times, depth_files = parse_list(read_text(folder / "depth.txt"), "depth.txt")
        depths = associate(times, depth_times, depth_files)
        index.append("depth.txt")
    # seconds since 1970 keep too few bits for a microsecond once they are divided; counted from the start they do
    seconds, pose_seconds = (times - times[0]) / 1e6, (pose_times - times[0]) / 1e6
    at_frames, is_known = interpolated_poses(pose_seconds, poses, seconds, options.max_pose_gap_s)
    return Capture(
        format="tum",
        root=folder,
        cameras=Cameras(
            world_from_camera=Y_UP_FROM_Z_UP @ at_frames,
            image_from_camera=image_from_camera,
            width_px=size_px[0],
            height_px=size_px[1],
        ),
        lens=lens,
        camera_valid=is_known,
        images=images,
        depths=depths if any(depths) else (),
        depth_unit_m=1.0 / levels,
        times=times,
        time_base=TIME_BASE,
        scale="metric",
        up="gravity",
        index_files=tuple(index),
    )


def parse_list(text: str, name: str) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """(N,) microseconds and the file of each, in rising order. Raises SourceError where two frames share a time."""
    rows = rows_of(text, name)
    for line, words in rows:
        if len(words) != 2:
            raise SourceError(f"{name}, line {line}: expected a time and a file, got {len(words)} words",
                              reason="truncated")  # fmt: skip
    times = np.array([_microseconds(words[0], name, line) for line, words in rows])
    order = np.argsort(times, kind="stable")
    if (np.diff(times[order]) <= 0).any():
        raise SourceError(f"{name}: two frames have the same time", reason="no_times")
    return times[order], tuple(rows[place][1][1] for place in order)


def parse_trajectory(text: str, name: str) -> tuple[NDArray[np.int64], Floats]:
    """(N,) rising microseconds and (N, 4, 4) poses of lines `timestamp tx ty tz qx qy qz qw`."""
    rows = rows_of(text, name)
    values = np.stack([numbers(words, 8, name, line) for line, words in rows])
    times = np.array([_microseconds(words[0], name, line) for line, words in rows])
    order = np.argsort(times, kind="stable")
    # a repeated line says nothing new
    order = order[np.concatenate([[True], np.diff(times[order]) > 0])]
    rotations = rotations_of(values[:, [7, 4, 5, 6]], name)
    return times[order], pose_from(rotations, values[:, 1:4])[order]


def associate(
    times: NDArray[np.int64], depth_times: NDArray[np.int64], depth_files: tuple[str, ...]
) -> tuple[str, ...]:
    """For each frame the depth picture nearest in time, "" beyond 20 ms. A depth picture serves one frame."""
    found = [""] * len(times)
    best = np.full(len(times), ASSOCIATION_S * 1e6)
    for time, file in zip(depth_times, depth_files, strict=True):
        frame = int(np.abs(times - time).argmin())
        apart = abs(int(times[frame] - time))
        if apart < best[frame]:
            found[frame], best[frame] = file, apart
    return tuple(found)


def _microseconds(word: str, name: str, line: int) -> int:
    """Exact: digits are moved, not multiplied as floats."""
    match = re.fullmatch(r"(\d+)(?:\.(\d*))?", word)
    if match is None:
        raise SourceError(f"{name}, line {line}: {word!r} is no time in seconds", reason="unreadable")
    return int(match[1]) * 1_000_000 + int(((match[2] or "") + "000000")[:6])


def _calibration(folder: Path, count: int) -> tuple[Floats, Lens, tuple[int, int], float, list[str]]:
    """Intrinsics, lens, (width, height), depth levels a metre, and the files that were read."""
    if (folder / "camera.json").is_file():
        told = read_json(folder / "camera.json")
        if not isinstance(told, dict) or not {"fx", "fy", "cx", "cy"} <= set(told):
            raise SourceError("camera.json: expected numbers fx, fy, cx, cy", reason="bad_intrinsics")
        fx, fy, cx, cy = (number_of(told[name], f"camera.json: {name}") for name in ("fx", "fy", "cx", "cy"))
        bends = [number_of(value, "camera.json: distortion") for value in _list(told, "distortion_opencv_k1k2p1p2k3")]
        size = size_of(told.get("width", SIZE_PX[0]), told.get("height", SIZE_PX[1]), "camera.json")
        levels = number_of(told.get("depth_scale", DEPTH_LEVELS), "camera.json: depth_scale")
        if levels <= 0:
            raise SourceError(f"camera.json: depth_scale must be above 0, got {levels:g}", reason="bad_number")
        files = ["camera.json"]
    else:
        named = re.search(r"(?:freiburg|fr)[ _-]?([123])", folder.resolve().name.lower())
        if named is None:
            raise SourceError(
                "no camera.json, and the folder's name does not tell freiburg1, 2 or 3, so that the intrinsics are "
                'unknown. Write camera.json: {"fx": .., "fy": .., "cx": .., "cy": ..}',
                reason="no_intrinsics",
            )
        (fx, fy, cx, cy), published = CALIBRATIONS[named[1]]
        bends, size, levels, files = list(published), SIZE_PX, DEPTH_LEVELS, []
    lens = straight_or("opencv", np.repeat(np.array([bends]), count, axis=0))
    return intrinsics(np.array([fx, fy, cx + 0.5, cy + 0.5]), count), lens, size, levels, files


def _list(told: dict[str, Any], name: str) -> list[Any]:
    """Five numbers, zeros where the file has none."""
    given = told.get(name, [0.0] * 5)
    if not isinstance(given, list) or len(given) != 5:
        raise SourceError(f"camera.json: {name} must be five numbers", reason="bad_intrinsics")
    return given
