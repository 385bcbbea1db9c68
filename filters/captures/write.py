"""Writes a posed sequence the way other tools read it: COLMAP, nerfstudio, TUM RGB-D.

Sequence ─▶ [write_colmap | write_nerfstudio | write_tum] ─▶ a folder of pictures, poses and depth

The readers beside this file read each of them back. Frames whose camera is not trusted are left out.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from video4spatial.filters.captures.capture import Y_UP_FROM_Z_UP
from video4spatial.filters.captures.tum import DEPTH_LEVELS
from video4spatial.pipeline.core.camera import Cameras, rigid_inverse, to_opengl, unproject
from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.pipeline.core.rotations import quaternion_from_rotation
from video4spatial.pipeline.core.sequence import Sequence

Z_UP_FROM_Y_UP = rigid_inverse(Y_UP_FROM_Z_UP)
MOST_POINTS = 20_000
"""Of a COLMAP model, taken evenly from the depth of all frames."""
_MOST_LEVELS = 65_535


def write_colmap(folder: Path, sequence: Sequence) -> None:
    """`images/` and a text model in `sparse/0/`: PINHOLE cameras, no keypoints, points from depth where it is there.

    The world stays ours, y up; pixel centres are COLMAP's, too.
    """
    frames, cameras, _ = _trusted(sequence)
    names = _save_pictures(folder / "images", sequence, frames)
    model = folder / "sparse" / "0"
    model.mkdir(parents=True, exist_ok=True)
    matrices, camera_of = np.unique(cameras.image_from_camera, axis=0, return_inverse=True)
    lines = ["# CAMERA_ID MODEL WIDTH HEIGHT fx fy cx cy"]
    for number, lens in enumerate(matrices, start=1):
        values = (lens[0, 0], lens[1, 1], lens[0, 2], lens[1, 2])
        lines.append(f"{number} PINHOLE {cameras.width_px} {cameras.height_px} {_words(values)}")
    _write(model / "cameras.txt", lines)
    camera_from_world = cameras.camera_from_world
    wxyz = quaternion_from_rotation(camera_from_world[:, :3, :3])
    lines = ["# IMAGE_ID QW QX QY QZ TX TY TZ CAMERA_ID NAME, then a line of keypoints (none)"]
    for number, name in enumerate(names):
        pose = _words((*wxyz[number], *camera_from_world[number, :3, 3]))
        lines += [f"{number + 1} {pose} {int(camera_of.ravel()[number]) + 1} {name}", ""]
    _write(model / "images.txt", lines)
    lines = ["# POINT3D_ID X Y Z R G B ERROR TRACK (none)"]
    for number, (point, colour) in enumerate(zip(*points_of(sequence), strict=True), start=1):
        lines.append(f"{number} {_words(point)} {colour[0]} {colour[1]} {colour[2]} 0")
    _write(model / "points3D.txt", lines)


def write_nerfstudio(folder: Path, sequence: Sequence) -> None:
    """`images/`, `transforms.json` with each frame's intrinsics and OpenGL pose in a z-up world, `depth/` in mm."""
    frames, cameras, _ = _trusted(sequence)
    names = _save_pictures(folder / "images", sequence, frames)
    depths = _save_depths(folder / "depth", sequence, frames, 1000.0)
    poses = Z_UP_FROM_Y_UP @ to_opengl(cameras.world_from_camera)
    told = []
    for number, name in enumerate(names):
        lens = cameras.image_from_camera[number]
        entry = {
            "file_path": f"images/{name}",
            "transform_matrix": poses[number].tolist(),
            "fl_x": float(lens[0, 0]),
            "fl_y": float(lens[1, 1]),
            "cx": float(lens[0, 2]),
            "cy": float(lens[1, 2]),
            "w": cameras.width_px,
            "h": cameras.height_px,
        }
        told.append(entry | ({"depth_file_path": f"depth/{depths[number]}"} if depths else {}))
    text = json.dumps({"camera_model": "PINHOLE", "frames": told}, indent=1)
    _write(folder / "transforms.json", [text])


def write_tum(folder: Path, sequence: Sequence) -> None:
    """`rgb/`, `depth/`, their lists, `groundtruth.txt` of a z-up world, and `camera.json` with the intrinsics.

    Raises ConfigError where the frames differ in their intrinsics, of which the format has one.
    """
    frames, cameras, seconds = _trusted(sequence)
    lens = cameras.image_from_camera[0]
    if np.abs(cameras.image_from_camera - lens).max() > 1e-3:
        raise ConfigError("TUM recordings have one camera, these frames' intrinsics differ; export as nerfstudio")
    names = _save_pictures(folder / "rgb", sequence, frames)
    depths = _save_depths(folder / "depth", sequence, frames, DEPTH_LEVELS)
    stamps = [f"{second:.6f}" for second in seconds]
    _write(folder / "rgb.txt", ["# timestamp filename", *(f"{s} rgb/{n}" for s, n in zip(stamps, names, strict=True))])
    if depths:
        lists = (f"{stamp} depth/{name}" for stamp, name in zip(stamps, depths, strict=True))
        _write(folder / "depth.txt", ["# timestamp filename", *lists])
    poses = Z_UP_FROM_Y_UP @ cameras.world_from_camera
    wxyz = quaternion_from_rotation(poses[:, :3, :3])
    lines = ["# timestamp tx ty tz qx qy qz qw"]
    for stamp, pose, (w, x, y, z) in zip(stamps, poses, wxyz, strict=True):
        lines.append(f"{stamp} {_words((*pose[:3, 3], x, y, z, w))}")
    _write(folder / "groundtruth.txt", lines)
    camera = {
        "fx": float(lens[0, 0]),
        "fy": float(lens[1, 1]),
        "cx": float(lens[0, 2]) - 0.5,
        "cy": float(lens[1, 2]) - 0.5,
        "width": cameras.width_px,
        "height": cameras.height_px,
        "depth_scale": DEPTH_LEVELS,
    }
    _write(folder / "camera.json", [json.dumps(camera, indent=1)])


WRITERS: Mapping[str, Callable[[Path, Sequence], None]] = {
    "colmap": write_colmap,
    "nerfstudio": write_nerfstudio,
    "tum": write_tum,
}


def points_of(sequence: Sequence) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    """(M, 3) points of the world and their colours (M, 3), at most `MOST_POINTS`; none without depth."""
    frames, cameras, _ = _trusted(sequence)
    if sequence.depth_m is None:
        return np.zeros((0, 3)), np.zeros((0, 3), dtype=np.uint8)
    height, width = sequence.depth_m.shape[1:]
    grid = cameras.resized(width, height)
    step = max(1, sequence.height_px // height)
    points, colours = [], []
    for place, frame in enumerate(frames):
        depth_m = sequence.depth_m[frame]
        seen = unproject(depth_m, grid.image_from_camera[place], grid.world_from_camera[place])[depth_m > 0]
        points.append(seen)
        colours.append(sequence.frames[frame, step // 2 :: step, step // 2 :: step][:height, :width][depth_m > 0])
    every, shown = np.concatenate(points), np.concatenate(colours)
    chosen = np.linspace(0, len(every) - 1, min(len(every), MOST_POINTS)).astype(int)
    return every[chosen], shown[chosen]


def _trusted(sequence: Sequence) -> tuple[NDArray[np.int64], Cameras, NDArray[np.float64]]:
    """Numbers, cameras and seconds of the frames whose camera is trusted. Raises ConfigError where there is none."""
    if sequence.cameras is None or sequence.camera_valid is None or not sequence.camera_valid.any():
        raise ConfigError("the sequence has no camera that could be written")
    frames = np.flatnonzero(sequence.camera_valid).astype(np.int64)
    seconds = np.asarray(sequence.times[frames] * float(sequence.time_base), dtype=np.float64)
    return frames, sequence.cameras[frames], seconds


def _save_pictures(folder: Path, sequence: Sequence, frames: NDArray[np.int64]) -> list[str]:
    folder.mkdir(parents=True, exist_ok=True)
    names = [f"{frame:06d}.png" for frame in frames]
    for frame, name in zip(frames, names, strict=True):
        Image.fromarray(sequence.frames[frame]).save(folder / name)
    return names


def _save_depths(folder: Path, sequence: Sequence, frames: NDArray[np.int64], levels_per_m: float) -> list[str]:
    """The names of the depth pictures; none without depth. What 16 bits cannot hold is written as 0: none."""
    if sequence.depth_m is None:
        return []
    folder.mkdir(parents=True, exist_ok=True)
    names = [f"{frame:06d}.png" for frame in frames]
    for frame, name in zip(frames, names, strict=True):
        levels = np.rint(sequence.depth_m[frame].astype(np.float64) * levels_per_m)
        Image.fromarray(np.where(levels <= _MOST_LEVELS, levels, 0).astype(np.uint16)).save(folder / name)
    return names


def _words(values: tuple[float, ...] | NDArray[np.float64]) -> str:
    return " ".join(f"{float(value):.12g}" for value in values)


def _write(path: Path, lines: list[str]) -> None:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
