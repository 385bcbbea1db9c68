"""Reads ScanNet++ scenes: the DSLR's pictures and the iPhone's video are one recording each.

    dslr/nerfstudio/transforms_undistorted.json + resized_undistorted_images/    if they are there, else
    dslr/nerfstudio/transforms.json (OPENCV_FISHEYE) + resized_images/           straightened here
    iphone/colmap/{cameras,images}.txt + rgb.mkv, rgb.mp4 or rgb/frame_000000.jpg      if it is there, else
    iphone/pose_intrinsic_imu.json      per frame: timestamp, aligned_pose (camera to world, OpenCV axes), intrinsic
    iphone/depth/frame_000000.png       millimetres, 256x192, as the toolkit unpacks depth.bin
    scans/segments_anno.json            segGroups[]: label, obb: centroid, axesLengths (full), normalizedAxes (by rows)

All of a scene is in the metres of its laser scan, whose z is up. The nerfstudio file holds COLMAP's poses with its
world's x and y swapped and z negated (common/utils/nerfstudio.py), which is undone. COLMAP's pixel centres lie at
+0.5 and so do those of its nerfstudio copy; the intrinsics of ARKit count from the centre of the first pixel, so +0.5
is added. COLMAP's iPhone poses are corrected and cover a part of the frames; ARKit's cover all. The DSLR has no
clock; the iPhone's is the `timestamp` of pose_intrinsic_imu.json.

Source: common/scene_release.py, common/utils/nerfstudio.py, dslr/undistort.py and iphone/prepare_iphone_data.py of
scannetpp/scannetpp at f3b4712; the axes of `aligned_pose` by the public readers of it, that flip y and z for OpenGL.
"""

from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from video4spatial.filters.captures.boxes import boxes_of
from video4spatial.filters.captures.capture import Y_UP_FROM_Z_UP, Box, Capture, ReadOptions
from video4spatial.filters.captures.colmap import cameras_of_frames, order_of, read_model
from video4spatial.filters.captures.lens import Lens
from video4spatial.filters.captures.nerfstudio import lenses, parse_frames
from video4spatial.filters.captures.parse import Floats, number_of, read_json, rigid
from video4spatial.filters.captures.re10k import picture_size
from video4spatial.pipeline.core.camera import Cameras, from_opengl
from video4spatial.pipeline.core.errors import SourceError

SCAN_FROM_NERFSTUDIO = np.array([[0, 1.0, 0, 0], [1.0, 0, 0, 0], [0, 0, -1.0, 0], [0, 0, 0, 1.0]])
"""The toolkit's change of the world, which is its own inverse."""
DSLR = (
    ("nerfstudio/transforms_undistorted.json", ("resized_undistorted_images", "undistorted_images")),
    ("nerfstudio/transforms.json", ("resized_images",)),
)
POSES, MODEL = "pose_intrinsic_imu.json", "colmap"
VIDEOS = ("rgb.mkv", "rgb.mp4")
VIDEO_PX = (1920, 1440)
"""Of the iPhone's film; checked when it is opened."""
TIME_BASE = Fraction(1, 1_000_000)
ANNOTATION = "../scans/segments_anno.json"


def is_dslr(folder: Path) -> bool:
    """Is this the `dslr` folder of a scene."""
    return folder.name == "dslr" and any((folder / index).is_file() for index, _ in DSLR)


def is_iphone(folder: Path) -> bool:
    """Is this the `iphone` folder of a scene."""
    return folder.name == "iphone" and ((folder / POSES).is_file() or (folder / MODEL / "images.txt").is_file())


def read_dslr(folder: Path, options: ReadOptions) -> Capture:
    """The DSLR's pictures. Raises SourceError where they are broken."""
    index, pictures = _dslr_files(folder)
    frames = parse_frames(read_json(folder / index), Path(index).name)
    size_px = frames.size_px or picture_size(folder / pictures / str(frames.each[0]["file_path"]))
    matrices, lens = lenses(frames, size_px)
    scan_from_camera = SCAN_FROM_NERFSTUDIO @ from_opengl(frames.world_from_gl_camera)
    images = tuple(f"{pictures}/{frame['file_path']}" for frame in frames.each)
    return Capture(
        format="scannetpp-dslr",
        root=folder,
        cameras=Cameras(
            world_from_camera=Y_UP_FROM_Z_UP @ scan_from_camera,
            image_from_camera=matrices,
            width_px=size_px[0],
            height_px=size_px[1],
        ),
        lens=lens,
        camera_valid=np.ones(len(images), dtype=bool),
        images=images,
        scale="metric",
        up="gravity",
        scene=_scene(folder),
        boxes=read_boxes(folder),
        index_files=(index, *_annotation(folder)),
    )


def read_iphone(folder: Path, options: ReadOptions) -> Capture:
    """The iPhone's video. Raises SourceError where it is broken."""
    has_model = any((folder / MODEL / f"images.{ext}").is_file() for ext in ("txt", "bin"))
    numbers, poses, matrices, lens, size_px, index = _of_model(folder) if has_model else _of_arkit(folder)
    video = next((name for name in VIDEOS if (folder / name).is_file()), "")
    has_pictures = (folder / "rgb").is_dir()
    if not video and not has_pictures:
        raise SourceError(f"neither rgb/ nor {' nor '.join(VIDEOS)} is in iphone/", reason="missing_file")
    depths = tuple(_depth(folder, number) for number in numbers)
    return Capture(
        format="scannetpp-iphone",
        root=folder,
        cameras=Cameras(
            world_from_camera=Y_UP_FROM_Z_UP @ poses,
            image_from_camera=matrices,
            width_px=size_px[0],
            height_px=size_px[1],
        ),
        lens=lens,
        camera_valid=np.ones(len(numbers), dtype=bool),
        images=tuple(f"rgb/frame_{number:06d}.jpg" for number in numbers) if has_pictures else (),
        video="" if has_pictures else video,
        video_frames=None if has_pictures else numbers,
        depths=depths if any(depths) else (),
        times=_times(folder, numbers),
        time_base=TIME_BASE,
        scale="metric",
        up="gravity",
        scene=_scene(folder),
        boxes=read_boxes(folder),
        index_files=(*index, *_annotation(folder)),
    )


def read_boxes(folder: Path) -> tuple[Box, ...]:
    """The annotated boxes of the scene that `folder` belongs to, in our world."""
    if not _annotation(folder):
        return ()
    told = read_json(folder / ANNOTATION)
    groups = told.get("segGroups") if isinstance(told, dict) else None
    if not isinstance(groups, list):
        raise SourceError("segments_anno.json has no list `segGroups`", reason="unreadable")
    return boxes_of(groups, ("obb",))


_Iphone = tuple[NDArray[np.int64], Floats, Floats, Lens, tuple[int, int], tuple[str, ...]]


def _of_model(folder: Path) -> _Iphone:
    cameras, images, paths = read_model(folder / MODEL)
    matrices, lens, size_px = cameras_of_frames(cameras, images.camera_ids)
    timed = (POSES,) if (folder / POSES).is_file() else ()
    index = (*(path.relative_to(folder).as_posix() for path in paths), *timed)
    return order_of(images), images.world_from_camera, matrices, lens, size_px, index


def _of_arkit(folder: Path) -> _Iphone:
    told = read_json(folder / POSES)
    if not isinstance(told, dict) or not told:
        raise SourceError(f"{POSES} holds no frames", reason="no_frames")
    names = sorted(told)
    try:
        poses = rigid([told[name]["aligned_pose"] for name in names], POSES)
        matrices = np.array([told[name]["intrinsic"] for name in names], dtype=float).reshape(-1, 3, 3)
        numbers = np.array([int(name.rpartition("_")[2]) for name in names])
    except (KeyError, TypeError, ValueError) as error:
        raise SourceError(f"{POSES}: {error!r}; expected aligned_pose and intrinsic of each frame_<n>",
                          reason="truncated") from None  # fmt: skip
    matrices[:, :2, 2] += 0.5
    first = folder / "rgb" / f"frame_{numbers[0]:06d}.jpg"
    size_px = picture_size(first) if first.is_file() else VIDEO_PX
    return numbers, poses, matrices, Lens(), size_px, (POSES,)


def _times(folder: Path, numbers: NDArray[np.int64]) -> NDArray[np.int64] | None:
    """(N,) microseconds by ARKit's clock; None where a frame has none."""
    if not (folder / POSES).is_file():
        return None
    told = read_json(folder / POSES)
    frames = [told.get(f"frame_{number:06d}") if isinstance(told, dict) else None for number in numbers]
    stamps = [frame["timestamp"] for frame in frames if isinstance(frame, dict) and "timestamp" in frame]
    if len(stamps) < len(numbers):
        return None
    return np.array([round(number_of(stamp, f"{POSES}: timestamp") * 1e6) for stamp in stamps])


def _dslr_files(folder: Path) -> tuple[str, str]:
    for index, places in DSLR:
        for place in places:
            if (folder / index).is_file() and (folder / place).is_dir():
                return index, place
    raise SourceError(
        "dslr/ has poses and none of " + ", ".join(place for _, places in DSLR for place in places),
        reason="missing_file",
    )


def _annotation(folder: Path) -> tuple[str, ...]:
    return (ANNOTATION,) if (folder / ANNOTATION).is_file() else ()


def _depth(folder: Path, number: int) -> str:
    name = f"depth/frame_{number:06d}.png"
    return name if (folder / name).is_file() else ""


def _scene(folder: Path) -> str:
    return f"scannetpp-{folder.resolve().parent.name}"
