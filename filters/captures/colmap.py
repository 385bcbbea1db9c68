"""Reads COLMAP models, text and binary: cameras, images, and the pictures they name.

    cameras.txt   CAMERA_ID MODEL WIDTH HEIGHT PARAMS...
    images.txt    IMAGE_ID QW QX QY QZ TX TY TZ CAMERA_ID NAME, then a line of keypoints   (world to camera)
    cameras.bin, images.bin   the same, little endian; where both are there, COLMAP takes these, and so do we

Axes are OpenCV's, pixel centres lie at +0.5 (doc/cameras.rst): nothing is converted but the direction of the pose.
Scale and up are unknown. There is no clock: frames follow the names of the pictures.

Source: doc/format.rst, doc/cameras.rst, src/colmap/scene/reconstruction_io_binary.cc and src/colmap/sensor/models.h
of colmap/colmap at 5d968cf. Rigs and frames files (COLMAP 3.12 and later) repeat what images files say, and are not
read.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from video4spatial.filters.captures.capture import Capture, ReadOptions
from video4spatial.filters.captures.lens import Lens, LensKind, straight_or
from video4spatial.filters.captures.parse import (
    Floats,
    intrinsics,
    numbers,
    one_size,
    pose_from,
    read_text,
    rotations_of,
    rows_of,
    size_of,
)
from video4spatial.pipeline.core.camera import Cameras, rigid_inverse
from video4spatial.pipeline.core.errors import SourceError

PLACES = ("sparse/0", "sparse", "colmap/sparse/0", "colmap", "model", ".")
"""Where below a capture its model may lie, the first that holds one is taken. Below `colmap` only where pictures lie
beside it, for else that folder is a capture of its own."""
PICTURE_FOLDERS = ("images", "rgb", ".")

MODELS: Mapping[str, tuple[int, int]] = {
    "SIMPLE_PINHOLE": (0, 3),
    "PINHOLE": (1, 4),
    "SIMPLE_RADIAL": (2, 4),
    "RADIAL": (3, 5),
    "OPENCV": (4, 8),
    "OPENCV_FISHEYE": (5, 8),
    "FULL_OPENCV": (6, 12),
    "FOV": (7, 5),
    "SIMPLE_RADIAL_FISHEYE": (8, 4),
    "RADIAL_FISHEYE": (9, 5),
    "THIN_PRISM_FISHEYE": (10, 12),
}
"""Number and count of parameters of each model."""
_ONE_FOCAL = {"SIMPLE_PINHOLE", "SIMPLE_RADIAL", "RADIAL", "SIMPLE_RADIAL_FISHEYE", "RADIAL_FISHEYE"}
_KINDS: Mapping[str, LensKind] = {
    "SIMPLE_PINHOLE": "pinhole",
    "PINHOLE": "pinhole",
    "SIMPLE_RADIAL": "opencv",
    "RADIAL": "opencv",
    "OPENCV": "opencv",
    "FULL_OPENCV": "opencv",
    "OPENCV_FISHEYE": "fisheye",
    "SIMPLE_RADIAL_FISHEYE": "fisheye",
    "RADIAL_FISHEYE": "fisheye",
}
"""The models that OpenCV's two are cases of; the others are refused by name."""


@dataclass(frozen=True)
class ModelCamera:
    """A line of the cameras file."""

    model: str
    width_px: int
    height_px: int
    params: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class ModelImages:
    """The images file, in the order of the names."""

    names: tuple[str, ...]
    camera_ids: tuple[int, ...]
    world_from_camera: Floats
    """(N, 4, 4)."""


def model_folder(folder: Path) -> Path | None:
    """Where in a capture's folder its model lies; None if it has none."""
    for place in PLACES:
        if place.startswith("colmap") and not any((folder / name).is_dir() for name in PICTURE_FOLDERS[:-1]):
            continue
        for ext in ("bin", "txt"):
            if all((folder / place / f"{name}.{ext}").is_file() for name in ("cameras", "images")):
                return folder / place
    return None


def is_colmap(folder: Path) -> bool:
    """Does a model lie here or below."""
    return model_folder(folder) is not None


def read_colmap(folder: Path, options: ReadOptions) -> Capture:
    """The model of `folder`. Raises SourceError where it is broken, or its lens is none of OpenCV's."""
    place = model_folder(folder)
    assert place is not None, "asked only where `is_colmap` holds"
    cameras, images, index = read_model(place)
    root = next((name for name in PICTURE_FOLDERS if (folder / name / images.names[0]).is_file()), None)
    if root is None:
        raise SourceError(
            f"{images.names[0]} is in none of {', '.join(PICTURE_FOLDERS)} of the capture's folder",
            reason="missing_file",
        )
    matrices, lens, size_px = cameras_of_frames(cameras, images.camera_ids)
    return Capture(
        format="colmap",
        root=folder,
        cameras=Cameras(
            world_from_camera=images.world_from_camera,
            image_from_camera=matrices,
            width_px=size_px[0],
            height_px=size_px[1],
        ),
        lens=lens,
        camera_valid=np.ones(len(images.names), dtype=bool),
        images=tuple(name if root == "." else f"{root}/{name}" for name in images.names),
        index_files=tuple(path.relative_to(folder).as_posix() for path in index),
    )


def read_model(place: Path) -> tuple[dict[int, ModelCamera], ModelImages, tuple[Path, ...]]:
    """Cameras, images, and the files they came from."""
    if (place / "cameras.bin").is_file() and (place / "images.bin").is_file():
        paths = place / "cameras.bin", place / "images.bin"
        return parse_cameras_binary(paths[0].read_bytes()), parse_images_binary(paths[1].read_bytes()), paths
    paths = place / "cameras.txt", place / "images.txt"
    return parse_cameras_text(read_text(paths[0])), parse_images_text(read_text(paths[1])), paths


def cameras_of_frames(
    cameras: Mapping[int, ModelCamera], camera_ids: tuple[int, ...]
) -> tuple[Floats, Lens, tuple[int, int]]:
    """(N, 3, 3) intrinsics, the lens and the (width, height) of frames by the numbers of their cameras."""
    unknown = set(camera_ids) - set(cameras)
    if unknown:
        raise SourceError(f"images name camera {min(unknown)}, which the cameras file lacks", reason="truncated")
    used = [cameras[number] for number in camera_ids]
    refused = sorted({camera.model for camera in used} - set(_KINDS))
    if refused:
        raise SourceError(
            f"camera model {refused[0]} is not one that OpenCV can straighten; run `colmap image_undistorter` first",
            reason="lens_refused",
        )
    size = one_size({(camera.width_px, camera.height_px) for camera in used}, "cameras")
    unpacked = [_unpacked(camera) for camera in used]
    matrices = intrinsics(np.array([four for four, _ in unpacked]), len(used))
    kinds = {_KINDS[camera.model] for camera in used}
    bent = kinds - {"pinhole"}
    if not bent:
        return matrices, Lens(), size
    if kinds == {"pinhole", "fisheye"} or len(bent) > 1:
        raise SourceError(
            f"the cameras mix lenses ({', '.join(sorted(kinds))}); split the model", reason="mixed_lenses"
        )
    width = max(len(bends) for _, bends in unpacked)
    padded = np.array([[*bends, *[0.0] * (width - len(bends))] for _, bends in unpacked])
    return matrices, straight_or(bent.pop(), padded), size


def _unpacked(camera: ModelCamera) -> tuple[tuple[float, float, float, float], list[float]]:
    """fx fy cx cy, and what bends, in the order of OpenCV."""
    if camera.model in _ONE_FOCAL:
        focal, cx, cy, *rest = camera.params
        four = focal, focal, cx, cy
    else:
        fx, fy, cx, cy, *rest = camera.params
        four = fx, fy, cx, cy
    return four, rest


def parse_cameras_text(text: str) -> dict[int, ModelCamera]:
    """Cameras by number, of cameras.txt."""
    found = {}
    for line, words in rows_of(text, "cameras.txt"):
        if len(words) < 4:
            raise SourceError(f"cameras.txt, line {line}: expected id, model, width, height", reason="truncated")
        count = MODELS[words[1]][1] if words[1] in MODELS else len(words) - 4
        values = numbers(words[4:], count, "cameras.txt", line)
        number, width, height = numbers([words[0], *words[2:4]], 3, "cameras.txt", line)
        found[int(number)] = ModelCamera(words[1], *size_of(width, height, "cameras.txt"), tuple(values.tolist()))
    return found


def parse_images_text(text: str) -> ModelImages:
    """The images of images.txt. The line of keypoints may be empty, so lines are counted, not skipped."""
    lines = [line.strip() for line in text.splitlines() if not line.startswith("#")]
    while lines and not lines[-1]:
        lines.pop()
    poses, ids, names = [], [], []
    for number, line in enumerate(lines[::2], start=1):
        words = line.split(maxsplit=9)
        if len(words) < 10:
            raise SourceError(f"images.txt, image {number}: expected 10 words, got {len(words)}", reason="truncated")
        poses.append(numbers(words[1:8], 7, "images.txt", number))
        ids.append(int(numbers(words[8:9], 1, "images.txt", number)[0]))
        names.append(words[9])
    return _images(np.array(poses).reshape(-1, 7), ids, names, "images.txt")


def parse_cameras_binary(data: bytes) -> dict[int, ModelCamera]:
    """Cameras by number, of cameras.bin."""
    reader, found = _Binary(data, "cameras.bin"), {}
    names = {number: name for name, (number, _) in MODELS.items()}
    for _ in range(reader.take("<Q")[0]):
        camera_id, model, width, height = reader.take("<iiQQ")
        if model not in names:
            raise SourceError(
                f"cameras.bin holds camera model number {model}, which is newer than this reader; run `colmap "
                "image_undistorter` first",
                reason="lens_refused",
            )
        params = reader.take(f"<{MODELS[names[model]][1]}d")
        found[camera_id] = ModelCamera(names[model], *size_of(width, height, "cameras.bin"), params)
    return found


def parse_images_binary(data: bytes) -> ModelImages:
    """The images of images.bin."""
    reader = _Binary(data, "images.bin")
    poses, ids, names = [], [], []
    for _ in range(reader.take("<Q")[0]):
        _, *pose, camera_id = reader.take("<i7di")
        poses.append(pose)
        ids.append(camera_id)
        names.append(reader.text())
        reader.skip(24 * reader.take("<Q")[0])
    return _images(np.array(poses).reshape(-1, 7), ids, names, "images.bin")


def _images(poses: Floats, ids: list[int], names: list[str], file: str) -> ModelImages:
    if not len(poses):
        raise SourceError(f"{file} holds no image", reason="no_frames")
    if not np.isfinite(poses).all():
        raise SourceError(f"{file}: a pose is not finite", reason="bad_pose")
    camera_from_world = pose_from(rotations_of(poses[:, :4], file), poses[:, 4:])
    order = sorted(range(len(names)), key=names.__getitem__)
    return ModelImages(
        names=tuple(names[place] for place in order),
        camera_ids=tuple(ids[place] for place in order),
        world_from_camera=rigid_inverse(camera_from_world)[order],
    )


class _Binary:
    """Reads packed numbers one after the other; a file that ends too early is a SourceError."""

    def __init__(self, data: bytes, name: str) -> None:
        self._data, self._name, self._at = data, name, 0

    def take(self, layout: str) -> tuple:
        size = struct.calcsize(layout)
        self._need(size)
        values = struct.unpack_from(layout, self._data, self._at)
        self._at += size
        return values

    def text(self) -> str:
        """Up to the next zero byte."""
        end = self._data.find(b"\0", self._at)
        if end < 0:
            raise SourceError(f"{self._name} ends inside a name; it is cut off", reason="truncated")
        name = self._data[self._at : end].decode("utf-8", "replace")
        self._at = end + 1
        return name

    def skip(self, size: int) -> None:
        self._need(size)
        self._at += size

    def _need(self, size: int) -> None:
        if self._at + size > len(self._data):
            raise SourceError(
                f"{self._name} has {len(self._data)} bytes and should go on at {self._at}; it is cut off",
                reason="truncated",
            )


def order_of(images: ModelImages) -> NDArray[np.int64]:
    """(N,) the number in each name (`frame_000120.jpg` gives 120); -1 where there is none."""
    digits = ["".join(ch for ch in Path(name).stem if ch.isdigit()) for name in images.names]
    return np.array([int(number) if number else -1 for number in digits])
