"""Reads nerfstudio's `transforms.json` (and instant-ngp's, which it grew from).

    camera_model  OPENCV, PINHOLE, OPENCV_FISHEYE or absent; fl_x fl_y cx cy w h k1..k4 p1 p2 there or in each frame
    frames[]      file_path, transform_matrix (camera to world, OpenGL axes), depth_file_path (millimetres, 0 is none)

Axes are OpenGL's (y up, z back) and are turned. Pixel centres lie at +0.5: nothing is added, intrinsics come from
COLMAP unchanged. The documentation says that the world's z is up, so z is turned up to y, "by convention": models
from COLMAP only have it roughly. `applied_transform` leads back to the world that the poses came from and is not
undone, for that world has no known up; `applied_scale` is undone. Scale is unknown, unless depth files, whose unit is
known, tell it. There is no clock: frames follow the names of the pictures.

Source: docs/quickstart/data_conventions.md, data/dataparsers/nerfstudio_dataparser.py and
process_data/colmap_utils.py of nerfstudio-project/nerfstudio at 50e0e3c.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from video4spatial.filters.captures.capture import Y_UP_FROM_Z_UP, Capture, ReadOptions
from video4spatial.filters.captures.lens import Lens, straight_or
from video4spatial.filters.captures.parse import Floats, intrinsics, number_of, one_size, read_json, rigid
from video4spatial.filters.captures.re10k import picture_size
from video4spatial.pipeline.core.camera import Cameras, from_opengl
from video4spatial.pipeline.core.errors import SourceError

INDEX = "transforms.json"
_STRAIGHT = {"PINHOLE", "SIMPLE_PINHOLE"}
_BENT = {"OPENCV", "SIMPLE_RADIAL", "RADIAL", "OPENCV_FISHEYE"}


def is_nerfstudio(folder: Path) -> bool:
    """Does a transforms.json lie here."""
    return (folder / INDEX).is_file()


def read_nerfstudio(folder: Path, options: ReadOptions) -> Capture:
    """The capture of `folder`. Raises SourceError where it is broken, or of a camera model that is not OpenCV's."""
    frames = parse_frames(read_json(folder / INDEX), INDEX)
    images = tuple(_found(folder, frame["file_path"]) for frame in frames.each)
    size_px = frames.size_px or picture_size(folder / images[0])
    depths = tuple(str(frame.get("depth_file_path", "")) for frame in frames.each)
    has_depth = any(depths)
    matrices, lens = lenses(frames, size_px)
    world_from_camera = Y_UP_FROM_Z_UP @ from_opengl(frames.world_from_gl_camera)
    world_from_camera[:, :3, 3] /= frames.scale
    return Capture(
        format="nerfstudio",
        root=folder,
        cameras=Cameras(
            world_from_camera=world_from_camera,
            image_from_camera=matrices,
            width_px=size_px[0],
            height_px=size_px[1],
        ),
        lens=lens,
        camera_valid=np.ones(len(images), dtype=bool),
        images=images,
        depths=depths if has_depth else (),
        scale="metric" if has_depth else "relative",
        up="convention",
        index_files=(INDEX,),
    )


class Frames:
    """The frames of a transforms.json in the order of their files."""

    def __init__(self, told: Mapping[str, Any], each: Sequence[Mapping[str, Any]], poses: Floats) -> None:
        self.told, self.each, self.world_from_gl_camera = told, each, poses

    @property
    def scale(self) -> float:
        """What the positions were multiplied with."""
        scale = number_of(self.told.get("applied_scale", 1.0), f"{INDEX}: applied_scale")
        if scale <= 0:
            raise SourceError(f"{INDEX}: applied_scale must be above 0, got {scale:g}", reason="bad_number")
        return scale

    @property
    def size_px(self) -> tuple[int, int] | None:
        """(width, height); None where the file does not tell it."""
        widths, heights = self.values("w"), self.values("h")
        if widths is None or heights is None:
            return None
        return one_size(set(zip(widths.tolist(), heights.tolist(), strict=True)), INDEX)

    def values(self, name: str) -> Floats | None:
        """(N,) a number of each frame, from the top or from the frames; None where it is missing."""
        source: list[Any] = [frame.get(name, self.told.get(name)) for frame in self.each]
        if any(value is None for value in source):
            return None
        return np.array([number_of(value, f"{INDEX}: {name}") for value in source])


def parse_frames(told: Any, name: str) -> Frames:
    """The frames of a parsed file. Raises SourceError where it is not of this format."""
    each = told.get("frames") if isinstance(told, dict) else None
    if not isinstance(each, list) or not each:
        raise SourceError(f"{name} has no frames", reason="no_frames")
    whole = [frame for frame in each if isinstance(frame, dict) and {"file_path", "transform_matrix"} <= set(frame)]
    if len(whole) < len(each):
        raise SourceError(
            f"{name}: {len(each) - len(whole)} of {len(each)} frames lack file_path or transform_matrix",
            reason="truncated",
        )
    # ScanNet++ marks pictures that are blurred or overexposed
    whole = sorted(
        (frame for frame in whole if not frame.get("is_bad", False)), key=lambda frame: str(frame["file_path"])
    )
    if not whole:
        raise SourceError(f"{name}: every frame is marked is_bad", reason="no_frames")
    return Frames(told, whole, rigid([frame["transform_matrix"] for frame in whole], name))


def lenses(frames: Frames, size_px: tuple[int, int]) -> tuple[Floats, Lens]:
    """(N, 3, 3) intrinsics and the lens. Raises SourceError for a camera model that is not OpenCV's."""
    count, model = len(frames.each), str(frames.told.get("camera_model", "OPENCV"))
    if model not in _STRAIGHT | _BENT:
        raise SourceError(
            f"{INDEX}: camera_model {model} is not one that OpenCV can straighten; undistort the pictures first",
            reason="lens_refused",
        )
    matrices = intrinsics(_focal_and_centre(frames, size_px), count)
    names = ("k1", "k2", "k3", "k4") if model == "OPENCV_FISHEYE" else ("k1", "k2", "p1", "p2", "k3")
    values = [frames.values(name) for name in names]
    bends = np.stack([np.zeros(count) if value is None else value for value in values], axis=1)
    if model in _STRAIGHT:
        return matrices, Lens()
    return matrices, straight_or("fisheye" if model == "OPENCV_FISHEYE" else "opencv", bends)


def _focal_and_centre(frames: Frames, size_px: tuple[int, int]) -> Floats:
    """(N, 4) fx fy cx cy."""
    width, height = size_px
    fx = frames.values("fl_x")
    if fx is None:
        angle = frames.values("camera_angle_x")
        if angle is None:
            raise SourceError(f"{INDEX} has neither fl_x nor camera_angle_x", reason="no_intrinsics")
        fx = width / 2 / np.tan(angle / 2)
    fy, cx, cy = (frames.values(name) for name in ("fl_y", "cx", "cy"))
    fy = fx if fy is None else fy
    cx = np.full_like(fx, width / 2) if cx is None else cx
    cy = np.full_like(fx, height / 2) if cy is None else cy
    return np.stack([fx, fy, cx, cy], axis=1)


def _found(folder: Path, file_path: str) -> str:
    """The picture's name: NeRF's synthetic sets leave the extension out."""
    name = str(file_path).removeprefix("./")
    if not (folder / name).is_file() and (folder / f"{name}.png").is_file():
        return f"{name}.png"
    return name
