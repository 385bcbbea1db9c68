"""One rendered walk, written as each data set publishes its recordings.

Nothing here uses our readers or writers: every layout, axis and pixel centre follows the data sets' own tools, as
their documents and loaders have them (the readers' docstrings name the files). What is rendered is known to the last
digit, so that a reader which takes a wrong axis or half a pixel cannot agree with it.
"""

import csv
import json
import struct
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from video4spatial.pipeline.core.camera import Cameras
from video4spatial.pipeline.core.seeds import rng
from video4spatial.sim_scenes.config import WalkConfig
from video4spatial.sim_scenes.paths import draw_walks
from video4spatial.sim_scenes.place import interests_m, load_place
from video4spatial.sim_scenes.render.embedded import EmbeddedRenderer
from video4spatial.sim_scenes.scene import STAGE_ID, Scene
from video4spatial.sim_scenes.sources import room_source

WIDTH, HEIGHT, FRAMES, RATE = 96, 72, 24, 10
LENS = np.array([[70.0, 0, 49.7], [0, 71.0, 33.7], [0, 0, 1.0]])
"""fx is not fy, and the principal point is nowhere near the middle: what is swapped or forgotten shows."""
GL_FROM_CV = np.diag([1.0, -1.0, -1.0, 1.0])
ZUP_FROM_YUP = np.array([[1.0, 0, 0, 0], [0, 0, -1, 0], [0, 1, 0, 0], [0, 0, 0, 1]])
FISHEYE = np.array([0.06, -0.02, 0.004, 0.0])
RADTAN = np.array([-0.12, 0.03, 0.001, -0.002, 0.0])


@dataclass(frozen=True, eq=False)
class Truth:
    """What was rendered."""

    scene: Scene
    cameras: Cameras
    rgb: np.ndarray
    depth_m: np.ndarray

    @property
    def c2w(self) -> np.ndarray:
        return self.cameras.world_from_camera

    @property
    def seconds(self) -> np.ndarray:
        return 1000.0 + np.arange(len(self.rgb)) / RATE


@lru_cache(maxsize=1)
def truth() -> Truth:
    """A walk through a furnished room."""
    walk = WalkConfig(speed_mps=0.5)
    place = load_place(room_source(1), walk.radius_m, walk.eye_height_m[1])
    path = draw_walks(place.space, walk, interests_m(place, walk.radius_m), FRAMES, RATE, [rng(3, "imitate", "x")])[0]
    cameras = Cameras(
        world_from_camera=path.world_from_camera,
        image_from_camera=np.repeat(LENS[None], FRAMES, axis=0),
        width_px=WIDTH,
        height_px=HEIGHT,
    )
    frames = EmbeddedRenderer(place.scene, samples=2).render(cameras)
    return Truth(place.scene, cameras, frames.rgb, frames.depth_m)


@lru_cache(maxsize=2)
def bent(kind: str) -> np.ndarray:
    """The walk through a bent lens (T, H, W, 3): each bent pixel is made straight by OpenCV's own inverse, and looked
    up in a wide straight rendering."""
    known = truth()
    side, focal = 480, 130.0
    wide = Cameras(
        world_from_camera=known.c2w,
        image_from_camera=np.repeat(
            np.array([[[focal, 0, side / 2], [0, focal, side / 2], [0, 0, 1]]]), FRAMES, axis=0
        ),
        width_px=side,
        height_px=side,
    )
    pictures = EmbeddedRenderer(known.scene, samples=1).render(wide).rgb
    u, v = np.meshgrid(np.arange(WIDTH) + 0.5, np.arange(HEIGHT) + 0.5)
    pixels = np.stack([u, v], axis=-1).reshape(-1, 1, 2)
    if kind == "fisheye":
        straight = cv2.fisheye.undistortPoints(pixels, LENS, FISHEYE)
    else:
        straight = cv2.undistortPoints(pixels, LENS, RADTAN)
    place = (straight.reshape(HEIGHT, WIDTH, 2) * focal + side / 2 - 0.5).astype(np.float32)
    return np.stack([cv2.remap(p, place[..., 0], place[..., 1], cv2.INTER_LINEAR) for p in pictures])


def save_rgb(path: Path, picture: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(path)


def save_depth(path: Path, depth_m: np.ndarray, levels_per_m: float) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.round(depth_m * levels_per_m).astype(np.uint16)).save(path)


def quaternion_xyzw(rotation: np.ndarray) -> np.ndarray:
    """By the eigenvector of Bar-Itzhack's matrix: another way than the package's."""
    m = rotation
    k = np.array(
        [
            [m[0, 0] - m[1, 1] - m[2, 2], m[1, 0] + m[0, 1], m[2, 0] + m[0, 2], m[2, 1] - m[1, 2]],
            [m[1, 0] + m[0, 1], m[1, 1] - m[0, 0] - m[2, 2], m[2, 1] + m[1, 2], m[0, 2] - m[2, 0]],
            [m[2, 0] + m[0, 2], m[2, 1] + m[1, 2], m[2, 2] - m[0, 0] - m[1, 1], m[1, 0] - m[0, 1]],
            [m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1], m[0, 0] + m[1, 1] + m[2, 2]],
        ]
    )
    return np.linalg.eigh(k / 3)[1][:, -1]


def write_tum(folder: Path, lens: str = "") -> Path:
    """TUM RGB-D: poses at 100 Hz of a z-up world, colour and depth with clocks of their own."""
    known = truth()
    pictures = bent("radtan") if lens else known.rgb
    rgb, depth, poses = [], [], []
    for k, (second, c2w) in enumerate(zip(known.seconds, known.c2w, strict=True)):
        save_rgb(folder / f"rgb/{second:.6f}.png", pictures[k])
        save_depth(folder / f"depth/{second + 0.004:.6f}.png", known.depth_m[k], 5000)
        rgb.append(f"{second:.6f} rgb/{second:.6f}.png")
        depth.append(f"{second + 0.004:.6f} depth/{second + 0.004:.6f}.png")
        z_up = ZUP_FROM_YUP @ c2w
        numbers = " ".join(f"{x:.9f}" for x in (*z_up[:3, 3], *quaternion_xyzw(z_up[:3, :3])))
        poses.append(f"{second:.4f} {numbers}")
    (folder / "rgb.txt").write_text("# color images\n# timestamp filename\n" + "\n".join(rgb) + "\n")
    (folder / "depth.txt").write_text("# depth maps\n" + "\n".join(depth) + "\n")
    (folder / "groundtruth.txt").write_text("# timestamp tx ty tz qx qy qz qw\n" + "\n".join(poses) + "\n")
    camera = {"fx": LENS[0, 0], "fy": LENS[1, 1], "cx": LENS[0, 2] - 0.5, "cy": LENS[1, 2] - 0.5}
    camera |= {"width": WIDTH, "height": HEIGHT}
    if lens:
        camera["distortion_opencv_k1k2p1p2k3"] = RADTAN.tolist()
    (folder / "camera.json").write_text(json.dumps(camera))
    return folder


def write_arkit(folder: Path, video: str = "40000001") -> Path:
    """ARKitScenes, 3dod: world-to-camera poses as axis-angle, one pincam a frame, annotated boxes beside the frames."""
    known = truth()
    frames = folder / f"{video}_frames"
    lines = []
    for k, (second, c2w) in enumerate(zip(known.seconds, known.c2w, strict=True)):
        stem = f"{video}_{second:.3f}"
        save_rgb(frames / f"lowres_wide/{stem}.png", known.rgb[k])
        save_depth(frames / f"lowres_depth/{stem}.png", known.depth_m[k], 1000)
        # the data set's names are a millisecond apart now and then
        near = f"{video}_{second + (0.001 if k % 5 == 0 else 0.0):.3f}"
        pincam = frames / f"lowres_wide_intrinsics/{near}.pincam"
        pincam.parent.mkdir(parents=True, exist_ok=True)
        pincam.write_text(f"{WIDTH} {HEIGHT} {LENS[0, 0]} {LENS[1, 1]} {LENS[0, 2] - 0.5} {LENS[1, 2] - 0.5}")
        w2c = np.linalg.inv(ZUP_FROM_YUP @ c2w)
        numbers = (*cv2.Rodrigues(w2c[:3, :3])[0].ravel(), *w2c[:3, 3])
        lines.append(f"{second:.8f} " + " ".join(f"{x:.10f}" for x in numbers))
    (frames / "lowres_wide.traj").write_text("\n".join(lines) + "\n")
    boxes = [
        {"label": label, "uid": str(k), "segments": {"obbAligned": obb}} for k, (label, obb) in enumerate(boxes_zup())
    ]
    (folder / f"{video}_3dod_annotation.json").write_text(json.dumps({"skipped": False, "data": boxes}))
    with (folder.parent / "3dod_train_val_splits.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerows([["video_id", "fold", "visit_id"], [video, "Training", "777"], ["1", "Training", "778"]])
    return frames


def boxes_zup() -> list[tuple[str, dict]]:
    """(label, oriented box) of each body of the room, as annotation tools write them: z up, axes one after another."""
    found = []
    for body in truth().scene.bodies:
        if body.object_id == STAGE_ID:
            continue
        box = body.describe()["box"]
        turn = ZUP_FROM_YUP[:3, :3]
        obb = {
            "centroid": (turn @ box["centre_m"]).tolist(),
            "axesLengths": [max(x, 0.01) for x in box["extent_m"]],
            "normalizedAxes": (np.array(box["axes"]) @ turn.T).ravel().tolist(),
        }
        found.append((body.category.replace(" ", "_"), obb))
    return found


def write_colmap(folder: Path, *, binary: bool = False, model: str = "PINHOLE") -> Path:
    """COLMAP: world-to-camera quaternions, images in no order, keypoints that a reader must step over."""
    known = truth()
    fx, fy, cx, cy = LENS[0, 0], LENS[1, 1], LENS[0, 2], LENS[1, 2]
    params = {
        "PINHOLE": (fx, fy, cx, cy),
        "OPENCV": (fx, fy, cx, cy, *RADTAN[:4]),
        "OPENCV_FISHEYE": (fx, fy, cx, cy, *FISHEYE),
        "THIN_PRISM_FISHEYE": (fx, fy, cx, cy, *[0.0] * 8),
    }[model]
    pictures = {"OPENCV": "radtan", "OPENCV_FISHEYE": "fisheye"}
    shown = bent(pictures[model]) if model in pictures else known.rgb
    images = []
    for k, c2w in enumerate(known.c2w):
        name = f"frame {k:03d}.png"
        save_rgb(folder / "images" / name, shown[k])
        w2c = np.linalg.inv(c2w)
        x, y, z, w = quaternion_xyzw(w2c[:3, :3])
        images.append((k + 7, (w, x, y, z, *w2c[:3, 3]), name))
    images = images[::-2] + images[-2::-2]
    sparse = folder / "sparse" / "0"
    sparse.mkdir(parents=True)
    if not binary:
        (sparse / "cameras.txt").write_text(
            "# Camera list\n#   CAMERA_ID, MODEL, WIDTH, HEIGHT, PARAMS[]\n"
            f"3 {model} {WIDTH} {HEIGHT} {' '.join(map(str, params))}\n"
        )
        lines = ["# Image list with two lines of data per image:"]
        for number, (image_id, pose, name) in enumerate(images):
            lines.append(f"{image_id} {' '.join(f'{x:.12f}' for x in pose)} 3 {name}")
            lines.append("12.5 3.5 -1 8.25 4.5 17" if number % 3 else "")
        (sparse / "images.txt").write_text("\n".join(lines) + "\n")
        (sparse / "points3D.txt").write_text("# 3D point list\n")
        return folder
    number = {"PINHOLE": 1, "OPENCV": 4, "OPENCV_FISHEYE": 5, "THIN_PRISM_FISHEYE": 10}[model]
    (sparse / "cameras.bin").write_bytes(
        struct.pack("<QiiQQ", 1, 3, number, WIDTH, HEIGHT) + struct.pack(f"<{len(params)}d", *params)
    )
    data = struct.pack("<Q", len(images))
    for count, (image_id, pose, name) in enumerate(images):
        data += struct.pack("<i7di", image_id, *pose, 3) + name.encode() + b"\0" + struct.pack("<Q", count % 3)
        data += b"".join(struct.pack("<ddq", 12.5, 3.5, -1) for _ in range(count % 3))
    (sparse / "images.bin").write_bytes(data)
    return folder


def write_nerfstudio(folder: Path, *, per_frame: bool = False, depth: bool = True, model: str = "OPENCV") -> Path:
    """nerfstudio: OpenGL camera to world, z up; intrinsics at the top or in each frame."""
    known = truth()
    camera = {"fl_x": LENS[0, 0], "fl_y": LENS[1, 1], "cx": LENS[0, 2], "cy": LENS[1, 2], "w": WIDTH, "h": HEIGHT}
    bends = {"k1": 0.0}
    shown = known.rgb
    if model == "OPENCV_FISHEYE":
        bends, shown = dict(zip(("k1", "k2", "k3", "k4"), FISHEYE.tolist(), strict=True)), bent("fisheye")
    elif model == "BENT":
        model, shown = "OPENCV", bent("radtan")
        bends = dict(zip(("k1", "k2", "p1", "p2"), RADTAN[:4].tolist(), strict=True))
    frames = []
    for k, c2w in enumerate(known.c2w):
        save_rgb(folder / f"images/frame_{k + 1:05d}.png", shown[k])
        entry = {
            "file_path": f"./images/frame_{k + 1:05d}.png",
            "transform_matrix": (ZUP_FROM_YUP @ c2w @ GL_FROM_CV).tolist(),
            **(camera if per_frame else {}),
        }
        if depth:
            save_depth(folder / f"depth/frame_{k + 1:05d}.png", known.depth_m[k], 1000)
            entry["depth_file_path"] = f"depth/frame_{k + 1:05d}.png"
        frames.append(entry)
    told = {"camera_model": model, **bends, **({} if per_frame else camera), "frames": frames[::-1]}
    told["applied_transform"] = [[1.0, 0, 0, 0], [0, 0, 1, 0], [0, -1, 0, 0]]
    (folder / "transforms.json").write_text(json.dumps(told))
    return folder


def write_scannetpp(scene: Path, *, colmap: bool = False, video: bool = False) -> Path:
    """ScanNet++: DSLR through a fisheye with the toolkit's nerfstudio world, iPhone with ARKit's or COLMAP's poses."""
    known = truth()
    swap = np.array([[0, 1.0, 0, 0], [1.0, 0, 0, 0], [0, 0, -1.0, 0], [0, 0, 0, 1.0]])
    frames = []
    for k, c2w in enumerate(known.c2w):
        save_rgb(scene / f"dslr/resized_images/DSC{k + 100:05d}.png", bent("fisheye")[k])
        pose = swap @ (ZUP_FROM_YUP @ c2w @ GL_FROM_CV)
        frames.append({"file_path": f"DSC{k + 100:05d}.png", "transform_matrix": pose.tolist(), "is_bad": k == 5})
    camera = {"fl_x": LENS[0, 0], "fl_y": LENS[1, 1], "cx": LENS[0, 2], "cy": LENS[1, 2], "w": WIDTH, "h": HEIGHT}
    bends = dict(zip(("k1", "k2", "k3", "k4"), FISHEYE.tolist(), strict=True))
    told = {**camera, **bends, "camera_model": "OPENCV_FISHEYE", "frames": frames, "test_frames": []}
    (scene / "dslr/nerfstudio").mkdir(parents=True)
    (scene / "dslr/nerfstudio/transforms.json").write_text(json.dumps(told))
    _write_iphone(scene, known, colmap=colmap, video=video)
    (scene / "scans").mkdir()
    groups = [{"objectId": k, "label": label, "obb": obb} for k, (label, obb) in enumerate(boxes_zup(), start=1)]
    (scene / "scans/segments_anno.json").write_text(json.dumps({"segGroups": groups}))
    return scene


def _write_iphone(scene: Path, known: Truth, *, colmap: bool, video: bool) -> None:
    told, images = {}, ["# Image list"]
    lens = LENS.copy()
    lens[:2, 2] -= 0.5
    for k, (second, c2w) in enumerate(zip(known.seconds, known.c2w, strict=True)):
        scan = ZUP_FROM_YUP @ c2w
        told[f"frame_{k:06d}"] = {
            "timestamp": float(second),
            "pose": np.eye(4).tolist(),
            "aligned_pose": scan.tolist(),
            "intrinsic": lens.tolist(),
        }
        save_depth(scene / f"iphone/depth/frame_{k:06d}.png", known.depth_m[k], 1000)
        if not video:
            save_rgb(scene / f"iphone/rgb/frame_{k:06d}.jpg", known.rgb[k])
        if k % 2 == 0:
            w2c = np.linalg.inv(scan)
            x, y, z, w = quaternion_xyzw(w2c[:3, :3])
            images += [" ".join(map(str, (k + 1, w, x, y, z, *w2c[:3, 3], 1, f"frame_{k:06d}.jpg"))), ""]
    (scene / "iphone/pose_intrinsic_imu.json").write_text(json.dumps(told))
    if colmap:
        (scene / "iphone/colmap").mkdir()
        params = f"{LENS[0, 0]} {LENS[1, 1]} {LENS[0, 2]} {LENS[1, 2]} 0 0 0 0"
        (scene / "iphone/colmap/cameras.txt").write_text(f"1 OPENCV {WIDTH} {HEIGHT} {params}\n")
        (scene / "iphone/colmap/images.txt").write_text("\n".join(images) + "\n")


def write_re10k(folder: Path) -> Path:
    """RealEstate10K: intrinsics as shares of the picture, world to camera, pictures named by their microsecond."""
    known = truth()
    lines = ["https://www.youtube.com/watch?v=AbCdEfGhIjK"]
    for k, c2w in enumerate(known.c2w):
        time = 2_000_000 + round(k * 1e6 / RATE)
        save_rgb(folder / f"0123456789abcdef/{time}.png", known.rgb[k])
        shares = (LENS[0, 0] / WIDTH, LENS[1, 1] / HEIGHT, LENS[0, 2] / WIDTH, LENS[1, 2] / HEIGHT, 0, 0)
        lines.append(" ".join([str(time), *(f"{x:.9f}" for x in (*shares, *np.linalg.inv(c2w)[:3].ravel()))]))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "0123456789abcdef.txt"
    path.write_text("\n".join(lines) + "\n")
    return path


def write_open3d(folder: Path) -> Path:
    """Open3D: a .log of camera-to-world matrices, intrinsics by columns, centres at 0."""
    known = truth()
    lines = []
    for k, c2w in enumerate(known.c2w):
        save_rgb(folder / f"color/{k:05d}.png", known.rgb[k])
        save_depth(folder / f"depth/{k:05d}.png", known.depth_m[k], 1000)
        lines.append(f"{k} {k} {k + 1}")
        lines += [" ".join(f"{x:.8f}" for x in row) for row in c2w]
    (folder / "trajectory.log").write_text("\n".join(lines) + "\n")
    lens = LENS.copy()
    lens[:2, 2] -= 0.5
    told = {"width": WIDTH, "height": HEIGHT, "intrinsic_matrix": lens.T.ravel().tolist()}
    (folder / "camera_intrinsic.json").write_text(json.dumps(told))
    return folder
