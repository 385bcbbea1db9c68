"""Reads ARKitScenes recordings: the 256x192 wide camera with depth, and the annotated boxes.

    lowres_wide.traj                         time, axis-angle (3), translation (3): world to camera, OpenCV axes, metres
    lowres_wide/<video>_<time>.png           colour
    lowres_wide_intrinsics/<video>_<time>.pincam    width height fx fy cx cy, one a frame
    lowres_depth/<video>_<time>.png          uint16 millimetres, 0 is none
    ../<video>_3dod_annotation.json, or in the folder itself: data[].segments.obbAligned with centroid, axesLengths
                                             (full), normalizedAxes (one axis a row)

The toolkit inverts the poses of the file to get camera to world, unprojects pixel u at x = (u - cx) z / fx, so that
pixel centres lie at 0 and +0.5 is added to the principal point, and takes z of the world for up (rectify_im.py): it
is turned to y. Times of pictures have milliseconds, those of the trajectory more; a picture's pose is interpolated.
The toolkit looks for intrinsics up to a millisecond away, and so do we. The place is the `visit_id` of the data set's
CSV, if one lies above the recording; several recordings share it.

Source: DATA.md, threedod/README.md, benchmark_scripts/utils/tenFpsDataLoader.py, box_utils.py and rectify_im.py of
apple/ARKitScenes at 7283761.
"""

import csv
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from video4spatial.filters.captures.boxes import boxes_of
from video4spatial.filters.captures.capture import Y_UP_FROM_Z_UP, Box, Capture, ReadOptions
from video4spatial.filters.captures.lens import Lens
from video4spatial.filters.captures.parse import (
    Floats,
    intrinsics,
    numbers,
    one_size,
    pose_from,
    read_json,
    read_text,
    rows_of,
)
from video4spatial.pipeline.core.camera import Cameras, rigid_inverse
from video4spatial.pipeline.core.errors import SourceError
from video4spatial.pipeline.core.rotations import interpolated_poses, rotation_from_vector

TIME_BASE = Fraction(1, 1000)
TRAJECTORY = "lowres_wide.traj"
TABLES = ("metadata.csv", "raw_train_val_splits.csv", "3dod_train_val_splits.csv", "upsampling_train_val_splits.csv")


def is_arkit(folder: Path) -> bool:
    """Does a recording lie here."""
    return (folder / TRAJECTORY).is_file()


def read_arkit(folder: Path, options: ReadOptions) -> Capture:
    """The recording in `folder`. Raises SourceError where it is broken."""
    images = sorted((folder / "lowres_wide").glob("*.png"), key=lambda path: _milliseconds(path.stem))
    if not images:
        raise SourceError("lowres_wide/ holds no picture", reason="no_frames")
    times = np.array([_milliseconds(path.stem) for path in images])
    pose_s, poses = parse_trajectory(read_text(folder / TRAJECTORY))
    pincams = [_near(folder / "lowres_wide_intrinsics", path.stem, "pincam") for path in images]
    matrices, size_px = parse_pincams([(path.name, read_text(path)) for path in pincams])
    at_frames, is_known = interpolated_poses(pose_s, poses, times / 1000.0, options.max_pose_gap_s)
    depths = tuple(_depth(folder, path.name) for path in images)
    annotation = _annotation(folder)
    index = [TRAJECTORY, *(f"lowres_wide_intrinsics/{path.name}" for path in pincams)]
    return Capture(
        format="arkitscenes",
        root=folder,
        cameras=Cameras(
            world_from_camera=Y_UP_FROM_Z_UP @ at_frames,
            image_from_camera=matrices,
            width_px=size_px[0],
            height_px=size_px[1],
        ),
        lens=Lens(),
        camera_valid=is_known,
        images=tuple(f"lowres_wide/{path.name}" for path in images),
        depths=depths if any(depths) else (),
        times=times,
        time_base=TIME_BASE,
        scale="metric",
        up="gravity",
        scene=_scene(folder, images[0].stem.rpartition("_")[0]),
        boxes=parse_boxes(read_json(annotation)) if annotation else (),
        index_files=(*index, *([_beside(annotation, folder)] if annotation else [])),
    )


def parse_trajectory(text: str) -> tuple[Floats, Floats]:
    """(N,) rising seconds and (N, 4, 4) world_from_camera."""
    values = np.stack([numbers(words, 7, TRAJECTORY, line) for line, words in rows_of(text, TRAJECTORY)])
    order = np.argsort(values[:, 0], kind="stable")
    order = order[np.concatenate([[True], np.diff(values[order, 0]) > 0])]
    camera_from_world = pose_from(rotation_from_vector(values[:, 1:4]), values[:, 4:])
    return values[order, 0], rigid_inverse(camera_from_world)[order]


def parse_pincams(files: list[tuple[str, str]]) -> tuple[Floats, tuple[int, int]]:
    """(N, 3, 3) intrinsics with our pixel centres, and the one (width, height), of (name, text) of each frame."""
    values = np.stack([numbers(text.split(), 6, name, 1) for name, text in files])
    size = one_size({(width, height) for width, height in values[:, :2].tolist()}, "lowres_wide_intrinsics")
    return intrinsics(values[:, 2:] + np.array([0, 0, 0.5, 0.5]), len(values)), size


def parse_boxes(told: Any) -> tuple[Box, ...]:
    """The boxes of an annotation, in our world."""
    if not isinstance(told, dict) or not isinstance(told.get("data"), list):
        raise SourceError("the annotation has no list `data`", reason="unreadable")
    if told.get("skipped"):
        return ()
    return boxes_of(told["data"], ("segments", "obbAligned"))


def _milliseconds(stem: str) -> int:
    """`40753679_6845.806` gives 6845806."""
    whole, _, part = stem.rpartition("_")[2].partition(".")
    if not whole.isdecimal() or (part and not part.isdecimal()):
        raise SourceError(f"{stem}.png is not named <video>_<seconds>", reason="no_times")
    return int(whole) * 1000 + int((part + "000")[:3])


def _near(folder: Path, stem: str, ext: str) -> Path:
    """The file of that time, or of a millisecond less or more."""
    video, time = stem.rpartition("_")[0], _milliseconds(stem)
    for apart in (0, -1, 1):
        path = folder / f"{video}_{(time + apart) // 1000}.{(time + apart) % 1000:03d}.{ext}"
        if path.is_file():
            return path
    raise SourceError(f"{folder.name}/ has no {stem}.{ext}", reason="missing_file")


def _depth(folder: Path, name: str) -> str:
    return f"lowres_depth/{name}" if (folder / "lowres_depth" / name).is_file() else ""


def _annotation(folder: Path) -> Path | None:
    found = [*sorted(folder.glob("*_3dod_annotation.json")), *sorted(folder.parent.glob("*_3dod_annotation.json"))]
    return found[0] if found else None


def _beside(annotation: Path, folder: Path) -> str:
    return annotation.name if annotation.parent == folder else f"../{annotation.name}"


def _scene(folder: Path, video: str) -> str:
    """`arkitscenes-<visit>` by the tables above the recording; empty where they do not know the video."""
    for above in list(folder.resolve().parents)[:5]:
        for table in TABLES:
            if (above / table).is_file():
                for row in csv.DictReader(read_text(above / table).replace("\0", "").splitlines()):
                    visit = str(row.get("visit_id", "")).removesuffix(".0")
                    if row.get("video_id") == video and visit not in ("", "NA", "nan"):
                        return f"arkitscenes-{visit}"
    return ""
