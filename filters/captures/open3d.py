"""Reads Open3D and Redwood recordings: a `.log` trajectory, intrinsics, colour and depth pictures.

    trajectory.log    for each frame a line of three whole numbers (the first: number of the frame) and four lines of a
                      4x4 matrix, camera to world, OpenCV axes, metres
    *.json            {"width", "height", "intrinsic_matrix": 9 numbers by columns}, as Open3D writes them
    color/ (or image/, rgb/), depth/     pictures in the order of their names; depth in millimetres, 0 is none

Open3D unprojects column j at (j - cx) z / fx, so that pixel centres lie at 0 and +0.5 is added. Up is unknown: the
world is usually that of the first camera. There is no clock.

Source: io/file_format/FileLOG.cpp, camera/PinholeCameraIntrinsic.cpp, geometry/PointCloudFactory.cpp of isl-
org/Open3D at 22a6a30.
"""

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from video4spatial.filters.captures.capture import Capture, ReadOptions
from video4spatial.filters.captures.lens import Lens
from video4spatial.filters.captures.parse import Floats, intrinsics, numbers, read_text, rigid, rows_of, size_of
from video4spatial.filters.captures.re10k import PICTURES
from video4spatial.pipeline.core.camera import Cameras
from video4spatial.pipeline.core.errors import SourceError

COLOUR_FOLDERS = ("color", "image", "rgb", "images")


def is_open3d(folder: Path) -> bool:
    """Do a trajectory and pictures lie here."""
    return _log(folder) is not None and _pictures(folder) is not None


def read_open3d(folder: Path, options: ReadOptions) -> Capture:
    """The recording in `folder`. Raises SourceError where it is broken."""
    log, colour = _log(folder), _pictures(folder)
    assert log is not None, "asked only where `is_open3d` holds"
    assert colour is not None, "asked only where `is_open3d` holds"
    frames, poses = parse_log(read_text(log), log.name)
    images = _files(folder / colour)
    beyond = frames[frames >= len(images)]
    if len(beyond):
        raise SourceError(
            f"{log.name} poses frame {beyond[0]}, {colour}/ has {len(images)} pictures", reason="missing_file"
        )
    depths = _files(folder / "depth") if (folder / "depth").is_dir() else []
    if depths and len(depths) != len(images):
        raise SourceError(f"{len(images)} colour and {len(depths)} depth pictures", reason="frames_differ")
    calibration, matrix, size_px = _calibration(folder)
    return Capture(
        format="open3d",
        root=folder,
        cameras=Cameras(
            world_from_camera=poses,
            image_from_camera=np.repeat(matrix, len(frames), axis=0),
            width_px=size_px[0],
            height_px=size_px[1],
        ),
        lens=Lens(),
        camera_valid=np.ones(len(frames), dtype=bool),
        images=tuple(f"{colour}/{images[frame]}" for frame in frames),
        depths=tuple(f"depth/{depths[frame]}" for frame in frames) if depths else (),
        scale="metric",
        index_files=(log.relative_to(folder).as_posix(), calibration),
    )


def parse_log(text: str, name: str) -> tuple[NDArray[np.int64], Floats]:
    """(N,) rising frame numbers and (N, 4, 4) poses of a trajectory."""
    rows = rows_of(text, name)
    if len(rows) % 5:
        raise SourceError(f"{name} has {len(rows)} lines, expected 5 a frame; it is cut off", reason="truncated")
    heads = np.stack([numbers(words, 3, name, line) for line, words in rows[::5]])
    lines = [numbers(words, 4, name, line) for place, (line, words) in enumerate(rows) if place % 5]
    poses = rigid(np.stack(lines).reshape(-1, 4, 4), name)
    frames = heads[:, 0].astype(np.int64)
    if (np.diff(frames) <= 0).any() or (frames < 0).any():
        raise SourceError(f"{name}: the numbers of the frames do not rise", reason="no_times")
    return frames, poses


def parse_calibration(text: str) -> tuple[Floats, tuple[int, int]] | None:
    """(1, 3, 3) intrinsics with our pixel centres, and (width, height); None where the JSON holds no intrinsics."""
    try:
        told = json.loads(text)
        matrix = np.array(told["intrinsic_matrix"], dtype=float).reshape(3, 3).T
        width, height = told["width"], told["height"]
    except (ValueError, KeyError, TypeError):
        return None
    four = np.array([matrix[0, 0], matrix[1, 1], matrix[0, 2] + 0.5, matrix[1, 2] + 0.5])
    return intrinsics(four, 1), size_of(width, height, "intrinsics")


def _calibration(folder: Path) -> tuple[str, Floats, tuple[int, int]]:
    for path in sorted(folder.glob("*.json")):
        found = parse_calibration(read_text(path))
        if found is not None:
            return path.name, *found
    raise SourceError(
        'no JSON with "intrinsic_matrix", "width" and "height" lies beside the trajectory; write one with '
        "open3d.io.write_pinhole_camera_intrinsic",
        reason="no_intrinsics",
    )


def _log(folder: Path) -> Path | None:
    """`trajectory.log` here or in scene/, else the first `.log` that begins with three whole numbers."""
    named = [folder / "trajectory.log", folder / "scene" / "trajectory.log"]
    for path in [path for path in named if path.is_file()] or sorted(folder.glob("*.log")):
        with path.open("rb") as file:
            head = file.readline(200).split()
        if len(head) == 3 and all(word.isdigit() for word in head):
            return path
    return None


def _pictures(folder: Path) -> str | None:
    return next((name for name in COLOUR_FOLDERS if (folder / name).is_dir()), None)


def _files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.suffix.lower() in PICTURES)
